"""A signal and its ticket at the stages themselves: what is decided, what is sent, and what the person is told."""

from __future__ import annotations

from engine.clock import SECOND
from engine.model import DecisionKind, Intent, Mode, Mood, Role, Side, Signal, Ticket
from tests.engine.kernel.desk_at_hand import Desk


def ask(desk: Desk, side: Side = Side.SELL, name: str = "s-9") -> Ticket:
    """A signal that every control lets through; the ticket it opened."""
    now_ns = desk.clock.now_ns()
    mood = Mood("TSLA", now_ns, 0.5, 0.1, 0.4, 30, 12, 0.9, True)
    signal = Signal(
        name, "TSLA", side, "shift", now_ns, now_ns + 120 * SECOND, 0.6, 0.8, "mood fell", mood,
        newest_ns=now_ns, top_author_share=0.2, top_text_share=0.1,
    )  # fmt: skip
    known = {ticket.id for ticket in every(desk)}
    desk.stages.deciding.on_signal(signal)
    (ticket,) = (ticket for ticket in every(desk) if ticket.id not in known)
    return ticket


def every(desk: Desk) -> list[Ticket]:
    tickets = desk.dealing.tickets
    return [*tickets.pending, *(ticket for ticket, _ in tickets.closed)]


class TestASecondExit:
    """The engine's own exit of the symbol is under way when a signal, or a person, asks for a sale of it."""

    def stopping(self, desk: Desk) -> Intent:
        desk.open()
        desk.buy("5.5")
        desk.quote("94", "94.02")
        (stop,) = desk.placed()
        assert stop.role is Role.STOP
        return stop

    def test_what_would_not_be_sent_is_not_called_decided(self, desk: Desk) -> None:
        self.stopping(desk)
        desk.dealing.tickets.set_mode("TSLA", Mode.AUTO)
        ticket = ask(desk)
        decision = next(decision for each, decision in desk.dealing.tickets.closed if each.id == ticket.id)
        assert decision.kind is DecisionKind.BLOCKED
        assert decision.reason == "an exit of TSLA is under way (stop 95 reached at 94)"
        assert not desk.placed()

    def test_nor_confirmed(self, desk: Desk) -> None:
        desk.open()
        desk.buy("5.5")
        desk.quote("95.01", "95.03")
        ticket = ask(desk)
        desk.quote("95", "95.03")
        reply = desk.stages.deciding.confirm(ticket.id, ticket.fingerprint, "person")
        assert not reply.ok
        assert reply.difference == ("engine: an exit of TSLA is under way (stop 95 reached at 95)",)
        assert desk.dealing.tickets.pending
        assert [intent.role for intent in desk.placed()] == [Role.STOP]

    def test_once_it_is_over_a_sale_is_decided_as_ever(self, desk: Desk) -> None:
        stop = self.stopping(desk)
        desk.later(1)
        desk.fill(stop, "5.5")
        assert desk.dealing.orders.leaving("TSLA") == ""
