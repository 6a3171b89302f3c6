"""Which type each kind of record holds. The journal accepts nothing else, and decodes with the same table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from engine.model import (
    Account,
    Alert,
    Decision,
    FeedState,
    Fill,
    Halt,
    Intent,
    Order,
    Protection,
    Quote,
    Reading,
    Signal,
    StateChange,
    Ticket,
    Value,
)
from engine.model.records import (
    AnswerRecord,
    CommandRecord,
    ConfigRecord,
    Edit,
    FlattenRecord,
    FlowRecord,
    GuardRecord,
    Lift,
    PostRecord,
    ReconciliationRecord,
    Started,
    Stopped,
)

KINDS: Final[Mapping[str, type[Value]]] = MappingProxyType(
    {
        "started": Started,
        "post": PostRecord,
        "edit": Edit,
        "guard": GuardRecord,
        "reading": Reading,
        "quote": Quote,
        "halt": Halt,
        "feed": FeedState,
        "signal": Signal,
        "ticket": Ticket,
        "decision": Decision,
        "intent": Intent,
        "answer": AnswerRecord,
        "order": Order,
        "fill": Fill,
        "state": StateChange,
        "protection": Protection,
        "lift": Lift,
        "account": Account,
        "flow": FlowRecord,
        "flatten": FlattenRecord,
        "config": ConfigRecord,
        "reconciliation": ReconciliationRecord,
        "command": CommandRecord,
        "alert": Alert,
        "stopped": Stopped,
    }
)
"""Kind of record → type of its body."""

BULK: Final = ("post", "reading", "quote")
"""Kinds that make up nearly every journal. All others have an index by kind and are found without reading these."""

RECENT: Final = ("account", "decision", "edit", "guard", "halt", "signal", "ticket")
"""Kinds with an index of which a start reads only what is recent; of all others it reads every record. They grow with
the posts and the minutes, and lie all over the file."""
