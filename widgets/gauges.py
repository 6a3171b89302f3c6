"""The gauges: one row per symbol with its mood, price, mode and what keeps it from trading."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import ClassVar

from rich.style import Style

from engine.model import Mode
from engine.model.frames import SymbolRow
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel
from widgets.why import in_room

MODES = {Mode.CONFIRM: "confirm", Mode.AUTO: "AUTO", Mode.OFF: "off"}
"""How a mode is written; the one that trades by itself stands out without colour."""

_SYMBOL = 8
_WITH_CONFIDENCE = 96
"""Least width that shows the confidence: under it, what keeps the symbol from trading needs the room more."""
_CONFIDENCE = 5
_FIXED = 56
"""Cells of everything but mood bar, confidence, sparkline and what keeps the symbol from trading."""
_SIZES = ((25, 30), (17, 20), (17, 12), (11, 12), (11, 0), (9, 0), (7, 0), (5, 0))
"""Mood bar and sparkline, the widest first."""
WHY = 19
"""Least cells of what keeps the symbol from trading, at 80 columns and more: `change +0.123/0.150`."""
_STALE_NS = 60 * 10**9


class Gauges(RowPanel[SymbolRow]):
    """All symbols in one widget; only rows that changed are painted, at most ten times a second."""

    TITLE: ClassVar[str] = "GAUGES"
    EMPTY: ClassVar[str] = "The watchlist is empty. Add [[watchlist]] rows to config.toml."
    RATE: ClassVar[float] = 10.0

    DEFAULT_CSS = """
    Gauges { height: auto; }
    """

    def moment(self, row: SymbolRow) -> object:
        return self._price_is_old(row)

    def head(self, line: Line, width: int, colors: Palette) -> None:
        bar, spark = _widths(width)
        head = colors.head_row
        line.gap(head, _SYMBOL + 1 - line.cells)
        line.field("mood", bar, head).gap(head).right("", 6, head).gap(head).right("change", 7, head)
        line.gap(head).right("posts", 5, head).gap(head)
        if width >= _WITH_CONFIDENCE:
            line.right("conf", 4, head).gap(head)
        if spark:
            line.right("30 min", spark, head).gap(head, 2)
        line.right("price", 8, head).gap(head).right("day", 7, head).gap(head)
        line.field("mode", 7, head).gap(head).field("why not", width - line.cells, head)

    def row(self, key: str, row: SymbolRow, width: int, colors: Palette) -> list[Line]:
        bar, spark = _widths(width)
        mood = row.mood
        line = Line()
        mark, mark_style = self.marker(key, colors)
        line.add(mark, mark_style).field(row.symbol, _SYMBOL, colors.strong)
        _bar(line, mood.value, bar, colors)
        value_style = colors.muted if mood.value is None else colors.signed(mood.value)
        line.gap(colors.text).right(figures.score(mood.value), 6, value_style)
        line.gap(colors.text)
        if mood.change is None:
            line.right(figures.NONE, 7, colors.muted)
        else:
            over = abs(mood.change) >= row.threshold
            style = colors.signed(mood.change) if over else colors.muted
            line.right(f"{figures.glyph(mood.change)}{figures.score(mood.change)}", 7, style)
        line.gap(colors.text).right(figures.count(mood.volume), 5, colors.text)
        line.gap(colors.text)
        if width >= _WITH_CONFIDENCE:
            sure = colors.text if mood.volume else colors.muted
            line.right(f"{mood.confidence:.2f}", 4, sure).gap(colors.text)
        if spark:
            line.add(_sparkline(row.spark, spark), colors.accent).gap(colors.text, 2)
        self._price(line, row, colors)
        line.gap(colors.text)
        line.field(MODES[row.mode], 7, colors.warn if row.mode is Mode.AUTO else colors.muted).gap(colors.text)
        why, style = _why(row, colors)
        room = width - line.cells
        line.field(in_room(why, room), room, style)
        return [line]

    def _price(self, line: Line, row: SymbolRow, colors: Palette) -> None:
        line.right(_price_text(row), 8, colors.muted if self._price_is_old(row) else colors.text)
        day = row.day_change_pct
        if day is None:
            line.gap(colors.text).right(figures.NONE, 7, colors.muted)
        else:
            change = figures.percent(day) if abs(day) < 100 else f"{day:+.0f}%"
            line.gap(colors.text).right(f"{figures.glyph(day)}{change}", 7, colors.signed(day))

    def _price_is_old(self, row: SymbolRow) -> bool:
        return row.price is not None and self.now_ns() - row.price_ns > _STALE_NS


def _price_text(row: SymbolRow) -> str:
    """The price to the cent, that of a coin below one dollar in full, in at most eight cells."""
    if row.price is None:
        return figures.NONE
    price = Decimal(row.price)
    return figures.fitted(f"{price:.2f}" if price >= 1 else figures.price(price), price, 8)


@lru_cache(maxsize=64)
def _widths(width: int) -> tuple[int, int]:
    """Cells for the mood bar and the sparkline: the largest that leave the reason its room."""
    room = width - _FIXED - WHY - (_CONFIDENCE if width >= _WITH_CONFIDENCE else 0)
    return next((size for size in _SIZES if size[0] + (size[1] + 2 if size[1] else 0) <= room), _SIZES[-1])


@lru_cache(maxsize=1024)
def _sparkline(values: tuple[float | None, ...], width: int) -> str:
    """It changes twice a minute, its row with every post."""
    return figures.sparkline(values, width)


def _bar(line: Line, value: float | None, width: int, colors: Palette) -> None:
    if value is None:
        half = width // 2
        line.add("·" * half, colors.faint).add("│", colors.muted).add("·" * half, colors.faint)
        return
    left, axis, right = figures.value_bar(value, width)
    line.add(left, colors.down).add(axis, colors.muted).add(right, colors.up)


def _why(row: SymbolRow, colors: Palette) -> tuple[str, Style]:
    if not row.mood.warm:
        return f"warming up: {row.mood.missing}" if row.mood.missing else "warming up", colors.warn
    if not row.why_not:
        return "ready", colors.good
    return row.why_not, colors.muted
