"""Orders: open ones and those that ended lately, newest first."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from rich.style import Style

from engine.model import Order, OrderStatus, Role, Side
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel

_WORDS = {
    OrderStatus.INTENT: "○ intent",
    OrderStatus.UNRESOLVED: "? unresolved",
    OrderStatus.WORKING: "○ working",
    OrderStatus.PARTIAL: "◐ partial",
    OrderStatus.HELD: "○ held",
    OrderStatus.CANCELING: "○ canceling",
    OrderStatus.FILLED: "● filled",
    OrderStatus.CANCELED: "× canceled",
    OrderStatus.EXPIRED: "× expired",
    OrderStatus.REJECTED: "✗ rejected",
    OrderStatus.REPLACED: "× replaced",
    OrderStatus.NEVER_PLACED: "× never placed",
    OrderStatus.DENIED: "✗ denied",
}


_WITH_TIME = 60
"""Least width that shows when an order went out: under it, how it stands needs the room more."""


class Orders(RowPanel[Order]):
    """One row per order, legs included."""

    TITLE: ClassVar[str] = "ORDERS"
    EMPTY: ClassVar[str] = "No orders yet."
    NEWEST_FIRST: ClassVar[bool] = True

    def head(self, line: Line, width: int, colors: Palette) -> None:
        head = colors.head_row
        line.gap(head, (24 if width >= _WITH_TIME else 15) - line.cells).right("filled/qty", 11, head).right(
            "price", 10, head
        )
        line.gap(head, 2 if width >= _WITH_TIME else 1).field("status", width - line.cells, head)

    def row(self, key: str, row: Order, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        line = Line().add(mark, style)
        if width >= _WITH_TIME:
            line.add(figures.clock(row.submitted_ns or row.updated_ns), colors.muted).gap(colors.text)
        line.add(f"{figures.side_glyph(row.side)} ", colors.up if row.side is Side.BUY else colors.down)
        line.field(row.symbol, 6, colors.strong)
        line.field(row.role.value, 8, colors.warn if row.role is Role.EXTERNAL else colors.muted)
        sizes = (row.filled, row.quantity)
        texts = (figures.quantity(row.filled), figures.quantity(row.quantity))
        line.right(figures.ratio(texts, sizes, 9), 9, colors.text)
        line.right(figures.price_in(_price(row), 9), 10, colors.text)
        reason = f"  {row.reason}" if row.reason else ""
        line.gap(colors.text, 2 if width >= _WITH_TIME else 1)
        line.field(f"{_WORDS[row.status]}{reason}", width - line.cells, _style(row, colors))
        return [line]


def _price(order: Order) -> Decimal | None:
    """What it filled at, else its limit or stop."""
    if order.average_price is not None:
        return order.average_price
    return order.limit_price if order.limit_price is not None else order.stop_price


def _style(order: Order, colors: Palette) -> Style:
    if order.status is OrderStatus.UNRESOLVED:
        return colors.warn
    if order.status in (OrderStatus.REJECTED, OrderStatus.DENIED):
        return colors.down
    if order.status is OrderStatus.FILLED:
        return colors.up
    return colors.text if order.status.open else colors.muted
