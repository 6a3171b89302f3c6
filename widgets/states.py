"""Where trading stood: each change of the trading state, why, and by whom."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style

from engine.model import StateChange, TradingState
from widgets.ledger_rows import MOMENT, moment
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel

_SIGNS = {TradingState.ACTIVE: "●", TradingState.REDUCING: "◐", TradingState.HALTED: "■"}


class States(RowPanel[StateChange]):
    """One row per change, newest first."""

    TITLE: ClassVar[str] = "TRADING STATE"
    EMPTY: ClassVar[str] = "No change has been recorded."
    NEWEST_FIRST: ClassVar[bool] = True

    def head(self, line: Line, width: int, colors: Palette) -> None:
        head = colors.head_row
        line.gap(head, 15 + MOMENT - line.cells).field("by", 11, head).field("why", width - line.cells, head)

    def row(self, key: str, row: StateChange, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        line = Line().add(mark, style).field(moment(row.at_ns, self.now_ns()), MOMENT, colors.muted).gap(colors.text)
        line.field(f"{_SIGNS[row.state]} {row.state.value.upper()}", 13, _style(row.state, colors))
        line.field(row.by, 11, colors.text)
        stays = "  (until a person resumes)" if row.sticky and row.state is not TradingState.ACTIVE else ""
        return [line.field(f"{row.reason}{stays}", width - line.cells, colors.muted)]

    def moment(self, row: StateChange) -> object:
        return moment(row.at_ns, self.now_ns())


def _style(state: TradingState, colors: Palette) -> Style:
    if state is TradingState.ACTIVE:
        return colors.up
    return colors.down if state is TradingState.HALTED else colors.warn
