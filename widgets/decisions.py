"""Recent decisions: how each ticket ended, by whom and why."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style

from engine.model import Decision, DecisionKind, Side, Ticket
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel

GLYPHS = {
    DecisionKind.CONFIRMED: "✓",
    DecisionKind.AUTO: "✓",
    DecisionKind.REJECTED: "✗",
    DecisionKind.EXPIRED: "○",
    DecisionKind.BLOCKED: "■",
}
"""The sign of each outcome."""


class Decisions(RowPanel[tuple[Ticket, Decision]]):
    """One row per decided ticket, newest first."""

    TITLE: ClassVar[str] = "DECIDED"
    EMPTY: ClassVar[str] = "Nothing has been decided yet."
    NEWEST_FIRST: ClassVar[bool] = True

    def head(self, line: Line, width: int, colors: Palette) -> None:
        head = colors.head_row
        line.gap(head, 19 - line.cells).field("how", 12, head).field("by", 10, head)
        line.field("why", width - line.cells, head)

    def row(self, key: str, row: tuple[Ticket, Decision], width: int, colors: Palette) -> list[Line]:
        ticket, decision = row
        mark, style = self.marker(key, colors)
        line = Line().add(mark, style).add(figures.clock(decision.at_ns), colors.muted).gap(colors.text)
        side = ticket.signal.side
        line.add(f"{figures.side_glyph(side)} ", colors.up if side is Side.BUY else colors.down)
        line.field(ticket.signal.symbol, 7, colors.strong)
        line.field(f"{GLYPHS[decision.kind]} {decision.kind.value}", 12, style_of(decision.kind, colors))
        line.field(decision.by, 10, colors.muted)
        line.field(decision.reason, width - line.cells, colors.text)
        return [line]


def style_of(kind: DecisionKind, colors: Palette) -> Style:
    """The colour of an outcome."""
    if kind.sends:
        return colors.up
    return colors.down if kind in (DecisionKind.REJECTED, DecisionKind.BLOCKED) else colors.muted
