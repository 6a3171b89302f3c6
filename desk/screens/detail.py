"""One ticket on the whole screen. It can be decided here too, as long as it is what is shown."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from desk.actions import bindings, key_bar
from desk.link import Link
from desk.mirror import Part
from desk.screens.verbs import VerbScreen
from engine.model import Ticket
from widgets.key_bar import KeyBar
from widgets.status_line import StatusLine
from widgets.ticket_detail import TicketDetail

_KEYS = ("ticket.confirm", "ticket.reject", "engine.kill", "move.down", "move.up", "move.page-down")
_BOUND = (*_KEYS, "move.page-up", "move.first", "move.last")


class Detail(VerbScreen):
    """Bound to one ticket id; stays when the ticket is decided, and says how."""

    CSS_PATH = "detail.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(_BOUND),
        Binding("escape,q,d", "leave", "Back", show=False),
    ]

    def __init__(self, link: Link, ticket: Ticket) -> None:
        super().__init__(link)
        self._ticket_id = ticket.id
        self._seen = ticket.fingerprint
        self._changed_at = 0.0
        self.view = TicketDetail(id="view", now_ns=link.time.now_ns)
        self.line = StatusLine(id="line")

    def compose(self) -> ComposeResult:
        yield self.view
        yield self.line
        yield KeyBar([("Esc", "back", "leave"), *key_bar(_KEYS)])

    def on_mount(self) -> None:
        self.update_parts(Part.TICKETS)
        self.set_interval(1.0, self.view.repaint)

    def update_parts(self, parts: Part) -> None:
        if not parts & (Part.TICKETS | Part.DECISIONS | Part.STATUS):
            return
        mirror = self.link.mirror
        self.view.speed = self.link.time.speed
        equity = mirror.account.equity if mirror.account else None
        ticket = mirror.tickets.get(self._ticket_id)
        if ticket is not None:
            if ticket.fingerprint != self._seen:
                self._seen, self._changed_at = ticket.fingerprint, monotonic()
            self.view.show(ticket, equity=equity)
        elif self._ticket_id in mirror.closed:
            closed, decision = mirror.closed[self._ticket_id]
            self.view.show(closed, decision, equity)

    @property
    def ticket(self) -> Ticket | None:
        return self.view.ticket if self._ticket_id in self.link.mirror.tickets else None

    @property
    def symbol(self) -> str:
        return self.view.ticket.signal.symbol if self.view.ticket else ""

    def may_decide(self) -> str:
        if monotonic() - self._changed_at < self.GUARD_S:
            return "Ignored: the ticket had just changed. Look again, then press the key."
        return super().may_decide()

    async def key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        await self.run_action(event.action)

    def action_leave(self) -> None:
        self.dismiss()

    def action_up(self) -> None:
        self.view.scroll_lines(-1)

    def action_down(self) -> None:
        self.view.scroll_lines(1)

    def action_page_up(self) -> None:
        self.view.scroll_lines(-max(1, self.view.size.height - 2))

    def action_page_down(self) -> None:
        self.view.scroll_lines(max(1, self.view.size.height - 2))

    def action_first(self) -> None:
        self.view.scroll_lines(-1_000_000)

    def action_last(self) -> None:
        self.view.scroll_lines(1_000_000)
