"""Late scorers for commands that want an answer now: started when first needed, one text at a time, ended after."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.model import Asked, DisplayText, Reading, Score

if TYPE_CHECKING:
    from engine.config import Config
    from engine.model import LateScorer
    from engine.scoring import Ensemble


class LateScoring:
    """The configured late scorers on an event loop of their own. Spends money where they do, within their caps."""

    def __init__(self, config: Config) -> None:
        """Raises DeskError where one cannot work: a package, a model or a key is missing."""
        from engine import secrets
        from engine.clock import SystemClock
        from engine.paths import Paths
        from engine.scoring.late import load_late

        self.scorers: Sequence[LateScorer] = load_late(
            config,
            SystemClock(),
            state_dir=Paths.of(config).state_dir,
            read_secret=lambda name: secrets.read(name, config.engine.profile, os.environ),
        )
        self._runner = asyncio.Runner()
        self._started = False

    def join(self, ensemble: Ensemble, light: Sequence[Reading], text: DisplayText, symbol: str) -> Reading:
        """The ensemble's reading with every late scorer's answer. Raises DeskError when one cannot be asked."""
        if not self._started:
            self._runner.run(self._start())
            self._started = True
        strongest = max((abs(reading.score) for reading in light), default=1.0)
        members, missing = list(light), []
        for scorer in self.scorers:
            if strongest < scorer.gate:
                continue
            (score,) = self._runner.run(_ask(scorer, Asked(text, (symbol,) if symbol else ("TEXT",))))
            if score is None:
                missing.append(scorer.name)
            else:
                members.append(
                    Reading(
                        "",
                        scorer.name,
                        scorer.version,
                        score.score,
                        score.confidence,
                        0,
                        "",
                        score.symbols,
                        score.reason,
                    )
                )
        return ensemble.join("", members, missing, 0)

    def close(self) -> None:
        """End processes, close connections."""
        if self._started:
            self._runner.run(self._stop())
        self._runner.close()

    async def _start(self) -> None:
        for scorer in self.scorers:
            await scorer.start()

    async def _stop(self) -> None:
        for scorer in self.scorers:
            await scorer.close()


async def _ask(scorer: LateScorer, asked: Asked) -> Sequence[Score | None]:
    return await scorer.score([asked])
