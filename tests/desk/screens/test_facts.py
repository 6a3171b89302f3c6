"""What is shown of a ticket: as the mirror has it, pending or decided."""

from __future__ import annotations

from desk.mirror import Mirror
from desk.screens.facts import facts_of
from engine.model import Vote
from tests.desk import made_up


def mirror() -> Mirror:
    made = Mirror()
    made.apply(made_up.snapshot())
    return made


def test_a_pending_ticket_with_what_is_known_of_its_symbol_and_the_account() -> None:
    known = mirror()
    ticket = next(iter(known.tickets.values()))
    vote = Vote("vader", "1", 0.5, 0.5, 12)
    facts = facts_of(known, ticket.id, (vote,), 7)
    assert facts is not None
    assert (facts.ticket, facts.decision, facts.votes, facts.votes_ns) == (ticket, None, (vote,), 7)
    assert facts.drift_bps == known.status.drift_bps == 20 if known.status else False
    assert facts.row is known.symbols[ticket.signal.symbol]
    assert facts.account is known.account and facts.positions == known.positions
    assert all(order.status.open for order in facts.orders)


def test_a_decided_one_with_its_decision_and_an_unknown_one_not() -> None:
    known = mirror()
    ticket, decision = next(iter(known.closed.values()))
    facts = facts_of(known, ticket.id)
    assert facts is not None and (facts.ticket, facts.decision) == (ticket, decision)
    assert facts_of(known, "t-nobody") is None
