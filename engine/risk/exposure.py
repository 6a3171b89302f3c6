"""R09–R12: how much is at stake after this order."""

from __future__ import annotations

from decimal import Decimal

from engine.model import ONE, ZERO, Side
from engine.risk.check import Check
from engine.risk.control import Finding, control

_REDUCES = "passes: it lowers the exposure"


@control(
    "R09",
    unit="USD",
    rejects="our position after the order, our working orders included, is over the limit",
    default=lambda config: f"{config.risk.position_pct} % of equity",
    reducing=_REDUCES,
    needs_draft=True,
)
def position(check: Check) -> Finding:
    limit, price, sums = check.of_equity(check.limits.position_share), check.worst_price, check.holdings
    if check.reduces:
        return True, None, limit, f"POSITION_REDUCES: held={sums.held!s}"
    if check.quantity is None or limit is None or price is None:
        return False, None, limit, "POSITION_UNKNOWN: expected=quantity and price and equity above 0"
    bought = check.side is Side.BUY
    after = sums.held + sums.buying + check.quantity if bought else sums.held - sums.selling - check.quantity
    value = abs(after) * price
    if value > limit:
        reason = f"POSITION_OVER: position={value!s}, limit={limit!s}"
        return False, value, limit, f"{reason}, held={sums.held!s}, working={sums.buying if bought else sums.selling}"
    return True, value, limit, f"POSITION_OK: position={value!s}, limit={limit!s}"


@control(
    "R10",
    unit="USD",
    rejects="Σ |position| + working buys + this order, EXTERNAL ones included, is over the limit",
    default=lambda config: f"{config.risk.gross_exposure_pct} % of equity",
    reducing=_REDUCES,
    needs_draft=True,
)
def gross_exposure(check: Check) -> Finding:
    limit, price, gross = check.of_equity(check.limits.gross_share), check.worst_price, check.holdings.gross
    if check.reduces:
        return True, gross, limit, f"GROSS_REDUCES: gross={gross}"
    if check.quantity is None or limit is None or price is None or gross is None:
        return False, None, limit, "GROSS_UNKNOWN: expected=quantity and equity and a price for everything held"
    value = gross + check.quantity * price
    if value > limit:
        return False, value, limit, f"GROSS_OVER: gross={value!s}, limit={limit!s}"
    return True, value, limit, f"GROSS_OK: gross={value!s}, limit={limit!s}"


@control(
    "R10",
    unit="USD",
    rejects="everything in this one symbol after the order, EXTERNAL holdings and orders included, is over the limit",
    default=lambda config: f"{config.risk.concentration_pct} % of equity",
    reducing=_REDUCES,
    needs_draft=True,
)
def concentration(check: Check) -> Finding:
    limit, price, sums = check.of_equity(check.limits.concentration_share), check.worst_price, check.holdings
    if check.reduces:
        return True, None, limit, f"CONCENTRATION_REDUCES: held={sums.held!s}"
    if check.quantity is None or limit is None or price is None:
        return False, None, limit, "CONCENTRATION_UNKNOWN: expected=quantity and price and equity above 0"
    value = (abs(sums.held) + abs(sums.external) + sums.buying + sums.buying_external + check.quantity) * price
    if value > limit:
        return False, value, limit, f"CONCENTRATION_OVER: in_symbol={value!s}, limit={limit!s}"
    return True, value, limit, f"CONCENTRATION_OK: in_symbol={value!s}, limit={limit!s}"


@control(
    "R11",
    unit="USD",
    rejects="the order costs more than buying power, or than cash less working buys less the cash floor",
    default=lambda config: f"keep {config.risk.cash_floor_pct} % of equity",
    reducing="passes: it frees cash",
    needs_draft=True,
)
def buying_power(check: Check) -> Finding:
    free, price = free_cash(check), check.worst_price
    if check.reduces:
        return True, None, free, f"CASH_FREED: quantity={check.quantity!s}"
    if check.quantity is None or price is None or free is None:
        return False, None, free, "CASH_UNKNOWN: expected=quantity and price and cash and buying power"
    cost = check.quantity * price
    if cost > free:
        return False, cost, free, f"CASH_SHORT: cost={cost!s}, free={free!s}"
    return True, cost, free, f"CASH_OK: cost={cost!s}, free={free!s}"


def free_cash(check: Check) -> Decimal | None:
    """What may still be spent: cash less working buys less the floor, at most buying power, at least 0."""
    floor, committed = check.of_equity(check.limits.cash_floor_share), check.holdings.committed
    if check.cash is None or check.buying_power is None or floor is None or committed is None:
        return None
    return max(ZERO, min(check.cash - committed - floor, check.buying_power))


@control(
    "R12",
    unit="positions",
    rejects="the symbol would be one more than the limit, symbols being bought included",
    default=lambda config: f"{config.risk.open_positions}",
    reducing=_REDUCES,
)
def open_positions(check: Check) -> Finding:
    sums, limit = check.holdings, check.limits.open_positions
    value = Decimal(sums.positions + (not sums.in_symbol))
    if value > limit and not check.reduces:
        return False, value, limit, f"POSITIONS_OVER: positions={value!s}, limit={limit!s}"
    return True, value, limit, f"POSITIONS_OK: positions={value!s}, limit={limit!s}"


@control(
    "R12",
    unit="orders",
    rejects="it would be one open order more than the limit; protective legs and EXTERNAL orders do not count",
    default=lambda config: f"{config.risk.open_orders}",
    reducing="passes",
)
def open_orders(check: Check) -> Finding:
    value, limit = Decimal(check.holdings.orders) + ONE, check.limits.open_orders
    if value > limit and not check.reduces:
        return False, value, limit, f"ORDERS_OVER: orders={value!s}, limit={limit!s}"
    return True, value, limit, f"ORDERS_OK: orders={value!s}, limit={limit!s}"
