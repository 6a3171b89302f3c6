"""Orders against the simulated venue over a wire that loses, repeats, delays and reorders, with crashes between.

Whatever happens: at most one order per entry, every execution counted once, no more sold than held, the journal gives
back the state it was written from, and once the wire is quiet the book equals the venue's and can be closed.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.simulated import SimulatedBroker
from engine.clock import SECOND, VirtualClock, parse_iso
from engine.config import Config, SimulatedConfig
from engine.model import (
    Answer,
    Fill,
    Intent,
    Lookup,
    Order,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Quote,
    Role,
    Side,
)
from engine.orders import Cancel, Changes, LookUp, Orders, Place, Resend
from engine.portfolio import Portfolio
from tests.engine.orders.talk import draft, signal, ticket

NOON = parse_iso("2026-03-10T12:00:00-04:00")
CONFIG = Config(simulated=SimulatedConfig(partial_fill_chance=0.5, fee_per_share=Decimal(0)))


class Wire:
    """One account at the venue, one engine's book of it, and everything that can go wrong between."""

    def __init__(self, luck: Random) -> None:
        self.luck = luck
        self.quiet = False
        self.clock = VirtualClock(NOON)
        self.broker = SimulatedBroker(CONFIG, self.clock)
        self.orders = Orders(CONFIG)
        self.portfolio = Portfolio(CONFIG.simulated.cash)
        self.journal: list[Intent | Order | Fill] = []
        self.late: list[OrderUpdate] = []
        self.stuck: list[Intent] = []
        """Orders that reach the venue later, long after they counted as lost."""
        self.price = 100
        self.signals = 0
        self.entries: dict[str, int] = {}

    def trouble(self, chance: float) -> bool:
        return not self.quiet and self.luck.random() < chance

    @property
    def now_ns(self) -> int:
        return self.clock.now_ns()

    async def apply(self, changes: Changes) -> None:
        """What the kernel does: journal, count, then ask the venue."""
        for fill in changes.fills:
            self.portfolio.on_fill(fill)
            self.journal.append(fill)
        self.journal += changes.orders
        for request in changes.requests:
            if isinstance(request, Place):
                self.check(request.intent)
                self.journal.append(request.intent)
        for request in changes.requests:
            match request:
                case Place(intent) | Resend(intent):
                    await self.submit(intent)
                case Cancel(order):
                    await self.cancel(order)
                case LookUp(client_order_id):
                    await self.lookup(client_order_id)

    def check(self, intent: Intent) -> None:
        if intent.role is not Role.ENTRY:
            working = self.orders._register.committed("TSLA", Side.SELL)
            assert working <= self.orders.held("TSLA"), "more on sale than held"
            assert intent.order_type == "stop" or intent.draft.limit_price > 80, "no price was below 85"

    async def submit(self, intent: Intent) -> None:
        answer = Answer(Outcome.UNRESOLVED, "reset before")
        if intent.role is not Role.ENTRY and self.trouble(0.1):
            answer = Answer(Outcome.DENIED, "by a control")
        elif self.trouble(0.05):
            answer = Answer(Outcome.REJECTED, "rate limit", retry_after_s=self.luck.uniform(0, 20))
        elif self.trouble(0.05):
            self.stuck.append(intent)
        elif not self.trouble(0.15):
            answer = await self.broker.submit(intent)
            if self.trouble(0.15):
                answer = Answer(Outcome.UNRESOLVED, "timeout after")
        await self.apply(self.orders.on_answer(intent, answer, self.now_ns))

    async def cancel(self, order: Order) -> None:
        answer = Answer(Outcome.UNRESOLVED, "timeout")
        if not self.trouble(0.2):
            answer = await self.broker.cancel(order)
            if self.trouble(0.5) and answer.outcome is Outcome.ACCEPTED:
                answer = Answer(Outcome.ACCEPTED)
        await self.apply(self.orders.on_cancel(order, answer, self.now_ns))
        await self.hear(list(self.broker.on_time(self.now_ns)))

    async def lookup(self, client_order_id: str) -> None:
        lookup = Lookup(None, reason="503")
        if not self.trouble(0.2):
            lookup = await self.broker.lookup(client_order_id)
        await self.apply(self.orders.on_lookup(client_order_id, lookup, self.now_ns))

    async def hear(self, updates: list[OrderUpdate]) -> None:
        """Updates reach the engine now, later, twice, in another order, or never."""
        heard = [*updates, *self.late]
        self.late = []
        if not self.quiet:
            self.luck.shuffle(heard)
        for update in heard:
            if self.trouble(0.15):
                continue
            if self.trouble(0.2):
                self.late.append(update)
                continue
            for _ in range(1 + self.trouble(0.2)):
                await self.apply(self.orders.on_update(update, self.now_ns))

    async def quote(self, price: int) -> None:
        self.price = price
        self.clock.advance(self.now_ns + SECOND)
        quote = Quote("TSLA", self.now_ns, self.now_ns, Decimal(price), Decimal(price) + Decimal("0.02"), None)
        if self.quiet or self.luck.random() < 0.1:
            for intent in self.stuck:
                await self.broker.submit(intent)
            self.stuck = []
        await self.hear(list(self.broker.on_quote(quote)))
        self.portfolio.on_quote(quote)
        await self.apply(self.orders.on_quote(quote, self.now_ns))
        await self.due()

    async def stub(self) -> None:
        """A bid is left behind for a moment; the venue itself does not trade there."""
        quote = Quote("TSLA", self.now_ns, self.now_ns, Decimal("0.01"), Decimal(self.price + 1), Decimal(self.price))
        await self.apply(self.orders.on_quote(quote, self.now_ns))

    async def due(self) -> None:
        at_ns = self.orders.next_due_ns
        if at_ns is not None and at_ns <= self.now_ns:
            await self.apply(self.orders.due(self.now_ns))

    async def enter(self, quantity: int, extended_hours: bool) -> None:
        self.signals += 1
        entry = draft(
            quantity=str(quantity), limit=str(self.price + 1), stop=str(self.price - 5), target=str(self.price + 5),
            extended_hours=extended_hours,
        )  # fmt: skip
        intent = self.orders.intend(
            f"s{self.signals}", "t", Role.ENTRY, entry, self.now_ns, valid_until_ns=self.now_ns + 60 * SECOND
        )
        order = self.orders.get(intent.client_order_id)
        assert order is not None
        await self.apply(Changes(orders=(order,), requests=(Place(intent),)))

    async def leave(self, quantity: int) -> None:
        self.signals += 1
        changes, _ = self.orders.deal(
            signal(f"s{self.signals}"), ticket(f"s{self.signals}"),
            draft(Side.SELL, str(quantity), str(max(1, self.price - 1))), self.now_ns,
        )  # fmt: skip
        await self.apply(changes)

    async def flatten(self) -> None:
        position = self.portfolio.position("TSLA")
        if position is not None and position.quantity > 0:
            quote = Quote("TSLA", self.now_ns, self.now_ns, Decimal(self.price), Decimal(self.price) + 1, None)
            await self.apply(self.orders.flatten(position, quote, "test", self.now_ns))

    async def reconcile(self) -> bool:
        snapshot = await self.broker.snapshot(0)
        positions = {position.symbol: position for position in self.portfolio.positions()}
        result = self.orders.reconcile(snapshot, positions, self.now_ns)
        await self.apply(result.changes)
        assert not result.drift and not result.external_orders
        return result.ok

    def crash(self) -> None:
        """The engine dies and starts again from its journal."""
        self.late = []
        again = restored(self.journal)
        assert again.all(10_000) == self.orders.all(10_000)
        assert again.held("TSLA") == self.orders.held("TSLA")
        self.orders = again
        self.portfolio = Portfolio(CONFIG.simulated.cash)
        for record in self.journal:
            if isinstance(record, Fill):
                self.portfolio.restore(record)

    async def settle(self) -> None:
        """The wire is quiet from here on: everything becomes known."""
        self.quiet = True
        await self.hear([])
        for _ in range(30):
            await self.quote(self.price)
        for _ in range(5):
            await self.reconcile()
            self.clock.advance(self.now_ns + 3 * SECOND)
            await self.due()
        assert await self.reconcile()

    async def verify(self) -> None:
        snapshot = await self.broker.snapshot(0)
        told = {order.client_order_id: order for each in snapshot.orders for order in (each, *each.legs)}
        fills = [record for record in self.journal if isinstance(record, Fill)]
        assert len({(fill.client_order_id, fill.execution_id) for fill in fills}) == len(fills)
        for order_id, order in told.items():
            mine = self.orders.get(order_id)
            assert mine is not None and mine.role is not Role.EXTERNAL
            assert (mine.filled, mine.status) == (order.filled, order.status)
            assert (
                sum((fill.quantity for fill in fills if fill.client_order_id == order_id), Decimal(0)) == order.filled
            )
        intents = {record.client_order_id for record in self.journal if isinstance(record, Intent)}
        assert all(order.parent_id or order_id in intents for order_id, order in told.items())
        entries = [order.signal_id for order in told.values() if order.role is Role.ENTRY]
        assert len(entries) == len(set(entries))
        venue = {position.symbol: position.quantity for position in snapshot.positions}
        assert venue == {position.symbol: position.quantity for position in self.portfolio.positions()}
        assert self.orders.held("TSLA") == venue.get("TSLA", 0)
        assert not self.orders.unresolved
        stops = [
            order.remaining
            for order in told.values()
            if order.order_type == "stop" and order.status in (OrderStatus.WORKING, OrderStatus.PARTIAL)
        ]
        assert sum(stops, Decimal(0)) >= self.orders.held("TSLA") or self.orders.exits("TSLA").watched, "unprotected"


def restored(journal: list[Intent | Order | Fill]) -> Orders:
    orders = Orders(CONFIG)
    for record in journal:
        orders.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=type(record)))
    return orders


moves = st.lists(
    st.one_of(
        st.tuples(st.just("quote"), st.integers(85, 115)),
        st.tuples(st.just("stub"), st.just(0)),
        st.tuples(st.just("enter"), st.integers(1, 40)),
        st.tuples(st.just("watched"), st.integers(1, 40)),
        st.tuples(st.just("leave"), st.integers(1, 60)),
        st.tuples(st.just("flatten"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
        st.tuples(st.just("reconcile"), st.just(0)),
        st.tuples(st.just("crash"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=150)
@given(moves, st.integers(0, 2**32))
async def test_nothing_is_lost_and_nothing_is_doubled(story: list[tuple[str, int]], seed: int) -> None:
    wire = Wire(Random(seed))
    await wire.reconcile()
    for move, number in story:
        match move:
            case "quote":
                await wire.quote(number)
            case "enter" | "watched":
                await wire.enter(number, move == "watched")
                await wire.quote(wire.price)
            case "leave":
                await wire.leave(number)
            case "stub":
                await wire.stub()
            case "flatten":
                await wire.flatten()
            case "wait":
                for _ in range(number):
                    wire.clock.advance(wire.now_ns + SECOND)
                    await wire.due()
            case "reconcile":
                await wire.reconcile()
            case "crash":
                wire.crash()
    await wire.settle()
    await wire.verify()
    for _ in range(20):
        await wire.flatten()
        await wire.quote(wire.price)
        await wire.quote(wire.price)
    assert wire.portfolio.position("TSLA") is None
    await wire.verify()
    wire.crash()
    entries = {order.client_order_id for order in wire.orders.open if order.role is Role.ENTRY}
    assert all({order.client_order_id, order.parent_id} & entries for order in wire.orders.open), "entries, their legs"
