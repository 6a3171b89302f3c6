"""The simulated venue's book: cash, positions, orders; what they hold back; how they are rebuilt from the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

import msgspec

from engine.config import SimulatedConfig
from engine.model import (
    ZERO,
    Fill,
    Intent,
    Order,
    OrderStatus,
    Quote,
    Role,
    Side,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)

NEVER_NS: Final = 1 << 63
KEPT: Final = 20_000
"""Orders remembered; beyond it the oldest closed ones are forgotten."""
_UNKNOWN_TO_VENUE: Final = frozenset(
    {
        OrderStatus.INTENT,
        OrderStatus.UNRESOLVED,
        OrderStatus.NEVER_PLACED,
        OrderStatus.DENIED,
        OrderStatus.REJECTED,
    }
)


class Resting:
    """One order in the book. Mutable; lives inside the venue only."""

    __slots__ = ("executions", "expires_ns", "extended_hours", "order", "since_ns")

    def __init__(self, order: Order, since_ns: int, expires_ns: int, extended_hours: bool) -> None:
        self.order = order
        self.since_ns = since_ns
        """Matched on quotes received after this instant."""
        self.expires_ns = expires_ns
        """0 for never."""
        self.extended_hours = extended_hours
        self.executions = 0

    @property
    def open(self) -> bool:
        """Whether it may still execute."""
        return self.order.status.open


class VenueBook:
    """Cash, positions and orders of one account."""

    def __init__(self, config: SimulatedConfig) -> None:
        self._orders: dict[str, Resting] = {}
        self._legs: dict[str, list[Resting]] = {}
        self._positions: dict[str, tuple[Decimal, Decimal]] = {}
        self._cash = config.cash
        self._restored: dict[str, tuple[Intent, int]] = {}
        self.working: dict[str, dict[str, Resting]] = {}
        """Open orders by symbol."""
        self.quotes: dict[str, Quote] = {}
        self.next_expiry_ns = NEVER_NS

    # --- reading

    def get(self, order_id: str) -> Resting | None:
        """The order with this client order id."""
        return self._orders.get(order_id)

    def at_work(self, symbol: str) -> list[Resting]:
        """The symbol's open orders in the order they are matched: stops first, then as they came."""
        found = list(self.working.get(symbol, {}).values())
        return sorted(found, key=lambda resting: resting.order.order_type != "stop")

    def legs(self, entry: Resting) -> list[Resting]:
        """The entry's stop and target."""
        return self._legs.get(entry.order.client_order_id, [])

    def siblings(self, leg: Resting) -> list[Resting]:
        """Open legs of the same bracket: one cancels the other."""
        return [
            each for each in self._legs.get(leg.order.parent_id, []) if each is not leg and each.open and leg_of(leg)
        ]

    def described(self, resting: Resting) -> Order:
        """The order as the venue tells it, legs nested."""
        legs = tuple(leg.order for leg in self.legs(resting))
        return msgspec.structs.replace(resting.order, legs=legs) if legs else resting.order

    def quantity(self, symbol: str) -> Decimal:
        """Shares held."""
        return self._positions.get(symbol, (ZERO, ZERO))[0]

    def price(self, symbol: str) -> Decimal | None:
        """Newest price of the symbol: last, else the mid."""
        quote = self.quotes.get(symbol)
        if quote is None:
            return None
        return quote.last if quote.last is not None and quote.last > 0 else quote.mid

    @property
    def buying_power(self) -> Decimal:
        """Cash less what open buys may still cost."""
        reserved = ZERO
        for of_symbol in self.working.values():
            for resting in of_symbol.values():
                order = resting.order
                if order.side is Side.BUY and order.status is not OrderStatus.HELD:
                    reserved += order.remaining * (order.limit_price or order.stop_price or ZERO)
        return self._cash - reserved

    def held_for_orders(self, symbol: str) -> Decimal:
        """Shares that open sells may still deliver; the legs of one bracket count once, held legs not at all."""
        plain = ZERO
        brackets: dict[str, Decimal] = {}
        for resting in self.working.get(symbol, {}).values():
            order = resting.order
            if order.side is not Side.SELL or order.status is OrderStatus.HELD:
                continue
            if leg_of(resting):
                brackets[order.parent_id] = max(brackets.get(order.parent_id, ZERO), order.remaining)
            else:
                plain += order.remaining
        return plain + sum(brackets.values(), ZERO)

    def expired(self, now_ns: int) -> list[Resting]:
        """Open orders whose time is over, entries before their legs; finds the next such instant."""
        over: list[Resting] = []
        upcoming = NEVER_NS
        for resting in self._open():
            if resting.expires_ns and resting.expires_ns <= now_ns:
                if leg_of(resting) and self._leader(resting) is not resting:
                    continue
                over.append(resting)
            elif resting.expires_ns:
                upcoming = min(upcoming, resting.expires_ns)
        self.next_expiry_ns = upcoming
        return over

    def snapshot(self, now_ns: int, since_ns: int) -> VenueSnapshot:
        """Everything, at one instant."""
        value = ZERO
        positions = []
        for symbol, (quantity, average) in sorted(self._positions.items()):
            positions.append(VenuePosition(symbol, quantity, average))
            price = self.price(symbol)
            value += quantity * (average if price is None else price)
        orders = []
        for resting in self._orders.values():
            if leg_of(resting):
                continue
            family = (resting, *self.legs(resting))
            if any(each.open or each.order.updated_ns >= since_ns for each in family):
                orders.append(self.described(resting))
        account = VenueAccount(
            equity=self._cash + value, cash=self._cash, buying_power=max(ZERO, self.buying_power), number="SIMULATED"
        )
        return VenueSnapshot(now_ns, account, tuple(positions), tuple(orders))

    # --- writing

    def accept(self, intent: Intent, now_ns: int, expires_ns: int) -> Resting:
        """Put a new order, and its legs when it is a bracket, into the book."""
        draft = intent.draft
        order = Order(
            client_order_id=intent.client_order_id,
            venue_id=f"sim-{intent.client_order_id}",
            symbol=draft.symbol,
            side=draft.side,
            quantity=draft.quantity,
            status=OrderStatus.WORKING,
            role=intent.role,
            order_type=intent.order_type,
            limit_price=draft.limit_price if intent.order_type == "limit" else None,
            stop_price=draft.stop_price if intent.order_type == "stop" else None,
            submitted_ns=now_ns,
            updated_ns=now_ns,
            signal_id=intent.signal_id,
            parent_id=intent.parent,
            venue_status="accepted",
        )
        resting = self._add(Resting(order, now_ns, expires_ns, draft.extended_hours))
        if intent.bracket:
            for role in (Role.STOP, Role.TARGET):
                self._add(Resting(_leg(order, intent, role), now_ns, expires_ns, extended_hours=False))
        return resting

    def put(self, resting: Resting, order: Order) -> None:
        """The order now stands as `order`."""
        resting.order = order
        of_symbol = self.working.setdefault(order.symbol, {})
        if order.status.open:
            of_symbol[order.client_order_id] = resting
        else:
            of_symbol.pop(order.client_order_id, None)
            if not of_symbol:
                del self.working[order.symbol]

    def execute(self, resting: Resting, quantity: Decimal, price: Decimal, fee: Decimal, at_ns: int) -> None:
        """Fill part of an order."""
        order = resting.order
        filled = order.filled + quantity
        average = ((order.average_price or ZERO) * order.filled + price * quantity) / filled
        resting.executions += 1
        self.put(
            resting,
            msgspec.structs.replace(
                order,
                filled=filled,
                average_price=average,
                status=OrderStatus.FILLED if filled >= order.quantity else OrderStatus.PARTIAL,
                venue_status="filled" if filled >= order.quantity else "partially_filled",
                updated_ns=at_ns,
            ),
        )
        self._move(order.symbol, order.side, quantity, price, fee)

    def release(self, entry: Resting, at_ns: int) -> list[Resting]:
        """The entry has filled completely: its legs go to work."""
        released = [leg for leg in self.legs(entry) if leg.order.status is OrderStatus.HELD]
        for leg in released:
            leg.since_ns = at_ns
            self.put(
                leg,
                msgspec.structs.replace(leg.order, status=OrderStatus.WORKING, venue_status="new", updated_ns=at_ns),
            )
        return released

    def restore(self, value: Intent | Order | Fill) -> None:
        """Take in one journaled value."""
        if isinstance(value, Intent):
            self._restored[value.client_order_id] = (value, value.at_ns)
        elif isinstance(value, Fill):
            self._move(value.symbol, value.side, value.quantity, value.price, value.fee)
            resting = self._orders.get(value.client_order_id)
            if resting is not None:
                resting.executions += 1
        elif value.role is not Role.EXTERNAL and value.status not in _UNKNOWN_TO_VENUE:
            resting = self._orders.get(value.client_order_id)
            if resting is None:
                resting = self._add(Resting(value, value.updated_ns, 0, extended_hours=False))
            resting.since_ns = max(resting.since_ns, value.updated_ns)
            self.put(resting, value)

    def settle(self, expiry_ns: Callable[[Intent, int], int]) -> None:
        """After the last restored value: give each open order back its hours and its end."""
        for resting in self._open():
            order = resting.order
            found = self._restored.get(order.client_order_id) or self._restored.get(order.parent_id)
            if found is None:
                continue
            intent, at_ns = found
            resting.extended_hours = intent.draft.extended_hours and not leg_of(resting)
            resting.expires_ns = expiry_ns(intent, at_ns)
            if resting.expires_ns:
                self.next_expiry_ns = min(self.next_expiry_ns, resting.expires_ns)
        self._restored.clear()

    # --- inside

    def _add(self, resting: Resting) -> Resting:
        order = resting.order
        self._orders[order.client_order_id] = resting
        if order.status.open:
            self.working.setdefault(order.symbol, {})[order.client_order_id] = resting
        if leg_of(resting):
            self._legs.setdefault(order.parent_id, []).append(resting)
        if resting.expires_ns:
            self.next_expiry_ns = min(self.next_expiry_ns, resting.expires_ns)
        if len(self._orders) > KEPT:
            self._forget(next(key for key, each in self._orders.items() if not each.open))
        return resting

    def _forget(self, order_id: str) -> None:
        del self._orders[order_id]
        self._legs.pop(order_id, None)

    def _open(self) -> Iterator[Resting]:
        for of_symbol in list(self.working.values()):
            yield from list(of_symbol.values())

    def _leader(self, leg: Resting) -> Resting:
        """Whose end ends this leg too: its entry while that is open, else the bracket's first open leg."""
        entry = self._orders.get(leg.order.parent_id)
        if entry is not None and entry.open:
            return entry
        return next(each for each in self._legs[leg.order.parent_id] if each.open)

    def _move(self, symbol: str, side: Side, quantity: Decimal, price: Decimal, fee: Decimal) -> None:
        held, average = self._positions.get(symbol, (ZERO, ZERO))
        signed = quantity * side.sign
        self._cash -= signed * price + fee
        after = held + signed
        if not after:
            self._positions.pop(symbol, None)
        elif held * signed >= 0:
            self._positions[symbol] = (after, (average * abs(held) + price * quantity) / abs(after))
        else:
            self._positions[symbol] = (after, average if held * after > 0 else price)


def leg_of(resting: Resting) -> bool:
    """Whether the order is a leg of a bracket (a stop placed on its own for an entry is not)."""
    return resting.order.client_order_id.endswith(("-stop", "-target"))


def _leg(entry: Order, intent: Intent, role: Role) -> Order:
    stop = role is Role.STOP
    return Order(
        client_order_id=f"{entry.client_order_id}-{role.value}",
        venue_id=f"{entry.venue_id}-{role.value}",
        symbol=entry.symbol,
        side=entry.side.opposite,
        quantity=entry.quantity,
        status=OrderStatus.HELD,
        role=role,
        order_type="stop" if stop else "limit",
        limit_price=None if stop else intent.draft.target_price,
        stop_price=intent.draft.stop_price if stop else None,
        submitted_ns=entry.submitted_ns,
        updated_ns=entry.updated_ns,
        signal_id=entry.signal_id,
        parent_id=entry.client_order_id,
        venue_status="held",
    )
