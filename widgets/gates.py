"""Why a symbol does not trade: every gate as it stands, the first that fails on top, each with how far away it is."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from engine.model import Gate, SymbolDetail
from widgets import figures
from widgets.line import Line, wrap
from widgets.palette import Palette
from widgets.scroll_block import ScrollBlock
from widgets.ticket_controls import use_bar

_BAR = 6
_AMOUNT = 12
"""Cells of value and limit."""
_TEXT_LINES = 3
"""Most lines of words under a gate that fails."""
_NAME = 23
"""Cells of the longest name: `R07 strategy_executions`."""
_NAME_CUT = 19
_WITH_NAMES = 52
"""From this width on names stand whole."""
_WITH_BAR = 64
"""From this width on a gate has its bar."""


class Gates(ScrollBlock):
    """The gates of one symbol."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._detail: SymbolDetail | None = None

    def show(self, detail: SymbolDetail | None) -> None:
        """Take the engine's answer; None while there is none."""
        self._detail = detail
        self.repaint()

    def lines(self, width: int) -> list[Line]:
        colors, detail = self.inks, self._detail
        head = self.title("WHY NO TRADE")
        if detail is None:
            return [head, Line().add(f" {self.asking}", colors.muted)]
        failing = [gate for gate in detail.gates if not gate.passed]
        passed = [gate for gate in detail.gates if gate.passed]
        words = f"{len(failing)} of {len(detail.gates)} gates fail" if failing else "every gate is open"
        head.ends([words], width, colors.warn if failing else colors.good)
        order = Line().gap(colors.text)
        if detail.draft is None:
            unsized = f"A {detail.side.name} now could not be sized: controls that judge an order are not asked."
            order.field(unsized, width - 1, colors.muted)
        else:
            size = f"{figures.quantity(detail.draft.quantity)} @ {figures.price(detail.draft.limit_price)}"
            order.field(f"At full strength now: {detail.side.name} {size}", width - 1, colors.muted)
        closed = [line for gate in failing for line in _closed(gate, width, colors)]
        return [head, *closed, *(_gate(gate, width, colors) for gate in passed), order]


def _closed(gate: Gate, width: int, colors: Palette) -> list[Line]:
    """A gate that fails: its words on lines of their own where they do not fit beside its figures."""
    line = _gate(gate, width, colors)
    if len(gate.text) <= width - _beside(width):
        return [line]
    bare = _gate(structs.replace(gate, text=""), width, colors)
    texts = wrap(gate.text, max(8, width - 6), _TEXT_LINES)
    return [bare, *(Line().gap(colors.text, 5).field(text, width - 5, colors.warn) for text in texts)]


def _beside(width: int) -> int:
    """Cells that sign, name, figures and bar of a gate take."""
    name = _NAME if width >= _WITH_NAMES else _NAME_CUT
    return 3 + name + _AMOUNT + 2 + (5 + 1 + _BAR if width >= _WITH_BAR else 0)


def _gate(gate: Gate, width: int, colors: Palette) -> Line:
    style = colors.text if gate.passed else colors.strong
    line = Line().add(" ✓ " if gate.passed else " ✗ ", colors.up if gate.passed else colors.down)
    name = gate.name if gate.stage == "risk" else f"{gate.stage} {gate.name}"
    line.field(name, _NAME if width >= _WITH_NAMES else _NAME_CUT, style)
    use = None if gate.value is None or not gate.limit else gate.value / gate.limit
    line.right("" if gate.limit is None else _amount(gate.value, gate.limit), _AMOUNT, colors.muted)
    if width >= _WITH_BAR:
        shown = use if use is not None and 0 <= use <= 1 else None
        line.right("" if shown is None else figures.use(shown), 5, colors.muted)
        line.gap(colors.text).field("" if shown is None else use_bar(shown, _BAR), _BAR, colors.muted)
    line.gap(colors.text, 2)
    return line.field(gate.text, width - line.cells, colors.text if gate.passed else colors.warn)


def _amount(value: float | None, limit: float) -> str:
    """Value and limit in at most `_AMOUNT` cells, the blank before them left free."""
    values = (None if value is None else Decimal(repr(value)), Decimal(repr(limit)))
    return figures.ratio((_figure(value), _figure(limit)), values, _AMOUNT - 1)


def _figure(value: float | None) -> str:
    """Short: whole numbers with separators, others with at most three places."""
    if value is None:
        return figures.NONE
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3f}".rstrip("0").rstrip(".")
