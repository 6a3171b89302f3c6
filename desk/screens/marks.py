"""What a chart adds to the engine's samples: signals and fills that the mirror holds, and the instant now."""

from __future__ import annotations

from collections.abc import Iterable

from desk.mirror import Mirror
from engine.clock import SECOND
from engine.model import Past, Side
from engine.model.gate import PastMark
from widgets.chart import Mark
from widgets.figures import DOWN, UP

_STEP_NS = 5 * SECOND
"""The instant now moves in steps, so that a quiet chart is not painted every second."""


def marks_of(mirror: Mirror, symbol: str, told: Iterable[PastMark] = ()) -> list[Mark]:
    """Signals as ▲ or ▼ (△ ▽ where nothing came of them) and fills as ●, oldest first: those that the mirror holds, and
    further ones that the engine told. A signal stands on the line: its ticket may have come anew at another price."""
    signals = [(ticket.signal, True) for ticket in mirror.tickets.values()]
    signals += [(ticket.signal, decision.kind.sends) for ticket, decision in mirror.closed.values()]
    held = [PastMark(each.at_ns, each.side, None, sent=sent) for each, sent in signals if each.symbol == symbol]
    held += [
        PastMark(fill.at_ns, fill.side, float(fill.price), fill=True) for fill in mirror.fills if fill.symbol == symbol
    ]
    marks = [_mark(each) for each in held]
    known = {(mark.at_ns, mark.glyph) for mark in marks}
    marks += [mark for mark in map(_mark, told) if (mark.at_ns, mark.glyph) not in known]
    return sorted(marks, key=lambda mark: mark.at_ns)


def _mark(mark: PastMark) -> Mark:
    buys = mark.side is Side.BUY
    if mark.fill:
        return Mark(mark.at_ns, "●", mark.price, buys)
    glyph = (UP if buys else DOWN) if mark.sent else ("△" if buys else "▽")
    return Mark(mark.at_ns, glyph, mark.price, buys if mark.sent else None)


def past_until_now(past: Past, mirror: Mirror, symbol: str, now_ns: int) -> Past:
    """The samples, and behind them what the gauge shows now: a signal comes between two samples, and so does the jump
    that gave it."""
    row = mirror.symbols.get(symbol)
    at_ns = now_ns // _STEP_NS * _STEP_NS
    if row is None or not past.at_ns or at_ns <= past.at_ns[-1]:
        return past
    return Past(
        at_ns=(*past.at_ns, at_ns),
        mood=(*past.mood, row.mood.value if row.mood.warm else None),
        raw=(*past.raw, row.mood.raw if row.mood.warm else None),
        price=(*past.price, None if row.price is None else float(row.price)),
        volume=(*past.volume, row.mood.volume),
    )
