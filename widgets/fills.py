"""Executions, newest first."""

from __future__ import annotations

from typing import ClassVar

from engine.model import Fill, Side
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel


class Fills(RowPanel[Fill]):
    """One row per execution."""

    TITLE: ClassVar[str] = "FILLS"
    EMPTY: ClassVar[str] = "Nothing has been filled yet."
    NEWEST_FIRST: ClassVar[bool] = True

    def head(self, line: Line, width: int, colors: Palette) -> None:
        head = colors.head_row
        line.gap(head, 28 - line.cells).right("quantity", 9, head).right("price", 10, head).right("money", 12, head)
        line.right("fee", 8, head).field("  order", width - line.cells, head)

    def row(self, key: str, row: Fill, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        line = Line().add(mark, style).add(figures.clock(row.at_ns), colors.muted).gap(colors.text)
        line.add(f"{figures.side_glyph(row.side)} ", colors.up if row.side is Side.BUY else colors.down)
        line.field(row.symbol, 8, colors.strong).field(row.role.value, 8, colors.muted)
        line.right(figures.quantity_in(row.quantity, 8), 9, colors.text)
        line.right(figures.price_in(row.price, 9), 10, colors.text)
        money = row.quantity * row.price
        line.right(figures.fitted(figures.money(money), money, 11), 12, colors.text)
        line.right(figures.fitted(figures.money(row.fee), row.fee, 7), 8, colors.muted)
        return [line.field(f"  {row.client_order_id}", width - line.cells, colors.muted)]
