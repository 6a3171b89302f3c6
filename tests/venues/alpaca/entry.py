"""What the venue accepts as an order request: the rules of POST /v2/orders, each with the refusal it gives."""

from __future__ import annotations

import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.venues.alpaca.wire import Refusal, SimOrder

TYPES = ("market", "limit", "stop", "stop_limit")
CLASSES = ("simple", "", "bracket", "oco", "oto")


def parse(body: dict[str, Any], now_ns: int, *, session: str) -> SimOrder:
    """The order a request asks for, legs included. Raises Refusal as the venue would."""
    symbol = body.get("symbol")
    side, kind, tif = body.get("side"), body.get("type"), body.get("time_in_force")
    if not isinstance(symbol, str) or not symbol:
        raise Refusal(422, 40010001, "symbol is required")
    if side not in ("buy", "sell"):
        raise Refusal(422, 40010001, "side must be buy or sell")
    if kind not in TYPES:
        raise Refusal(422, 40010001, "invalid order type")
    if tif not in ("day", "gtc", "ioc", "fok", "opg", "cls"):
        raise Refusal(422, 40010001, "invalid time_in_force")
    client_order_id = body.get("client_order_id") or str(uuid.uuid4())
    if len(client_order_id) > 128:
        raise Refusal(422, 40010001, "client_order_id must be no longer than 128 characters")
    order = SimOrder(
        id=str(uuid.uuid4()),
        client_order_id=client_order_id,
        symbol=symbol,
        side=side,
        type=kind,
        time_in_force=tif,
        qty=_decimal(body, "qty"),
        notional=_decimal(body, "notional"),
        limit_price=_decimal(body, "limit_price"),
        stop_price=_decimal(body, "stop_price"),
        extended_hours=bool(body.get("extended_hours", False)),
        order_class=body.get("order_class") or "simple",
        created_ns=now_ns,
    )
    _check(order, body, session)
    _legs(order, body)
    return order


def _decimal(body: dict[str, Any], name: str) -> Decimal | None:
    value = body.get(name)
    if value is None:
        return None
    try:
        parsed = Decimal(str(value))
    except InvalidOperation:
        raise Refusal(422, 40010001, f"invalid {name}") from None
    if not parsed.is_finite() or parsed <= 0:
        raise Refusal(422, 40010001, f"{name} must be > 0")
    return parsed


def _check(order: SimOrder, body: dict[str, Any], session: str) -> None:
    crypto = "/" in order.symbol
    if (order.qty is None) == (order.notional is None):
        raise Refusal(422, 40010001, "qty or notional is required, not both")
    if order.notional is not None and (order.type != "market" or order.time_in_force != "day"):
        raise Refusal(422, 42210000, "notional orders must be DAY market orders")
    priced_by_target = order.order_class == "oco" and body.get("take_profit")
    if order.type in ("limit", "stop_limit") and order.limit_price is None and not priced_by_target:
        raise Refusal(422, 40010001, "limit orders require a limit price")
    if order.type in ("stop", "stop_limit") and order.stop_price is None:
        raise Refusal(422, 40010001, "stop orders require a stop price")
    for name, price in (("limit_price", order.limit_price), ("stop_price", order.stop_price)):
        check_increment(name, price, crypto)
    if order.order_class not in CLASSES:
        raise Refusal(422, 40010001, "invalid order class")
    fractional = order.notional is not None or (order.qty is not None and order.qty != order.qty.to_integral_value())
    if crypto:
        if order.time_in_force not in ("gtc", "ioc"):
            raise Refusal(422, 42210000, "invalid crypto time_in_force")
        if order.order_class not in ("simple", ""):
            raise Refusal(422, 42210000, "crypto orders not allowed for advanced order_class: " + order.order_class)
        return
    if order.extended_hours and (order.type != "limit" or order.time_in_force != "day"):
        raise Refusal(422, 42210000, "extended hours order must be DAY limit orders")
    if fractional and order.time_in_force != "day":
        raise Refusal(422, 42210000, "fractional orders must be DAY orders")
    if order.order_class in ("bracket", "oco", "oto"):
        if fractional:
            raise Refusal(422, 42210000, "fractional orders must be simple orders")
        if order.extended_hours:
            raise Refusal(422, 42210000, "complex orders not supported in extended hours")
        if order.time_in_force not in ("day", "gtc"):
            raise Refusal(422, 42210000, f"{order.order_class} orders must be DAY or GTC")
    if session == "closed" and order.time_in_force in ("ioc", "fok"):
        raise Refusal(422, 42210000, "market is closed")


def check_increment(name: str, price: Decimal | None, crypto: bool) -> None:
    """Sub-penny rule: two decimals from 1 USD up, four below."""
    if price is None or crypto:
        return
    places = 2 if price >= 1 else 4
    if price != round(price, places):
        raise Refusal(
            422,
            42210000,
            f"invalid {name} {price}. sub-penny increment does not fulfill minimum pricing criteria",
        )


def _legs(order: SimOrder, body: dict[str, Any]) -> None:
    profit, loss = body.get("take_profit") or {}, body.get("stop_loss") or {}
    target, stop = _decimal(profit, "limit_price"), _decimal(loss, "stop_price")
    stop_limit = _decimal(loss, "limit_price")
    for name, price in (("take_profit.limit_price", target), ("stop_loss.stop_price", stop)):
        check_increment(name, price, "/" in order.symbol)
    kind = order.order_class
    if kind in ("simple", ""):
        return
    if kind in ("bracket", "oco") and (target is None or stop is None):
        raise Refusal(422, 40010001, f"{kind} orders require take_profit.limit_price and stop_loss.stop_price")
    if kind == "oto" and (target is None) == (stop is None):
        raise Refusal(422, 40010001, "oto orders require exactly one of take_profit or stop_loss")
    exit_side = order.side if kind == "oco" else ("sell" if order.side == "buy" else "buy")
    if target is not None and stop is not None and ((target <= stop) if exit_side == "sell" else (target >= stop)):
        raise Refusal(422, 42210000, "take_profit.limit_price must be > stop_loss.stop_price")
    base = order.limit_price if kind == "bracket" else None
    if base is not None and stop is not None and ((stop >= base) if exit_side == "sell" else (stop <= base)):
        raise Refusal(422, 42210000, "stop_loss.stop_price must be <= base_price - 0.01")
    if kind == "oco":
        order.limit_price = target
    elif target is not None:
        order.legs.append(_leg(order, exit_side, "limit", limit_price=target, armed=False))
    if stop is not None:
        stop_type = "stop" if stop_limit is None else "stop_limit"
        order.legs.append(
            _leg(order, exit_side, stop_type, limit_price=stop_limit, stop_price=stop, armed=kind == "oco")
        )


def _leg(order: SimOrder, side: str, kind: str, *, armed: bool, **prices: Decimal | None) -> SimOrder:
    return SimOrder(
        id=str(uuid.uuid4()),
        client_order_id=str(uuid.uuid4()),
        symbol=order.symbol,
        side=side,
        type=kind,
        time_in_force="gtc",
        qty=order.qty,
        created_ns=order.created_ns,
        order_class=order.order_class,
        status="held",
        armed=armed,
        **prices,
    )
