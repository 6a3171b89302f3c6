"""One decision of the ledger in full: each instant with its price and figures, or why one is not known."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style

from engine.model.ledger import LedgerRow, Mark
from widgets import figures
from widgets.ledger_rows import entry_price, moment, move_text, why_text, worth_text
from widgets.line import Line, wrap
from widgets.palette import Palette
from widgets.scroll_block import ScrollBlock

_WHY_LINES = 2
"""Most lines that the reason for a missing figure takes."""


class LedgerDetail(ScrollBlock):
    """The row under the cursor."""

    RATE: ClassVar[float] = 15.0

    DEFAULT_CSS = """
    LedgerDetail { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._row: LedgerRow | None = None

    def show(self, row: LedgerRow | None) -> None:
        """Take a row; None when there is none."""
        self._row = row
        self.repaint(now=True)

    def lines(self, width: int) -> list[Line]:
        colors, row = self.inks, self._row
        head = self.title("DECISION")
        if row is None:
            return [head.field("", width - head.cells, colors.head_row), Line().add(" None chosen.", colors.muted)]
        head.field(f"  {row.ticket_id}  record {row.seq}", width - head.cells, colors.head_row)
        size = "unsized" if row.quantity is None else figures.quantity(row.quantity)
        what = f" {row.side.name} {size} {row.symbol} @ {entry_price(row)}  {row.kind.name} by {row.by}"
        lines = [head, Line().field(what, width, colors.strong)]
        for text in wrap(why_text(row), max(8, width - 2), 3):
            lines.append(Line().gap(colors.text).field(text, width - 1, colors.text))
        lines += [line for mark in row.marks for line in _mark(mark, row.at_ns, width, colors)]
        change = figures.score(row.change)
        said = f" {row.strategy}  change {change}  confidence {row.confidence:.2f}  fees {figures.money(row.fees)}"
        return [*lines, Line().field(said, width, colors.muted)]


def _mark(mark: Mark, decided_ns: int, width: int, colors: Palette) -> list[Line]:
    line = Line().gap(colors.text).field(mark.horizon, 6, colors.muted)
    if mark.due_ns is not None:
        line.add(moment(mark.due_ns, decided_ns), colors.muted).gap(colors.text)
    if mark.move_bps is None:
        return _said(line, mark.why if mark.why == "not yet" else f"not known: {mark.why}", width, colors.muted, colors)
    line.right(figures.price_in(mark.price, 12), 13, colors.text)
    line.right(move_text(mark), 11, colors.signed(float(mark.move_bps)))
    line.gap(colors.text, 2)
    worth = f"worth {worth_text(mark)}" if mark.worth is not None else f"money not known: {mark.why}"
    return _said(line, worth, width, colors.text, colors)


def _said(line: Line, text: str, width: int, style: Style, colors: Palette) -> list[Line]:
    """The text behind a line, and under its beginning what has no room beside it."""
    indent = line.cells
    first, *rest = wrap(text, max(8, width - indent), _WHY_LINES) or [""]
    more = [Line().gap(colors.text, indent).field(each, width - indent, style) for each in rest]
    return [line.field(first, width - indent, style), *more]
