"""Finds the ledger in a journal: decisions, the tickets they were about, their fills, and the quotes at each instant.

Point in time: a price counts from the moment the engine recorded it. One pass over a symbol's quotes answers every
instant; bodies are decoded only for the few that answer one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.calendar import Calendar
from engine.clock import iso, new_york
from engine.journal.chain import Record
from engine.journal.ledger import (
    AFTER_NS,
    PRICE_AGE_NS,
    crossing_price,
    end_of_utc_day,
    groups,
    valued,
)
from engine.model import ZERO, Decision, DecisionKind, Fill, Quote, Role, Ticket
from engine.model.ledger import HORIZONS, Ledger, LedgerRow, Mark

if TYPE_CHECKING:
    from engine.journal.reader import Reader

_DAYS: Final = 10
"""The next close is looked for on this many days: no market rests longer."""
_SENT_ROLES: Final = (Role.ENTRY, Role.EXIT)


class _Decided(msgspec.Struct, frozen=True, gc=False):
    """A decision and the ticket it ended."""

    seq: int
    decision: Decision
    ticket: Ticket

    @property
    def symbol(self) -> str:
        return self.ticket.signal.symbol


def read_ledger(
    reader: Reader,
    *,
    symbol: str = "",
    outcome: DecisionKind | None = None,
    since_ns: int | None = None,
    limit: int | None = None,
) -> Ledger:
    """Decisions on tickets, oldest first, at most the `limit` newest; of one symbol, one outcome, since an instant.

    Raises JournalError for a journal that cannot be read.
    """
    decided: list[_Decided] = []
    more = False
    for record in reader.records(("decision",), since_ns=since_ns, reverse=True):
        found = _decided(reader, record)
        if found is None or (symbol and found.symbol != symbol) or outcome not in (None, found.decision.kind):
            continue
        if limit is not None and len(decided) >= limit:
            more = True
            break
        decided.append(found)
    decided.reverse()
    newest = next(reader.records(limit=1, reverse=True), None)
    reached_ns = 0 if newest is None else newest.at_ns
    fills = _fills(reader, decided)
    calendar = Calendar()
    due = [_instants(each, calendar) for each in decided]
    quotes = _quotes(reader, decided, due, reached_ns)
    rows = tuple(
        _row(each, instants, fills.get(each.decision.signal_id, ()), quotes, reached_ns)
        for each, instants in zip(decided, due, strict=True)
    )
    return Ledger(rows, groups(rows), reached_ns, more)


def _decided(reader: Reader, record: Record) -> _Decided | None:
    """The decision with the last revision of its ticket; None for an order that no ticket stands for."""
    decision = record.value()
    assert isinstance(decision, Decision)
    if not decision.ticket_id:
        return None
    ticket: Ticket | None = None
    for found in reader.records(("ticket",), key=decision.ticket_id):
        value = found.value()
        if found.seq < record.seq and isinstance(value, Ticket):
            ticket = value
    return None if ticket is None else _Decided(record.seq, decision, ticket)


def _fills(reader: Reader, decided: list[_Decided]) -> dict[str, tuple[Fill, ...]]:
    """Fills of the order that a decision sent, by signal; what its stop or target did later is another order."""
    sent = {each.decision.signal_id: each.ticket.signal.side for each in decided if each.decision.kind.sends}
    found: dict[str, dict[str, Fill]] = {}
    if sent:
        first = min(each.seq for each in decided if each.decision.kind.sends)
        for record in reader.records(("fill",), after_seq=first):
            fill = record.value()
            if isinstance(fill, Fill) and fill.role in _SENT_ROLES and sent.get(fill.signal_id) is fill.side:
                found.setdefault(fill.signal_id, {})[fill.execution_id] = fill
    return {signal_id: tuple(fills.values()) for signal_id, fills in found.items()}


def _instants(each: _Decided, calendar: Calendar) -> dict[str, int | None]:
    """When a decision is marked, by horizon."""
    at_ns = each.decision.at_ns
    instants: dict[str, int | None] = {name: at_ns + AFTER_NS[name] for name in HORIZONS if name in AFTER_NS}
    instants["close"] = end_of_utc_day(at_ns) if "/" in each.symbol else _next_close(at_ns, calendar)
    return instants


def _next_close(at_ns: int, calendar: Calendar) -> int | None:
    """The first close of regular trading after an instant; None outside the years that the calendar knows."""
    day = new_york(at_ns).date()
    for _ in range(_DAYS):
        hours = calendar.hours(day)
        if hours is not None and hours.close_ns > at_ns:
            return hours.close_ns
        day += timedelta(days=1)
    return None


def _quotes(reader: Reader, decided: list[_Decided], due: list[dict[str, int | None]], reached_ns: int) -> Quotes:
    """The quotes at every instant that is asked for and reached."""
    wanted: dict[str, set[int]] = {}
    for each, instants in zip(decided, due, strict=True):
        moments = wanted.setdefault(each.symbol, set())
        moments.add(each.decision.at_ns)
        moments.update(instant for instant in instants.values() if instant is not None and instant <= reached_ns)
    return quotes_at(reader, wanted)


Quotes = dict[tuple[str, int], Quote]
"""Newest quote that was known of a symbol at an instant, no older than PRICE_AGE_NS."""


def quotes_at(reader: Reader, wanted: Mapping[str, Collection[int]]) -> Quotes:
    """The quotes of symbols at instants, one pass over each symbol's. What was not known then has no entry."""
    answers: Quotes = {}
    for symbol, moments in wanted.items():
        ordered = sorted(moments)
        records = reader.records(("quote",), since_ns=ordered[0] - PRICE_AGE_NS, until_ns=ordered[-1] + 1, key=symbol)
        for instant, record in newest_at(ordered, records):
            quote = record.value()
            if instant - record.at_ns <= PRICE_AGE_NS and isinstance(quote, Quote):
                answers[symbol, instant] = quote
    return answers


def newest_at(instants: list[int], records: Iterable[Record]) -> list[tuple[int, Record]]:
    """For each of the rising instants the newest record at or before it; instants before the first have none."""
    found: list[tuple[int, Record]] = []
    last: Record | None = None
    place = 0
    for record in records:
        while place < len(instants) and record.at_ns > instants[place]:
            if last is not None:
                found.append((instants[place], last))
            place += 1
        last = record
    if last is not None:
        found.extend((instant, last) for instant in instants[place:])
    return found


def _row(
    each: _Decided, instants: dict[str, int | None], fills: tuple[Fill, ...], quotes: Quotes, reached_ns: int
) -> LedgerRow:
    decision, ticket = each.decision, each.ticket
    signal, draft = ticket.signal, ticket.draft
    quote = quotes.get((signal.symbol, decision.at_ns))
    entry = None if quote is None else crossing_price(quote, signal.side)
    quantity = None if draft is None else draft.quantity
    fees = ZERO
    if decision.kind.sends:
        quantity = sum((fill.quantity for fill in fills), ZERO)
        fees = sum((fill.fee for fill in fills), ZERO)
        if quantity:
            entry = sum((fill.price * fill.quantity for fill in fills), ZERO) / quantity
    verdict = ticket.verdict if decision.verdict is None else decision.verdict
    row = LedgerRow(
        seq=each.seq,
        at_ns=decision.at_ns,
        symbol=signal.symbol,
        side=signal.side,
        strategy=signal.strategy,
        kind=decision.kind,
        by=decision.by,
        reason=decision.reason,
        rules=() if decision.kind.sends else tuple(result.id for result in verdict.failures),
        ticket_id=decision.ticket_id,
        signal_id=decision.signal_id,
        confidence=signal.confidence,
        change=signal.mood.change,
        quantity=quantity,
        entry=entry,
        fees=fees,
    )
    marks = tuple(valued(row, _mark(name, instants[name], signal.symbol, quotes, reached_ns)) for name in HORIZONS)
    return msgspec.structs.replace(row, marks=marks)


def _mark(horizon: str, due_ns: int | None, symbol: str, quotes: Quotes, reached_ns: int) -> Mark:
    if due_ns is None:
        return Mark(horizon, None, why="the calendar knows no close after it")
    if due_ns > reached_ns:
        return Mark(horizon, due_ns, why="not yet")
    quote = quotes.get((symbol, due_ns))
    price: Decimal | None = None if quote is None else quote.price
    if quote is None or price is None:
        return Mark(horizon, due_ns, why=f"no price was recorded in the {_AGE_WORDS} before {iso(due_ns)}")
    return Mark(horizon, due_ns, price, quote.received_ns)


_AGE_WORDS: Final = f"{PRICE_AGE_NS // 60_000_000_000} minutes"
