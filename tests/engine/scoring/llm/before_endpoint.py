"""A scorer before a pretend endpoint."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from engine.clock import SECOND, VirtualClock
from engine.config import Config, LlmConfig, ScoringConfig
from engine.model import Asked, DisplayText, Score
from engine.scoring.llm.scorer import LlmScorer
from tests.engine.scoring.llm.endpoint import KEY, Endpoint, running

NOW = 1_773_235_800 * SECOND


class Put:
    """A scorer before a pretend endpoint."""

    def __init__(self, scorer: LlmScorer, endpoint: Endpoint, clock: VirtualClock) -> None:
        self.scorer = scorer
        self.endpoint = endpoint
        self.clock = clock

    async def ask(self, text: str, *symbols: str) -> Score | None:
        (score,) = await self.scorer.score([Asked(DisplayText(text), symbols or ("TSLA",))])
        return score


@contextlib.asynccontextmanager
async def put(tmp_path: Path, api: str = "anthropic", **settings: Any) -> AsyncIterator[Put]:
    async with running() as endpoint:
        given = {"api": api, "model": "made-up-1", "base_url": endpoint.url, "timeout_s": 10.0, **settings}
        clock = VirtualClock(NOW)
        config = Config(scoring=ScoringConfig(llm=LlmConfig(**given)))
        scorer = LlmScorer(config, clock, state_dir=tmp_path, read_secret=lambda name: KEY)
        await scorer.start()
        try:
            yield Put(scorer, endpoint, clock)
        finally:
            await scorer.close()
