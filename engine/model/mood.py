"""A symbol's sentiment over time, and the signals it gives rise to."""

from __future__ import annotations

from engine.model.base import DisplayText, Side, Value


class Mood(Value, frozen=True, gc=False):
    """A symbol's decayed aggregate at one instant.

    value = Σ w·s / Σ w with w = influence·confidence·guard·max(floor, 1 − age/window) over posts with age < window,
    `guard` being the weight that the guards give a post: this is the cleaned mood, the one that is acted on. None means
    "not known"; it is never read as 0.
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
    """Posts in the window that weigh anything to the guards."""
    authors: int
    """Their distinct authors."""
    confidence: float
    """Mean confidence of the readings by their weight, Σ w·confidence / Σ w; 0 for an empty window."""
    warm: bool
    """False while warming up."""
    missing: str = ""
    """What is still missing while warming up, in words."""
    raw: float | None = None
    """The value were every post genuine: the same aggregate without the guards' weights. Shown, never acted on."""
    raw_volume: int = 0
    """All posts in the window."""
    kept: float = 1.0
    """Share of the raw weight that the guards leave, in [0, 1]; 1 while there is none."""


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
    guard: float = 1.0
    """The guards' weight of the post, in [0, 1]; part of `weight`."""
    cluster: str = ""
    """Id of the first post that says nearly the same; empty while no other post does."""
    reason: DisplayText = DisplayText("")
    """Why it scored so, in a scorer's words; empty where none gave any."""


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
    """Publication time of the newest post in the window that weighs anything."""
    top_author_share: float = 0.0
    """Largest share of the window's weight held by one author."""
    top_text_share: float = 0.0
    """Largest share of the window's weight held by one text."""
    top_cluster_share: float = 0.0
    """Largest share of the window's weight held by posts that say nearly the same."""
    top_cluster: str = ""
    """Id of the first of those posts."""
