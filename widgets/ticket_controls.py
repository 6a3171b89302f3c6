"""Every control of a verdict with its use of the limit, as bar and number: what rejects first, then the tightest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from engine.model import ControlResult, Verdict
from widgets import figures
from widgets.line import Line, wrap
from widgets.palette import Palette
from widgets.scroll_block import ScrollBlock

_COLUMN = 39
"""Least width of a column of controls."""
_COLUMN_WITH_BAR = 46
_BAR = 4
_FEW = 6
"""Up to so many rejections each has its whole reason; more of them are seen at a glance instead."""
_REASON_LINES = 3
"""Most lines that a reason takes under a control that rejects."""


class TicketControls(ScrollBlock):
    """The verdict of a ticket."""

    def __init__(self, *, id: str | None = None, now_ns: Callable[[], int] = lambda: 0) -> None:
        super().__init__(id=id)
        self.now_ns = now_ns
        self._verdict: Verdict | None = None

    def show(self, verdict: Verdict | None) -> None:
        """Take a verdict; None for none."""
        self._verdict = verdict
        self.repaint()

    def lines(self, width: int) -> list[Line]:
        if self._verdict is None:
            return [self.title("CONTROLS")]
        head = self.title("CONTROLS")
        head.ends(summary(self._verdict, self.now_ns()), width, self.inks.head_row)
        return [head, *control_lines(self._verdict, width, self.inks)]


def summary(verdict: Verdict, now_ns: int) -> list[str]:
    """`25/25 all passed`, `12s ago`."""
    passed = sum(result.passed for result in verdict.controls)
    word = "all passed" if verdict.passed else f"{len(verdict.failures)} rejected"
    return [f"{passed}/{len(verdict.controls)} {word}", f"{figures.span(now_ns - verdict.at_ns)} ago"]


def control_lines(verdict: Verdict, width: int, colors: Palette) -> list[Line]:
    """Those that rejected on lines of their own, the others in as many columns as fit, the most used first."""
    few = len(verdict.failures) <= _FEW
    lines = [line for result in verdict.failures for line in _rejected(result, width, colors, few=few)]
    good = sorted((result for result in verdict.controls if result.passed), key=lambda result: -_use(result))
    columns = max(1, min(3, width // _COLUMN))
    height = -(-len(good) // columns)
    return lines + [_row(good[row::height], width // columns, colors) for row in range(height)]


def _row(results: Sequence[ControlResult], width: int, colors: Palette) -> Line:
    line = Line()
    for result in results:
        _passed(line, result, width, colors)
    return line


def _rejected(result: ControlResult, width: int, colors: Palette, *, few: bool) -> list[Line]:
    """Name, value and limit, and the reason: of a few under them where it does not fit beside them."""
    line = Line().add(" ✗ ", colors.down).field(f"{result.id} {result.control}", 24, colors.down)
    if result.value is not None or result.limit is not None:
        room = min(26, width // 3)
        line.field(f"{_amount(result, room - len(result.unit) - 3)} {result.unit}  ", room, colors.strong)
    if not few or len(result.reason) <= width - line.cells:
        return [line.field(result.reason, width - line.cells, colors.text)]
    texts = wrap(result.reason, max(8, width - 6), _REASON_LINES)
    return [line, *(Line().gap(colors.text, 5).field(text, width - 5, colors.text) for text in texts)]


def _passed(line: Line, result: ControlResult, width: int, colors: Palette) -> None:
    """Name, value / limit, share of the limit used, in one column."""
    end = line.cells + width
    bar = _BAR + 1 if width >= _COLUMN_WITH_BAR else 0
    line.add(" ✓ ", colors.up).field(result.id, 4, colors.muted)
    line.field(result.control, 16 if bar else 15, colors.text)
    room = end - line.cells - 6 - bar
    amount = "" if result.value is None and result.limit is None else _amount(result, room)
    line.right(amount, room, colors.muted)
    use = result.use
    if use is not None and 0 <= use <= 1:
        style = colors.warn if use >= 0.75 else colors.muted
        line.right(figures.use(use), 5, style)
        if bar:
            line.gap(colors.text).add(use_bar(use, _BAR), style)
    line.gap(colors.text, end - line.cells)


def use_bar(use: float, width: int) -> str:
    """A bar of that many cells, filled as far as the limit is used."""
    full = min(width, max(0, round(use * width)))
    return "━" * full + "╌" * (width - full)


def _use(result: ControlResult) -> float:
    """The share of the limit used; below 0 where there is none to speak of, so that it stands last."""
    use = result.use
    return use if use is not None and 0 <= use <= 1 else -1.0


def _amount(result: ControlResult, room: int) -> str:
    """`26/1,000`: value and limit, without cents from a thousand on, in at most `room` cells."""
    texts = (_short(result.value), _short(result.limit))
    return figures.ratio(texts, (result.value, result.limit), room)


def _short(value: Decimal | None) -> str:
    return figures.money(value, 0) if value is not None and abs(value) >= 1000 else figures.limit_figure(value)
