"""One ticket in one block: order, controls, evidence. The pane beside the flow on a wide screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from engine.model import Ticket
from widgets.line import Line
from widgets.line_block import LineBlock
from widgets.palette import Palette
from widgets.ticket_controls import control_lines, summary
from widgets.ticket_evidence import dominance, evidence_lines
from widgets.ticket_facts import TicketFacts
from widgets.ticket_order import order_lines


class TicketDetail(LineBlock):
    """Everything known of one ticket; scrolls by `scroll_lines`."""

    RATE: ClassVar[float] = 4.0

    DEFAULT_CSS = """
    TicketDetail { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None, now_ns: Callable[[], int] = lambda: 0) -> None:
        super().__init__(id=id)
        self.now_ns = now_ns
        self.speed = 1.0
        """Engine seconds per second."""
        self._facts: TicketFacts | None = None

    @property
    def ticket(self) -> Ticket | None:
        """The ticket that is shown."""
        return self._facts.ticket if self._facts else None

    def show(self, facts: TicketFacts | None) -> None:
        """Take what to show; None for no ticket."""
        other = (facts and facts.ticket.id) != (self._facts and self._facts.ticket.id)
        self._facts = facts
        if other:
            self._top = 0
        self.repaint(now=other)

    def lines(self, width: int) -> list[Line]:
        facts, colors = self._facts, self.inks
        if facts is None:
            return [_heading("DETAIL", (), width, colors), Line().add(" Choose a ticket to see it here.", colors.muted)]
        verdict, signal, now_ns = facts.ticket.verdict, facts.ticket.signal, self.now_ns()
        lines = order_lines(facts, now_ns, self.speed, width, colors)
        lines += [
            Line(),
            _heading("CONTROLS", summary(verdict, now_ns), width, colors),
            *control_lines(verdict, width, colors),
        ]
        lines += [Line(), _heading("EVIDENCE", dominance(signal), width, colors)]
        return lines + evidence_lines(signal, now_ns, width, colors)


def _heading(title: str, right: Sequence[str], width: int, colors: Palette) -> Line:
    return Line().gap(colors.head_row).add(title, colors.title).ends(right, width, colors.head_row)
