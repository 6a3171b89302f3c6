"""The ticket view: one ticket on the whole screen, with everything a decision needs. It is decided and edited here."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from desk.actions import bindings
from desk.link import Link
from desk.mirror import Part
from desk.screens.view import ViewScreen
from engine.model import Ticket
from widgets.status_line import StatusLine
from widgets.ticket_detail import TicketDetail


class TicketView(ViewScreen):
    """Bound to one ticket id; stays when the ticket is decided, and says how."""

    VIEW = "ticket"
    CSS_PATH = "ticket.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]

    def __init__(self, link: Link, subject: str) -> None:
        super().__init__(link, subject)
        self._seen = ""
        self._changed_at = 0.0
        self.view = TicketDetail(id="view", now_ns=link.time.now_ns)
        self.line = StatusLine(id="line")

    def compose(self) -> ComposeResult:
        yield self.view
        yield self.line
        yield self.key_bar()

    def on_mount(self) -> None:
        super().on_mount()
        self.update_parts(Part.TICKETS)
        self._changed_at = 0.0
        self.set_interval(1.0, self.view.repaint)

    @property
    def panes(self) -> tuple[Widget, ...]:
        return (self.view,)

    def update_parts(self, parts: Part) -> None:
        if not parts & (Part.TICKETS | Part.DECISIONS | Part.STATUS):
            return
        mirror = self.link.mirror
        self.view.speed = self.link.time.speed
        equity = mirror.account.equity if mirror.account else None
        ticket = mirror.tickets.get(self.subject)
        if ticket is not None:
            if ticket.fingerprint != self._seen:
                self._seen, self._changed_at = ticket.fingerprint, monotonic()
            self.view.show(ticket, equity=equity)
        elif self.subject in mirror.closed:
            closed, decision = mirror.closed[self.subject]
            self.view.show(closed, decision, equity)

    @property
    def ticket(self) -> Ticket | None:
        return self.view.ticket if self.subject in self.link.mirror.tickets else None

    @property
    def symbol(self) -> str:
        return self.view.ticket.signal.symbol if self.view.ticket else ""

    def may_decide(self) -> str:
        if monotonic() - self._changed_at < self.GUARD_S:
            return "Ignored: the ticket had just changed. Look again, then press the key."
        return super().may_decide()

    def action_edit(self) -> None:
        """Edit the order of this ticket."""
        self.line.say("No edit yet.")
