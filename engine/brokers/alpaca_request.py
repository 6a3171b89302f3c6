"""An Intent as the body of POST /v2/orders. Numbers go out as text, exactly as the Decimal has them."""

from __future__ import annotations

from decimal import Decimal

from engine.alpaca.read import Json
from engine.model import Intent, Role

CRYPTO_TIMES = ("gtc", "ioc")
"""The times in force that Alpaca takes for pairs."""


class Unsendable(Exception):
    """The intent cannot be said in Alpaca's words; it is refused by us before anything is sent."""


def order_request(intent: Intent) -> dict[str, Json]:
    """The JSON body for one intent. Raises Unsendable.

    Entries: a limit with both exits attached (`bracket`) where `Intent.bracket` holds, with the one it has (`oto`)
    where the draft has only one and legs are allowed, plain otherwise. Exits, flattens and targets: a plain limit. A
    stop: a plain stop, good till cancelled where the quantity is whole (the venue takes fractions for the day only).
    """
    draft = intent.draft
    crypto = "/" in draft.symbol
    whole = draft.quantity == draft.quantity.to_integral_value()
    body: dict[str, Json] = {
        "symbol": draft.symbol,
        "qty": _number("quantity", draft.quantity),
        "side": draft.side.value,
        "type": intent.order_type,
        "time_in_force": draft.time_in_force,
        "client_order_id": intent.client_order_id,
    }
    if intent.order_type == "stop":
        body["stop_price"] = _number("stop price", draft.stop_price)
    else:
        body["limit_price"] = _number("limit price", draft.limit_price)
    if intent.role in (Role.STOP, Role.TARGET) and whole and not draft.extended_hours:
        body["time_in_force"] = "gtc"
    if crypto:
        if intent.order_type == "stop":
            raise Unsendable("Alpaca has no plain stop for pairs; the engine must watch this exit")
        if draft.time_in_force not in CRYPTO_TIMES:
            body["time_in_force"] = "gtc"
        return body
    if draft.extended_hours:
        if intent.order_type != "limit" or body["time_in_force"] != "day":
            raise Unsendable("in extended hours Alpaca takes limit orders for the day only")
        body["extended_hours"] = True
        return body
    if intent.role is Role.ENTRY and whole:
        _attach_exits(body, draft.stop_price, draft.target_price)
    return body


def _attach_exits(body: dict[str, Json], stop: Decimal | None, target: Decimal | None) -> None:
    if stop is None and target is None:
        return
    body["order_class"] = "bracket" if stop is not None and target is not None else "oto"
    if target is not None:
        body["take_profit"] = {"limit_price": _number("target price", target)}
    if stop is not None:
        body["stop_loss"] = {"stop_price": _number("stop price", stop)}


def _number(name: str, value: Decimal | None) -> str:
    if value is None or not value.is_finite() or value <= 0:
        raise Unsendable(f"expected a {name} above 0, found {value}")
    return format(value, "f")
