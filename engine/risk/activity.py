"""R06, R07, R08: how often."""

from __future__ import annotations

from decimal import Decimal

from engine.model import ZERO
from engine.risk.check import Check
from engine.risk.control import Finding, control


@control(
    "R06",
    unit="messages",
    rejects="the bucket of order messages (orders, cancels, rejects) is empty, or the day's are used up",
    default=lambda config: f"{config.risk.orders_per_minute}/min, {config.risk.orders_per_day}/day",
    reducing="passes, and counts",
)
def order_rate(check: Check) -> Finding:
    per_minute, per_day = check.risk.orders_per_minute, check.risk.orders_per_day
    used, today = per_minute - check.left_this_minute + 1, check.messages_today + 1
    told = f"minute={used}/{per_minute}, day={today}/{per_day}"
    if today > per_day and not check.reduces:
        return False, Decimal(today), check.limits.per_day, f"RATE_DAY_OVER: {told}"
    if used > per_minute and not check.reduces:
        return False, Decimal(used), check.limits.per_minute, f"RATE_MINUTE_OVER: {told}"
    return True, Decimal(used), check.limits.per_minute, f"RATE_OK: {told}"


@control(
    "R07",
    unit="orders",
    rejects="the strategy has executed this often today; it is off until a person lifts the protection",
    default=lambda config: f"{config.risk.strategy_executions} a day",
    reducing="passes",
)
def strategy_executions(check: Check) -> Finding:
    value, limit = Decimal(check.executions), check.limits.strategy_executions
    if check.reduces:
        return True, value, limit, f"STRATEGY_REDUCES: executions={value!s}"
    if check.strategy_lock is not None:
        reason = f"STRATEGY_OFF: strategy={check.strategy}, protection={check.strategy_lock.id}"
        return False, value, limit, f"{reason}, executions={value!s}"
    if value >= limit:
        return False, value, limit, f"STRATEGY_OVER: strategy={check.strategy}, executions={value!s}, limit={limit!s}"
    return True, value, limit, f"STRATEGY_OK: strategy={check.strategy}, executions={value!s}, limit={limit!s}"


@control(
    "R08",
    unit="trades",
    rejects="the symbol has had this many entries today, or this many shares bought this month",
    default=lambda config: (
        f"{config.risk.symbol_trades_per_day} a day; shares a month: "
        + ("unlimited" if config.risk.symbol_shares_per_month is None else str(config.risk.symbol_shares_per_month))
    ),
    reducing="passes",
)
def symbol_trades(check: Check) -> Finding:
    value, limit, most = Decimal(check.trades), check.limits.symbol_trades, check.risk.symbol_shares_per_month
    if check.reduces:
        return True, value, limit, f"TRADES_REDUCES: trades={value!s}"
    if value >= limit:
        return False, value, limit, f"TRADES_OVER: trades={value!s}, limit={limit!s}"
    if most is not None:
        shares = check.shares + (check.quantity or ZERO)
        if shares > most:
            return False, shares, most, f"SHARES_OVER: shares={shares!s}, limit={most!s}"
    return True, value, limit, f"TRADES_OK: trades={value!s}, limit={limit!s}"
