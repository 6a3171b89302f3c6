"""The status bar's second line: the account, the limits and the engine, in figures that are whole or not there."""

from __future__ import annotations

from decimal import Decimal

from engine.model import Account, LimitUse
from engine.model.frames import Status
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.pieces import Piece, laid


def account_line(status: Status, account: Account, width: int, colors: Palette, *, wide: bool) -> Line:
    """Equity, the day, drawdown, the limit used most, the engine's latency; a blocked account says so."""
    equity = Line().gap(colors.text).add("Equity ", colors.muted).add(figures.money(account.equity), colors.strong)
    gain = account.day_pnl
    style = colors.signed(float(gain))
    day = Line().add("Day ", colors.muted).add(f"{figures.glyph(float(gain))} {figures.signed_money(gain)}", style)
    if wide and account.day_pct is not None:
        day.add(f" ({float(account.day_pct):+.2f}%)", style)
    deep = colors.text if account.drawdown < Decimal("0.05") else colors.warn
    drawdown = Line().add("DD ", colors.muted).add(f"{float(account.drawdown) * 100:.1f}%", deep)
    limits = Line().add("Limits " if wide else "Lim ", colors.muted)
    _limits(limits, status.limits, wide, colors)
    slow = status.latency_p99_ms > 20 or status.lag_ms > 100
    latency = (
        f"{status.latency_p50_ms:.1f}/{status.latency_p99_ms:.1f} ms" if wide else f"{status.latency_p99_ms:.1f}ms"
    )
    engine = Line().add("Engine " if wide else "p99 ", colors.muted).add(latency, colors.warn if slow else colors.text)
    rate = f"{status.posts_per_s:,.1f}" if status.posts_per_s < 10 else f"{status.posts_per_s:,.0f}"
    pieces = [Piece(0, 0, equity), Piece(1, 2, day), Piece(3, 2, drawdown), Piece(2, 2, limits), Piece(4, 2, engine)]
    pieces.append(Piece(7, 2, Line().add(f"{rate} posts/s" if wide else f"{rate}/s", colors.text)))
    if status.dropped:
        pieces.append(Piece(6, 2, Line().add(f"✗ {figures.count(status.dropped)} dropped", colors.warn)))
    if account.blocked:
        room = max(10, min(len(account.blocked) + 10, width // 3))
        pieces.append(Piece(5, 2, Line().field(f" BLOCKED {account.blocked} ", room, colors.alarm)))
    return laid(pieces, width, colors.text)


def _limits(line: Line, limits: tuple[LimitUse, ...], wide: bool, colors: Palette) -> None:
    """The limit that is used most: its share, and its name where there is room."""
    if not limits:
        line.add(figures.NONE, colors.muted)
        return
    top = max(limits, key=lambda limit: limit.use)
    style = colors.down if top.use >= 1 else colors.warn if top.use >= 0.75 else colors.text
    line.add(figures.use(top.use) + ("!" if top.use >= 0.75 else ""), style)
    if wide:
        line.add(f" {top.control}", colors.muted)
