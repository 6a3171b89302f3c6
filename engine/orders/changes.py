"""What the orders room hands back: what changed, what was filled, what must be done at the venue next."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from engine.model import Alert, Fill, Intent, Level, Order, Value, VenuePosition
from engine.model.records import Difference

SPLIT: Final = "split"
"""Cause of a Difference: what was held was split."""


class Place(Value, frozen=True, gc=False):
    """Commit this new intent to the journal, then send it once."""

    intent: Intent


class Resend(Value, frozen=True, gc=False):
    """The venue definitely does not know this intent: send it again, once, under the same id."""

    intent: Intent


class Cancel(Value, frozen=True, gc=False):
    """Ask the venue to cancel; report the answer with `Orders.on_cancel`."""

    order: Order


class LookUp(Value, frozen=True, gc=False):
    """Ask the venue whether it knows this id; report the answer with `Orders.on_lookup`."""

    client_order_id: str


class Compare(Value, frozen=True, gc=False):
    """Ask the venue for everything it has now; report it with `Orders.reconcile`."""

    why: str
    """`fill`, `refusal`, `replaced`, `jump` or `bare`."""


Request = Place | Resend | Cancel | LookUp | Compare
"""What must be done at the venue next."""


class Changes(Value, frozen=True, gc=False):
    """What one event did to the orders. Journal `orders`, then `fills`; then carry out `requests` in order."""

    orders: tuple[Order, ...] = ()
    """Each order that changed, as it stands now. Legs are orders of their own, with `parent_id`."""
    fills: tuple[Fill, ...] = ()
    """New executions, each told once ever."""
    alerts: tuple[Alert, ...] = ()
    cleared: tuple[str, ...] = ()
    """Ids of alerts that no longer hold."""
    requests: tuple[Request, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.orders or self.fills or self.alerts or self.cleared or self.requests)


NOTHING = Changes()
"""Nothing changed."""


class Outbox:
    """Collects what one event does, for one Changes. An order that changes twice is told once, as it ends."""

    __slots__ = ("_orders", "alerts", "cleared", "fills", "requests", "symbols")

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self.fills: list[Fill] = []
        self.alerts: list[Alert] = []
        self.cleared: list[str] = []
        self.requests: list[Request] = []
        self.symbols: set[str] = set()
        """Symbols whose orders or holdings moved: their protection is looked at again."""

    def order(self, order: Order) -> None:
        """The order changed."""
        self._orders.pop(order.client_order_id, None)
        self._orders[order.client_order_id] = order
        self.symbols.add(order.symbol)

    def fill(self, fill: Fill) -> None:
        """A new execution was counted."""
        self.fills.append(fill)
        self.symbols.add(fill.symbol)

    def alert(
        self, level: Level, code: str, subject: str, text: str, remedy: str, now_ns: int, *, stays: bool = False
    ) -> None:
        """A person should know."""
        self.alerts.append(Alert(alert_id(code, subject), level, code, subject, text, remedy, now_ns, stays))

    def changes(self) -> Changes:
        """Everything collected."""
        return Changes(
            orders=tuple(self._orders.values()),
            fills=tuple(self.fills),
            alerts=tuple(self.alerts),
            cleared=tuple(self.cleared),
            requests=tuple(self.requests),
        )


def alert_id(code: str, subject: str) -> str:
    """Alerts of one code and subject replace each other."""
    return f"{code}/{subject}"


class Split(Value, frozen=True, gc=False):
    """A holding's quantity changed without a trade, and its average price with it."""

    symbol: str
    before: Decimal
    after: Decimal
    prices: Decimal
    """By what a price is multiplied."""

    @property
    def cause(self) -> str:
        """As a Difference has it."""
        return SPLIT if self.prices == self.before / self.after else f"{SPLIT} {self.prices.normalize():f}:1"


def split_of(difference: Difference) -> Split | None:
    """The split that a difference was caused by; None for any other."""
    word, _, ratio = difference.cause.partition(" ")
    if word != SPLIT:
        return None
    before, after = Decimal(difference.ours), Decimal(difference.theirs)
    prices = Decimal(ratio.partition(":")[0]) if ratio else before / after
    return Split(difference.subject, before, after, prices)


class Reconciliation(Value, frozen=True, gc=False):
    """What was compared with the venue, what differed, and what follows."""

    at_ns: int
    ok: bool
    """True when every order and position is explained, or the venue's word on it was confirmed a second time.

    While it is False no new risk may be taken: answer `changes.requests`, read a new snapshot, reconcile again.
    """
    drift: bool
    """True when a difference in a position of ours was confirmed: the venue is right, trading is REDUCING."""
    orders: int
    """Orders compared, legs counted."""
    positions: int
    """Symbols compared."""
    differences: tuple[Difference, ...]
    external_orders: tuple[Order, ...]
    """Open orders at the venue that are not ours."""
    external_positions: tuple[VenuePosition, ...]
    """Holdings at the venue that none of our fills explains, by the quantity not explained."""
    changes: Changes
    splits: tuple[Split, ...] = ()
    """Holdings that were split since the last comparison."""


class Exits(Value, frozen=True, gc=False):
    """How a symbol's open quantity is protected, for the Position and the desk."""

    symbol: str
    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    watched: bool = False
    """True when the engine watches at least part of it, because the venue carries no stop for it."""
