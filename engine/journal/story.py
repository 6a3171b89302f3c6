"""Why: from any id of a trade to its whole story, as it was recorded.

A story needs no index by signal: a trade's own records (tickets, intents, orders, fills) are few, have an index by
kind, and name their signal in the body.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from engine.errors import EXIT_FAILED, DeskError
from engine.journal.chain import Record
from engine.model import Decision, Evidence, Fill, Intent, Order, Reading, Signal, Ticket, Value
from engine.model.records import AnswerRecord, CommandRecord, Edit, PostRecord
from engine.text import one_line

if TYPE_CHECKING:
    from engine.journal.reader import Reader

SIGNAL_LIMIT: Final = 5
"""Most signals told for one post; the newest."""
SHOWN: Final = 80
"""Characters of an id that nothing is known of."""

_ORDER_KINDS: Final = ("intent", "answer", "order", "fill")
_V = TypeVar("_V", bound=Value)


class PostPart(Value, frozen=True, gc=False):
    """A post of the story. What is None is not in this journal."""

    post_id: str
    at_ns: int = 0
    """When it was recorded; 0 when it was not."""
    record: PostRecord | None = None
    readings: tuple[Reading, ...] = ()
    evidence: Evidence | None = None
    """Its share in the signal."""
    replaced_by: str = ""
    """Id of the edit that took its place."""


class Step(Value, frozen=True, gc=False):
    """One record of an order's life. Exactly one of intent, answer, order, fill and command is set."""

    seq: int
    at_ns: int
    intent: Intent | None = None
    answer: AnswerRecord | None = None
    order: Order | None = None
    fill: Fill | None = None
    command: CommandRecord | None = None
    """A person's request to cancel it."""


class OrderPart(Value, frozen=True, gc=False):
    """One order, by its client order id, from intent to fills."""

    client_order_id: str
    steps: tuple[Step, ...]
    decision: Decision | None = None
    """Of an order that no ticket stands for (an exit of the engine's, a flatten): its verdict."""


class SignalPart(Value, frozen=True, gc=False):
    """A signal and what became of it. A signal of None: orders that no signal asked for."""

    signal: Signal | None
    tickets: tuple[Ticket, ...] = ()
    """Every revision, oldest first."""
    decision: Decision | None = None
    """On the ticket."""
    decided_ns: int = 0
    orders: tuple[OrderPart, ...] = ()


class Story(Value, frozen=True, gc=False):
    """The whole story of one id."""

    id: str
    what: str
    """What the id names: `signal`, `ticket`, `order` or `post`."""
    posts: tuple[PostPart, ...]
    """Of a signal: its evidence, largest share first."""
    signals: tuple[SignalPart, ...]
    """One, unless it is the story of a post: then those that it is evidence of, newest first."""
    more_signals: int = 0
    """Older signals of that post, left out."""


def tell(reader: Reader, id: str) -> Story:
    """The story of a signal, ticket, order (client or venue id) or post.

    Raises DeskError when the journal holds nothing of that id, JournalError when a record cannot be read.
    """
    records = tuple(reader.records(key=id)) or (_by_venue_id(reader, id) if id else ())
    by_kind = {record.kind: record for record in records}
    if "signal" in by_kind or "decision" in by_kind:
        return _of_signal(reader, id, "signal", id)
    if "ticket" in by_kind:
        return _of_signal(reader, id, "ticket", _value(by_kind["ticket"], Ticket).signal.id)
    if not by_kind.keys().isdisjoint(_ORDER_KINDS):
        signal_id = _signal_behind(reader, records, id)
        if signal_id:
            return _of_signal(reader, id, "order", signal_id)
        clients = dict.fromkeys(record.key for record in records)
        return Story(id, "order", (), (SignalPart(None, orders=_orders(reader, clients)),))
    if not by_kind.keys().isdisjoint(("post", "edit", "reading")):
        return _of_post(reader, id, records[0].seq)
    found = f", but of the kind {', '.join(by_kind)}" if by_kind else ""
    raise DeskError(
        f"expected the id of a signal, ticket, order or post, found {one_line(id, SHOWN)!r}{found}",
        where=str(reader.path),
        remedy="`desk journal show --kind signal` lists signals with their ids",
        exit_code=EXIT_FAILED,
    )


def _of_signal(reader: Reader, id: str, what: str, signal_id: str) -> Story:
    part = _signal(reader, signal_id)
    evidence = part.signal.evidence if part.signal else ()
    return Story(id, what, tuple(_post(reader, item.post_id, item) for item in evidence), (part,))


def _of_post(reader: Reader, id: str, seq: int) -> Story:
    named = [
        record.key
        for record in reader.records(("signal",), containing=_quoted(id), after_seq=seq)
        if any(item.post_id == id for item in _value(record, Signal).evidence)
    ]
    newest = named[-SIGNAL_LIMIT:][::-1]
    parts = tuple(_signal(reader, signal_id) for signal_id in newest)
    return Story(id, "post", (_post(reader, id),), parts, len(named) - len(newest))


def _post(reader: Reader, id: str, evidence: Evidence | None = None) -> PostPart:
    record: Record | None = None
    readings: list[Reading] = []
    for found in reader.records(("post", "reading"), key=id):
        if found.kind == "post":
            record = found
        else:
            readings += _value(found, Reading).apart()
    edits = reader.records(("edit",), containing=_quoted(id), after_seq=record.seq if record else 0)
    replaced_by = next((edit.post_id for found in edits if (edit := _value(found, Edit)).replaces == id), "")
    if record is None:
        return PostPart(id, 0, None, tuple(readings), evidence, replaced_by)
    return PostPart(id, record.at_ns, _value(record, PostRecord), tuple(readings), evidence, replaced_by)


def _signal(reader: Reader, id: str) -> SignalPart:
    signal: Signal | None = None
    decision: Decision | None = None
    begins = decided_ns = 0
    verdicts: dict[int, Decision] = {}
    for record in reader.records(("signal", "decision"), key=id):
        if record.kind == "signal":
            signal, begins = _value(record, Signal), record.seq
        elif (told := _value(record, Decision)).ticket_id:
            decision, decided_ns = told, record.at_ns
        else:
            verdicts[record.seq] = told
    tickets = []
    clients: dict[str, None] = {}
    for record in reader.records(("ticket", *_ORDER_KINDS), containing=_quoted(id), after_seq=begins):
        if record.kind == "ticket":
            ticket = _value(record, Ticket)
            if ticket.signal.id == id:
                tickets.append(ticket)
        elif _signal_of(record, "") == id:
            clients[record.key] = None
    return SignalPart(signal, tuple(tickets), decision, decided_ns, _orders(reader, clients, verdicts))


def _orders(
    reader: Reader, clients: dict[str, None], verdicts: Mapping[int, Decision] = MappingProxyType({})
) -> tuple[OrderPart, ...]:
    """Orders by client order id, then those that protect them and do not name the signal themselves.

    `verdicts` on orders of the engine's own, by record number: each stands right before its intent.
    """
    for client in tuple(clients):
        for record in reader.records(("intent", "order"), containing=_quoted(client)):
            if _parent_of(record) == client:
                clients[record.key] = None
    cancels = tuple(reader.records(("command",), key="cancel"))
    return tuple(_order(client, [*reader.records(_ORDER_KINDS, key=client), *cancels], verdicts) for client in clients)


def _order(client: str, records: Iterable[Record], verdicts: Mapping[int, Decision]) -> OrderPart:
    steps = []
    decision: Decision | None = None
    for record in records:
        value = record.value()
        if isinstance(value, Intent):
            steps.append(Step(record.seq, record.at_ns, intent=value))
            decision = verdicts.get(record.seq - 1)
        elif isinstance(value, CommandRecord):
            if value.ok and value.arguments.get("order") == client:
                steps.append(Step(record.seq, record.at_ns, command=value))
        elif isinstance(value, AnswerRecord):
            steps.append(Step(record.seq, record.at_ns, answer=value))
        elif isinstance(value, Order):
            steps.append(Step(record.seq, record.at_ns, order=value))
        elif isinstance(value, Fill):
            steps.append(Step(record.seq, record.at_ns, fill=value))
    return OrderPart(client, tuple(sorted(steps, key=lambda step: step.seq)), decision)


def _by_venue_id(reader: Reader, id: str) -> tuple[Record, ...]:
    """Records of orders that the venue knows under this id, as themselves or as a leg."""
    found = reader.records(("order", "answer"), containing=f'"venue_id":{_quoted(id)}')
    return tuple(record for record in found if any(order.venue_id == id for order in _orders_in(record)))


def _orders_in(record: Record) -> tuple[Order, ...]:
    """The order in an `order` or `answer` record, and its legs."""
    value = record.value()
    order = value.answer.order if isinstance(value, AnswerRecord) else value
    return (order, *order.legs) if isinstance(order, Order) else ()


def _signal_behind(reader: Reader, records: tuple[Record, ...], id: str) -> str:
    """The signal behind an order, or behind the entry that it protects; empty when nobody's signal asked for it."""
    for record in records:
        if signal_id := _signal_of(record, id):
            return signal_id
    for parent in dict.fromkeys(parent for record in records if (parent := _parent_of(record))):
        for record in reader.records(_ORDER_KINDS, key=parent):
            if signal_id := _signal_of(record, ""):
                return signal_id
    return ""


def _parent_of(record: Record) -> str:
    """Client order id of the entry that an intent or order protects."""
    value = record.value()
    return value.parent if isinstance(value, Intent) else value.parent_id if isinstance(value, Order) else ""


def _signal_of(record: Record, id: str) -> str:
    """The signal behind an intent, answer, order or fill; with a venue's order id, of that very order."""
    value = record.value()
    if isinstance(value, Intent | Fill):
        return value.signal_id
    orders = _orders_in(record)
    named = [order for order in orders if order.venue_id == id] or orders[:1]
    return next((order.signal_id for order in (*named, *orders) if order.signal_id), "")


def _value(record: Record, expected: type[_V]) -> _V:
    """The body, known by its kind to be of this type."""
    value = record.value()
    assert isinstance(value, expected)
    return value


def _quoted(id: str) -> str:
    """The id as it stands in a body."""
    return msgspec.json.encode(id).decode()
