"""How much of each standing limit is used, for the status bar and the risk view."""

from __future__ import annotations

from decimal import Decimal

from engine.model import ZERO, Book, LimitUse
from engine.risk.check import day_loss_pct, drawdown_pct
from engine.risk.holdings import holdings
from engine.risk.limits import Limits
from engine.risk.memory import Memory
from engine.risk.prices import positive


def limit_uses(limits: Limits, memory: Memory, book: Book) -> tuple[LimitUse, ...]:
    """How much of each standing limit is used now, in the order of the controls; unknown values are left out."""
    risk, now_ns, equity = limits.risk, book.now_ns, positive(book.account.equity)
    sums = holdings(book, "")
    used = risk.orders_per_minute - memory.left_this_minute(now_ns)
    uses = [
        LimitUse("order_rate", Decimal(used), limits.per_minute, "per minute"),
        LimitUse("order_rate", Decimal(memory.today(now_ns).messages), limits.per_day, "per day"),
    ]
    if equity is not None and sums.gross is not None:
        uses.append(LimitUse("gross_exposure", sums.gross, equity * limits.gross_share, "USD"))
    uses.append(LimitUse("open_positions", Decimal(sums.positions), limits.open_positions, "positions"))
    uses.append(LimitUse("open_orders", Decimal(sums.orders), limits.open_orders, "orders"))
    for name, value, limit in (
        ("daily_loss", day_loss_pct(book.account), risk.daily_loss_pct),
        ("drawdown", drawdown_pct(book.account), risk.drawdown_pct),
    ):
        if value is not None:
            uses.append(LimitUse(name, max(ZERO, value), limit, "%"))
    uses.append(LimitUse("loss_streak", Decimal(memory.stop_outs(now_ns)), limits.loss_streak, "stop-outs"))
    return tuple(uses)
