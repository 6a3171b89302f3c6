"""From a signal to a decision: the controls, the ticket, the key. The same for a person and for the autopilot.

Called by the kernel on the engine's loop. Synchronous.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.clock import Clock
from engine.journal import Journal
from engine.kernel.dealing import Dealing
from engine.model import DecisionKind, Draft, Edits, Mode, Role, Signal, TicketStatus, Verdict
from engine.model.frames import Push, Reply
from engine.tickets import edited, ticket_id


class Deciding:
    """Judges signals, opens tickets, takes what a person answers."""

    def __init__(self, clock: Clock, *, journal: Journal, dealing: Dealing, push: Callable[[Push], None]) -> None:
        self._clock = clock
        self._journal = journal
        self._dealing = dealing
        self._push = push

    def on_signal(self, signal: Signal) -> None:
        """Judge a signal, open its ticket, and decide it where nobody has to be asked."""
        dealing, now_ns = self._dealing, self._clock.now_ns()
        if dealing.tickets.get(ticket_id(signal.id)) is not None:
            return
        self._journal.append("signal", signal.id, signal, now_ns)
        draft, verdict = self._judge(signal)
        mode = dealing.tickets.mode(signal.symbol)
        ticket = dealing.tickets.open(signal, draft, verdict, mode, now_ns)
        self._journal.append("ticket", ticket.id, ticket, now_ns)
        self._push(Push(rev=0, ticket=ticket))
        if not verdict.passed:
            first = verdict.failures[0]
            dealing.decide(ticket, DecisionKind.BLOCKED, "risk", f"{first.id} {first.control}: {first.reason}")
        elif held_up := self._held_up(signal.symbol, draft):
            dealing.decide(ticket, DecisionKind.BLOCKED, "engine", held_up)
        elif mode is Mode.OFF:
            dealing.decide(ticket, DecisionKind.BLOCKED, "mode", f"mode is off for {signal.symbol}")
        elif mode is Mode.AUTO and draft is not None:
            dealing.decide(ticket, DecisionKind.AUTO, "autopilot", "mode is auto", verdict)
            dealing.send(ticket, draft)

    def _held_up(self, symbol: str, draft: Draft | None) -> str:
        """Why nothing may be ordered now beyond what the controls say; empty when it may."""
        dealing = self._dealing
        if dealing.failed or draft is None:
            return dealing.failed
        if not draft.reduces:
            return f"{symbol} is being flattened" if dealing.flattening.under_way(symbol) else ""
        leaving = dealing.orders.leaving(symbol)
        return f"an exit of {symbol} is under way ({leaving})" if leaving else ""

    def confirm(self, ticket_id: str, fingerprint: str, by: str) -> Reply:
        """A person confirms: the controls run again on fresh prices, and what was seen must still hold."""
        dealing = self._dealing
        ticket = dealing.tickets.get(ticket_id)
        if ticket is None or ticket.status is not TicketStatus.PENDING:
            return _not_pending(ticket_id)
        now_ns = self._clock.now_ns()
        draft, verdict = self._judge(ticket.signal, ticket.draft, ticket.edits)
        differences = dealing.tickets.refusal(ticket, fingerprint, draft, verdict, now_ns)
        if held_up := self._held_up(ticket.signal.symbol, draft):
            differences = (*differences, f"engine: {held_up}")
        if differences or draft is None:
            fresh = dealing.tickets.refresh(ticket, draft, verdict, "; ".join(differences), now_ns)
            self._journal.append("ticket", fresh.id, fresh, now_ns)
            self._push(Push(rev=0, ticket=fresh))
            return Reply(
                ok=False,
                text=f"not sent: {ticket.signal.side.value} {ticket.signal.symbol} is no longer what you saw",
                difference=differences,
                ticket=fresh,
                remedy="look at it as it is now, then confirm again or reject it",
            )
        dealing.decide(ticket, DecisionKind.CONFIRMED, by, "", verdict)
        order_id = dealing.send(ticket, draft)
        return Reply(ok=True, text=f"confirmed: {draft.side.value} {draft.quantity} {draft.symbol} ({order_id})")

    def edit(self, ticket_id: str, fingerprint: str, edits: Edits, by: str) -> Reply:
        """A person changes the order of a ticket: sized again with the changes, and shown anew if every control passes.

        Nothing changes otherwise. What is edited is what was seen, as with a confirmation.
        """
        ticket = self._dealing.tickets.get(ticket_id)
        if ticket is None or ticket.status is not TicketStatus.PENDING:
            return _not_pending(ticket_id)
        name = f"{ticket.signal.side.value} {ticket.signal.symbol}"
        if fingerprint != ticket.fingerprint:
            return Reply(
                ok=False,
                text=f"not edited: {name} is no longer what you saw",
                difference=(f"you saw {fingerprint}, it is {ticket.fingerprint} now (revision {ticket.revision})",),
                ticket=ticket,
                remedy="look at it as it is now, then edit it again",
            )
        now_ns = self._clock.now_ns()
        asked, edits = edits, edits.over(ticket.edits)
        draft, verdict = self._judge(ticket.signal, ticket.draft, edits)
        if draft is None or not verdict.passed:
            return Reply(
                ok=False,
                text=f"not edited: {name} stays as it was",
                difference=tuple(f"{each.id} {each.control} rejects: {each.reason}" for each in verdict.failures),
                remedy="choose figures that the controls let through",
            )
        note = edited(by, asked, ticket.draft, draft)
        fresh = self._dealing.tickets.refresh(ticket, draft, verdict, note, now_ns, edits)
        self._journal.append("ticket", fresh.id, fresh, now_ns)
        self._push(Push(rev=0, ticket=fresh))
        return Reply(ok=True, text=f"{name} {note}", ticket=fresh)

    def reject(self, ticket_id: str, reason: str, by: str) -> Reply:
        """A person rejects a ticket."""
        ticket = self._dealing.tickets.get(ticket_id)
        if ticket is None or ticket.status is not TicketStatus.PENDING:
            return _not_pending(ticket_id)
        self._dealing.decide(ticket, DecisionKind.REJECTED, by, reason)
        return Reply(ok=True, text=f"rejected: {ticket.signal.side.value} {ticket.signal.symbol} ({reason})")

    def expire(self) -> None:
        """Expired means rejected."""
        for ticket in self._dealing.tickets.expired(self._clock.now_ns()):
            self._dealing.decide(ticket, DecisionKind.EXPIRED, "clock", "nobody decided in time")

    def _judge(
        self, signal: Signal, shown: Draft | None = None, edits: Edits | None = None
    ) -> tuple[Draft | None, Verdict]:
        book, risk = self._dealing.book(), self._dealing.risk
        sized = risk.size(signal, book, shown=shown)
        if sized.draft is not None and edits is not None:
            sized = risk.edit(signal, sized.draft, edits, book)
        if sized.draft is None:
            return None, risk.judge_refusal(signal, sized.reason, book)
        role = Role.EXIT if sized.draft.reduces else Role.ENTRY
        return sized.draft, risk.judge(signal, sized.draft, book, role=role, strategy=signal.strategy)


def _not_pending(ticket_id: str) -> Reply:
    return Reply(
        ok=False,
        text=f"ticket {ticket_id} is not pending: it expired, was decided, or never was",
        remedy="`desk tickets` lists what is pending",
    )
