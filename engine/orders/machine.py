"""The order state machine: what we know of an order, and how a word from the venue changes it.

Monotone on filled quantity; a final state is never left, except that a REPLACED order names its successor and that the
venue may contradict a conclusion of ours (NEVER_PLACED, DENIED, a POST that was refused): it is right about what
exists. Repeated and late words change nothing; of two words about an open order the one with the newer venue time
holds.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from engine.clock import SECOND, from_seconds
from engine.model import ZERO, Answer, Draft, Intent, Order, OrderStatus, Outcome, Role, positive
from engine.orders.tally import Tally

OURS_TO_CONCLUDE: Final = frozenset({OrderStatus.NEVER_PLACED, OrderStatus.DENIED})
"""Final states that the venue has not confirmed."""

LONGEST_WISH_NS: Final = 15 * SECOND
"""Most that a venue's wish to be asked later is heeded."""
UNSURE: Final = (OrderStatus.INTENT, OrderStatus.UNRESOLVED)
"""What the order does at the venue is not known."""

_PROGRESS: Final = {
    OrderStatus.INTENT: 0,
    OrderStatus.UNRESOLVED: 1,
    OrderStatus.HELD: 2,
    OrderStatus.WORKING: 3,
    OrderStatus.PARTIAL: 4,
    OrderStatus.CANCELING: 5,
}
"""Which of two open states is the later one when the venue gives both the same time."""


class Track:
    """One order with what is needed to follow it. Mutable; lives inside the orders room only."""

    __slots__ = (
        "alarmed",
        "asked_ns",
        "asks",
        "cancel_ns",
        "cancels",
        "carries",
        "gap_ns",
        "intent",
        "known",
        "legs_known",
        "number",
        "opens_ns",
        "order",
        "predecessor",
        "resends",
        "retry_ns",
        "sent_ns",
        "stamp_ns",
        "successors",
        "taken",
        "tally",
    )

    def __init__(self, order: Order, intent: Intent | None, number: int) -> None:
        self.order = order
        self.intent = intent
        self.number = number
        """Order of arrival."""
        self.tally = Tally()
        self.known = False
        """True once the venue has shown that it has the order."""
        self.taken = False
        """True once the venue has said that it has an order of this id: not to find it does not mean never placed."""
        self.legs_known = False
        """True once the venue has shown the legs of this bracket."""
        self.stamp_ns = 0
        """The venue's time of the newest word on the status."""
        self.sent_ns = intent.at_ns if intent is not None else 0
        self.resends = 0
        self.alarmed = False
        """True once an alert says that the outcome is not known."""
        self.asks = 0
        """Lookups made since the outcome became unknown."""
        self.asked_ns = 0
        """When the last lookup was asked for; 0 when none is under way."""
        self.gap_ns = 0
        """Since when the venue has told more filled than executions; 0 when it has not."""
        self.cancels = 0
        """Cancel requests made; > 0 means that we want the order gone."""
        self.cancel_ns = 0
        """When the last was made."""
        self.retry_ns = 0
        """Not before this instant, for the venue has had too many requests; 0 while it has not said so."""
        self.opens_ns = 0
        """When the market changes that a control denied it for; 0 where it was for something else."""
        self.predecessor: Track | None = None
        """The order of ours that a person has replaced by this one at the venue."""
        self.successors: list[Track] = []
        """Orders that live on for it: one, but where the venue has not shown all that lay between."""
        self.carries: bool | None = None
        """Whether the venue counts here what the predecessor had filled; None while that is not known."""

    def told_to_wait(self, retry_after_s: float, now_ns: int) -> None:
        """The venue takes no more requests for now. A longer wish is cut: an exit must not hang on a wrong header."""
        self.retry_ns = now_ns + min(from_seconds(retry_after_s), LONGEST_WISH_NS)

    def not_ahead(self, now_ns: int) -> None:
        """A clock was set back before a restart: what was to be done so long after a time that is still to come is done
        so long after now."""
        self.sent_ns, self.asked_ns = min(self.sent_ns, now_ns), min(self.asked_ns, now_ns)
        self.gap_ns = min(self.gap_ns, now_ns)

    @property
    def open(self) -> bool:
        """Whether it may still execute."""
        return self.order.status.open

    @property
    def ours(self) -> bool:
        """False for an order that a person, or another program, has at the venue."""
        return self.order.role is not Role.EXTERNAL

    @property
    def entry_id(self) -> str:
        """Client order id of the entry that it is, lives on for, protects or closes: what is held is kept under it."""
        if self.order.role is not Role.ENTRY:
            return self.order.parent_id
        return self.lineage[-1].order.client_order_id

    @property
    def meant(self) -> tuple[Draft | None, str]:
        """Its draft and strategy, as far as we have its intent."""
        return (None, "") if self.intent is None else (self.intent.draft, self.intent.strategy)

    @property
    def lineage(self) -> list[Track]:
        """It and the orders that it lives on for, the one that was placed first at the end."""
        tracks = [self]
        while tracks[-1].predecessor is not None:
            tracks.append(tracks[-1].predecessor)
        return tracks

    @property
    def counted(self) -> Decimal:
        """What is counted of it; without what may be its own beside that of the order it replaced."""
        if not self.tally.orders:
            return self.tally.counted
        return self.tally.within(self.order.filled)[0] - self.doubt

    @property
    def doubt(self) -> Decimal:
        """Of what it has filled, what its predecessor may have filled as well: counted there, and here or not."""
        old = self.predecessor
        if old is None or self.carries is not None or old.tally is not self.tally:
            return ZERO
        return old.order.filled

    @property
    def unsure(self) -> bool:
        """The venue is not known to have the order: it cannot be cancelled yet."""
        return self.order.status in UNSURE and not self.known

    @property
    def legs_missing(self) -> bool:
        """A bracket the venue shows must have legs; a venue that never tells them is not asked for ever."""
        intent = self.intent
        return (
            intent is not None
            and intent.bracket
            and intent.client_order_id == self.order.client_order_id
            and self.known
            and not self.legs_known
            and (self.open or self.order.filled > 0)
        )


def planned(intent: Intent) -> Order:
    """The order as it stands once its intent is committed."""
    draft = intent.draft
    return Order(
        client_order_id=intent.client_order_id,
        venue_id="",
        symbol=draft.symbol,
        side=draft.side,
        quantity=draft.quantity,
        status=OrderStatus.INTENT,
        role=intent.role,
        order_type=intent.order_type,
        limit_price=draft.limit_price if intent.order_type == "limit" else None,
        stop_price=draft.stop_price if intent.order_type == "stop" else None,
        submitted_ns=intent.at_ns,
        updated_ns=intent.at_ns,
        signal_id=intent.signal_id,
        parent_id=intent.parent,
    )


def leg_role(leg: Order) -> Role:
    """What a leg of a bracket is for: the one with a stop price limits the loss, the other takes the profit."""
    return Role.STOP if leg.order_type.startswith("stop") or leg.stop_price is not None else Role.TARGET


def merged(order: Order, told: Order, *, newer: bool, known: bool) -> Order:
    """`order` after the venue described it as `told`.

    `newer` when no later word is known, `known` when the venue has shown the order before.

    Keeps our role, signal and parent; takes the venue's id, prices and quantity when the word is newer; filled never
    falls. Legs are kept apart, as orders of their own.
    """
    filled = max(order.filled, told.filled)
    average = positive(told.average_price) if told.filled >= order.filled else None
    status, venue_status, reason = order.status, order.venue_status, order.reason
    if _follows(order.status, told.status, newer or not known, known):
        status = told.status
        venue_status = told.venue_status or venue_status
        reason = told.reason or ("" if order.status is OrderStatus.UNRESOLVED else reason)
    if status is OrderStatus.WORKING and filled > ZERO:
        status = OrderStatus.PARTIAL
    return msgspec.structs.replace(
        order,
        venue_id=told.venue_id or order.venue_id,
        quantity=told.quantity if newer and told.quantity > 0 else order.quantity,
        status=status,
        filled=filled,
        average_price=average if average is not None else order.average_price,
        order_type=told.order_type if newer else order.order_type,
        limit_price=told.limit_price if newer else order.limit_price,
        stop_price=told.stop_price if newer else order.stop_price,
        submitted_ns=told.submitted_ns or order.submitted_ns,
        updated_ns=max(order.updated_ns, told.updated_ns) if known else told.updated_ns,
        replaced_by=told.replaced_by or order.replaced_by,
        reason=reason,
        venue_status=venue_status,
        legs=(),
    )


def _follows(ours: OrderStatus, told: OrderStatus, newer: bool, known: bool) -> bool:
    if concluded(ours, known):
        return True
    if ours.terminal:
        return told is OrderStatus.REPLACED and ours is OrderStatus.CANCELED
    if told.terminal:
        return True
    return newer


def concluded(status: OrderStatus, known: bool) -> bool:
    """Whether a final state is our conclusion: a refused POST too, as long as the venue has not shown the order, for
    an earlier POST of the same id may have gone through."""
    return status in OURS_TO_CONCLUDE or (status is OrderStatus.REJECTED and not known)


def newer(track: Track, told: Order, stamp_ns: int) -> bool:
    """Whether a word with the venue's time `stamp_ns` is at least as new as the newest one known."""
    if stamp_ns != track.stamp_ns:
        return stamp_ns > track.stamp_ns
    return _PROGRESS.get(told.status, 9) >= _PROGRESS.get(track.order.status, 9) or not track.known


def answered(order: Order, answer: Answer, now_ns: int) -> Order:
    """`order` after an answer to its POST that shows no order of the venue's."""
    status = {
        Outcome.ACCEPTED: OrderStatus.UNRESOLVED,
        Outcome.REJECTED: OrderStatus.REJECTED,
        Outcome.DENIED: OrderStatus.DENIED,
        Outcome.UNRESOLVED: OrderStatus.UNRESOLVED,
    }[answer.outcome]
    return msgspec.structs.replace(order, status=status, reason=answer.reason, updated_ns=now_ns)
