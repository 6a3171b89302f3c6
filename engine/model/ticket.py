"""What a person is asked and what they answered: drafts, verdicts, tickets, decisions."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from enum import Enum

import msgspec

from engine.model.base import Mode, Side, TradingState, Value
from engine.model.mood import Signal


class Draft(Value, frozen=True, gc=False):
    """A sized order that has not been sent: what the controls judge and the person sees."""

    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal
    """Entries are marketable limits; an exit that must happen is one too."""
    reference_price: Decimal
    """The price sizing and the collar were computed from: mid when there is one, else last."""
    reference_ns: int
    """When that price was quoted."""
    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    time_in_force: str = "day"
    extended_hours: bool = False
    reduces: bool = False
    """True when it only reduces an existing position."""
    sizing: str = ""
    """How the quantity came about, in words and numbers."""

    @property
    def notional(self) -> Decimal:
        """quantity × reference price."""
        return self.quantity * self.reference_price

    @property
    def takes_legs(self) -> bool:
        """True when a venue takes it with its exits attached: not in extended hours, not for pairs (`BTC/USD`), not for
        fractions."""
        whole = self.quantity == self.quantity.to_integral_value()
        return whole and not self.extended_hours and "/" not in self.symbol


class Edits(Value, frozen=True, gc=False):
    """What a person changed of an order that was sized; None keeps what the sizer says."""

    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    target_price: Decimal | None = None

    def over(self, earlier: Edits | None) -> Edits:
        """These changes laid over earlier ones."""
        if earlier is None:
            return self
        return Edits(
            *(
                getattr(earlier, name) if getattr(self, name) is None else getattr(self, name)
                for name in self.__struct_fields__
            )
        )


class ControlResult(Value, frozen=True, gc=False):
    """One risk control's outcome. `reason` reads `CATEGORY_CONDITION: key=value, key=value`."""

    id: str
    """R01 … R25."""
    control: str
    passed: bool
    value: Decimal | None
    limit: Decimal | None
    unit: str
    reason: str

    @property
    def use(self) -> float | None:
        """Share of the limit used, in [0, ∞); None where that has no meaning."""
        if self.value is None or self.limit is None or self.limit == 0:
            return None
        return float(self.value / self.limit)


class Verdict(Value, frozen=True, gc=False):
    """Every risk control's outcome on one draft; `passed` only when all passed."""

    at_ns: int
    passed: bool
    state: TradingState
    limits_hash: str
    controls: tuple[ControlResult, ...]

    @property
    def failures(self) -> tuple[ControlResult, ...]:
        """The controls that rejected."""
        return tuple(result for result in self.controls if not result.passed)


EDITED = "edited by"
"""How the note of an edited ticket begins; any other says why a confirmation was refused."""


class TicketStatus(Enum):
    """PENDING waits for a decision; DECIDED has one."""

    PENDING = "pending"
    DECIDED = "decided"


class Ticket(Value, frozen=True, gc=False):
    """Signal + verdict + sized order, as shown. Confirming names `fingerprint`: approve what you saw."""

    id: str
    revision: int
    signal: Signal
    draft: Draft | None
    """None when nothing could be sized (no price, no cash); the verdict then says why."""
    verdict: Verdict
    created_ns: int
    expires_ns: int
    mode: Mode
    fingerprint: str
    status: TicketStatus = TicketStatus.PENDING
    note: str = ""
    """Why the last confirmation was refused, or what was edited: the difference, in words and numbers."""
    edits: Edits | None = None
    """What a person changed of the order; a fresh draft has the same changes."""


class DecisionKind(Enum):
    """How a ticket ended."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    AUTO = "auto"
    BLOCKED = "blocked"

    @property
    def sends(self) -> bool:
        """True when the decision leads to an order."""
        return self in (DecisionKind.CONFIRMED, DecisionKind.AUTO)


class Decision(Value, frozen=True, gc=False):
    """The end of a ticket: how, by whom, why, on what was seen."""

    ticket_id: str
    signal_id: str
    kind: DecisionKind
    by: str
    """`person`, `autopilot`, `clock` or `risk`."""
    reason: str
    at_ns: int
    fingerprint: str
    verdict: Verdict | None = None
    """The verdict of the second run, after the key."""


def fingerprint(signal: Signal, draft: Draft | None, verdict: Verdict) -> str:
    """Hash of what a person sees and approves: signal, order, price seen, verdict, limits and trading state.

    Sixteen hex digits of SHA-256; stable across processes and Python versions.
    """
    seen = (
        signal.id,
        None if draft is None else msgspec.json.encode(draft).decode(),
        [(result.id, result.passed) for result in verdict.controls],
        verdict.state.value,
        verdict.limits_hash,
    )
    return hashlib.sha256(msgspec.json.encode(seen)).hexdigest()[:16]
