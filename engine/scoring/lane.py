"""The way of posts through one late scorer: a bounded queue, batches, answers, and what happens when it fails."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from engine.clock import Clock, from_seconds
from engine.config import LateConfig
from engine.errors import ConfigError, CredentialsError, DeskError
from engine.model import Asked, LateScorer, Light, Score, Value
from engine.scoring.own_loop import OwnLoop
from engine.scoring.usable import usable

BACK_OFF_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Pauses after failures in a row; the last one repeats."""
REMEMBERED: Final = 4096
"""Texts whose scores are kept: a third to a half of a stream is repetition."""
_BLOCKED_S: Final = 5.0
"""How often a scorer that may not be asked is looked at again."""


class LateAnswer(Value, frozen=True, gc=False):
    """One late scorer's answer about one post."""

    scorer: str
    post_id: str
    score: Score | None
    """None where it gave none, in time or at all."""


class LaneCounts(Value, frozen=True, gc=False):
    """What came of the posts that a late scorer was to be asked about, since start."""

    answered: int = 0
    """Got a score in time."""
    late: int = 0
    """Waited, or were answered, for longer than `scoring.late.limit_s`."""
    dropped: int = 0
    """Made room in the full queue."""
    failed: int = 0
    """Could not be asked about, or got no usable score."""


class _Waiting(msgspec.Struct, gc=False):
    """Posts that wait for one answer."""

    posts: list[str]
    newest_ns: int
    """When the last of them came."""


class Lane:
    """Asks one late scorer about posts, in batches, and tells each answer. Nothing that the scorer does breaks it.

    Posts with the same text and symbols share one question. What waits too long or finds the queue full is answered
    with None: the post keeps its light reading.
    """

    def __init__(
        self,
        scorer: LateScorer,
        clock: Clock,
        settings: LateConfig,
        *,
        replaying: bool,
        deliver: Callable[[LateAnswer], None],
        report: Callable[[Light, str, str], None],
    ) -> None:
        """In a replay nothing is too late and nothing makes room: time stands still while an answer is awaited. Each
        text is asked about by itself, so that no score depends on who happened to share its batch.

        `report`: light, detail and remedy, whenever something about them may have changed.
        """
        self.scorer = scorer
        self._loop = OwnLoop(scorer.name)
        self._clock = clock
        self._limit_s = settings.limit_s
        self._late_ns = None if replaying else from_seconds(settings.limit_s)
        self._room = None if replaying else settings.queue
        self._batch_size = 1 if replaying else scorer.batch
        self._wait_s = scorer.wait_s
        self._deliver = deliver
        self._report = report
        self._queue: deque[Asked] = deque()
        self._posts: dict[Asked, _Waiting] = {}
        """Who waits for what: queued and under way."""
        self._waiting = 0
        self._wake = asyncio.Event()
        self._remembered: dict[Asked, Score] = {}
        self._failures = 0
        self._light = Light.OFF
        self.answered = self.late = self.dropped = self.failed = 0

    @property
    def counts(self) -> LaneCounts:
        """What came of the posts so far."""
        return LaneCounts(self.answered, self.late, self.dropped, self.failed)

    @property
    def waiting(self) -> int:
        """Posts without an answer yet."""
        return self._waiting

    def came_late(self) -> None:
        """A score that was delivered came too late for its post: it counts as that, and not as answered."""
        self.answered -= 1
        self.late += 1

    def ask(self, post_id: str, asked: Asked, now_ns: int) -> None:
        """Ask about a post; the answer is delivered once, perhaps before this returns."""
        self._waiting += 1
        known = self._remembered.get(asked)
        if known is not None:
            self._tell(post_id, known)
            return
        if self._room is not None and self._waiting > self._room:
            if not self._queue:
                self.dropped += 1
                self._refuse(post_id)
                return
            self.dropped += self._none(self._queue.popleft())
        others = self._posts.get(asked)
        if others is not None:
            others.posts.append(post_id)
            others.newest_ns = now_ns
            return
        self._posts[asked] = _Waiting([post_id], now_ns)
        self._queue.append(asked)
        self._wake.set()

    async def open(self) -> None:
        """Start the scorer. Raises DeskError when it cannot work."""
        await self._loop.call(self.scorer.start, None)
        self._show(Light.UP)

    async def run(self, *, started: bool = False) -> None:
        """Ask until cancelled. The scorer is started unless `started`, and again after it failed, ever more slowly."""
        try:
            if not started:
                await self._start()
            async with asyncio.TaskGroup() as group:
                for _ in range(self.scorer.concurrency):
                    group.create_task(self._ask_on())
        finally:
            await self._close()

    async def _start(self) -> None:
        self._show(Light.CONNECTING)
        while self._light is not Light.UP:
            try:
                await self._loop.call(self.scorer.start, None)
            except DeskError as error:
                await self._rest(error)
            else:
                self._failures = 0
                self._show(Light.UP)

    async def _ask_on(self) -> None:
        while True:
            batch = await self._batch()
            if batch:
                await self._ask_about(batch)

    async def _batch(self) -> list[Asked]:
        """What to ask about next: waits for something, and a little for company. What is too old is left out.

        It is when all who wait for it are: what everybody repeats is asked about for the newest of them.
        """
        while not self._queue:
            self._wake.clear()
            await self._wake.wait()
        if len(self._queue) < self._batch_size:
            await asyncio.sleep(self._wait_s)
        batch: list[Asked] = []
        now_ns = self._clock.now_ns()
        while self._queue and len(batch) < self._batch_size:
            asked = self._queue.popleft()
            if self._late_ns is not None and now_ns - self._posts[asked].newest_ns > self._late_ns:
                self.late += self._none(asked)
            else:
                batch.append(asked)
        return batch

    async def _ask_about(self, batch: list[Asked]) -> None:
        try:
            blocked, scores, unusable = await self._loop.call(lambda: self._answers(batch), self._limit_s)
        except DeskError as error:
            self._give_up(batch)
            await self._rest(error)
            return
        if blocked:
            self._give_up(batch)
            self._show(Light.CAPPED, blocked)
            await asyncio.sleep(_BLOCKED_S)
            return
        for asked, score in zip(batch, scores, strict=True):
            if score is None:
                self.failed += self._none(asked)
                continue
            self._remember(asked, score)
            for post_id in self._posts.pop(asked).posts:
                self._tell(post_id, score)
        self._failures = 0
        if unusable:
            problem = f"{unusable} of {len(batch)} scores were not in [−1, 1] or had no confidence in [0, 1]"
            self._show(Light.DEGRADED, problem, "those posts keep their light reading; look at the scorer")
        else:
            self._show(Light.UP)

    async def _answers(self, batch: list[Asked]) -> tuple[str, list[Score | None], int]:
        """Why it may not be asked; or one score per post, None without a usable one, and how many were of no use.

        On the scorer's loop, with all that touches what it made.
        """
        blocked = self.scorer.blocked(self._clock.now_ns())
        if blocked:
            return blocked, [], 0
        scores = await self.scorer.score(batch)
        if len(scores) != len(batch):
            raise DeskError(f"expected {len(batch)} scores, found {len(scores)}", where=self.scorer.name)
        checked = [None if score is None else usable(score) for score in scores]
        return "", checked, sum(found is None is not score for score, found in zip(scores, checked, strict=True))

    async def _close(self) -> None:
        try:
            await self._loop.close(self.scorer.close)
        except DeskError as error:
            self._show(Light.DOWN, f"it did not close: {error.message}", error.remedy)

    async def _rest(self, error: DeskError) -> None:
        """Say what is wrong and wait before the next attempt."""
        pause_s = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
        self._failures += 1
        refused = isinstance(error, ConfigError | CredentialsError)
        where = f"{error.where}: " if error.where else ""
        self._show(Light.REFUSED if refused else Light.DOWN, f"{where}{error.message}", error.remedy)
        await asyncio.sleep(pause_s)

    def _give_up(self, batch: Sequence[Asked]) -> None:
        for asked in batch:
            self.failed += self._none(asked)

    def _none(self, asked: Asked) -> int:
        """No answer for those who wait for this; returns how many."""
        posts = self._posts.pop(asked).posts
        for post_id in posts:
            self._refuse(post_id)
        return len(posts)

    def _refuse(self, post_id: str) -> None:
        self._waiting -= 1
        self._deliver(LateAnswer(self.scorer.name, post_id, None))

    def _tell(self, post_id: str, score: Score) -> None:
        self._waiting -= 1
        self.answered += 1
        self._deliver(LateAnswer(self.scorer.name, post_id, score))

    def _remember(self, asked: Asked, score: Score) -> None:
        self._remembered[asked] = score
        while len(self._remembered) > REMEMBERED:
            del self._remembered[next(iter(self._remembered))]

    def _show(self, light: Light, detail: str = "", remedy: str = "") -> None:
        self._light = light
        self._report(light, detail, remedy)
