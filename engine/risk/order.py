"""R01, R02, R03, R05, R21, R23: the order by itself and beside our other orders."""

from __future__ import annotations

from decimal import Decimal

from engine.model import Order, Role, Side
from engine.risk.check import Check, dearer
from engine.risk.control import Finding, control
from engine.risk.prices import HUNDRED, positive, seconds, short

_CLOSE_ONLY = "passes: it is bounded by the position (R20)"


@control(
    "R01",
    unit="units",
    rejects="quantity is not above 0, or is over the limit of its kind",
    default=lambda config: f"{config.risk.order_quantity} shares, {config.risk.order_quantity_crypto} coins",
    reducing=_CLOSE_ONLY,
    needs_draft=True,
)
def order_quantity(check: Check) -> Finding:
    quantity, limit = check.quantity, check.quantity_limit
    if quantity is None:
        return False, None, limit, "QUANTITY_UNKNOWN: expected=a number above 0"
    if check.reduces:
        return True, quantity, limit, f"QUANTITY_REDUCES: quantity={quantity!s}, held={check.holdings.held!s}"
    if quantity > limit:
        return False, quantity, limit, f"QUANTITY_OVER: quantity={quantity!s}, limit={limit!s}"
    return True, quantity, limit, f"QUANTITY_OK: quantity={quantity!s}, limit={limit!s}"


@control(
    "R02",
    unit="USD",
    rejects="quantity × reference price is over the lower of the money limit and the share of equity",
    default=lambda config: f"${config.risk.order_notional}, {config.risk.order_notional_pct} % of equity",
    reducing=_CLOSE_ONLY,
    needs_draft=True,
)
def order_notional(check: Check) -> Finding:
    quantity, limit = check.quantity, check.notional_limit
    price = dearer(check.expected_price, check.price)
    if check.reduces:
        return True, None, limit, f"NOTIONAL_REDUCES: quantity={quantity!s}, held={check.holdings.held!s}"
    if quantity is None or limit is None or price is None:
        return False, None, limit, "NOTIONAL_UNKNOWN: expected=quantity and price and equity above 0"
    value = quantity * price
    if value > limit:
        return False, value, limit, f"NOTIONAL_OVER: notional={value!s}, limit={limit!s}"
    return True, value, limit, f"NOTIONAL_OK: notional={value!s}, limit={limit!s}"


@control(
    "R03",
    unit="%",
    rejects="the expected or the limit price is further than the limit from both the last trade and the mid",
    default=lambda config: f"{config.risk.price_collar_pct} % stocks, {config.risk.price_collar_crypto_pct} % crypto",
    reducing="applies where a price is known; passes where none is, and for protective legs",
    needs_draft=True,
)
def price_collar(check: Check) -> Finding:
    limit = check.risk.price_collar_crypto_pct if check.crypto else check.risk.price_collar_pct
    anchors = [price for price in (check.prices.last, check.prices.mid) if price is not None]
    if check.limit_price is None or check.expected_price is None:
        return False, None, limit, "PRICE_UNKNOWN: expected=a limit and an expected price above 0"
    if check.protects:
        return True, None, limit, f"PRICE_AWAY: role={check.role.value}"
    if not anchors:
        return check.reduces, None, limit, "PRICE_UNKNOWN: last=none, mid=none"
    distance = max(_distance(check.limit_price, anchors), _distance(check.expected_price, anchors))
    value = short(distance)
    if distance > limit:
        reason = f"PRICE_BEYOND_COLLAR: limit_price={check.limit_price!s}, expected={check.expected_price!s}"
        return False, value, limit, f"{reason}, distance_pct={value!s}, limit_pct={limit!s}"
    return True, value, limit, f"PRICE_OK: limit_price={check.limit_price!s}, distance_pct={value!s}"


def _distance(price: Decimal, anchors: list[Decimal]) -> Decimal:
    """How far a price is from the nearest anchor, in percent of it."""
    return min([abs(price - anchor) * HUNDRED / anchor for anchor in anchors])


@control(
    "R05",
    unit="s",
    rejects="this signal has led to an order before, ever; or symbol, side and quantity were sent in the window",
    default=lambda config: f"{config.risk.duplicate_s:g} s",
    reducing="only the signal's own repetition counts, so that an exit can be tried again",
)
def duplicate(check: Check) -> Finding:
    limit = check.limits.duplicate_s
    if check.executed and check.signal is not None and check.role in (Role.ENTRY, Role.EXIT):
        return False, None, limit, f"DUPLICATE_SIGNAL: signal={check.signal.id}"
    if check.twin_ns is not None and not check.reduces:
        age = seconds(check.now_ns - check.twin_ns)
        reason = f"DUPLICATE_ORDER: symbol={check.symbol}, side={check.side.value}, quantity={check.quantity!s}"
        return False, age, limit, f"{reason}, age_s={age!s}, window_s={limit!s}"
    return True, None, limit, f"DUPLICATE_NONE: window_s={limit!s}"


@control(
    "R21",
    unit="USD",
    rejects="it would cross a working order of the same account: limit against limit, or any market order",
    default=lambda config: "reject",
    reducing="applies: cancel the crossing order first; protective legs pass",
    needs_draft=True,
)
def self_trade(check: Check) -> Finding:
    price = check.limit_price
    if price is None:
        return False, None, None, "SELF_TRADE_UNKNOWN: limit_price=none"
    if check.protects:
        return True, price, None, f"SELF_TRADE_AWAY: role={check.role.value}"
    for order in check.orders:
        if order.symbol == check.symbol and order.side is not check.side and order.status.open:
            rests = resting_price(order, check)
            if rests is None or (price >= rests if check.side is Side.BUY else price <= rests):
                shown = "market" if rests is None else str(rests)
                reason = f"SELF_TRADE: order={order.client_order_id}, resting={shown}, limit_price={price!s}"
                return False, price, rests, reason
    return True, price, None, f"SELF_TRADE_NONE: limit_price={price!s}"


def resting_price(order: Order, check: Check) -> Decimal | None:
    """The price at which an opposite order would meet ours; None when it takes any price.

    A stop rests at its trigger until the market is there, then takes any price. Our own protective legs stand on the
    far side of the market and leave it by then, so an entry beside them does not cross; they are judged by the same
    rule.
    """
    if order.order_type in ("stop", "stop_limit"):
        trigger, market = positive(order.stop_price), check.price
        if trigger is None or market is None:
            return None
        reached = market <= trigger if order.side is Side.SELL else market >= trigger
        return None if reached else _far(order.side)
    return positive(order.limit_price)


def _far(side: Side) -> Decimal:
    """A price that nothing crosses: the order is asleep."""
    return Decimal("Infinity") if side is Side.SELL else Decimal(0)


@control(
    "R23",
    unit="%",
    rejects="an entry has no stop and target around its price, or neither venue nor engine can keep them",
    default=lambda config: f"stop {config.sizing.stop_pct} %, target {config.sizing.target_ratio}:1",
    reducing="passes: it is an exit itself",
    needs_draft=True,
)
def protective_exit(check: Check) -> Finding:
    draft = check.draft
    if check.reduces or draft is None:
        return True, None, None, f"EXIT_NOT_NEEDED: role={check.role.value}"
    if not check.risk.require_protective_exit:
        return True, None, None, "EXIT_NOT_REQUIRED: require_protective_exit=false"
    stop, target, price = positive(draft.stop_price), positive(draft.target_price), check.expected_price
    if stop is None or target is None or price is None:
        return False, None, None, f"EXIT_MISSING: stop={draft.stop_price}, target={draft.target_price}"
    around = stop < price < target if check.side is Side.BUY else target < price < stop
    limit = check.limit_price
    if not around or limit is None or (limit >= target if check.side is Side.BUY else limit <= target):
        return False, None, None, f"EXIT_NOT_AROUND: stop={stop!s}, price={price!s}, target={target!s}"
    distance = short(abs(price - stop) * HUNDRED / price)
    carried = check.venue_exits and check.quantity is not None and draft.takes_legs
    if not carried and not check.risk.engine_watched_exits:
        return False, distance, None, "EXIT_NOT_CARRIED: venue=no, engine_watched_exits=false"
    keeper = "venue" if carried else "engine"
    return True, distance, None, f"EXIT_OK: stop={stop!s}, target={target!s}, kept_by={keeper}"
