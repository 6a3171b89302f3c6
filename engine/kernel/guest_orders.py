"""What a venue of another package tells of orders, positions and the account, made fit to be counted and recorded.

A number that is none, or too large to be reckoned with, a time in seconds, an order that was not asked about: each is
refused with what was expected and found. Nothing of such a word is believed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import msgspec

from engine.kernel.guest_values import AHEAD_NS, EARLIEST_NS, WORDS, Misfit, built_anew, checked_event, shown
from engine.model import (
    Activity,
    Answer,
    FeedState,
    Instrument,
    Lookup,
    Market,
    Order,
    OrderUpdate,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from engine.text import display_text, one_line

LARGEST: Final = Decimal(10) ** 15
"""No quantity, price or amount is as large."""
PLACES: Final = 18
"""Most decimal places of a number."""
MOST_ORDERS: Final = 20_000
MOST_LEGS: Final = 8
SNAPSHOT_LIMIT: Final = 1 << 25
"""Characters and items of one snapshot together."""

_ID: Final = re.compile(r"[ -~]{1,128}")
_SYMBOL: Final = re.compile(r"[!-~]([ -~]{0,30}[!-~])?")
_PRICES: Final = ("average_price", "limit_price", "stop_price")


def checked_answer(given: object, client_order_id: str, now_ns: int) -> Answer:
    """The answer to a request about this order. Raises Misfit."""
    answer = built_anew(given, Answer)
    wait_s = answer.retry_after_s
    if wait_s is not None and not 0 <= wait_s <= 86_400:
        raise Misfit("Answer.retry_after_s in [0, 86400]", str(wait_s))
    order = None if answer.order is None else _asked(answer.order, client_order_id, now_ns)
    return msgspec.structs.replace(answer, reason=display_text(answer.reason, WORDS), order=order)


def checked_lookup(given: object, client_order_id: str, now_ns: int) -> Lookup:
    """Whether the venue knows this order. Raises Misfit."""
    lookup = built_anew(given, Lookup)
    if lookup.order is not None and lookup.known is not True:
        raise Misfit("Lookup.known to be true of an order that is shown", str(lookup.known))
    order = None if lookup.order is None else _asked(lookup.order, client_order_id, now_ns)
    return msgspec.structs.replace(lookup, reason=display_text(lookup.reason, WORDS), order=order)


def checked_update(given: object, name: str, now_ns: int) -> OrderUpdate | FeedState:
    """An order update, or the state of their stream under the name `name`. Raises Misfit."""
    if isinstance(given, FeedState):
        state = checked_event(given, name, now_ns, set())
        assert isinstance(state, FeedState)
        return state
    update = built_anew(given, OrderUpdate)
    _time("OrderUpdate.at_ns", update.at_ns, now_ns)
    _number("OrderUpdate.fee", update.fee, -LARGEST)
    for field in ("quantity", "price"):
        _number(f"OrderUpdate.{field}", getattr(update, field))
    if update.execution_id and not _ID.fullmatch(update.execution_id):
        raise Misfit("OrderUpdate.execution_id with up to 128 printable characters", shown(update.execution_id))
    return msgspec.structs.replace(
        update,
        event=one_line(update.event),
        order=_order(update.order, now_ns),
        source="stream" if update.source not in ("answer", "reconciliation") else update.source,
    )


def checked_snapshot(given: object, asked_ns: int, now_ns: int) -> VenueSnapshot:
    """Everything the venue says exists, as of when it was asked or later. Raises Misfit."""
    made = built_anew(given, VenueSnapshot, SNAPSHOT_LIMIT)
    if not asked_ns - AHEAD_NS <= made.at_ns <= now_ns + AHEAD_NS:
        raise Misfit("VenueSnapshot.at_ns in nanoseconds, of when it was asked for", str(made.at_ns))
    if len(made.orders) > MOST_ORDERS or len(made.positions) > MOST_ORDERS:
        raise Misfit(f"at most {MOST_ORDERS:,} orders and positions", "more")
    symbols = [_position(held).symbol for held in made.positions]
    if len(set(symbols)) < len(symbols):
        raise Misfit("one VenuePosition of each symbol", "two of one")
    for activity in made.activities or ():
        _activity(activity, now_ns)
    return msgspec.structs.replace(
        made,
        account=_account(made.account, now_ns),
        orders=tuple(_order(order, now_ns) for order in made.orders),
        activities=None
        if made.activities is None
        else tuple(msgspec.structs.replace(each, text=display_text(each.text, WORDS)) for each in made.activities),
        activities_problem=display_text(made.activities_problem, WORDS),
    )


def checked_instrument(given: object, symbol: str) -> Instrument | None:
    """What the symbol is, None for one that the venue does not know. Raises Misfit."""
    if given is None:
        return None
    made = built_anew(given, Instrument)
    if made.symbol != symbol:
        raise Misfit(f"the Instrument {symbol}, which was asked about", shown(made.symbol))
    _number("Instrument.quantity_step", made.quantity_step)
    _number("Instrument.min_notional", made.min_notional)
    if not made.quantity_step:
        raise Misfit("Instrument.quantity_step above 0", "0")
    if made.asset_class not in ("stock", "crypto"):
        raise Misfit("Instrument.asset_class `stock` or `crypto`", shown(made.asset_class))
    return msgspec.structs.replace(made, name=one_line(made.name))


def checked_market(given: object, now_ns: int) -> Market:
    """The venue's clock and session. Raises Misfit."""
    made = built_anew(given, Market)
    _time("Market.at_ns", made.at_ns, now_ns)
    if made.changes_ns is not None and made.changes_ns < EARLIEST_NS:
        raise Misfit("Market.changes_ns in nanoseconds since 1970", str(made.changes_ns))
    return msgspec.structs.replace(made, source="venue")


def _asked(order: Order, client_order_id: str, now_ns: int) -> Order:
    if order.client_order_id != client_order_id:
        raise Misfit(f"the order {client_order_id}, which was asked about", shown(order.client_order_id))
    return _order(order, now_ns)


def _order(order: Order, now_ns: int, *, leg: bool = False) -> Order:
    if not _ID.fullmatch(order.client_order_id):
        raise Misfit("Order.client_order_id with 1 to 128 printable characters", shown(order.client_order_id))
    for field in ("venue_id", "replaced_by"):
        if (told := getattr(order, field)) and not _ID.fullmatch(told):
            raise Misfit(f"Order.{field} with up to 128 printable characters", shown(told))
    _symbol("Order", order.symbol)
    for field in ("quantity", "filled", *_PRICES):
        _number(f"Order.{field}", getattr(order, field))
    for field in ("submitted_ns", "updated_ns"):
        _time(f"Order.{field}", getattr(order, field), now_ns)
    if len(order.legs) > (0 if leg else MOST_LEGS):
        raise Misfit(
            f"at most {MOST_LEGS} legs, which have none", f"{len(order.legs)} of {shown(order.client_order_id)}"
        )
    return msgspec.structs.replace(
        order,
        order_type=one_line(order.order_type),
        reason=display_text(order.reason, WORDS),
        venue_status=one_line(order.venue_status),
        legs=tuple(_order(each, now_ns, leg=True) for each in order.legs),
    )


def _position(held: VenuePosition) -> VenuePosition:
    _symbol("VenuePosition", held.symbol)
    _number("VenuePosition.quantity", held.quantity, -LARGEST)
    _number("VenuePosition.average_price", held.average_price)
    return held


def _account(account: VenueAccount, now_ns: int) -> VenueAccount:
    for field in ("equity", "cash", "buying_power", "last_equity"):
        _number(f"VenueAccount.{field}", getattr(account, field), -LARGEST)
    _time("VenueAccount.last_equity_ns", account.last_equity_ns, now_ns)
    return msgspec.structs.replace(
        account,
        currency=one_line(account.currency, 16),
        number=one_line(account.number, 64),
        blocked=display_text(account.blocked, WORDS),
    )


def _activity(activity: Activity, now_ns: int) -> None:
    if not _ID.fullmatch(activity.id):
        raise Misfit("Activity.id with 1 to 128 printable characters", shown(activity.id))
    if activity.symbol:
        _symbol("Activity", activity.symbol)
    for field in ("amount", "quantity"):
        _number(f"Activity.{field}", getattr(activity, field), -LARGEST)
    for field in ("created_ns", "day_ns"):
        _time(f"Activity.{field}", getattr(activity, field), now_ns)


def _symbol(kind: str, symbol: str) -> None:
    if not _SYMBOL.fullmatch(symbol):
        raise Misfit(f"{kind}.symbol with 1 to 32 printable characters", shown(symbol))


def _number(name: str, number: Decimal | None, least: Decimal = Decimal(0)) -> None:
    """Raises Misfit for a number that cannot be reckoned with; None is no number and no fault."""
    if number is None:
        return
    if not number.is_finite() or not least <= number <= LARGEST:
        bounds = "from 0 to 10^15" if not least else "between −10^15 and 10^15"
        raise Misfit(f"{name} {bounds}", str(number)[:WORDS])
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES:
        number_words = f"{-exponent} places"
        raise Misfit(f"{name} with at most {PLACES} decimal places", number_words)


def _time(name: str, at_ns: int, now_ns: int) -> None:
    """Raises Misfit for a time that is none; 0 says that it is not told."""
    if at_ns and not EARLIEST_NS <= at_ns <= now_ns + AHEAD_NS:
        raise Misfit(f"{name} in nanoseconds since 1970, not ahead of the clock", str(at_ns))
