"""What the tests of the feeds from Alpaca share: a pace, a sink that keeps everything, a feed that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import alpaca.common.rest
import alpaca.data.historical.stock  # noqa: F401 - slow to import: not on a test's time
import msgspec
import pytest

from engine.alpaca.backoff import Backoff
from engine.alpaca.stream import Pace
from engine.calendar import Calendar
from engine.clock import SystemClock
from engine.config import AlpacaConfig, Config, WatchRow
from engine.feeds.prices import AlpacaPriceFeed
from engine.model import Feed, FeedEvent, FeedState, Halt, Light, Market, Quote, Session
from tests.venues.alpaca import AlpacaSimulator

QUICK = Pace(first_s=0.01, cap_s=0.05, busy_s=0.2, refused_s=30.0, stable_s=60.0, open_s=3.0, ping_s=0.6)
PATIENT = msgspec.structs.replace(QUICK, open_s=10.0, ping_s=10.0)
"""For tests that a connection must outlast, however busy the machine is."""


class Sitting(Calendar):
    """A calendar that always says the same session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def market(self, at_ns: int) -> Market:
        return Market(self.session, at_ns)


class Kept:
    """A Sink that keeps everything, and can be made to take nothing for a while."""

    def __init__(self) -> None:
        self.events: list[FeedEvent] = []
        self.states: list[FeedState] = []
        self.open = asyncio.Event()
        self.open.set()
        self._waiting: list[tuple[Callable[[], bool], asyncio.Event]] = []

    async def put(self, events: Sequence[FeedEvent]) -> None:
        await self.open.wait()
        self.events.extend(events)
        self._ring()

    def report(self, state: FeedState) -> None:
        self.states.append(state)
        self._ring()

    def _ring(self) -> None:
        for true, bell in self._waiting:
            if true():
                bell.set()

    async def until(self, true: Callable[[], bool]) -> None:
        bell = asyncio.Event()
        if true():
            return
        self._waiting.append((true, bell))
        await asyncio.wait_for(bell.wait(), 10)

    def quotes(self, symbol: str = "TSLA") -> list[Quote]:
        return [event for event in self.events if isinstance(event, Quote) and event.symbol == symbol]

    @property
    def halts(self) -> list[Halt]:
        return [event for event in self.events if isinstance(event, Halt)]

    def lights(self) -> list[Light]:
        return [state.light for state in self.states]

    async def light(self, light: Light, count: int = 1) -> FeedState:
        """Wait until the light has turned to this so many times; its newest state."""

        def turned() -> int:
            lights = [None, *self.lights()]
            return sum(1 for old, new in pairwise(lights) if new is light and old is not light)

        await self.until(lambda: turned() >= count)
        return [state for state in self.states if state.light is light][-1]


@asynccontextmanager
async def running(feed: Feed, kept: Kept | None = None) -> AsyncIterator[Kept]:
    """A running feed's sink; the feed is cancelled at the end and must have ended."""
    kept = Kept() if kept is None else kept
    task = asyncio.create_task(feed.run(kept))
    try:
        yield kept
        assert not task.done()
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@asynccontextmanager
async def feeding(
    venue: AlpacaSimulator,
    *symbols: str,
    session: Session = Session.CLOSED,
    silence_s: float = 0.2,
    secret_key: str = "",
    pace: Pace = QUICK,
) -> AsyncIterator[Kept]:
    """The sink of a running price feed of this venue."""
    alpaca = AlpacaConfig(
        data_url=venue.data_url, data_stream_url=venue.data_stream_url, timeout_s=5.0, silence_s=silence_s
    )
    rows = tuple(WatchRow(symbol=symbol) for symbol in symbols or ("TSLA", "AAPL"))
    feed = AlpacaPriceFeed(
        Config(alpaca=alpaca, watchlist=rows),
        SystemClock(),
        key_id=venue.key_id,
        secret_key=secret_key or venue.secret_key,
        calendar=Sitting(session),
        pace=pace,
        backoff=Backoff(pace.first_s, pace.cap_s),
    )
    async with running(feed) as kept:
        yield kept
