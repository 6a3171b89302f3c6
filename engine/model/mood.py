"""A symbol's sentiment over time, and the signals it gives rise to."""

from __future__ import annotations

from engine.model.base import DisplayText, Side, Value


class Mood(Value, frozen=True, gc=False):
    """A symbol's decayed aggregate at one instant.

    value = Σ w·s / Σ w with w = influence·confidence·max(floor, 1 − age/window) over posts with age < window.
    None means "not known"; it is never read as 0.
    """

    symbol: str
    at_ns: int
    value: float | None
    """In [−1, 1]; None while the window is empty."""
    previous: float | None
    """The same aggregate as it stood `look_back` earlier; None when that window was empty or not yet covered."""
    change: float | None
    """value − previous; None when either is None."""
    volume: int
    """Posts in the window."""
    authors: int
    """Distinct authors in the window."""
    confidence: float
    """Mean confidence of the readings by their weight, Σ w·confidence / Σ w; 0 for an empty window."""
    warm: bool
    """False while warming up."""
    missing: str = ""
    """What is still missing while warming up, in words."""


class Evidence(Value, frozen=True, gc=False):
    """One post behind a signal and its share of the mood's movement."""

    post_id: str
    author: DisplayText
    text: DisplayText
    published_ns: int
    score: float
    confidence: float
    weight: float
    """Its decayed weight at the signal's instant."""
    share: float
    """|w·s| over Σ|w·s| of the window, in [0, 1]."""
    term: str
    scorer: str


class Signal(Value, frozen=True, gc=False):
    """A proposed BUY or SELL with its evidence and expiry.

    `id` is a pure function of strategy, symbol, side and instant, so a replay gives the same id.
    """

    id: str
    symbol: str
    side: Side
    strategy: str
    at_ns: int
    expires_ns: int
    strength: float
    """In [0, 1]; the sizer's input."""
    confidence: float
    """In [0, 1]."""
    reason: str
    """One line in words and numbers."""
    mood: Mood
    evidence: tuple[Evidence, ...] = ()
    """Largest share first; at most 10."""
    newest_ns: int = 0
    """Publication time of the newest post in the window."""
    top_author_share: float = 0.0
    """Largest share of the window's weight held by one author."""
    top_text_share: float = 0.0
    """Largest share of the window's weight held by one text."""
