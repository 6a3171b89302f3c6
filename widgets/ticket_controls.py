"""Every control of a verdict with its use of the limit, as bar and number: what rejects first, then the tightest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from engine.model import ControlResult, Verdict
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.scroll_block import ScrollBlock

_COLUMN = 39
"""Least width of a column of controls."""
_COLUMN_WITH_BAR = 46
_BAR = 4


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
        head.right(f"{summary(self._verdict, self.now_ns())} ", width - head.cells, self.inks.head_row)
        return [head, *control_lines(self._verdict, width, self.inks)]


def summary(verdict: Verdict, now_ns: int) -> str:
    """`25/25 all passed  12s ago`."""
    passed = sum(result.passed for result in verdict.controls)
    word = "all passed" if verdict.passed else f"{len(verdict.failures)} rejected"
    return f"{passed}/{len(verdict.controls)} {word}  {figures.span(now_ns - verdict.at_ns)} ago"


def control_lines(verdict: Verdict, width: int, colors: Palette) -> list[Line]:
    """Those that rejected on lines of their own, the others in as many columns as fit, the most used first."""
    lines = [_rejected(result, width, colors) for result in verdict.failures]
    good = sorted((result for result in verdict.controls if result.passed), key=lambda result: -_use(result))
    columns = max(1, min(3, width // _COLUMN))
    height = -(-len(good) // columns)
    return lines + [_row(good[row::height], width // columns, colors) for row in range(height)]


def _row(results: Sequence[ControlResult], width: int, colors: Palette) -> Line:
    line = Line()
    for result in results:
        _passed(line, result, width, colors)
    return line


def _rejected(result: ControlResult, width: int, colors: Palette) -> Line:
    line = Line().add(" ✗ ", colors.down).field(f"{result.id} {result.control}", 24, colors.down)
    if result.value is not None or result.limit is not None:
        line.field(f"{_amount(result)} {result.unit}  ", min(26, width // 3), colors.strong)
    return line.field(result.reason, width - line.cells, colors.text)


def _passed(line: Line, result: ControlResult, width: int, colors: Palette) -> None:
    """Name, value / limit, share of the limit used, in one column."""
    end = line.cells + width
    bar = _BAR + 1 if width >= _COLUMN_WITH_BAR else 0
    line.add(" ✓ ", colors.up).field(result.id, 4, colors.muted)
    line.field(result.control, 16 if bar else 15, colors.text)
    amount = "" if result.value is None and result.limit is None else _amount(result)
    line.right(amount, end - line.cells - 6 - bar, colors.muted)
    use = result.use
    if use is not None and 0 <= use <= 1:
        style = colors.warn if use >= 0.75 else colors.muted
        line.right(figures.share(use), 5, style)
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


def _amount(result: ControlResult) -> str:
    """`26/1,000`: value and limit, without cents from a thousand on."""
    return f"{_short(result.value)}/{_short(result.limit)}"


def _short(value: Decimal | None) -> str:
    return figures.money(value, 0) if value is not None and abs(value) >= 1000 else figures.limit_figure(value)
