"""What the desk shows of the engine itself: feeds, protections, alerts."""

from __future__ import annotations

from enum import Enum

from engine.model.base import DisplayText, Value


class Light(Enum):
    """A feed's light."""

    OFF = "off"
    CONNECTING = "connecting"
    UP = "up"
    RECOVERING = "recovering"
    """Connected, filling a gap."""
    DEGRADED = "degraded"
    DOWN = "down"
    CAPPED = "capped"
    """Stopped by the spend cap."""
    ENDED = "ended"
    """A recording that has been played to its end."""
    REFUSED = "refused"
    """The venue refused us (401, 403): a person must act."""


class NotCovered(Value, frozen=True, gc=False):
    """Symbols whose posts a source does not send, or not all of them, and why."""

    rule: DisplayText
    """The tag of the source's rule that would bring them."""
    symbols: tuple[str, ...]
    reason: DisplayText
    """Why it does not: what the source says of the rule."""
    remedy: str


class FeedState(Value, frozen=True, gc=False):
    """How a feed is, since when, and what to do about it."""

    name: str
    light: Light
    since_ns: int
    received_ns: int
    """When this state was reported (the feed's clock)."""
    detail: str = ""
    remedy: str = ""
    last_ns: int = 0
    """When the last item or keep-alive came; 0 when none has."""
    items: int = 0
    duplicates: int = 0
    dropped: int = 0
    malformed: int = 0
    reconnects: int = 0
    spent_usd: float = 0.0
    cap_usd: float | None = None
    covered_since_ns: int | None = None
    """Set when every post published since then has been delivered, or comes in (start, warm start). This, `gap_*` and
    `filled_*` come through `Sink.put`, in order with the posts they speak of, and concern posts by publication time."""
    gap_from_ns: int | None = None
    """Set, with `gap_to_ns`, when the posts of that span are missing (the stream was down)."""
    gap_to_ns: int | None = None
    filled_from_ns: int | None = None
    """Set, with `filled_to_ns`, when the missing posts of that span have been delivered after all."""
    filled_to_ns: int | None = None
    symbols: tuple[str, ...] = ()
    """Those that `covered_since_ns`, `gap_*` and `filled_*` speak of; empty: every one."""
    not_covered: tuple[NotCovered, ...] = ()
    """What the source does not send now, whatever its light. Each such symbol's gap reaches ahead until it is sent."""


class Protection(Value, frozen=True, gc=False):
    """A temporary lock with a reason and an end. `symbol` empty means everything; `ends_ns` None means a person."""

    id: str
    name: str
    symbol: str
    strategy: str
    reason: str
    started_ns: int
    ends_ns: int | None


class Level(Enum):
    """How bad an alert is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Alert(Value, frozen=True, gc=False):
    """Something a person should know, with the remedy. Alerts with the same `code` and `subject` replace each other."""

    id: str
    level: Level
    code: str
    subject: str
    text: str
    remedy: str
    at_ns: int
    until_acknowledged: bool = False
    ended: bool = False
    """True in the journal's record of its end: it no longer holds, or a person has acknowledged it."""
