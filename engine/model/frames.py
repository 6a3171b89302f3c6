"""The control socket's messages, engine to client and back. JSON, one message each, tagged by `type`.

A client gets a `Snapshot` when it attaches, then `Frame`s (latest values, at most `frame_hz`, only what changed) and
`Push`es (tickets, decisions, orders, fills, alerts: lossless, in order, at once). `rev` counts both; a gap means
"attach again".
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.model.account import Account, Position
from engine.model.base import DisplayText, Mode, TradingState
from engine.model.book import LimitUse
from engine.model.guard import PLAIN, GuardMark
from engine.model.market import Market
from engine.model.mood import Mood
from engine.model.order import Fill, Order
from engine.model.state import Alert, FeedState, Protection
from engine.model.ticket import Decision, Ticket

PROTOCOL = 1
"""Version of these messages; a client refuses another one and says so."""


class PostRow(msgspec.Struct, frozen=True, gc=False):
    """One post in the desk's feed."""

    id: str
    published_ns: int
    author: DisplayText
    verified: bool
    followers: int | None
    text: DisplayText
    symbols: tuple[str, ...]
    terms: tuple[str, ...]
    """The term that matched, per symbol."""
    score: float
    confidence: float
    influence: float
    source: str
    recovered: bool = False
    mark: GuardMark = PLAIN
    """What the guards give it, and why."""


class PostMark(msgspec.Struct, frozen=True, gc=False):
    """What a post that is shown already weighs now."""

    id: str
    mark: GuardMark


class SymbolRow(msgspec.Struct, frozen=True, gc=False):
    """One gauge: the symbol's mood, price, mode and why it does not trade."""

    symbol: str
    name: DisplayText
    mood: Mood
    mode: Mode
    threshold: float
    spark: tuple[float | None, ...]
    """Mood value at the last 60 half-minutes, oldest first; None where there was none. Empty in a Frame where it is
    still the one that was sent before: it is most of a row, and changes twice a minute."""
    price: str | None
    """Newest mid or last, as decimal text."""
    price_ns: int
    day_change_pct: float | None
    why_not: str
    """First thing that keeps the symbol from trading; empty when nothing does."""


class Status(msgspec.Struct, frozen=True, gc=False):
    """The status bar."""

    profile: str
    """`simulated`, `paper` or `live`."""
    broker: str
    state: TradingState
    state_reason: str
    mode: Mode
    market: Market
    clock_ns: int
    """The engine's clock when this was made (the recording's time in a replay)."""
    speed: float
    """1 live; otherwise that of the recording now (0 = as fast as possible)."""
    reconciled: bool
    posts: int
    """Posts taken in since start, duplicates not counted."""
    duplicates: int
    dropped: int
    """Posts that came and could not be taken in. Quotes that were merged and scores that came late are not posts."""
    posts_per_s: float
    latency_p50_ms: float
    """Post received → signal evaluated."""
    latency_p99_ms: float
    lag_ms: float
    """Largest delay of the engine's loop in the last second."""
    journal_seq: int
    journal_lag_ms: float
    limits: tuple[LimitUse, ...]
    drift_bps: Decimal | None = None
    """How far a price may have moved since a ticket was made, in basis points, for a confirmation to go."""
    not_scored: dict[str, int] = {}
    """Posts taken in since start and not scored, by reason, the commonest first: a repost, no symbol, a language
    that no scorer reads. At most eight reasons; the rarest are together under "other"."""


class Snapshot(msgspec.Struct, frozen=True, tag="snapshot"):
    """Everything a desk needs to draw itself."""

    protocol: int
    version: str
    pid: int
    rev: int
    started_ns: int
    status: Status
    account: Account
    symbols: tuple[SymbolRow, ...]
    posts: tuple[PostRow, ...]
    """The newest, oldest first."""
    tickets: tuple[Ticket, ...]
    """Pending, oldest first."""
    closed: tuple[tuple[Ticket, Decision], ...]
    """Decided lately, oldest first."""
    orders: tuple[Order, ...]
    """Open, and closed lately."""
    fills: tuple[Fill, ...]
    positions: tuple[Position, ...]
    feeds: tuple[FeedState, ...]
    protections: tuple[Protection, ...]
    alerts: tuple[Alert, ...]


class Frame(msgspec.Struct, frozen=True, tag="frame", omit_defaults=True):
    """What changed since the last frame, latest value only. None or empty means unchanged."""

    rev: int
    status: Status | None = None
    account: Account | None = None
    symbols: tuple[SymbolRow, ...] = ()
    posts: tuple[PostRow, ...] = ()
    """The newest since the last frame, at most 200; `status.posts` tells how many there really were."""
    positions: tuple[Position, ...] | None = None
    feeds: tuple[FeedState, ...] = ()
    protections: tuple[Protection, ...] | None = None
    marks: tuple[PostMark, ...] = ()
    """Posts of earlier frames that the guards have weighed again, at most 200."""


class Push(msgspec.Struct, frozen=True, tag="push", omit_defaults=True):
    """Something a person must not miss: exactly one of the fields is set (decision comes with its ticket)."""

    rev: int
    ticket: Ticket | None = None
    decision: Decision | None = None
    order: Order | None = None
    fill: Fill | None = None
    alert: Alert | None = None
    alert_gone: str = ""
    """Id of an alert that no longer holds."""


class Goodbye(msgspec.Struct, frozen=True, tag="goodbye"):
    """The engine stops."""

    rev: int
    reason: str


Message = Snapshot | Frame | Push | Goodbye


class Command(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A verb from a client. Which fields a verb needs is in `engine.control.verbs`."""

    verb: str
    ticket: str = ""
    fingerprint: str = ""
    symbol: str = ""
    order: str = ""
    alert: str = ""
    protection: str = ""
    mode: str = ""
    reason: str = ""
    flatten: bool = False
    quantity: str = ""
    """`edit`: the order's new size, as decimal text; empty keeps it. So with the three prices."""
    limit_price: str = ""
    stop_price: str = ""
    target_price: str = ""
    speed: str = ""
    """`speed`: recorded seconds per second as decimal text, or `faster` or `slower`."""
    by: str = "person"


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The engine's answer to a command."""

    ok: bool
    text: str
    """What happened, or why not: one line."""
    remedy: str = ""
    difference: tuple[str, ...] = ()
    """Confirm refused: each thing that no longer is as it was seen."""
    ticket: Ticket | None = None
    """Confirm refused: the ticket as it stands now, with its new fingerprint."""
