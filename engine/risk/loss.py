"""R13–R16: what losing does."""

from __future__ import annotations

from decimal import Decimal

from engine.model import ZERO
from engine.risk.check import Check
from engine.risk.control import Finding, control
from engine.risk.prices import seconds, short


@control(
    "R13",
    unit="%",
    rejects="realised + unrealised loss since the session's start has reached the limit; the state becomes REDUCING",
    default=lambda config: f"{config.risk.daily_loss_pct} % of equity at the session's start",
    reducing="passes",
)
def daily_loss(check: Check) -> Finding:
    loss, limit = check.day_loss, check.risk.daily_loss_pct
    if loss is None:
        return check.reduces, None, limit, "LOSS_UNKNOWN: expected=equity now and at the session's start"
    value = max(ZERO, short(loss))
    if loss >= limit and not check.reduces:
        return False, value, limit, f"LOSS_REACHED: loss_pct={value!s}, limit_pct={limit!s}"
    return True, value, limit, f"LOSS_OK: loss_pct={value!s}, limit_pct={limit!s}"


@control(
    "R14",
    unit="%",
    rejects="equity is this far below its peak; the state becomes HALTED, and stays so over restarts",
    default=lambda config: (
        f"{config.risk.drawdown_pct} % of peak equity; sizes are halved at {config.risk.drawdown_reduce_at_pct} % of it"
    ),
    reducing="passes",
)
def drawdown(check: Check) -> Finding:
    down, limit = check.drawdown, check.risk.drawdown_pct
    if down is None:
        return check.reduces, None, limit, "DRAWDOWN_UNKNOWN: expected=equity now and at its peak"
    value = short(down)
    if down >= limit and not check.reduces:
        return False, value, limit, f"DRAWDOWN_REACHED: drawdown_pct={value!s}, limit_pct={limit!s}"
    return True, value, limit, f"DRAWDOWN_OK: drawdown_pct={value!s}, limit_pct={limit!s}"


@control(
    "R15",
    unit="stop-outs",
    rejects="so many stop-outs in the window have locked trading",
    default=lambda config: (
        f"{config.risk.loss_streak} in {config.risk.loss_streak_window_s / 3600:g} h lock "
        f"{config.risk.loss_streak_lock_s / 3600:g} h"
    ),
    reducing="passes",
)
def loss_streak(check: Check) -> Finding:
    value, limit = Decimal(check.stop_outs), check.limits.loss_streak
    lock = check.streak_lock
    if lock is not None and not check.reduces:
        return False, value, limit, f"STREAK_LOCKED: protection={lock.id}, {_left(check, lock.ends_ns)}"
    return True, value, limit, f"STREAK_OK: stop_outs={value!s}, limit={limit!s}"


@control(
    "R16",
    unit="s",
    rejects="the symbol was left less than this long ago",
    default=lambda config: f"{config.risk.cool_down_s / 60:g} min",
    reducing="passes",
)
def cool_down(check: Check) -> Finding:
    limit, lock = check.limits.cool_down_s, check.cool_down
    if lock is not None and not check.reduces:
        since = seconds(check.now_ns - lock.started_ns)
        reason = f"COOL_DOWN: protection={lock.id}, since_s={since!s}, {_left(check, lock.ends_ns)}"
        return False, since, limit, reason
    return True, None, limit, f"COOL_DOWN_NONE: limit_s={limit!s}"


def _left(check: Check, ends_ns: int | None) -> str:
    return "ends=lifted by a person" if ends_ns is None else f"left_s={seconds(ends_ns - check.now_ns)!s}"
