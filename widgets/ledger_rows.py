"""The ledger: one row per decision, with where the price went after it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import ClassVar

from engine.clock import DAY, new_york
from engine.model import Side
from engine.model.ledger import HORIZONS, LedgerRow, Mark
from widgets import figures
from widgets.decisions import GLYPHS, style_of
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel

NOT_YET = "…"
"""Stands for a figure whose instant has not come."""
MOMENT = 12
"""Cells of a moment and the blank behind it."""
_MOVE = 10
_WORTH = 10
_WITH_WORTH = 115
"""Least width at which each horizon shows money beside the move."""
_WITH_ENTRY = 140


class LedgerRows(RowPanel[LedgerRow]):
    """Newest first. A move is in the signal's direction, in basis points."""

    TITLE: ClassVar[str] = "LEDGER"
    EMPTY: ClassVar[str] = "No decision to show."
    NEWEST_FIRST: ClassVar[bool] = True

    def __init__(self, *, id: str | None = None, now_ns: Callable[[], int] = lambda: 0) -> None:
        super().__init__(id=id, now_ns=now_ns)
        self.note = ""
        """Said in the title: what is left out, or which filter is in force."""

    def head(self, line: Line, width: int, colors: Palette) -> None:
        head = colors.head_row
        line.field(f" {self.note}", 23 + MOMENT - line.cells, head)
        for horizon in HORIZONS:
            line.right(f"{horizon} bps", _MOVE, head)
            if width >= _WITH_WORTH:
                line.right("worth $", _WORTH, head)
        if width >= _WITH_ENTRY:
            line.right("order", 20, head)
        line.field("  by, why", width - line.cells, head)

    def row(self, key: str, row: LedgerRow, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        line = Line().add(mark, style).field(moment(row.at_ns, self.now_ns()), MOMENT, colors.muted)
        line.add(f"{figures.side_glyph(row.side)} ", colors.up if row.side is Side.BUY else colors.down)
        line.field(row.symbol, 8, colors.strong)
        line.field(f"{GLYPHS[row.kind]} {row.kind.value}", 12, style_of(row.kind, colors))
        for each in row.marks:
            _marked(line, each, width, colors)
        if width >= _WITH_ENTRY:
            size = figures.NONE if row.quantity is None else figures.quantity_in(row.quantity, 7)
            line.right(f"{size} @ {entry_price(row, 9)}", 20, colors.text)
        return [line.field(f"  {row.by}  {why_text(row)}", width - line.cells, colors.muted)]

    def moment(self, row: LedgerRow) -> object:
        return moment(row.at_ns, self.now_ns())


def moment(at_ns: int, now_ns: int) -> str:
    """The exchange's time of day; half a day away and more its date, to the minute: `11-20 16:45`."""
    if abs(now_ns - at_ns) < DAY // 2:
        return figures.clock(at_ns)
    return new_york(at_ns).strftime("%m-%d %H:%M")


def move_text(mark: Mark) -> str:
    """`▲+12.4`; a dash where it is not known, an ellipsis where it cannot be known yet."""
    if mark.move_bps is None:
        return NOT_YET if mark.why == "not yet" else figures.NONE
    return bps_text(mark.move_bps)


def bps_text(value: Decimal) -> str:
    """A move in basis points with its sign: `▲+12.4`, at most nine cells."""
    return f"{figures.glyph(float(value))}{figures.fitted(f'{value:+,.1f}', value, _MOVE - 2)}"


def why_text(row: LedgerRow) -> str:
    """The reason, with the rules that it does not begin with."""
    further = [rule for rule in row.rules if not row.reason.startswith(rule)]
    return row.reason + (f" (and {' '.join(further)})" if further else "")


def worth_text(mark: Mark, room: int = 20) -> str:
    """`+23.40`; a dash where it is not known."""
    return figures.NONE if mark.worth is None else figures.signed_money_in(mark.worth, room)


def entry_price(row: LedgerRow, room: int = 12) -> str:
    """The price a decision is measured from."""
    return figures.price_in(row.entry, room)


def _marked(line: Line, mark: Mark, width: int, colors: Palette) -> None:
    style = colors.muted if mark.move_bps is None else colors.signed(float(mark.move_bps))
    line.right(move_text(mark), _MOVE, style)
    if width >= _WITH_WORTH:
        line.right(
            worth_text(mark, _WORTH - 1),
            _WORTH,
            colors.muted if mark.worth is None else colors.signed(float(mark.worth)),
        )
