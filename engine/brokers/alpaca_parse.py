"""Alpaca's order objects and trade updates as our values. Never raises, whatever JSON comes: a Malformed says why not.

Field names and statuses: trading specification 2.0.1 (`Order`, `OrderStatus`); events: docs.alpaca.markets,
"Websocket Streaming". Filled quantity is cumulative.
"""

from __future__ import annotations

import re

from engine.alpaca.read import Json, decimal, fields, identifier, instant, rows, text
from engine.model import ZERO, Order, OrderStatus, OrderUpdate, Role, Side, Value, positive

LEGS_LIMIT = 8
"""Most legs read of one order; the venue knows at most four."""

STATUSES = {
    "new": OrderStatus.WORKING,
    "accepted": OrderStatus.WORKING,
    "pending_new": OrderStatus.WORKING,
    "accepted_for_bidding": OrderStatus.WORKING,
    "pending_review": OrderStatus.WORKING,
    "pending_replace": OrderStatus.WORKING,
    "stopped": OrderStatus.WORKING,
    "calculated": OrderStatus.WORKING,
    "done_for_day": OrderStatus.WORKING,
    "partially_filled": OrderStatus.PARTIAL,
    "held": OrderStatus.HELD,
    "pending_cancel": OrderStatus.CANCELING,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
    "replaced": OrderStatus.REPLACED,
}
"""The venue's words. Any other word is UNRESOLVED: it is looked up, never guessed. So is `suspended`, an order that is
"not eligible for trading": a stop in that state protects nothing, and a person should know."""

QUOTES = ("USDT", "USDC", "USD", "BTC")
"""What Alpaca's pairs are priced in, longer names first."""

_OURS = re.compile(r"desk-[0-9a-f]{20}-([a-z])[0-9]+")
_ROLES = {"s": Role.STOP, "t": Role.TARGET, "f": Role.FLATTEN}
_EXECUTIONS = frozenset({"fill", "partial_fill"})


class Malformed(Value, frozen=True, gc=False):
    """Not an order, or not an update: what was expected and what was found."""

    problem: str


def parse_order(value: Json, parent_id: str = "") -> Order | Malformed:
    """One order object, legs included. `parent_id`: the client order id of the order it is a leg of.

    Needs an id, a symbol and a side; everything else may be missing. An unknown status gives UNRESOLVED with the
    venue's word kept in `venue_status`.
    """
    given = fields(value)
    venue_id, client_id = identifier(given.get("id")), identifier(given.get("client_order_id"))
    if not venue_id and not client_id:
        return Malformed("expected an order with an id, found none")
    kind = identifier(given.get("type")) or identifier(given.get("order_type"))
    legs = rows(given.get("legs"))[:LEGS_LIMIT]
    several = identifier(given.get("order_class")) == "mleg"
    side = _side(given.get("side")) or (_side(fields(legs[0]).get("side")) if several and legs else None)
    symbol = symbol_of(given)
    if side is None or not (symbol or several):
        return Malformed(f"order {venue_id or client_id}: expected a symbol and a side, found neither or one")
    filled = max(ZERO, decimal(given.get("filled_qty")) or ZERO)
    word = identifier(given.get("status"))
    children = []
    for leg in legs:
        child = parse_order(leg, client_id or venue_id)
        if isinstance(child, Malformed):
            return Malformed(f"a leg of {venue_id or client_id}: {child.problem}")
        children.append(child)
    return Order(
        client_order_id=client_id or venue_id,
        venue_id=venue_id,
        symbol=symbol,
        side=side,
        quantity=max(filled, decimal(given.get("qty")) or ZERO),
        status=_status(word, filled > 0),
        role=_role(client_id, side, parent_id, kind),
        filled=filled,
        average_price=positive(decimal(given.get("filled_avg_price"))) if filled > 0 else None,
        order_type=kind or "limit",
        limit_price=decimal(given.get("limit_price")),
        stop_price=decimal(given.get("stop_price")),
        submitted_ns=instant(given.get("submitted_at")) or instant(given.get("created_at")),
        updated_ns=instant(given.get("updated_at")),
        parent_id=parent_id,
        replaced_by=identifier(given.get("replaced_by")),
        venue_status=word or text(given.get("status"), 64),
        legs=tuple(children),
    )


def symbol_of(given: dict[str, Json]) -> str:
    """The symbol of an order or position, pairs as `BTC/USD`: positions still come under the old name, `BTCUSD`
    (github.com/alpacahq/alpaca-py issues 179 and 490)."""
    symbol = identifier(given.get("symbol"))
    if given.get("asset_class") != "crypto" or "/" in symbol:
        return symbol
    quote = next((each for each in QUOTES if symbol.endswith(each) and symbol != each), "")
    return f"{symbol.removesuffix(quote)}/{quote}" if quote else symbol


def parse_update(message: Json) -> OrderUpdate | Malformed | None:
    """One message of the trading stream. None when it is not a trade update, or an empty one (`data` may be null).

    `quantity` and `price` are this execution's, and are set for fills only.
    """
    given = fields(message)
    if given.get("stream") != "trade_updates" or given.get("data") is None:
        return None
    data = fields(given["data"])
    order = parse_order(data.get("order"))
    if isinstance(order, Malformed):
        return order
    event = identifier(data.get("event")) or "unknown"
    executed = event in _EXECUTIONS
    return OrderUpdate(
        event=event,
        order=order,
        at_ns=instant(data.get("timestamp")) or order.updated_ns,
        execution_id=identifier(data.get("execution_id")),
        quantity=decimal(data.get("qty")) if executed else None,
        price=decimal(data.get("price")) if executed else None,
    )


def _side(value: Json) -> Side | None:
    return {"buy": Side.BUY, "sell": Side.SELL}.get(identifier(value))


def _status(word: str, executed: bool) -> OrderStatus:
    status = STATUSES.get(word, OrderStatus.UNRESOLVED)
    return OrderStatus.PARTIAL if status is OrderStatus.WORKING and executed else status


def _role(client_id: str, side: Side, parent_id: str, kind: str) -> Role:
    if parent_id:
        return Role.TARGET if kind == "limit" else Role.STOP
    ours = _OURS.fullmatch(client_id)
    if ours is None:
        return Role.EXTERNAL
    return _ROLES.get(ours[1], Role.ENTRY if side is Side.BUY else Role.EXIT)
