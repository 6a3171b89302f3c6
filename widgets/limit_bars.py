"""How much of each limit is used now."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from engine.model import LimitUse
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel

CLOSE = 0.75
"""From this share of a limit on it is shown as close."""


class LimitBars(RowPanel[LimitUse]):
    """One row per limit: name, bar, share, value and limit."""

    TITLE: ClassVar[str] = "LIMITS"
    EMPTY: ClassVar[str] = "No limit is in use."

    def head(self, line: Line, width: int, colors: Palette) -> None:
        head = colors.head_row
        line.gap(head, 21 - line.cells).gap(head, _room(width)).right("used", 6, head)
        line.field("  limit", width - line.cells, head)

    def row(self, key: str, row: LimitUse, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        use = max(0.0, row.use)
        state = colors.down if use >= 1 else colors.warn if use >= CLOSE else colors.text
        line = Line().add(mark, style).field(row.control, 19, state if use >= CLOSE else colors.text)
        line.add("!" if use >= CLOSE else " ", state).add(bar(use, _room(width)), state)
        line.right(figures.use(use), 6, state)
        amount = f"  {_figure(row.value)} of {_figure(row.limit)} {row.unit}  {row.subject}"
        return [line.field(amount, width - line.cells, colors.muted)]


def bar(use: float, width: int) -> str:
    """A bar of exactly `width` cells; full from a use of 1 on."""
    full = min(width, round(min(use, 1.0) * width))
    return "━" * full + "╌" * (width - full)


def _figure(value: Decimal) -> str:
    """Short: from a thousand on without cents, from ten millions on in M."""
    text = figures.money(value, 0) if abs(value) >= 1000 else figures.limit_figure(value)
    return figures.fitted(text, value, 9)


def _room(width: int) -> int:
    return max(4, min(40, width - 21 - 6 - 28))
