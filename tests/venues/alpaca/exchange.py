"""The pretend venue's books: orders, matching against quotes, positions, cash. Synchronous; it streams nothing itself.

Prices move only when told (`quote`). A buy fills at the ask, a sell at the bid, never more than the size shown. Exit
legs wait (`held`) until their entry has filled completely; then the target works and the stop stays `held` until it is
touched, as at Alpaca. What one of the two sells in part is taken off the other: a pair sells what is held once.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.venues.alpaca.wire import Refusal, SimOrder, rfc3339

ZERO = Decimal(0)
WORKING = frozenset({"new", "partially_filled", "accepted"})


@dataclass
class SimQuote:
    """What the market shows now; a size of None has no end."""

    bid: Decimal
    ask: Decimal
    last: Decimal
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None


@dataclass
class SimPosition:
    """Shares held, and what they cost."""

    symbol: str
    qty: Decimal = ZERO
    cost: Decimal = ZERO

    @property
    def average(self) -> Decimal:
        return (self.cost / self.qty).quantize(Decimal("0.000001")) if self.qty else ZERO


@dataclass
class Exchange:
    """Orders by id, positions by symbol, cash; `listener` hears every trade update as the stream's `data` object."""

    listener: Callable[[dict[str, Any]], None]
    now_ns: Callable[[], int] = time.time_ns
    cash: Decimal = Decimal(100_000)
    session: str = "regular"
    """`regular`, `pre`, `post` or `closed`."""
    orders: dict[str, SimOrder] = field(default_factory=dict)
    positions: dict[str, SimPosition] = field(default_factory=dict)
    quotes: dict[str, SimQuote] = field(default_factory=dict)
    halted: set[str] = field(default_factory=set)
    carries: bool = True
    """Whether what a replaced order had filled counts as its successor's too."""

    def by_client_id(self, client_order_id: str) -> SimOrder | None:
        return next((order for order in self.orders.values() if order.client_order_id == client_order_id), None)

    def add(self, order: SimOrder) -> None:
        """Take an order (and its legs) into the books without working it yet."""
        self.orders[order.id] = order
        for leg in order.legs:
            leg.parent = order
            self.orders[leg.id] = leg

    def activate(self, order: SimOrder) -> None:
        """The order reaches the market: `new`, then whatever the quote gives."""
        if order.status != "pending_new":
            return
        if self.session == "closed" and "/" not in order.symbol:
            self._status(order, "accepted", None)
            return
        self._status(order, "new", "new")
        self.match(order.symbol)

    def quote(self, symbol: str, quote: SimQuote) -> None:
        """A new price: everything that it reaches fills."""
        self.quotes[symbol] = quote
        self.match(symbol)

    def open_market(self, session: str) -> None:
        """The session changes; waiting orders reach the market when it opens."""
        self.session = session
        if session == "regular":
            for order in list(self.orders.values()):
                if order.status == "accepted":
                    self._status(order, "new", "new")
                    self.match(order.symbol)

    def match(self, symbol: str) -> None:
        """Fill what the present quote reaches, oldest first."""
        quote = self.quotes.get(symbol)
        if quote is None or symbol in self.halted:
            return
        for order in list(self.orders.values()):
            if order.symbol == symbol and order.armed and (order.status in WORKING or order.status == "held"):
                self._try(order, quote)

    def cancel(self, order: SimOrder, event: str = "canceled") -> None:
        """End an order and everything that depended on it."""
        if not order.open:
            return
        order.canceled_ns = self.now_ns() if event == "canceled" else None
        order.expired_ns = self.now_ns() if event == "expired" else None
        self._status(order, event, event)
        for other in [*order.legs, *order.group]:
            self.cancel(other)

    def replace(self, order: SimOrder, successor: SimOrder) -> None:
        """The order lives on under another id."""
        self.add(successor)
        successor.replaces, order.replaced_by = order.id, successor.id
        successor.legs, successor.parent = order.legs, order.parent
        if self.carries:
            successor.filled_qty, successor.filled_cost = order.filled_qty, order.filled_cost
        else:
            successor.filled_qty = successor.filled_cost = ZERO
        order.replaced_ns = self.now_ns()
        order.legs = []
        whole = (successor.qty or ZERO) + (ZERO if self.carries else order.filled_qty)
        for leg in successor.legs:
            leg.parent, leg.qty = successor, whole
        if successor.parent is not None:
            successor.parent.legs = [successor if leg is order else leg for leg in successor.parent.legs]
        self._status(order, "replaced", "replaced")
        self.activate(successor)

    def reject(self, order: SimOrder) -> None:
        """The venue rejects an order it had taken."""
        order.failed_ns = self.now_ns()
        self._status(order, "rejected", "rejected")
        for leg in order.legs:
            self.cancel(leg)

    def price(self, symbol: str) -> Decimal:
        """What a position is valued at."""
        quote = self.quotes.get(symbol)
        if quote is not None and quote.last > 0:
            return quote.last
        position = self.positions.get(symbol)
        return position.average if position else ZERO

    @property
    def equity(self) -> Decimal:
        return self.cash + sum((held.qty * self.price(held.symbol) for held in self.positions.values()), ZERO)

    @property
    def reserved(self) -> Decimal:
        """Cash that open buy orders would take."""
        return sum(
            (
                order.remaining * (order.limit_price or order.stop_price or self.price(order.symbol))
                for order in self.orders.values()
                if order.open and order.side == "buy" and order.parent is None
            ),
            ZERO,
        )

    def available(self, symbol: str) -> Decimal:
        """Shares not already promised to an open sell order (an OCO pair promises them once)."""
        held = self.positions[symbol].qty if symbol in self.positions else ZERO
        promised = sum(
            (
                order.remaining
                for order in self.orders.values()
                if order.open and order.side == "sell" and order.symbol == symbol and order.status != "held"
            ),
            ZERO,
        )
        return held - promised

    def check_funds(self, order: SimOrder) -> None:
        """Raises Refusal as the venue does when money or shares are missing, or it would trade with itself."""
        for other in self.orders.values():
            crosses = (
                other.symbol == order.symbol
                and other.side != order.side
                and other.status in WORKING
                and (other.parent is None or other.parent.order_class == "simple")
                and self._crosses(order, other)
            )
            if crosses:
                raise Refusal(
                    403,
                    40310000,
                    "potential wash trade detected. use complex orders",
                    reject_reason=f"opposite side {other.type} order exists",
                    existing_order_id=other.id,
                )
        if order.side == "buy":
            price = order.limit_price or order.stop_price or self._touch(order)
            cost = order.notional if order.notional is not None else (order.qty or ZERO) * price
            power = self.cash - self.reserved
            if cost > power:
                raise Refusal(
                    403, 40310000, "insufficient buying power", buying_power=f"{power:.2f}", cost_basis=f"{cost:.2f}"
                )
            return
        free = self.available(order.symbol)
        if (order.qty or ZERO) > free:
            held = self.positions[order.symbol].qty if order.symbol in self.positions else ZERO
            raise Refusal(
                403,
                40310000,
                f"insufficient qty available for order (requested: {order.qty}, available: {free})",
                available=str(free),
                existing_qty=str(held),
                held_for_orders=str(held - free),
                symbol=order.symbol,
            )

    @staticmethod
    def _crosses(order: SimOrder, other: SimOrder) -> bool:
        if order.limit_price is None or other.limit_price is None:
            return order.type == "market" or other.type == "market"
        if order.side == "buy":
            return order.limit_price >= other.limit_price
        return order.limit_price <= other.limit_price

    def _touch(self, order: SimOrder) -> Decimal:
        quote = self.quotes.get(order.symbol)
        return ZERO if quote is None else quote.ask if order.side == "buy" else quote.bid

    def _try(self, order: SimOrder, quote: SimQuote) -> None:
        outside = self.session == "closed" or (self.session != "regular" and not order.extended_hours)
        if outside and "/" not in order.symbol:
            return
        buy = order.side == "buy"
        touch, size = (quote.ask, quote.ask_size) if buy else (quote.bid, quote.bid_size)
        if touch <= 0:
            return
        if order.type in ("stop", "stop_limit") and not order.triggered:
            stop = order.stop_price or ZERO
            if not (touch >= stop if buy else touch <= stop):
                return
            order.triggered = True
        if order.limit_price is not None and not (touch <= order.limit_price if buy else touch >= order.limit_price):
            return
        if order.notional is not None and order.qty is None:
            order.qty = (order.notional / touch).quantize(Decimal("0.000000001"))
        qty = order.remaining if size is None else min(order.remaining, size)
        if qty <= 0:
            return
        if size is not None:
            if buy:
                quote.ask_size = size - qty
            else:
                quote.bid_size = size - qty
        self.fill(order, qty, touch)

    def fill(self, order: SimOrder, qty: Decimal, price: Decimal) -> None:
        """Execute `qty` at `price`, whatever the quote says."""
        order.filled_qty += qty
        order.filled_cost += qty * price
        position = self.positions.setdefault(order.symbol, SimPosition(order.symbol))
        signed = qty if order.side == "buy" else -qty
        if order.side == "buy":
            position.cost += qty * price
        else:
            position.cost -= position.average * qty
        position.qty += signed
        self.cash -= signed * price
        complete = order.remaining <= 0
        if complete:
            order.filled_ns = self.now_ns()
        event = "fill" if complete else "partial_fill"
        self._status(
            order,
            "filled" if complete else "partially_filled",
            event,
            price=str(price),
            qty=str(qty),
            position_qty=str(position.qty),
        )
        if position.qty == 0:
            del self.positions[order.symbol]
        if complete:
            for other in order.group:
                self.cancel(other)
            self._arm(order)
        else:
            for other in order.group:
                if other.open and other.qty is not None:
                    other.qty -= qty

    def _arm(self, entry: SimOrder) -> None:
        if entry.order_class not in ("bracket", "oto"):
            return
        for leg in entry.legs:
            if not leg.open:
                continue  # somebody has cancelled it while its entry worked
            leg.armed = True
            if leg.type == "limit" or len(entry.legs) == 1:
                self._status(leg, "new", "new")
        self.match(entry.symbol)

    def _status(self, order: SimOrder, status: str, event: str | None, **more: Any) -> None:
        order.status = status
        order.updated_ns = self.now_ns()
        if event is None:
            return
        self.listener(
            {
                "event": event,
                "execution_id": str(uuid.uuid4()),
                "timestamp": rfc3339(order.updated_ns),
                "order": order.json(nested=True),
                **more,
            }
        )
