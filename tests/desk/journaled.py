"""A small journal of the day that `made_up` shows, and where its desk finds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from engine.clock import HOUR, MINUTE, SECOND
from engine.config import JournalConfig
from engine.journal import Journal
from engine.model import (
    Author,
    Decision,
    DecisionKind,
    DisplayText,
    FeedState,
    Fill,
    Light,
    Match,
    Post,
    Quote,
    Reading,
    Role,
    StateChange,
    TradingState,
)
from engine.model.records import PostRecord, Started
from engine.paths import Paths
from tests.desk import made_up

NOW = made_up.NOW
TOLD = "Suppliers of Tesla say that spring orders are cut by a third"


def paths_of(folder: Path) -> Paths:
    """Where the desk of this folder looks."""
    return Paths("simulated", folder, folder / "run", folder / "simulated.journal")


def write_day(
    folder: Path, *, text: str = TOLD, author: str = "deltahedge", reason: str = "Already in the price"
) -> Paths:
    """Three decisions with prices after them, four posts of an author, a change of state, a light."""
    paths = paths_of(folder)
    journal = Journal(paths.journal, JournalConfig(), profile="simulated")
    journal.open()
    begun = NOW - 3 * HOUR
    journal.append(
        "started",
        "simulated",
        Started("simulated", "0.1.0", "simulated", ("x", "prices"), ("vader 1",), ("shift",), tuple(made_up.SYMBOLS),
                "c" * 64, "l" * 64, begun),
        begun,
    )  # fmt: skip
    light = FeedState(
        "x", Light.DOWN, begun, begun, detail="silent for 20 s", remedy="nothing to do: it connects again"
    )
    journal.append("feed", "x", light, begun)
    halted = StateChange(TradingState.HALTED, TradingState.ACTIVE, reason, "person", begun + MINUTE, True)
    journal.append("state", "state", halted, begun + MINUTE)
    for number in range(4):
        at_ns = begun + 10 * MINUTE + number * MINUTE
        post = Post(f"90{number}", "x", at_ns, at_ns, Author("7", DisplayText(author), 90), text, DisplayText(text))
        journal.append("post", post.id, PostRecord.of(post, (Match("TSLA", "$TSLA", "cashtag"),)), at_ns)
        journal.append("quote", "TSLA", _quote("TSLA", "190", at_ns), at_ns)
        journal.append("reading", post.id, Reading(post.id, "vader", "1", -0.5, 0.8, at_ns), at_ns)
    for number, kind, by in (
        (1, DecisionKind.CONFIRMED, "person"), (2, DecisionKind.REJECTED, "person"), (3, DecisionKind.BLOCKED, "risk"),
    ):  # fmt: skip
        at_ns = NOW - 100 * MINUTE + number * 10 * MINUTE
        failed = ("R17", "R22") if kind is DecisionKind.BLOCKED else ()
        ticket = made_up.ticket(number, at_ns=at_ns - SECOND, failed=failed)
        journal.append("signal", ticket.signal.id, ticket.signal, at_ns - SECOND)
        journal.append("ticket", ticket.id, ticket, at_ns - SECOND)
        journal.append("quote", "TSLA", _quote("TSLA", "191", at_ns), at_ns)
        decision = Decision(ticket.id, ticket.signal.id, kind, by, reason, at_ns, ticket.fingerprint)
        journal.append("decision", ticket.signal.id, decision, at_ns)
        if kind.sends:
            fill = Fill("x1", "desk-tkt-0001-e1", "TSLA", ticket.signal.side, Decimal(26), Decimal("191.05"),
                        Decimal("0.13"), at_ns + SECOND, ticket.signal.id, Role.ENTRY)  # fmt: skip
            journal.append("fill", fill.client_order_id, fill, at_ns + SECOND)
    for minutes, price in (
        (-90, "191"),
        (-85, "192.5"),
        (-75, "189"),
        (-65, "190.25"),
        (-30, "194"),
        (-20, "195"),
        (-1, "193"),
    ):
        at_ns = NOW + minutes * MINUTE
        journal.append("quote", "TSLA", _quote("TSLA", price, at_ns), at_ns)
    journal.close()
    return paths


def _quote(symbol: str, price: str, at_ns: int) -> Quote:
    mid = Decimal(price)
    return Quote(symbol, at_ns, at_ns, mid - Decimal("0.05"), mid + Decimal("0.05"), mid)


@contextmanager
def written(paths: Paths) -> Iterator[Journal]:
    """The journal of a day, to append to; closed and durable at the end."""
    journal = Journal(paths.journal, JournalConfig(), profile="simulated")
    journal.open()
    yield journal
    journal.close()
