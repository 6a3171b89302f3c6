"""Readings that come after their post: who is asked, what is still missing, and when an answer may count.

A post gets its light reading at once. Where a late scorer is asked about it, that reading's confidence is lower by half
of what is missing; each answer then makes a new one, journaled with the time at which it came, so a restart or
a reader of the journal never sees a score earlier than the engine did. An answer that comes later than
`scoring.late.limit_s` after its post is dropped and counted. While a late scorer is down its posts keep the light
reading and the lower confidence; nothing old is used in its place.

In a replay the engine waits for the answers: each counts exactly `scoring.late.replay_s` after its post in the
recording's time, so the same recording gives the same journal however fast the model is. Scorers whose answers are not
the same twice, or cost money, are left out of a replay, and the desk says so.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from engine.clock import SECOND, Clock, from_seconds
from engine.config import Config
from engine.model import Asked, DisplayText, FeedState, LateScorer, Light, Match, Post, Reading, Value
from engine.scoring import Ensemble, Scored
from engine.scoring.lane import Lane, LateAnswer
from engine.scoring.late import late_names

SHOWN_EVERY_NS = SECOND
"""A light that stays as it is brings its counts up to date this often."""


class Rescored(Value, frozen=True, gc=False):
    """What a late answer changed."""

    member: Reading
    """The late scorer's own reading."""
    reading: Reading
    """The ensemble's, from now on."""


class _Pending(msgspec.Struct):
    """A post that late scorers were asked about."""

    received_ns: int
    members: dict[str, Reading]
    """What has been said, by scorer."""
    asked: tuple[str, ...]
    waiting: set[str]
    arrived: list[LateAnswer] = []
    """In a replay: answers that do not count yet."""


class LateScores:
    """The late scorers' lanes. Told of each post after its light reading; the kernel hands each answer back in turn."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        scorers: Sequence[LateScorer],
        ensemble: Ensemble,
        *,
        replaying: bool,
        deliver: Callable[[LateAnswer], None],
        report: Callable[[FeedState], None],
    ) -> None:
        """`deliver` puts an answer where the kernel takes it (not in a replay), `report` shows a scorer's light."""
        settings = config.scoring
        self._clock = clock
        self._ensemble = ensemble
        self._replaying = replaying
        self._report = report
        self._max_chars = settings.max_chars
        self._late_ns = from_seconds(settings.late.limit_s)
        self._replay_ns = from_seconds(settings.late.replay_s)
        self._pending: dict[str, _Pending] = {}
        self._due: deque[tuple[int, str]] = deque()
        self._news = asyncio.Event()
        self._lights: dict[str, FeedState] = {}
        self._left_out = tuple(name for name in late_names(config) if name not in {each.name for each in scorers})
        self._lanes = tuple(
            Lane(
                scorer,
                clock,
                settings.late,
                replaying=replaying,
                deliver=self._keep if replaying else deliver,
                report=self._shower(scorer),
            )
            for scorer in scorers
        )

    @property
    def versions(self) -> tuple[str, ...]:
        """`name version` of each."""
        return tuple(f"{lane.scorer.name} {lane.scorer.version}" for lane in self._lanes)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """One per late scorer, in the order of the configuration."""
        return self._lanes

    @property
    def next_due_ns(self) -> int:
        """In a replay: when the next answers count; 0 when none is awaited."""
        return self._due[0][0] if self._due else 0

    async def open(self) -> None:
        """Before the first post. In a replay the scorers are started here. Raises DeskError when one cannot work."""
        for name in self._left_out:
            now_ns = self._clock.now_ns()
            detail = "left out of a replay: its answers are not the same twice, and cost money"
            self._report(FeedState(name, Light.OFF, now_ns, now_ns, detail))
        if self._replaying:
            for lane in self._lanes:
                await lane.open()

    async def run(self) -> None:
        """Ask until cancelled."""
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(lane.run(started=self._replaying))

    def ask(self, post: Post, matches: Sequence[Match], scored: Scored, now_ns: int) -> Scored:
        """Ask about a post that has its light reading; returns what it counts with until the answers come."""
        if not self._lanes:
            return scored
        light = max([abs(scored.reading.score), *(abs(own.score) for own in scored.reading.symbols)])
        lanes = [lane for lane in self._lanes if light >= lane.scorer.gate]
        if not lanes:
            return scored
        names = tuple(lane.scorer.name for lane in lanes)
        members = {reading.scorer: reading for reading in scored.members}
        self._pending[post.id] = _Pending(post.received_ns, members, names, set(names))
        if self._replaying:
            self._due.append((now_ns + self._replay_ns, post.id))
        asked = Asked(
            DisplayText(post.text[: self._max_chars]), tuple(dict.fromkeys(match.symbol for match in matches))
        )
        for lane in lanes:
            lane.ask(post.id, asked, now_ns)
        return Scored(self._ensemble.join(post.id, scored.members, names, now_ns), scored.members)

    def forget(self, post_id: str) -> None:
        """A post was replaced by an edit: what is still said of it does not count."""
        self._pending.pop(post_id, None)

    def take(self, answer: LateAnswer) -> Rescored | None:
        """What an answer changes; None when it is none, comes too late, or its post is gone."""
        pending = self._pending.get(answer.post_id)
        if pending is None:
            return None
        pending.waiting.discard(answer.scorer)
        if not pending.waiting:
            del self._pending[answer.post_id]
        score = answer.score
        if score is None:
            return None
        now_ns = self._clock.now_ns()
        lane = next(lane for lane in self._lanes if lane.scorer.name == answer.scorer)
        if not self._replaying and now_ns - pending.received_ns > self._late_ns:
            lane.came_late()
            return None
        member = Reading(
            answer.post_id,
            answer.scorer,
            lane.scorer.version,
            score.score,
            score.confidence,
            now_ns,
            symbols=score.symbols,
            reason=score.reason,
        )
        pending.members[answer.scorer] = member
        members = sorted(pending.members.values(), key=self._place)
        missing = [name for name in pending.asked if name not in pending.members]
        return Rescored(member, self._ensemble.join(answer.post_id, members, missing, now_ns))

    async def settle(self, now_ns: int) -> list[Rescored]:
        """In a replay: what the answers change that count by now. Waits for them."""
        found = []
        while self._due and self._due[0][0] <= now_ns:
            _, post_id = self._due.popleft()
            pending = self._pending.get(post_id)
            if pending is None:
                continue
            while len(pending.arrived) < len(pending.asked):
                self._news.clear()
                await self._news.wait()
            for answer in sorted(pending.arrived, key=lambda each: pending.asked.index(each.scorer)):
                rescored = self.take(answer)
                if rescored is not None:
                    found.append(rescored)
        return found

    def _keep(self, answer: LateAnswer) -> None:
        """In a replay: an answer came; it counts when it is due."""
        pending = self._pending.get(answer.post_id)
        if pending is not None:
            pending.arrived.append(answer)
            self._news.set()

    def _place(self, reading: Reading) -> tuple[bool, int]:
        """Light members as they came, then the late ones in the order of the configuration."""
        names = [lane.scorer.name for lane in self._lanes]
        late = reading.scorer in names
        return late, names.index(reading.scorer) if late else 0

    def _shower(self, scorer: LateScorer) -> Callable[[Light, str, str], None]:
        return lambda light, problem, remedy: self._show(scorer, light, problem, remedy)

    def _show(self, scorer: LateScorer, light: Light, problem: str, remedy: str) -> None:
        """Show a scorer's light, at once when it changes, its counts once a second."""
        before = self._lights.get(scorer.name)
        now_ns = self._clock.now_ns()
        changed = before is None or before.light is not light
        if not changed and before is not None and now_ns - before.received_ns < SHOWN_EVERY_NS:
            return
        state = FeedState(
            name=scorer.name,
            light=light,
            since_ns=now_ns if before is None or changed else before.since_ns,
            received_ns=now_ns,
            detail=problem or ("" if self._replaying else self._summary(scorer)),
            remedy=remedy,
            last_ns=now_ns if light is Light.UP else 0 if before is None else before.last_ns,
            spent_usd=0.0 if self._replaying else scorer.spent_usd,
            cap_usd=scorer.cap_usd,
        )
        self._lights[scorer.name] = state
        self._report(state)

    def _summary(self, scorer: LateScorer) -> str:
        parts = [scorer.detail] if scorer.detail else []
        for lane in self._lanes:
            if lane.scorer is scorer:
                counts = lane.counts
                parts.append(
                    f"{counts.answered} posts scored, {counts.late} too late, {counts.dropped} dropped, "
                    f"{counts.failed} without a score"
                )
        return "; ".join(parts)
