"""The scorer `finbert` on the engine's side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Final

from engine.clock import Clock
from engine.config import Config
from engine.errors import ConfigError, DeskError
from engine.model import Asked, Score
from engine.scoring.finbert.labels import score
from engine.scoring.finbert.model import missing
from engine.scoring.finbert.process import WorkerProcess
from engine.scoring.finbert.store import find
from engine.scoring.finbert.wire import Setup

_START_S: Final = 120.0
"""Longest that a worker may take to load its model: half a gigabyte from a slow disk."""


class FinbertScorer:
    """Speaks `model.LateScorer`: batches of texts to a transformer in a process of its own.

    A worker that crashes, hangs past the batch's time limit or runs out of memory is killed and started again, and the
    batch is asked once more, in case it was not its fault; then its posts keep their light reading.
    """

    name = "finbert"
    repeatable: ClassVar[bool] = True
    concurrency = 1
    cap_usd = None
    spent_usd = 0.0

    def __init__(self, config: Config, clock: Clock, *, state_dir: Path, **others: Any) -> None:
        """Raises ConfigError when a package or the model is missing, or its classes say nothing about mood."""
        del clock, others  # it is told no time and needs no key
        settings = config.scoring.finbert
        self._model = find(state_dir, settings.model)
        manifest = self._model.manifest
        for package in ("tokenizers", "onnxruntime") if manifest.file else ("tokenizers", "transformers", "torch"):
            if find_spec(package) is None:
                raise missing(package, "finbert" if manifest.file else "torch")
        self._meanings = self._model.meanings(settings.labels)
        classes = "/".join(f"{meaning:g}" for meaning in self._meanings)
        longest = self._model.longest(settings.max_length)
        self.version = f"{manifest.version}-{longest}-{classes}"
        self.batch = settings.batch
        self.wait_s = settings.wait_ms / 1000
        self.gate = settings.gate
        self._limit_s = settings.timeout_s
        self.worker = WorkerProcess(
            Setup(
                directory=str(self._model.directory),
                file=manifest.file,
                device=settings.device,
                max_length=longest,
                inputs=manifest.inputs,
                pad_id=manifest.pad_id,
                pad_token=manifest.pad_token,
                alone=manifest.precision == "int8",
                threads=settings.threads,
            ),
            start_s=_START_S,
        )

    @property
    def detail(self) -> str:
        """What computes, in words."""
        return self.worker.backend

    def blocked(self, now_ns: int) -> str:
        """Nothing keeps it from being asked."""
        del now_ns
        return ""

    async def start(self) -> None:
        """Check the weights and load them. Raises DeskError."""
        await asyncio.to_thread(self._model.check)
        await self.worker.start()

    async def score(self, asked: Sequence[Asked]) -> Sequence[Score | None]:
        """One Score per text. Raises DeskError when the worker failed twice, or answered no numbers."""
        texts = [each.text for each in asked]
        try:
            rows = await self.worker.logits(texts, self._limit_s)
        except ConfigError:
            raise
        except DeskError:
            rows = await self.worker.logits(texts, self._limit_s)
        scores = [score(row, self._meanings) for row in rows]
        if None in scores:
            raise DeskError(
                f"expected {len(self._meanings)} finite numbers per text, found {rows[scores.index(None)]!r:.100}",
                where=self.version,
                remedy=f"the model is no good on this machine: desk models pull {self._model.manifest.name}",
            )
        return scores

    async def close(self) -> None:
        """End the worker."""
        await self.worker.stop()
