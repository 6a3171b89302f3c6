"""A late scorer that answers what it is told to, and a lane that runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from engine.clock import SECOND, VirtualClock
from engine.config import LateConfig
from engine.errors import DeskError
from engine.model import Asked, DisplayText, Light, Score
from engine.scoring.lane import Lane, LateAnswer

GOOD = Score(0.5, 0.9)


def about(text: str, *symbols: str) -> Asked:
    return Asked(DisplayText(text), symbols or ("TSLA",))


class Made:
    """A late scorer that answers what it is told to."""

    name = "made"
    version = "1"
    repeatable = True
    concurrency = 1
    gate = 0.0
    wait_s = 0.0
    spent_usd = 0.0
    cap_usd: float | None = None
    detail = ""

    def __init__(self, answer: Callable[[Sequence[Asked]], Awaitable[Any]], batch: int = 4) -> None:
        self.answer = answer
        self.batch = batch
        self.batches: list[list[str]] = []
        self.refusals: list[DeskError] = []
        """What `start` raises, one after the other."""
        self.block = ""
        self.closed = False

    def blocked(self, now_ns: int) -> str:
        return self.block

    async def start(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)

    async def score(self, asked: Sequence[Asked]) -> Any:
        self.batches.append([each.text for each in asked])
        return await self.answer(asked)

    async def close(self) -> None:
        self.closed = True


async def good(asked: Sequence[Asked]) -> list[Score | None]:
    return [GOOD] * len(asked)


class Watched:
    """A lane that runs, and what it said."""

    def __init__(self, scorer: Made, *, replaying: bool = False, **settings: Any) -> None:
        self.clock = VirtualClock(1_000 * SECOND)
        self.answers: list[LateAnswer] = []
        self.lights: list[tuple[Light, str]] = []
        self.scorer = scorer
        self.lane = Lane(
            scorer,
            self.clock,
            LateConfig(**settings),
            replaying=replaying,
            deliver=self.answers.append,
            report=lambda light, detail, remedy: self.lights.append((light, detail)),
        )

    def ask(self, post_id: str, text: str, *symbols: str) -> None:
        self.lane.ask(post_id, about(text, *symbols), self.clock.now_ns())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Watched]:
        task = asyncio.create_task(self.lane.run())
        try:
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def settled(self, count: int) -> list[tuple[str, float | None]]:
        async with asyncio.timeout(10):
            while len(self.answers) < count:
                await asyncio.sleep(0.001)
        return [(each.post_id, None if each.score is None else each.score.score) for each in self.answers]
