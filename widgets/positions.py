"""Positions: what is held, what it is worth, and where its stop and target stand."""

from __future__ import annotations

from typing import ClassVar

from engine.model import Position
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel


class Positions(RowPanel[Position]):
    """One row per symbol held."""

    TITLE: ClassVar[str] = "POSITIONS"
    EMPTY: ClassVar[str] = "Nothing is held."

    def head(self, line: Line, width: int, colors: Palette) -> None:
        head = colors.head_row
        line.gap(head, 8 - line.cells + 3).right("qty", 6, head).right("avg", 9, head).right("price", 9, head)
        line.right("unrealised", 12, head)
        if width >= 60:
            line.right("%", 7, head)
        if width >= 78:
            line.right("stop", 9, head).right("target", 9, head)

    def row(self, key: str, row: Position, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        line = Line().add(mark, style).field(row.symbol, 7, colors.strong)
        line.right(figures.quantity_in(row.quantity, 8), 9, colors.text)
        line.right(figures.price_in(row.average_price, 8), 9, colors.muted)
        line.right(figures.price_in(row.price, 8), 9, colors.text)
        gain = row.unrealised
        money = figures.signed_money_in(gain, 9)
        line.right(f"{figures.glyph(float(gain))} {money}", 12, colors.signed(float(gain)))
        if width >= 60:
            cost = abs(row.quantity * row.average_price)
            share = figures.percent(gain / cost * 100) if cost else figures.NONE
            line.right(share, 7, colors.signed(float(gain)))
        if width >= 78:
            line.right(figures.price_in(row.stop_price, 8), 9, colors.muted)
            line.right(figures.price_in(row.target_price, 8), 9, colors.muted)
        if row.external or row.foreign:
            part = "" if row.external else f"{figures.quantity_in(row.foreign, 9)} "
            line.field(f"  {part}EXTERNAL", width - line.cells, colors.warn)
        return [line]
