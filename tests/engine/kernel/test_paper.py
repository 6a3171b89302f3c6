"""From a real socket to a real order: the engine as a process, X and Alpaca as servers on loopback, nothing mocked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from engine.clock import MINUTE, SECOND, SystemClock
from engine.journal.reader import Reader
from engine.model import DecisionKind, Light, Order, OrderStatus, Role, Ticket, TradingState
from engine.model.frames import Command, Snapshot
from tests.engine.kernel.process import EngineProcess, ending, until
from tests.venues.alpaca import AlpacaSimulator
from tests.venues.x import XSimulator, XUser

pytestmark = pytest.mark.timeout(240)

BEARISH = ("$TSLA terrible awful losses", "$TSLA is a disaster, horrible", "hate $TSLA, very bad news")
BULLISH = (
    "$TSLA amazing excellent quarter",
    "$TSLA is great, love these fantastic gains",
    "what a win for $TSLA, superb",
)


class Street:
    """The pretend X and the pretend Alpaca, with prices that move on."""

    def __init__(self, x: XSimulator, venue: AlpacaSimulator) -> None:
        self.x = x
        self.venue = venue
        self.price = Decimal("250.00")
        self.quoting = True

    def engine(self, home: Path, *, mode: str = "auto", **settings: str) -> EngineProcess:
        env = {
            "DESK_X_BEARER_TOKEN": self.x.token,
            "DESK_ALPACA_KEY_ID": self.venue.key_id,
            "DESK_ALPACA_SECRET_KEY": self.venue.secret_key,
            "DESK_X__BASE_URL": self.x.url,
            "DESK_ALPACA__TRADING_URL": self.venue.trading_url,
            "DESK_ALPACA__DATA_URL": self.venue.data_url,
            "DESK_ALPACA__TRADING_STREAM_URL": self.venue.trading_stream_url,
            "DESK_ALPACA__DATA_STREAM_URL": self.venue.data_stream_url,
            "DESK_TICKETS__MODE": mode,
            "DESK_X__SEARCH_LAG_S": "0",
            "DESK_WATCHDOG__LAG_MS": "60000",
            "DESK_WATCHDOG__JOURNAL_LAG_S": "600",  # a test's disk may be slow: that makes an engine REDUCING
            **settings,
        }
        return EngineProcess(home, profile="paper", env=env)

    def say(self, texts: tuple[str, ...], count: int, *, begin_ns: int, step_ns: int) -> None:
        """Posts of many authors, evenly spaced."""
        for number in range(count):
            user = XUser(id=str(7_000 + number % 25), username=f"made_up_{number % 25}")
            text = f"{texts[number % len(texts)]} {begin_ns % 997}-{number}"
            self.x.post(text, at_ns=begin_ns + number * step_ns, user=user)

    async def prices(self) -> None:
        while True:
            if self.quoting:
                for symbol in ("TSLA", "NVDA"):
                    self.venue.quote(symbol, self.price - Decimal("0.02"), self.price + Decimal("0.02"))
            await asyncio.sleep(0.25)


@asynccontextmanager
async def street() -> AsyncIterator[Street]:
    async with XSimulator(search_lag_s=0) as x, AlpacaSimulator() as venue:
        made = Street(x, venue)
        now_ns = SystemClock().now_ns()
        made.say(BEARISH, 100, begin_ns=now_ns - 88 * MINUTE, step_ns=50 * SECOND)
        ticking = asyncio.create_task(made.prices())
        try:
            yield made
        finally:
            ticking.cancel()


async def ready(engine: EngineProcess) -> Snapshot:
    """The engine once it is reconciled, fed and warm."""

    def is_ready() -> bool:
        seen = engine.snapshot()
        feeds = {feed.name: feed.light for feed in seen.feeds}
        tsla = next(row for row in seen.symbols if row.symbol == "TSLA")
        return (
            seen.status.reconciled
            and feeds.get("x") is Light.UP
            and feeds.get("prices") is Light.UP
            and tsla.mood.warm
            and tsla.mood.volume > 0
        )

    await asyncio.to_thread(until, is_ready, f"a warm engine\n{engine.log}", 90.0)
    return await asyncio.to_thread(engine.snapshot)


def orders(snapshot: Snapshot, role: Role) -> list[Order]:
    return [order for order in snapshot.orders if order.role is role]


async def test_autopilot_trades_a_change_of_mood_and_protects_it(tmp_path: Path) -> None:
    async with street() as made:
        with ending(made.engine(tmp_path / "home")) as engine:
            await asyncio.to_thread(engine.start)
            before = await ready(engine)
            assert before.positions == ()
            made.say(BULLISH, 60, begin_ns=SystemClock().now_ns(), step_ns=0)
            await asyncio.to_thread(until, lambda: engine.snapshot().positions, f"a position\n{engine.log}", 30.0)

            def protected() -> bool:
                legs = [order for order in engine.snapshot().orders if order.role in (Role.STOP, Role.TARGET)]
                return len(legs) == 2 and all(leg.status.open for leg in legs)

            await asyncio.to_thread(until, protected, "stop and target at the venue", 20.0)
            after = await asyncio.to_thread(engine.snapshot)
            (entry,) = orders(after, Role.ENTRY)
            assert entry.status is OrderStatus.FILLED
            (position,) = after.positions
            assert position.quantity == entry.filled == made.venue.exchange.positions["TSLA"].qty
            assert position.stop_price is not None
            assert len(made.venue.posts()) == 1
            assert {decision.kind for _, decision in after.closed} == {DecisionKind.AUTO}
            assert await asyncio.to_thread(engine.stop) == 0
        with Reader(engine.journal) as reader:
            assert reader.verify().ok
            intents = list(reader.records(kinds=("intent",)))
            assert [record.key for record in intents] == [entry.client_order_id]
            story = reader.why(entry.client_order_id)
            assert story.id


async def test_killed_in_the_middle_it_finds_everything_again(tmp_path: Path) -> None:
    async with street() as made:
        with ending(made.engine(tmp_path / "home")) as engine:
            await asyncio.to_thread(engine.start)
            await ready(engine)
            made.say(BULLISH, 60, begin_ns=SystemClock().now_ns(), step_ns=0)
            await asyncio.to_thread(until, made.venue.posts, f"an order\n{engine.log}", 30.0)
            await asyncio.to_thread(engine.kill)
            await asyncio.sleep(0.5)
            bought = len(made.x.requests("/2/tweets/search/recent"))
            await asyncio.to_thread(engine.start)
            await ready(engine)

            def equal() -> bool:
                held = {position.symbol: position.quantity for position in engine.snapshot().positions}
                return held == {symbol: Decimal(p.qty) for symbol, p in made.venue.exchange.positions.items() if p.qty}

            await asyncio.to_thread(until, equal, f"equal positions\n{engine.log}", 20.0)
            after = await asyncio.to_thread(engine.snapshot)
            assert after.status.state is TradingState.ACTIVE, after.status.state_reason
            assert len(made.venue.posts()) == 1
            assert len(orders(after, Role.ENTRY)) == 1
            assert not [alert for alert in after.alerts if alert.code == "drift"]
            assert len(made.x.requests("/2/tweets/search/recent")) >= bought
            assert await asyncio.to_thread(engine.stop) == 0
        with Reader(engine.journal) as reader:
            assert reader.verify().ok


async def test_confirm_sends_what_was_seen_and_refuses_what_moved(tmp_path: Path) -> None:
    async with street() as made:
        with ending(made.engine(tmp_path / "home", mode="confirm", DESK_TICKETS__TTL_S="60")) as engine:
            await asyncio.to_thread(engine.start)
            await ready(engine)
            made.say(BULLISH, 60, begin_ns=SystemClock().now_ns(), step_ns=0)
            await asyncio.to_thread(until, lambda: engine.snapshot().tickets, f"a ticket\n{engine.log}", 30.0)
            (ticket,) = (await asyncio.to_thread(engine.snapshot)).tickets
            assert ticket.verdict.passed
            assert made.venue.posts() == []
            seen = ticket.fingerprint

            made.price = Decimal("253.00")

            def moved() -> bool:
                price = next(row.price for row in engine.snapshot().symbols if row.symbol == "TSLA")
                return price is not None and Decimal(price) == made.price

            await asyncio.to_thread(until, moved, "the new price", 20.0)
            refused = await asyncio.to_thread(engine.command, Command("confirm", ticket=ticket.id, fingerprint=seen))
            assert not refused.ok
            assert any("moved" in line for line in refused.difference)
            assert refused.ticket is not None
            assert refused.ticket.fingerprint != seen
            assert made.venue.posts() == []

            stale = await asyncio.to_thread(engine.command, Command("confirm", ticket=ticket.id, fingerprint=seen))
            assert not stale.ok

            (shown,) = (await asyncio.to_thread(engine.snapshot)).tickets
            assert shown.draft is not None
            too_much = Command("edit", ticket=shown.id, fingerprint=shown.fingerprint, quantity="900")
            refused = await asyncio.to_thread(engine.command, too_much)
            assert not refused.ok
            assert any("R02" in line for line in refused.difference)
            fewer = Command("edit", ticket=shown.id, fingerprint=shown.fingerprint, quantity="2")
            edited = await asyncio.to_thread(engine.command, fewer)
            assert edited.ok, edited
            (shown,) = (await asyncio.to_thread(engine.snapshot)).tickets
            assert shown.draft is not None
            assert shown.draft.quantity == 2
            assert not (await asyncio.to_thread(engine.command, fewer)).ok

            sent = await asyncio.to_thread(
                engine.command, Command("confirm", ticket=shown.id, fingerprint=shown.fingerprint)
            )
            assert sent.ok, sent
            await asyncio.to_thread(until, made.venue.posts, "the order at the venue", 10.0)
            again = await asyncio.to_thread(
                engine.command, Command("confirm", ticket=shown.id, fingerprint=shown.fingerprint)
            )
            assert not again.ok
            assert len(made.venue.posts()) == 1
            assert made.venue.posts()[0]["qty"] == "2"
            assert await asyncio.to_thread(engine.stop) == 0
            with Reader(engine.journal) as reader:
                tickets = [record.value() for record in reader.records(kinds=("ticket",))]
                assert [each.edits.quantity for each in tickets if isinstance(each, Ticket) and each.edits] == [2]


async def test_a_venue_that_answers_504_after_accepting_gets_one_order(tmp_path: Path) -> None:
    async with street() as made:
        made.venue.faults.add("POST /v2/orders", "504", "after", times=1)
        with ending(made.engine(tmp_path / "home")) as engine:
            await asyncio.to_thread(engine.start)
            await ready(engine)
            made.say(BULLISH, 60, begin_ns=SystemClock().now_ns(), step_ns=0)
            await asyncio.to_thread(until, lambda: engine.snapshot().positions, f"a position\n{engine.log}", 40.0)
            after = await asyncio.to_thread(engine.snapshot)
            assert len(made.venue.posts()) == 1
            assert len(after.positions) == 1
            assert after.positions[0].quantity == made.venue.exchange.positions["TSLA"].qty
            assert await asyncio.to_thread(engine.stop) == 0
