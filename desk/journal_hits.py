"""Records of the journal as people read them: one line each, and one record in full."""

from __future__ import annotations

import msgspec

from desk.event_text import alert_text, decision_text, feed_text, fill_text, order_text, signal_text, ticket_text
from engine.clock import iso
from engine.errors import JournalError
from engine.journal import Record
from engine.journal.export import at_text
from engine.journal.search import INDEXED
from engine.model import Alert, Decision, FeedState, Fill, Intent, Order, Signal, StateChange, Ticket, Value
from engine.model.records import CommandRecord, PostRecord
from engine.text import display_text
from widgets import figures
from widgets.hits import Hit

STORIED = ("post", "signal", "ticket", "decision", "intent", "answer", "order", "fill")
"""Kinds whose key names a whole story."""
KINDS_SHOWN = INDEXED
"""Kinds that the view lists while nothing is searched for."""


def hit_of(record: Record) -> Hit:
    """A record in a line; a body that cannot be read is shown as it stands."""
    try:
        text = _words(record.value()) or record.body.decode(errors="replace")
    except JournalError as error:
        text = f"cannot be read: {error.message}"
    at_ns = record.at_ns if at_text(record.at_ns).endswith("Z") else 0
    return Hit(record.seq, at_ns, record.kind, display_text(record.key), display_text(text))


def full_lines(record: Record) -> list[str]:
    """A record in full: its place in the chain, then its body, a field a line."""
    told = at_text(record.at_ns)
    here = f" ({figures.clock(record.at_ns)} New York)" if told.endswith("Z") else ""
    lines = [f"{record.kind} {record.key}", f"at {told}{here}", f"hash {record.hash.hex()}", ""]
    try:
        body = msgspec.json.format(record.body, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = record.body.decode(errors="replace")
    return [display_text(line, limit=len(line)) for line in (*lines, *body.split("\n"))]


def _words(value: Value) -> str:
    """The body in words; empty for a kind that has none."""
    if isinstance(value, PostRecord):
        symbols = " ".join(match.symbol for match in value.matches)
        return f"{symbols} @{value.whole.author.name}: {value.whole.text}"
    if isinstance(value, Ticket):
        return ticket_text(value, value.created_ns)
    if isinstance(value, Signal):
        return signal_text(value)
    if isinstance(value, Decision):
        return decision_text(value, None)
    if isinstance(value, Order):
        return order_text(value)
    if isinstance(value, Fill):
        return fill_text(value)
    if isinstance(value, Alert):
        return alert_text(value)
    if isinstance(value, FeedState):
        return feed_text(value)
    if isinstance(value, StateChange):
        return f"{value.previous.value} → {value.state.value} by {value.by}: {value.reason}"
    if isinstance(value, CommandRecord):
        return f"{value.verb} by {value.by}: {'done' if value.ok else 'refused'}, {value.text}"
    if isinstance(value, Intent):
        draft = value.draft
        return f"{value.role.value} {draft.side.value} {draft.quantity} {draft.symbol}, valid until {_until(value)}"
    return ""


def _until(intent: Intent) -> str:
    return iso(intent.valid_until_ns) if intent.valid_until_ns else "it is closed"
