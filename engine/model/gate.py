"""Why a symbol does not trade: every gate between what is said and an order, as it stands now, and its late past."""

from __future__ import annotations

from engine.model.base import Side, Value
from engine.model.ticket import Draft


class Gate(Value, frozen=True, gc=False):
    """One condition on the way to an order."""

    stage: str
    """Who asks: `engine`, a strategy's name, or `risk`."""
    name: str
    passed: bool
    value: float | None = None
    """What it looks at, in `unit`; None where it is no number or not known."""
    limit: float | None = None
    """What it must reach, or must not go beyond."""
    unit: str = ""
    text: str = ""
    """How it stands and, while it fails, how far away it is: in words and numbers."""


class Past(Value, frozen=True, gc=False):
    """A symbol's samples, one per half minute, oldest first; every tuple is as long as `at_ns`. None: not known."""

    at_ns: tuple[int, ...] = ()
    mood: tuple[float | None, ...] = ()
    raw: tuple[float | None, ...] = ()
    """The mood were every post genuine."""
    price: tuple[float | None, ...] = ()
    volume: tuple[int, ...] = ()
    """Posts in the window."""


class PastMark(Value, frozen=True, gc=False):
    """A decided signal or a fill in a symbol's late past."""

    at_ns: int
    side: Side
    price: float | None
    """What was filled at; None for a signal, which stands where the price was."""
    fill: bool = False
    sent: bool = True
    """False for a signal that led to no order."""


class Vote(Value, frozen=True, gc=False):
    """What one scorer thinks of a symbol's posts in the window."""

    scorer: str
    version: str
    score: float
    """Mean of its scores in [−1, 1], weighted by influence and its own confidence."""
    confidence: float
    """Mean of its confidences, weighted by influence."""
    posts: int


class SymbolDetail(Value, frozen=True, gc=False):
    """What the engine answers when it is asked about one symbol."""

    symbol: str
    at_ns: int
    side: Side
    """The direction that the gates were asked for: the change's, BUY while there is none."""
    gates: tuple[Gate, ...]
    """In the order in which a signal meets them."""
    draft: Draft | None
    """The order that a signal at full strength would get now; None when nothing could be sized."""
    past: Past
    votes: tuple[Vote, ...] = ()
    """Each scorer's, over the newest posts of the window that the engine keeps for display; by name."""
    marks: tuple[PastMark, ...] = ()
    """The newest signals and fills, in the order in which they were decided and filled."""
