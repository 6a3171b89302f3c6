"""The built-in venue: it lives in the engine, is driven by the engine's prices and behaves like a US broker.

An order is matched from the first quote received after it was submitted, never on the one that led to it. Everything
random is drawn from `simulated.seed` and the order's id, so the same input gives the same fills in any order of calls.
Its book survives a restart: `restore` rebuilds cash, positions and orders from the journal's Intents, Orders and Fills.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from engine.brokers import matching, simulated_rules
from engine.brokers.simulated_book import Resting, VenueBook
from engine.calendar import Calendar
from engine.clock import Clock
from engine.config import Config
from engine.model import (
    ZERO,
    Answer,
    FeedState,
    Fill,
    Halt,
    Instrument,
    Intent,
    Lookup,
    Market,
    Order,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Quote,
    Role,
    Session,
    VenueSnapshot,
)

_SILENCE: Final[tuple[OrderUpdate, ...]] = ()


class SimulatedBroker:
    """Speaks Broker. Every call finishes without I/O; `on_quote` and `on_time` drive it."""

    name = "simulated"
    simulated = True

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config.simulated
        self._clock = clock
        self._calendar = Calendar()
        self._market = Market(Session.UNKNOWN, 0)
        self._session_ends_ns = 0
        self._book = VenueBook(config.simulated)
        self._halted: set[str] = set()
        self._pending: list[OrderUpdate] = []
        self._closed = asyncio.Event()

    # --- Broker

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """End `updates`. Open orders stay in the journal and are found again by `restore`."""
        self._closed.set()

    async def submit(self, intent: Intent) -> Answer:
        """Take one order, or refuse it as a broker would. An id it has seen answers with the order it names."""
        now_ns = self._clock.now_ns()
        known = self._book.get(intent.client_order_id)
        if known is not None:
            return Answer(Outcome.ACCEPTED, "client_order_id must be unique", self._book.described(known))
        refusal = simulated_rules.refusal(intent, self._book, self._config)
        if refusal:
            return Answer(Outcome.REJECTED, refusal)
        resting = self._book.accept(intent, now_ns, self._expiry_ns(intent, now_ns))
        return Answer(Outcome.ACCEPTED, "", self._book.described(resting))

    async def cancel(self, order: Order) -> Answer:
        """Cancel at once: the answer carries the order, `on_quote` and `on_time` tell of orders that end with it."""
        resting = self._book.get(order.client_order_id)
        if resting is None:
            return Answer(Outcome.REJECTED, "order not found")
        if not resting.open:
            reason = f"order is not cancelable: {resting.order.status.value}"
            return Answer(Outcome.REJECTED, reason, self._book.described(resting))
        self._pending += self._ended(resting, OrderStatus.CANCELED, self._clock.now_ns())
        return Answer(Outcome.ACCEPTED, "", self._book.described(resting))

    async def lookup(self, client_order_id: str) -> Lookup:
        """Whether the book has this id."""
        resting = self._book.get(client_order_id)
        if resting is None:
            return Lookup(known=False, reason="order not found")
        return Lookup(known=True, order=self._book.described(resting))

    async def snapshot(self, since_ns: int) -> VenueSnapshot:
        """Account, positions and orders, all of one instant."""
        return self._book.snapshot(self._clock.now_ns(), since_ns)

    async def instrument(self, symbol: str) -> Instrument | None:
        """Any symbol trades here: whole shares, or a pair (`BTC/USD`) in steps of a millionth."""
        if "/" in symbol:
            return Instrument(
                symbol, tradable=True, fractionable=True, quantity_step=Decimal("0.000001"), asset_class="crypto"
            )
        return Instrument(symbol)

    async def market(self) -> Market:
        """The exchange calendar's session."""
        return self._calendar.market(self._clock.now_ns())

    async def updates(self) -> AsyncIterator[OrderUpdate | FeedState]:
        """Waits until closed: `on_quote` and `on_time` hand the updates over."""
        await self._closed.wait()
        for update in _SILENCE:
            yield update

    def on_quote(self, quote: Quote) -> Sequence[OrderUpdate]:
        """Match the symbol's working orders against a new price."""
        book = self._book
        book.quotes[quote.symbol] = quote
        if quote.symbol not in book.working and not self._pending:
            return ()
        updates, self._pending = self._pending, []
        if quote.symbol in book.working:
            self._match(quote, updates)
        return updates

    def on_time(self, now_ns: int) -> Sequence[OrderUpdate]:
        """Expire orders whose session has ended."""
        updates, self._pending = self._pending, []
        if self._book.next_expiry_ns <= now_ns:
            for resting in self._book.expired(now_ns):
                updates += self._ended(resting, OrderStatus.EXPIRED, now_ns)
        return updates

    # --- what a real venue knows by itself

    def on_halt(self, halt: Halt) -> None:
        """A halted symbol's orders rest until the halt ends."""
        if halt.halted:
            self._halted.add(halt.symbol)
        else:
            self._halted.discard(halt.symbol)

    def restore(self, values: Iterable[Intent | Order | Fill]) -> None:
        """Rebuild the book from the journal's values, in the journal's order."""
        for value in values:
            self._book.restore(value)
        self._book.settle(self._expiry_ns)

    def last_quoted(self, quote: Quote) -> None:
        """The newest quote of an earlier run: what the symbol counts for until one comes."""
        self._book.quotes.setdefault(quote.symbol, quote)

    # --- inside

    def _session(self, at_ns: int) -> Session:
        if at_ns >= self._session_ends_ns or at_ns < self._market.at_ns:
            self._market = self._calendar.market(at_ns)
            self._session_ends_ns = self._market.changes_ns or 0
        return self._market.session

    def _expiry_ns(self, intent: Intent, now_ns: int) -> int:
        """When a day order ends: the close of its session, or of the next one when that is over; 0 for never."""
        if intent.draft.time_in_force != "day" or "/" in intent.draft.symbol:
            return 0
        last = Session.POST if intent.draft.extended_hours else Session.REGULAR
        market = self._calendar.market(now_ns)
        for _ in range(12):
            if market.changes_ns is None:
                return 0
            if market.session is last:
                return market.changes_ns
            market = self._calendar.market(market.changes_ns)
        return 0

    def _match(self, quote: Quote, updates: list[OrderUpdate]) -> None:
        session = self._session(quote.received_ns)
        now = matching.touch(quote, self._config.spread_bps)
        if now is None or quote.symbol in self._halted:
            return
        for resting in self._book.at_work(quote.symbol):
            if resting.order.status is OrderStatus.HELD or not resting.open or quote.received_ns <= resting.since_ns:
                continue
            if "/" not in quote.symbol and not simulated_rules.trades_in(session, resting):
                continue
            order = resting.order
            if order.order_type == "stop":
                price = None if order.stop_price is None else matching.stop_price_met(order.side, order.stop_price, now)
            else:
                price = matching.limit_price_met(order.side, order.limit_price or ZERO, now)
            if price is not None:
                self._execute(resting, price, quote.received_ns, updates)

    def _execute(self, resting: Resting, price: Decimal, at_ns: int, updates: list[OrderUpdate]) -> None:
        order = resting.order
        part = order.remaining
        if not resting.executions:
            part = matching.first_part(part, simulated_rules.step(order.symbol), order.client_order_id, self._config)
        fee = matching.fee(part, self._config)
        self._book.execute(resting, part, price, fee, at_ns)
        order = resting.order
        updates.append(
            OrderUpdate(
                event="fill" if order.status is OrderStatus.FILLED else "partial_fill",
                order=order,
                at_ns=at_ns,
                execution_id=f"{order.venue_id}-{resting.executions}",
                quantity=part,
                price=price,
                fee=fee,
            )
        )
        if order.role is Role.ENTRY:
            if order.status is OrderStatus.FILLED:
                updates += [_event("new", leg.order, at_ns) for leg in self._book.release(resting, at_ns)]
            return
        for sibling in self._book.siblings(resting):
            if order.status is OrderStatus.FILLED:
                updates.append(self._end(sibling, OrderStatus.CANCELED, at_ns))
            else:
                self._book.put(
                    sibling,
                    msgspec.structs.replace(
                        sibling.order, quantity=sibling.order.filled + order.remaining, updated_ns=at_ns
                    ),
                )
                updates.append(_event("restated", sibling.order, at_ns))

    def _ended(self, resting: Resting, status: OrderStatus, at_ns: int) -> list[OrderUpdate]:
        """End an order and what cannot live without it: an entry's legs, a leg's sibling."""
        updates = [self._end(resting, status, at_ns)]
        others = self._book.legs(resting) if resting.order.role is Role.ENTRY else self._book.siblings(resting)
        updates += [self._end(other, OrderStatus.CANCELED, at_ns) for other in others if other.open]
        return updates

    def _end(self, resting: Resting, status: OrderStatus, at_ns: int) -> OrderUpdate:
        self._book.put(resting, msgspec.structs.replace(resting.order, status=status, updated_ns=at_ns))
        return _event(status.value, resting.order, at_ns)


def _event(event: str, order: Order, at_ns: int) -> OrderUpdate:
    return OrderUpdate(event=event, order=order, at_ns=at_ns)
