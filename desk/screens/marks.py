"""What a chart marks: the signals and fills of a symbol that the mirror holds."""

from __future__ import annotations

from desk.mirror import Mirror
from engine.model import DecisionKind, Side, Ticket
from widgets.chart import Mark
from widgets.figures import DOWN, UP

_REFUSED = (DecisionKind.BLOCKED, DecisionKind.EXPIRED, DecisionKind.REJECTED)


def marks_of(mirror: Mirror, symbol: str) -> list[Mark]:
    """Signals as ▲ or ▼ (△ ▽ where nothing came of them) and fills as ●, oldest first."""
    tickets: list[tuple[Ticket, bool]] = [(ticket, True) for ticket in mirror.tickets.values()]
    tickets += [(ticket, decision.kind not in _REFUSED) for ticket, decision in mirror.closed.values()]
    marks = []
    for ticket, came in tickets:
        signal = ticket.signal
        if signal.symbol != symbol:
            continue
        buys = signal.side is Side.BUY
        glyph = (UP if buys else DOWN) if came else ("△" if buys else "▽")
        price = None if ticket.draft is None else float(ticket.draft.reference_price)
        marks.append(Mark(signal.at_ns, glyph, price, buys if came else None))
    marks += [
        Mark(fill.at_ns, "●", float(fill.price), fill.side is Side.BUY)
        for fill in mirror.fills
        if fill.symbol == symbol
    ]
    return sorted(marks, key=lambda mark: mark.at_ns)
