"""A venue's words and our drafts, for the order tests."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.clock import DAY, SECOND
from engine.config import Config
from engine.model import (
    Answer,
    Draft,
    Intent,
    Mode,
    Mood,
    Order,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Position,
    Quote,
    Role,
    Side,
    Signal,
    Ticket,
    TradingState,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
    Verdict,
)
from engine.orders import Cancel, Changes, Orders, Place, Reconciliation

T0 = 1_700_000_000 * SECOND
"""Any instant."""


def draft(
    side: Side = Side.BUY,
    quantity: str = "10",
    limit: str = "100",
    *,
    stop: str | None = "95",
    target: str | None = "110",
    extended_hours: bool = False,
    symbol: str = "TSLA",
) -> Draft:
    """An order to enter, or with `Side.SELL` to leave."""
    leaving = side is Side.SELL
    return Draft(
        symbol=symbol,
        side=side,
        quantity=Decimal(quantity),
        limit_price=Decimal(limit),
        reference_price=Decimal(limit),
        reference_ns=T0,
        stop_price=None if stop is None or leaving else Decimal(stop),
        target_price=None if target is None or leaving else Decimal(target),
        extended_hours=extended_hours,
        reduces=leaving,
    )


def quote(bid: str, ask: str, at_ns: int = T0, symbol: str = "TSLA", last: str | None = None) -> Quote:
    """A two-sided quote."""
    return Quote(symbol, at_ns, at_ns, Decimal(bid), Decimal(ask), None if last is None else Decimal(last))


def told(
    intent: Intent,
    status: OrderStatus = OrderStatus.WORKING,
    filled: str = "0",
    price: str | None = None,
    at_ns: int = T0,
    legs: tuple[Order, ...] = (),
) -> Order:
    """The intent's order as a venue describes it."""
    return Order(
        client_order_id=intent.client_order_id,
        venue_id="v-" + intent.client_order_id,
        symbol=intent.draft.symbol,
        side=intent.draft.side,
        quantity=intent.draft.quantity,
        status=status,
        role=Role.EXTERNAL,
        filled=Decimal(filled),
        average_price=None if price is None else Decimal(price),
        order_type=intent.order_type,
        limit_price=intent.draft.limit_price,
        submitted_ns=T0,
        updated_ns=at_ns,
        legs=legs,
    )


def leg(intent: Intent, kind: str, status: OrderStatus, filled: str = "0", at_ns: int = T0) -> Order:
    """A bracket leg of the intent, as a venue that names it by itself describes it."""
    stop = kind == "stop"
    return Order(
        client_order_id=f"venue-made-{kind}-{intent.client_order_id}",
        venue_id=f"v-{kind}-{intent.client_order_id}",
        symbol=intent.draft.symbol,
        side=intent.draft.side.opposite,
        quantity=intent.draft.quantity,
        status=status,
        role=Role.EXTERNAL,
        filled=Decimal(filled),
        average_price=(intent.draft.stop_price if stop else intent.draft.target_price) if filled != "0" else None,
        order_type="stop" if stop else "limit",
        limit_price=None if stop else intent.draft.target_price,
        stop_price=intent.draft.stop_price if stop else None,
        submitted_ns=T0,
        updated_ns=at_ns,
    )


def legs(intent: Intent, status: OrderStatus) -> tuple[Order, Order]:
    """Both legs."""
    return leg(intent, "target", status), leg(intent, "stop", status)


def event(
    order: Order, name: str, execution_id: str = "", quantity: str | None = None, price: str | None = None
) -> OrderUpdate:
    """An update from the stream."""
    return OrderUpdate(
        event=name,
        order=order,
        at_ns=order.updated_ns,
        execution_id=execution_id,
        quantity=None if quantity is None else Decimal(quantity),
        price=None if price is None else Decimal(price),
    )


def signal(signal_id: str, side: Side = Side.BUY) -> Signal:
    """A signal that lives for two minutes."""
    mood = Mood("TSLA", T0, 0.4, 0.1, 0.3, 20, 10, 0.8, True)
    return Signal(signal_id, "TSLA", side, "shift", T0, T0 + 120 * SECOND, 0.5, 0.8, "mood rose", mood)


def ticket(signal_id: str) -> Ticket:
    """A ticket of that signal, as decided."""
    verdict = Verdict(T0, True, TradingState.ACTIVE, "limits", ())
    return Ticket(
        f"t-{signal_id}", 1, signal(signal_id), draft(), verdict, T0, T0 + 120 * SECOND, Mode.CONFIRM, "print"
    )


def fill_entry(orders: Orders, intent: Intent, quantity: str = "10", at_ns: int = T0 + 1) -> Changes:
    """The entry fills (partly when less than its quantity)."""
    whole = Decimal(quantity) == intent.draft.quantity
    state = told(intent, OrderStatus.FILLED if whole else OrderStatus.PARTIAL, quantity, "100", at_ns=at_ns)
    return orders.on_update(event(state, "fill", f"x-{quantity}", quantity, "100"), at_ns)


def buy_unprotected(orders: Orders) -> Intent:
    """Ten bought by a draft of extended hours, whose exits no venue carries."""
    ready(orders)
    intent = orders.intend("s", "t", Role.ENTRY, draft(extended_hours=True), T0)
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    fill_entry(orders, intent)
    return intent


def restarted(intent: Intent, changes: Changes) -> Orders:
    """Another engine's orders, from what was journaled of one entry."""
    again = Orders(Config())
    for record in (intent, *changes.fills, *changes.orders):
        again.restore(record)
    return again


def placed(changes: Changes) -> list[Intent]:
    return [request.intent for request in changes.requests if isinstance(request, Place)]


def cancelled(changes: Changes) -> list[str]:
    return [request.order.client_order_id for request in changes.requests if isinstance(request, Cancel)]


def end(orders: Orders, order_id: str, at_ns: int, filled: str = "0", price: str = "95") -> Changes:
    """The venue confirms the order's end, with what it had filled."""
    order = orders.get(order_id)
    assert order is not None
    gone = msgspec.structs.replace(
        order, status=OrderStatus.CANCELED, filled=Decimal(filled), updated_ns=at_ns,
        average_price=Decimal(price) if filled != "0" else None,
    )  # fmt: skip
    return orders.on_update(event(gone, "canceled", f"end-{order_id}", filled, price), at_ns)


def ready(orders: Orders, at_ns: int = T0) -> None:
    """A reconciliation of what stands succeeds."""
    held = orders.held("TSLA")
    positions = (VenuePosition("TSLA", held, Decimal(100)),) if held else ()
    ours = {"TSLA": Position("TSLA", held, Decimal(100))} if held else {}
    account = VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000))
    snapshot = VenueSnapshot(at_ns, account, positions, orders.open)
    assert orders.reconcile(snapshot, ours, at_ns).ok


def split_told(
    orders: Orders, quantity: str, average: str, *shown: Order, ours: str = "10", at_ns: int = T0 + DAY
) -> Reconciliation:
    """The venue holds so much TSLA at this average; our book holds `ours` at 100."""
    account = VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000))
    position = VenuePosition("TSLA", Decimal(quantity), Decimal(average))
    book = {"TSLA": Position("TSLA", Decimal(ours), Decimal(100))}
    return orders.reconcile(VenueSnapshot(at_ns, account, (position,), shown or orders.open), book, at_ns)
