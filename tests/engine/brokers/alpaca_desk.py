"""A broker against the pretend venue, and intents to send: shared by the Alpaca broker's tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import groupby

import alpaca.trading.client  # noqa: F401 - slow to import: not on a test's time

from engine.alpaca.backoff import Backoff
from engine.alpaca.stream import Pace
from engine.brokers.alpaca import AlpacaBroker
from engine.clock import SystemClock
from engine.config import AlpacaConfig, Config
from engine.model import Draft, FeedState, Intent, Light, OrderUpdate, Role, Side, client_order_id
from tests.venues.alpaca import AlpacaSimulator

QUICK = Pace(first_s=0.01, cap_s=0.05, busy_s=0.2, refused_s=30.0, stable_s=60.0, open_s=3.0, ping_s=0.6)
"""A stream that does not let a test wait."""

TIMEOUT_S = 0.6


def make_broker(
    venue: AlpacaSimulator, *, secret_key: str = "", pace: Pace = QUICK, timeout_s: float = TIMEOUT_S
) -> AlpacaBroker:
    """A broker for the venue, not started."""
    settings = AlpacaConfig(
        trading_url=venue.trading_url, trading_stream_url=venue.trading_stream_url, timeout_s=timeout_s
    )
    return AlpacaBroker(
        Config(alpaca=settings),
        SystemClock(),
        key_id=venue.key_id,
        secret_key=secret_key or venue.secret_key,
        pace=pace,
        backoff=Backoff(pace.first_s, pace.cap_s),
    )


@asynccontextmanager
async def started(venue: AlpacaSimulator, **more: float) -> AsyncIterator[AlpacaBroker]:
    """A started broker, closed at the end."""
    broker = make_broker(venue, **more)
    await broker._rest.open()
    try:
        yield broker
    finally:
        await broker.close()


def intent(
    signal: str = "s1",
    *,
    side: Side = Side.BUY,
    role: Role = Role.ENTRY,
    symbol: str = "TSLA",
    quantity: str = "10",
    limit: str = "251",
    stop: str | None = None,
    target: str | None = None,
    tif: str = "day",
    extended: bool = False,
) -> Intent:
    """An intent as the orders room would commit it."""
    draft = Draft(
        symbol=symbol,
        side=side,
        quantity=Decimal(quantity),
        limit_price=Decimal(limit),
        reference_price=Decimal(250),
        reference_ns=1,
        stop_price=None if stop is None else Decimal(stop),
        target_price=None if target is None else Decimal(target),
        time_in_force=tif,
        extended_hours=extended,
    )
    return Intent(client_order_id(signal, role, 1), signal, "t1", 1, role, draft, 1)


class Listener:
    """Collects what `updates` yields, and waits for what a test expects."""

    def __init__(self, broker: AlpacaBroker) -> None:
        self.items: list[OrderUpdate | FeedState] = []
        self._bell = asyncio.Condition()
        self._task = asyncio.create_task(self._run(broker))

    async def _run(self, broker: AlpacaBroker) -> None:
        async for item in broker.updates():
            async with self._bell:
                self.items.append(item)
                self._bell.notify_all()

    @property
    def updates(self) -> list[OrderUpdate]:
        return [item for item in self.items if isinstance(item, OrderUpdate)]

    @property
    def states(self) -> list[FeedState]:
        return [item for item in self.items if isinstance(item, FeedState)]

    def lights(self) -> list[Light]:
        """Every light that was told, without those that only counted on."""
        told = groupby((state.light, state.reconnects) for state in self.states)
        return [light for (light, _), _ in told]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until a condition over what came holds."""
        async with self._bell:
            await asyncio.wait_for(self._bell.wait_for(true), 10)

    async def light(self, light: Light, count: int = 1) -> FeedState:
        """Wait until the stream's light has been `light` so many times; the newest such state."""
        await self.until(lambda: self.lights().count(light) >= count)
        return [state for state in self.states if state.light is light][-1]

    async def ended(self) -> None:
        """Wait until the iteration has ended."""
        await asyncio.wait_for(self._task, 5)
