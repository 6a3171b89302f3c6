"""Orders as the venue means them, and what we know of each."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from enum import Enum

from engine.model.base import ZERO, Side, Value
from engine.model.ticket import Draft


class Role(Enum):
    """Why an order exists."""

    ENTRY = "entry"
    EXIT = "exit"
    """A sell that a strategy or a person asked for."""
    STOP = "stop"
    TARGET = "target"
    FLATTEN = "flatten"
    EXTERNAL = "external"
    """Not ours: shown, never touched."""


_TERMINAL = frozenset({"filled", "canceled", "expired", "rejected", "replaced", "never_placed", "denied"})


class OrderStatus(Enum):
    """Where an order stands. UNRESOLVED means the venue's answer is not known; it is looked up, never assumed."""

    INTENT = "intent"
    """Committed to the journal, not known to have been sent."""
    UNRESOLVED = "unresolved"
    WORKING = "working"
    PARTIAL = "partially_filled"
    HELD = "held"
    """A protective leg that waits for its entry."""
    CANCELING = "pending_cancel"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REPLACED = "replaced"
    NEVER_PLACED = "never_placed"
    """Unresolved, then definitely unknown to the venue after the ticket's end."""
    DENIED = "denied"
    """Refused by us before it was sent."""

    def __init__(self, word: str) -> None:
        self.terminal = word in _TERMINAL
        """True when nothing can follow (REPLACED is followed under another id)."""
        self.open = not self.terminal
        """True while the order may still execute."""


class Intent(Value, frozen=True, gc=False):
    """An order as committed to the journal before it is sent."""

    client_order_id: str
    signal_id: str
    ticket_id: str
    attempt: int
    role: Role
    draft: Draft
    at_ns: int
    strategy: str = ""
    valid_until_ns: int = 0
    """After this instant an unresolved intent is not sent again."""
    parent: str = ""
    """Client order id of the entry that this order protects or closes; empty for entries and whole-symbol exits."""

    @property
    def order_type(self) -> str:
        """`stop` for a STOP with a stop price (a plain stop: a gap must not outrun it), else `limit`.

        A STOP without one sells at once: the engine saw the stop crossed.
        """
        return "stop" if self.role is Role.STOP and self.draft.stop_price is not None else "limit"

    @property
    def bracket(self) -> bool:
        """True when an entry goes out with its stop and target attached."""
        draft = self.draft
        exits = draft.stop_price is not None and draft.target_price is not None
        return self.role is Role.ENTRY and exits and draft.takes_legs


class Order(Value, frozen=True, gc=False):
    """One order, as the venue last described it. Filled quantity is cumulative."""

    client_order_id: str
    venue_id: str
    symbol: str
    side: Side
    quantity: Decimal
    status: OrderStatus
    role: Role
    filled: Decimal = ZERO
    average_price: Decimal | None = None
    order_type: str = "limit"
    """`market`, `limit`, `stop`, `stop_limit`."""
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    submitted_ns: int = 0
    updated_ns: int = 0
    signal_id: str = ""
    parent_id: str = ""
    """Client order id of the entry this leg protects."""
    replaced_by: str = ""
    reason: str = ""
    venue_status: str = ""
    """The venue's own word, kept as sent."""
    legs: tuple[Order, ...] = ()

    @property
    def remaining(self) -> Decimal:
        """quantity − filled, never negative."""
        return max(ZERO, self.quantity - self.filled)


class OrderUpdate(Value, frozen=True, gc=False):
    """An event on an order from the venue's stream, or one that reconciliation derived."""

    event: str
    order: Order
    at_ns: int
    execution_id: str = ""
    quantity: Decimal | None = None
    """Quantity of this execution (not cumulative)."""
    price: Decimal | None = None
    """Price of this execution."""
    fee: Decimal = ZERO
    """What the venue charged for this execution, where it tells."""
    source: str = "stream"
    """`stream`, `answer`, `reconciliation`."""


class Fill(Value, frozen=True, gc=False):
    """One execution, counted once by `execution_id`."""

    execution_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    at_ns: int
    signal_id: str = ""
    role: Role = Role.ENTRY
    cumulative: Decimal = ZERO
    """The order's filled quantity right after this execution; 0 when the venue did not tell."""


class Outcome(Enum):
    """The four outcomes of asking a venue to do something; never fewer."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DENIED = "denied"
    UNRESOLVED = "unresolved"


class Answer(Value, frozen=True, gc=False):
    """What came of one request to the venue."""

    outcome: Outcome
    reason: str = ""
    order: Order | None = None
    retry_after_s: float | None = None
    """The venue's own wish, when it named one; of a denial how long it holds: until the market's session changes."""
    taken: bool = False
    """The venue said that it has an order under this client order id, and has not shown it."""


class Lookup(Value, frozen=True, gc=False):
    """The answer to "do you know this client order id?". `known` is None when the venue could not be asked."""

    known: bool | None
    order: Order | None = None
    reason: str = ""
    asked_ns: int = 0
    """When it was asked; 0 where that is not told: right now."""


def client_order_id(signal_id: str, role: Role, attempt: int) -> str:
    """Pure function of signal, role and attempt: `desk-<20 hex>-<role letter><attempt>`, well under 128 characters."""
    digest = hashlib.sha256(f"{signal_id}/{role.value}/{attempt}".encode()).hexdigest()[:20]
    return f"desk-{digest}-{role.value[0]}{attempt}"
