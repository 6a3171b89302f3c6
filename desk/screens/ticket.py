"""The ticket view: one ticket on the whole screen, with everything a decision needs. It is decided and edited here."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from desk.actions import DECIDES, bindings
from desk.link import Link
from desk.mirror import Part
from desk.screens.box import ended
from desk.screens.facts import facts_of
from desk.screens.ground import Panes
from desk.screens.marks import marks_of, past_until_now
from desk.screens.view import ViewScreen
from engine.errors import DeskError
from engine.model import Ticket, Vote
from widgets.chart import Chart
from widgets.key_bar import KeyBar
from widgets.status_line import StatusLine
from widgets.ticket_controls import TicketControls
from widgets.ticket_evidence import TicketEvidence
from widgets.ticket_facts import TicketFacts
from widgets.ticket_order import TicketOrder

ASK_S = 5.0
"""How often the engine is asked for the symbol's past and votes while the view is open."""


class TicketView(ViewScreen):
    """Bound to one ticket id; stays when the ticket is decided, and says how."""

    VIEW = "ticket"
    CSS_PATH = "ticket.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]

    def __init__(self, link: Link, subject: str) -> None:
        super().__init__(link, subject)
        now = link.time.now_ns
        self._seen = ""
        self._changed_at = 0.0
        self._votes: tuple[Vote, ...] = ()
        self._votes_ns = 0
        self._facts: TicketFacts | None = None
        self.order = TicketOrder(id="order", now_ns=now)
        self.controls = TicketControls(id="controls", now_ns=now)
        self.evidence = TicketEvidence(id="evidence", now_ns=now)
        self.chart = Chart(id="chart")
        self.line = StatusLine(id="line")

    def compose(self) -> ComposeResult:
        yield self.bar
        with Panes(id="body"):
            with Panes(id="left"):
                yield self.order
                yield self.chart
            with Panes(id="right"):
                yield self.controls
                yield self.evidence
        yield self.line
        yield self.key_bar()

    def mounted(self) -> None:
        super().mounted()
        self.update_parts(Part.TICKETS)
        self._changed_at = 0.0
        self.controls.focus()
        self.set_interval(1.0, self._tick)
        self.set_interval(ASK_S, self.ask)
        self.ask()

    @property
    def panes(self) -> tuple[Widget, ...]:
        return (self.controls, self.evidence, self.chart)

    @property
    def fed(self) -> tuple[Widget, ...]:
        """The chart is asked for: it turns grey when an answer does not come."""
        return (self.order, self.controls, self.evidence)

    def reveal(self, pane: Widget) -> None:
        """A small screen shows one pane under the order."""
        for other in self.panes:
            self.set_class(other is pane, f"in-{other.id}")

    def update_parts(self, parts: Part) -> None:
        wanted = (
            Part.TICKETS | Part.DECISIONS | Part.STATUS | Part.SYMBOLS | Part.POSITIONS | Part.ACCOUNT | Part.ORDERS
        )
        if not parts & wanted:
            return
        if parts & (Part.STATUS | Part.ACCOUNT | Part.FEEDS):
            self.show_status()
        self.order.speed = self.link.time.speed
        facts = facts_of(self.link.mirror, self.subject, self._votes, self._votes_ns)
        if facts is None and self._facts is not None and self._facts.decision is None:
            self._forget()
        if facts is None or facts == self._facts:
            return
        if facts.ticket.fingerprint != self._seen:
            self._seen, self._changed_at = facts.ticket.fingerprint, monotonic()
        self._facts = facts
        self.query_one(KeyBar).lead((), () if facts.decision is None else DECIDES)
        self.order.show(facts)
        self.controls.show(facts.ticket.verdict)
        self.evidence.show(facts.ticket.signal)

    def _forget(self) -> None:
        """An engine that came anew does not know the ticket: it has no order, no countdown and no verdict any more."""
        self._facts, self._seen = None, ""
        self.order.show(None)
        self.controls.show(None)
        self.evidence.show(None)
        self.chart.show(None)

    def _tick(self) -> None:
        """Ages and the countdown read differently every second, those of a decided ticket too."""
        for block in (self.order, self.controls, self.evidence):
            block.repaint()

    @work(exclusive=True, group="ask")
    async def ask(self) -> None:
        """Ask the engine for the chart's samples and the votes; one that does not answer leaves what is shown, the
        chart in grey and the votes with their age."""
        if not self.symbol or not self.link.attached:
            self.chart.stale = not self.link.attached
            return
        try:
            detail = await self.link.symbol(self.symbol)
        except DeskError as error:
            self.chart.stale = True
            self.line.say(f"No chart: {error.message}")
            return
        self.chart.stale = False
        mirror, symbol = self.link.mirror, self.symbol
        past = past_until_now(detail.past, mirror, symbol, self.link.time.now_ns())
        self.chart.show(past, marks_of(mirror, symbol, detail.marks))
        self._votes, self._votes_ns = detail.votes, detail.at_ns
        self.update_parts(Part.TICKETS)

    @property
    def ticket(self) -> Ticket | None:
        pending = self._facts is not None and self.subject in self.link.mirror.tickets
        return self._facts.ticket if self._facts is not None and pending else None

    def _no_ticket(self) -> str:
        decision = None if self._facts is None else self._facts.decision
        return super()._no_ticket() if decision is None else f"There is nothing to decide: {ended(decision)}."

    @property
    def symbol(self) -> str:
        return self._facts.ticket.signal.symbol if self._facts is not None else ""

    def may_decide(self) -> str:
        if self.too_soon(self._changed_at):
            return "Ignored: the ticket had just changed. Look again, then press the key."
        if not self.order.region or not self.order.tells_order(self.find_widget(self.order).visible_region.height):
            back = f"{self.desk.keymap.said('desk.zoom')} brings it back" if self._zoomed else "make the screen larger"
            return f"Size, limit, stop and target are not all on the screen: {back}."
        return super().may_decide()
