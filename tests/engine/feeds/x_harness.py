"""What the X feed's tests share: a configuration, a sink, time that moves when the feed waits, a running feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from engine.clock import MINUTE, SECOND, VirtualClock, parse_iso
from engine.config import Config, EngineConfig, SentimentConfig, WatchRow, XConfig
from engine.feeds.x import XFeed
from engine.model import FeedEvent, FeedState, Light, Post
from tests.venues.x import TOKEN, XPost, XSimulator

NOON = parse_iso("2026-11-20T12:00:00Z")
WINDOWS_NS = 90 * MINUTE
"""30 minutes of window and an hour of look-back, the defaults."""
WATCHLIST = (
    WatchRow(symbol="TSLA", name="Tesla", keywords=("Gigafactory Berlin", "Cybertruck"), ambiguous=("Model", "AI")),
    WatchRow(symbol="AAPL", name="Apple", keywords=("iPhone", "Tim Cook"), ambiguous=("Apple",)),
)


def config(
    tmp_path: Path,
    url: str = "http://127.0.0.1:9",
    *,
    window_s: float = 1800.0,
    look_back_s: float = 3600.0,
    watchlist: Sequence[WatchRow] = WATCHLIST,
    **x: Any,
) -> Config:
    """A configuration whose X is at `url`; warm start is off unless asked for."""
    settings: dict[str, Any] = {"base_url": url, "warm_start": False, "silence_s": 5.0, "connect_timeout_s": 5.0} | x
    return Config(
        engine=EngineConfig(state_dir=str(tmp_path / "state"), runtime_dir=str(tmp_path / "run")),
        x=XConfig(**settings),
        sentiment=SentimentConfig(window_s=window_s, look_back_s=look_back_s),
        watchlist=tuple(watchlist),
    )


class Bucket:
    """A sink that keeps everything, and lets a test wait for it."""

    def __init__(self) -> None:
        self.events: list[FeedEvent] = []
        self.states: list[FeedState] = []
        self._changed = asyncio.Event()

    async def put(self, events: Sequence[FeedEvent]) -> None:
        self.events.extend(events)
        self._changed.set()

    def report(self, state: FeedState) -> None:
        self.states.append(state)
        self._changed.set()

    @property
    def posts(self) -> list[Post]:
        return [event for event in self.events if isinstance(event, Post)]

    @property
    def coverage(self) -> list[FeedState]:
        """States that came in order with the posts."""
        return [event for event in self.events if isinstance(event, FeedState)]

    @property
    def filled(self) -> list[FeedState]:
        """Those of them that tell of posts that have come after all; what lies ahead was never missing."""
        return [state for state in self.coverage if state.filled_to_ns and state.filled_to_ns <= state.received_ns]

    @property
    def lights(self) -> list[Light]:
        """The lights reported, repeats left out."""
        lights: list[Light] = []
        for state in self.states:
            if not lights or lights[-1] is not state.light:
                lights.append(state.light)
        return lights

    def ids(self) -> list[str]:
        return [post.id for post in self.posts]

    async def until(self, condition: Callable[[], object], timeout_s: float = 10.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def shows(self, light: Light) -> FeedState:
        """Wait until this light is the newest one reported."""
        await self.until(lambda: self.states and self.states[-1].light is light)
        return self.states[-1]


class WallClock(VirtualClock):
    """Time as a machine has it: somebody may set it back."""

    def set_back(self, by_ns: int) -> None:
        self._now -= by_ns


class Waits:
    """Stands in for waiting: moves the clock and notes how long the feed meant to wait."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self.seconds: list[float] = []
        self.hold: asyncio.Event | None = None
        self.set_back_ns = 0
        """By how much the clock is set back during the next wait."""

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._clock.advance(self._clock.now_ns() + round(seconds * SECOND))
        back_ns, self.set_back_ns = self.set_back_ns, 0
        self._clock.set_back(back_ns)
        await asyncio.sleep(0)
        if self.hold is not None:
            await self.hold.wait()


class Rig:
    """A running feed on a pretend X, both on one virtual clock."""

    def __init__(self, x: XSimulator, feed: XFeed, clock: WallClock, waits: Waits) -> None:
        self.x = x
        self.feed = feed
        self.clock = clock
        self.waits = waits
        self.sink = Bucket()
        self.task = asyncio.create_task(feed.run(self.sink))

    def advance(self, seconds: float) -> None:
        self.clock.advance(self.clock.now_ns() + round(seconds * SECOND))

    async def up(self) -> None:
        await self.sink.shows(Light.UP)

    async def live(self) -> None:
        """Wait until the stream is open on both ends."""
        await self.x.streaming()
        await self.sink.until(lambda: self.sink.states[-1].light in (Light.UP, Light.RECOVERING))


@asynccontextmanager
async def rig(
    tmp_path: Path,
    *,
    simulator: dict[str, Any] | None = None,
    known_until_ns: int = 0,
    known_whole: bool = True,
    start_ns: int = NOON,
    **x: Any,
) -> AsyncIterator[Rig]:
    """A feed started on a pretend X; cancelled at the end."""
    clock = WallClock(start_ns)
    async with XSimulator(clock=clock, **(simulator or {})) as server:
        waits = Waits(clock)
        known = {"known_until_ns": known_until_ns, "known_whole": known_whole}
        feed = XFeed(config(tmp_path, server.url, **x), clock, token=TOKEN, wait=waits, **known)
        running = Rig(server, feed, clock, waits)
        try:
            yield running
        finally:
            running.task.cancel()
            await asyncio.gather(running.task, return_exceptions=True)


def history(desk: Rig, count: int, every_s: int = 30) -> list[XPost]:
    """Posts already there, newest `every_s` before now, oldest first."""
    posts = [desk.x.make(f"Tesla {n}", at_ns=desk.clock.now_ns() - n * every_s * SECOND) for n in range(count, 0, -1)]
    for post in posts:
        desk.x.publish(post)
    return posts
