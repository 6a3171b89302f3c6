"""What is shown of a ticket, out of the mirror."""

from __future__ import annotations

from desk.mirror import Mirror
from engine.model import Vote
from widgets.ticket_facts import TicketFacts


def facts_of(mirror: Mirror, ticket_id: str, votes: tuple[Vote, ...] = (), votes_ns: int = 0) -> TicketFacts | None:
    """What the mirror knows of a ticket, pending or decided; None when it knows none by that id. `votes` were told at
    `votes_ns`."""
    ticket, decision = mirror.tickets.get(ticket_id), None
    if ticket is None:
        if ticket_id not in mirror.closed:
            return None
        ticket, decision = mirror.closed[ticket_id]
    row = mirror.symbols.get(ticket.signal.symbol)
    orders = tuple(order for order in mirror.orders.values() if order.status.open)
    drift_bps, state = (None, None) if mirror.status is None else (mirror.status.drift_bps, mirror.status.state)
    return TicketFacts(
        ticket, decision, mirror.account, dict(mirror.positions), row, votes, votes_ns, orders, drift_bps, state
    )
