"""The replay feed: a recording as if it happened now, at its own pace, N times faster, or as fast as possible.

It is alone when it runs: posts, prices, halts and feed states come from the one recording, in one order, so the same
recording drives the engine through the same steps at any speed. Every event's `received_ns` is the recording's time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time
from pathlib import Path
from typing import Final

from engine.clock import NEW_YORK, SECOND, Clock, exchange_time, from_seconds, new_york, parse_iso, stopwatch_ns
from engine.config import Config
from engine.errors import EXIT_OK, ConfigError, DeskError
from engine.feeds import demo
from engine.feeds.recording import Recording
from engine.model import FeedEvent, FeedState, Light, Post, Sink

DEMO: Final = Path(__file__).parent / "demo"
"""The shipped recording: one made-up trading day."""
BATCH: Final = 256
"""Most events handed over together."""
TICK_S: Final = 0.01
"""Shortest wait: events due within one tick are handed over together."""
LATE_NS: Final = 2 * SECOND
"""Further behind than this in wall time (a suspended laptop, an engine that was busy) the pace starts anew."""


class CalledOff(DeskError):
    """The engine was stopped before its recording was read and checked."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"stopped while the recording was still read ({reason})", exit_code=EXIT_OK)
        self.reason = reason


class ReplayFeed:
    """Plays `replay.path`, or the demo day when that is empty.

    Emits one FeedState of its own at the start (UP, covered since the first event), those of the recording in their
    places, and at the end ENDED for itself and for each feed the recording told of. A journal made by a replay tells of
    this feed; that is left out, as it happens anew.
    """

    name = "replay"

    def __init__(self, config: Config, clock: Clock) -> None:
        """`clock` is not read: a recording brings its own time. Raises ConfigError, RecordingError."""
        replay = config.replay
        path, known = (Path(replay.path).expanduser(), None) if replay.path else (DEMO, demo.CONTENTS)
        self._recording = Recording(path, config.symbols, replay.quote_s, known)
        self._start = replay.start
        self._pace = Pace(replay.speed)
        self._paced_anew = asyncio.Event()
        """Set when another speed holds: what waits for its instant waits anew."""
        self.ended = False
        """Whether all of it has been handed over."""
        self._reached_ns = 0
        """The newest instant that was handed over, or told by `position`."""
        self._next_ns: int | None = None
        """Received time of the event that waits for its instant."""
        self._items = 0
        self._others: list[str] = []
        """Feeds whose states the recording tells. They end before the replay, as its own journal will tell again."""

    @property
    def speed(self) -> float:
        """Recorded seconds per second; 0 means as fast as possible."""
        return self._pace.speed

    def play_at(self, speed: float) -> None:
        """Go on at this speed, from the instant that is reached: above 0, in a replay that was started so."""
        self._pace.change(speed)
        self._paced_anew.set()

    @property
    def path(self) -> Path:
        """What is played."""
        return self._recording.path

    async def look_through(self, stopped: Callable[[], str]) -> None:
        """Read and check the recording, in turns with whatever else runs: a long one takes minutes.

        `stopped` says why to stop meanwhile, empty while there is no reason to. Raises RecordingError naming file and
        line, and CalledOff when it is to stop.
        """
        for _ in self._recording.look_through():
            await asyncio.sleep(0)
            if why := stopped():
                raise CalledOff(why)

    def bounds(self) -> tuple[int, int]:
        """Received time of the first and the last event. The first call reads and checks the recording.

        Raises RecordingError naming file and line.
        """
        return self._recording.bounds()

    def start_ns(self) -> int:
        """From when on the pace holds: `replay.start`, else the first event, and never before that.

        Raises ConfigError, RecordingError.
        """
        first_ns, _ = self.bounds()
        return max(start_ns(self._start, first_ns), first_ns) if self._start else first_ns

    def position(self) -> int:
        """The recording's time now, in nanoseconds: for a clock that runs smoothly between events.

        Never past an event that has not been handed over, never back; 0 before the start.
        """
        if self._next_ns is not None and self._pace.running:
            self._reached_ns = max(self._reached_ns, min(self._pace.now_ns(), self._next_ns))
        return self._reached_ns

    async def run(self, sink: Sink) -> None:
        """Deliver the whole recording in batches. Raises ConfigError, RecordingError."""
        first_ns, last_ns = self.bounds()
        start = self.start_ns()
        batch: list[FeedEvent] = [
            FeedState(self.name, Light.UP, first_ns, first_ns, self._detail(), covered_since_ns=first_ns)
        ]
        for event in self._recording.events():
            at_ns = event.received_ns
            if self.speed and at_ns >= start:
                if not self._pace.running:
                    await self._hand_over(sink, batch)
                    self._pace.begin(start)
                self._next_ns = at_ns
                while (delay := self._pace.delay_s(at_ns)) > 0:
                    self._paced_anew.clear()
                    await self._hand_over(sink, batch)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(max(delay, TICK_S)):
                            await self._paced_anew.wait()
                self._next_ns = None
            if isinstance(event, FeedState):
                if event.name == self.name:
                    continue
                if event.name not in self._others:
                    self._others.append(event.name)
            batch.append(event)
            self._items += isinstance(event, Post)
            if len(batch) >= BATCH:
                await self._hand_over(sink, batch)
                await asyncio.sleep(0)
        batch.extend(
            FeedState(
                name, Light.ENDED, last_ns, last_ns, "the recording has ended", last_ns=last_ns, items=self._items
            )
            for name in (*self._others, self.name)
        )
        await self._hand_over(sink, batch)
        self.ended = True

    async def _hand_over(self, sink: Sink, batch: list[FeedEvent]) -> None:
        """Put the batch, if there is one, and empty it."""
        if not batch:
            return
        reached_ns = batch[-1].received_ns
        await sink.put(tuple(batch))
        self._reached_ns = max(self._reached_ns, reached_ns)
        batch.clear()

    def _detail(self) -> str:
        contents = self._recording.contents
        first, last = exchange_time(contents.first_ns)[:16], exchange_time(contents.last_ns)[:16]
        until = last[11:] if first[:10] == last[:10] else last
        return f"{contents.posts:,} posts from {first} to {until} NY"


class Pace:
    """Maps recorded time to the monotonic clock, `speed` recorded seconds per second."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._at_ns = 0
        self._began_ns = 0
        self.running = False

    def begin(self, at_ns: int) -> None:
        """Recorded time `at_ns` is now."""
        self._at_ns, self._began_ns, self.running = at_ns, stopwatch_ns(), True

    def change(self, speed: float) -> None:
        """Go on at another speed from recorded time now."""
        if self.running:
            self.begin(self.now_ns())
        self.speed = speed

    def now_ns(self) -> int:
        """Recorded time now."""
        return self._at_ns + int((stopwatch_ns() - self._began_ns) * self.speed)

    def delay_s(self, at_ns: int) -> float:
        """Seconds until recorded time `at_ns`; 0 when it has come. Far behind, the pace starts anew at `at_ns`."""
        ahead_ns = (at_ns - self.now_ns()) / self.speed
        if ahead_ns < -LATE_NS:
            self.begin(at_ns)
        return max(0.0, ahead_ns / SECOND)


def start_ns(text: str, first_ns: int) -> int:
    """`09:25` or `09:25:30` New York on the day of `first_ns`, or ISO 8601 with a zone. Raises ConfigError."""
    try:
        if "T" not in text:
            day, hour = new_york(first_ns).date(), time.fromisoformat(text)
            if hour.tzinfo is not None:
                raise ValueError("a time of day with a zone is not New York's")
            moment = datetime.combine(day, hour, NEW_YORK)
            return from_seconds(moment.timestamp())
        return parse_iso(text)
    except ValueError as error:
        raise ConfigError(
            f"expected a New York time (09:25) or ISO 8601 with a zone, found {text!r}",
            where="replay.start",
            remedy='use start = "09:25", or leave it empty',
        ) from error
