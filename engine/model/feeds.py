"""What the engine answers when it is asked how it is fed: the rules at its sources, and what each stage takes."""

from __future__ import annotations

from enum import Enum

from engine.model.base import DisplayText, Value


class Standing(Enum):
    """How a rule stands at its source."""

    PENDING = "pending"
    """Ours, and not agreed on yet."""
    ACTIVE = "active"
    REFUSED = "refused"
    """The source did not take it; `reason` says why."""
    FOREIGN = "foreign"
    """Somebody else's at the same source: never touched, and what it lets through is matched like anything else."""


class FeedRule(Value, frozen=True, gc=False):
    """One rule that chooses what a source sends."""

    feed: str
    tag: DisplayText
    text: DisplayText
    standing: Standing
    length: int
    """Characters, as the source counts them."""
    limit: int
    """Most characters that the source takes."""
    symbols: tuple[str, ...] = ()
    """What it covers of the watchlist, completely or in part."""
    reason: DisplayText = DisplayText("")


class StageLatency(Value, frozen=True, gc=False):
    """How long the newest posts took in one stage of the engine."""

    stage: str
    p50_ms: float
    p99_ms: float


class FeedsDetail(Value, frozen=True, gc=False):
    """The answer to `GET /v1/feeds`."""

    rules: tuple[FeedRule, ...] = ()
    stages: tuple[StageLatency, ...] = ()
    """In the order in which a post goes through them."""
