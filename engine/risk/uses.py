"""How much of each standing limit is used, for the status bar and the risk view."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from engine.model import ONE, ZERO, Book, LimitUse, Role, Side
from engine.risk.check import day_loss_pct, drawdown_pct
from engine.risk.holdings import PROTECTIVE, Holdings, holdings, order_price, position_price, rest
from engine.risk.limits import Limits
from engine.risk.memory import Memory
from engine.risk.prices import amount, positive


def limit_uses(limits: Limits, memory: Memory, book: Book) -> tuple[LimitUse, ...]:
    """How much of each standing limit is used now, in the order of the controls; unknown values are left out."""
    risk, now_ns, equity = limits.risk, book.now_ns, positive(book.account.equity)
    sums = holdings(book, "")
    used, today = risk.orders_per_minute - memory.left_this_minute(now_ns), memory.today(now_ns)
    uses = [
        LimitUse("order_rate", Decimal(used), limits.per_minute, "per minute"),
        LimitUse("order_rate", Decimal(today.messages), limits.per_day, "per day"),
        _most("strategy_executions", today.strategy, limits.strategy_executions, "today"),
        _most("symbol_trades", today.trades, limits.symbol_trades, "today"),
    ]
    if equity is not None:
        uses += _of_equity(limits, book, sums, equity)
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


def _most(control: str, values: Mapping[str, Decimal] | Mapping[str, int], limit: Decimal, unit: str) -> LimitUse:
    """The use of a limit that each symbol or strategy has for itself: of the one that uses most."""
    subject = max(sorted(values), key=lambda name: values[name], default="")
    return LimitUse(control, Decimal(values.get(subject, 0)), limit, unit, subject)


def _of_equity(limits: Limits, book: Book, sums: Holdings, equity: Decimal) -> list[LimitUse]:
    """The limits that are shares of equity, working buys counted: the largest position, the symbol with most in it,
    everything together, and the cash that may be spent."""
    uses = []
    symbols = _by_symbol(book)
    if symbols is not None:
        ours = {name: money for name, (money, _) in symbols.items()}
        everything = {name: money for name, (_, money) in symbols.items()}
        uses.append(_most("position", ours, equity * limits.position_share, "USD"))
        uses.append(_most("concentration", everything, equity * limits.concentration_share, "USD"))
    if sums.gross is not None:
        uses.append(LimitUse("gross_exposure", sums.gross, equity * limits.gross_share, "USD"))
    cash, buying_power = amount(book.account.cash), amount(book.account.buying_power)
    if cash is not None and buying_power is not None and sums.committed is not None:
        most = equity * (ONE - limits.cash_floor_share)
        free = max(ZERO, min(cash - sums.committed - equity * limits.cash_floor_share, buying_power))
        uses.append(LimitUse("buying_power", max(ZERO, most - free), most, "USD"))
    return uses


def _by_symbol(book: Book) -> dict[str, tuple[Decimal, Decimal]] | None:
    """What is in each symbol in USD: ours, and everything; None where something cannot be valued."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for name, position in book.positions.items():
        quantity, price = amount(position.quantity), position_price(book, position)
        if quantity is None or price is None:
            return None
        if quantity:
            found[name] = abs(position.ours) * price, abs(quantity) * price
    for order in book.orders:
        if order.side is Side.SELL or order.role in PROTECTIVE:
            continue
        remaining, price = rest(order), order_price(book, order)
        if remaining is None or price is None:
            return None
        ours, everything = found.get(order.symbol, (ZERO, ZERO))
        money = remaining * price
        found[order.symbol] = ours if order.role is Role.EXTERNAL else ours + money, everything + money
    return found
