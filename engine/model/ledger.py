"""What decisions were worth: each marked to the market later, and what they add up to.

`engine.journal.ledger` says how the figures are made.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from engine.model.base import ZERO, Side, Value
from engine.model.ticket import DecisionKind

HORIZONS: Final = ("5m", "1h", "close")
"""Names of the instants, nearest first; `close` may come before `1h`."""


class Mark(Value, frozen=True, gc=False):
    """A decision at one later instant. With a `why` the figures are not known."""

    horizon: str
    due_ns: int | None
    """The instant; None when it is not known (no close in the calendar)."""
    price: Decimal | None = None
    price_ns: int = 0
    """When the engine learned that price."""
    move_bps: Decimal | None = None
    gain: Decimal | None = None
    worth: Decimal | None = None
    why: str = ""
    """Why a figure is missing."""


class LedgerRow(Value, frozen=True, gc=False):
    """One decision on a ticket and what came after it."""

    seq: int
    """Number of the decision's journal record."""
    at_ns: int
    symbol: str
    side: Side
    strategy: str
    kind: DecisionKind
    by: str
    """`person`, `autopilot`, `clock`, `risk`, `mode` or `engine`."""
    reason: str
    rules: tuple[str, ...]
    """Ids of the controls that rejected; empty when none did."""
    ticket_id: str
    signal_id: str
    confidence: float
    change: float | None
    """The mood's change that the signal was made of."""
    quantity: Decimal | None
    """Filled quantity of a sent order, the ticket's of another; None when nothing could be sized."""
    entry: Decimal | None
    """Average fill price, or the price that would have been crossed to; None when there was none."""
    fees: Decimal = ZERO
    marks: tuple[Mark, ...] = ()

    def mark(self, horizon: str) -> Mark:
        """The mark at a horizon out of HORIZONS."""
        return next(mark for mark in self.marks if mark.horizon == horizon)


class Total(Value, frozen=True, gc=False):
    """Some decisions together at one horizon."""

    horizon: str
    measured: int
    """Decisions whose move is known."""
    right: int
    """Of the measured: those whose price moved the signal's way."""
    mean_bps: Decimal | None
    """Mean move of the measured; None when there is none."""
    known: int
    """Decisions whose money is known: measured, and an order of a known size."""
    gain: Decimal | None
    """Sum over the known; None when there is none."""
    worth: Decimal | None
    """Sum over the known; None when there is none."""


class Group(Value, frozen=True, gc=False):
    """Decisions that have something in common."""

    by: str
    """What: `all`, `outcome`, `who`, `rule`, `strategy` or `symbol`."""
    name: str
    decisions: int
    totals: tuple[Total, ...]

    def total(self, horizon: str) -> Total:
        """The total at a horizon out of HORIZONS."""
        return next(total for total in self.totals if total.horizon == horizon)


class Ledger(Value, frozen=True, gc=False):
    """Decisions, oldest first, and what they add up to."""

    rows: tuple[LedgerRow, ...]
    groups: tuple[Group, ...]
    reached_ns: int
    """The journal's newest record: later instants are not known yet."""
    more: bool = False
    """True when older decisions were left out."""
