"""The chart: price, with signals and fills marked where they happened, the mood under it raw and cleaned, and volume.

One time axis for all. Painted again only when it is given other samples or another size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import floor, log10
from typing import NamedTuple

from rich.style import Style

from engine.clock import MINUTE
from engine.model import Past
from widgets import figures, plot
from widgets.line import Line
from widgets.scroll_block import ScrollBlock

_AXIS = 9
"""Cells of the scale at the left."""
_GAP_NS = 3 * MINUTE
"""Samples further apart are not joined."""
_LEAST_MOVE = 0.0001
"""A price that moved less than this share of itself is not blown up to look like news."""
_LEAST_MOOD = 0.2
"""A mood flatter than this is not blown up to look like news."""


_MARKS, _REFUSED, _MOODS = "  ▲ buy ▼ sell ● fill", " △ ▽ no order", "mood ━ cleaned ╌ raw"


class Mark(NamedTuple):
    """Something that happened: where on the time axis, and its glyph."""

    at_ns: int
    glyph: str
    price: float | None
    """Where it stands on the price scale; None puts it on the line."""
    good: bool | None
    """True for what bought, False for what sold, None for what came to nothing."""


class Chart(ScrollBlock):
    """Fills its height: two thirds price, one third mood, one line volume, one line time."""

    DEFAULT_CSS = """
    Chart { height: 1fr; min-height: 5; }
    """

    def __init__(self, *, id: str | None = None, title: str = "PRICE AND MOOD") -> None:
        super().__init__(id=id)
        self._chart_title = title
        self._past: Past | None = None
        self._marks: tuple[Mark, ...] = ()

    def show(self, past: Past | None, marks: Sequence[Mark] = ()) -> None:
        """Take samples and marks, oldest first; None while the engine has not answered."""
        if (past, tuple(marks)) != (self._past, self._marks):
            self._past, self._marks = past, tuple(marks)
            self.repaint()

    @property
    def shown(self) -> Past:
        """The samples that are shown; without any instant while there are none."""
        return self._past or Past()

    def on_resize(self) -> None:
        self.forget_painted()
        self.refresh()

    def lines(self, width: int) -> list[Line]:
        colors, past = self.inks, self.shown
        head = self.title(self._chart_title)
        for legend in (_MARKS, _REFUSED):
            if head.cells + len(legend) + len(_MOODS) + 2 <= width:
                head.add(legend, colors.head_row)
        head.ends([_MOODS], width, colors.head_row)
        room, columns = self.size.height - 3, width - _AXIS
        samples = zip(past.at_ns, past.price, past.mood, strict=True)
        known = [at for at, price, mood in samples if (price, mood) != _NONE]
        if len(known) < 2 or columns < 10 or room < 2:
            asked = self.asking if self._past is None else "No samples yet: one comes every half minute."
            return [head, Line().add(f" {asked}", colors.muted)]
        begin, end = known[0], known[-1]
        below = max(1, room // 3)
        return [
            head,
            *self._price(begin, end, columns, room - below),
            *self._mood(begin, end, columns, below),
            self._volume(begin, end, columns),
            _times(begin, end, columns, colors.muted),
        ]

    def _price(self, begin: int, end: int, columns: int, height: int) -> list[Line]:
        past, colors = self.shown, self.inks
        values = plot.resample(past.at_ns, past.price, begin, end, 2 * columns, _GAP_NS)
        marks = [mark for mark in self._marks if begin <= mark.at_ns <= end]
        prices = [mark.price for mark in marks]
        top = max((value for value in (*values, *prices) if value is not None), default=0.0)
        low, high = plot.span_of(values, prices, least=top * _LEAST_MOVE)
        rows = plot.line(values, columns, height, low, high)
        placed: dict[tuple[int, int], Mark] = {}
        for mark in marks:
            column = min(columns - 1, (mark.at_ns - begin) * columns // max(1, end - begin))
            price = mark.price if mark.price is not None else _near(values, 2 * column)
            if price is not None:
                placed[_free(plot.row_of(price, height, low, high), column, height, placed)] = mark
        lines = []
        for y, bits in enumerate(rows):
            line = _scale(y, height, low, high, colors.muted)
            _cells(line, [plot.characters(each) for each in bits], [colors.text] * columns, y, placed, self)
            lines.append(line)
        return lines

    def _mood(self, begin: int, end: int, columns: int, height: int) -> list[Line]:
        past, colors = self.shown, self.inks
        cleaned = plot.resample(past.at_ns, past.mood, begin, end, 2 * columns, _GAP_NS)
        raw = plot.resample(past.at_ns, past.raw, begin, end, 2 * columns, _GAP_NS)
        low, high = plot.span_of(cleaned, raw, least=_LEAST_MOOD)
        over = plot.line(cleaned, columns, height, low, high)
        dotted = [value if x % 4 < 2 else None for x, value in enumerate(raw)]
        under = plot.line(dotted, columns, height, low, high)
        lines = []
        for y in range(height):
            line = _scale(y, height, low, high, colors.muted, signed=True)
            both = [plot.characters(top | bottom) for top, bottom in zip(over[y], under[y], strict=True)]
            styles = [colors.accent if top else colors.muted for top in over[y]]
            _cells(line, both, styles, y, {}, self)
            lines.append(line)
        return lines

    def _volume(self, begin: int, end: int, columns: int) -> Line:
        past, colors = self.shown, self.inks
        posts: list[float | None] = [float(each) for each in past.volume]
        values = plot.resample(past.at_ns, posts, begin, end, columns, _GAP_NS)
        high = max((value for value in values if value is not None), default=0.0)
        most = figures.fitted(figures.count(round(high)), Decimal(round(high)), _AXIS - 3)
        line = Line().right(f"{most} p ", _AXIS, colors.muted)
        return line.add(plot.bars(values, high), colors.muted)


_NONE = (None, None)


def _near(values: Sequence[float | None], at: int) -> float | None:
    """The value at a column, or the last known one before it, or the first after it."""
    before = [value for value in values[: at + 1] if value is not None]
    return before[-1] if before else next((value for value in values[at:] if value is not None), None)


def _free(row: int, column: int, height: int, placed: Mapping[tuple[int, int], Mark]) -> tuple[int, int]:
    """A mark's cell, or the nearest above or below it that has none yet: a signal and its fill are both seen."""
    near = sorted(range(height), key=lambda each: abs(each - row))
    return next(((each, column) for each in near if (each, column) not in placed), (row, column))


def _scale(y: int, height: int, low: float, high: float, style: Style, *, signed: bool = False) -> Line:
    """The figure at the left of a row: the highest at the top, the lowest at the bottom. It has the decimals that tell
    them apart, as far as they fit."""
    if y not in (0, height - 1):
        return Line().gap(style, _AXIS)
    value = high if y == 0 else low
    if signed:
        return Line().right(f"{value:+.2f} ", _AXIS, style)
    places = max(2, 1 - floor(log10(high - low))) if high > low else 2
    text = figures.fitted(f"{value:,.{places}f}", Decimal(repr(value)), _AXIS - 1)
    return Line().right(f"{text} ", _AXIS, style)


def _cells(
    line: Line,
    characters: Sequence[str],
    styles: Sequence[Style],
    y: int,
    placed: dict[tuple[int, int], Mark],
    chart: Chart,
) -> None:
    """Add a row of cells, marks over the line, neighbours of one style as one segment."""
    colors = chart.inks
    inks = {True: colors.up, False: colors.down, None: colors.muted}
    text, style = "", styles[0]
    for column, (character, ink) in enumerate(zip(characters, styles, strict=True)):
        mark = placed.get((y, column))
        if mark is not None:
            character, ink = mark.glyph, inks[mark.good] + Style(bold=True)
        if ink is not style:
            line.add(text, style)
            text, style = "", ink
        text += character
    line.add(text, style)


def _times(begin: int, end: int, columns: int, style: Style) -> Line:
    """The exchange's time under the first, the middle and the last column."""
    line = Line().gap(style, _AXIS)
    first, last = figures.clock_minute(begin), figures.clock_minute(end)
    middle = figures.clock_minute((begin + end) // 2) if columns >= 30 else ""
    half = columns // 2
    line.field(first, half - 2, style).field(middle, columns - half + 2 - 5, style)
    return line.field(last, 5, style)
