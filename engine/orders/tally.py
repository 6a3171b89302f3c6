"""Counting an order's executions, each once, whatever repeats, overtakes or gets lost.

A venue tells executions twice: as events (an id, a quantity, the cumulative quantity after it) and as a bare cumulative
quantity in every answer, lookup and snapshot. Each execution therefore covers a span of the order, `(cumulative −
quantity, cumulative]`. What an answer to a query shows beyond the spans already counted is counted as a *derived*
execution with an id made of the order's id and the span's end; an event that arrives later for the same span adds
nothing. The sum counted never exceeds the largest cumulative quantity the venue has told.

At a venue that counts what a replaced order had filled as its successor's too, the spans of both are on one line: the
orders share a tally, and whichever of them a word is about, a span is counted once.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.model import ZERO, Value

DERIVED = "derived"
"""First word of the id of an execution that was found, not told."""
CARRIED = "carried"
"""In place of an order: what was filled under an id that is not known yet."""


class Execution(Value, frozen=True, gc=False):
    """An execution to be counted now."""

    id: str
    quantity: Decimal
    price: Decimal
    cumulative: Decimal


class _Span(Value, frozen=True, gc=False):
    low: Decimal
    high: Decimal
    derived: bool
    price: Decimal
    order: str


class Tally:
    """The executions counted of one order, or of several that share it."""

    __slots__ = ("_by_order", "_seen", "_spans", "_told", "counted", "notional", "orders")

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._spans: list[_Span] = []
        self._told = ZERO
        """The largest cumulative quantity told."""
        self._by_order: dict[str, tuple[Decimal, Decimal]] = {}
        """Per order what was counted under its id: quantity, and Σ quantity × price."""
        self.orders: frozenset[str] = frozenset()
        """Those that share it; empty while it is of one order."""
        self.counted = ZERO
        """Quantity counted."""
        self.notional = ZERO
        """Σ quantity × price counted."""

    def execution(
        self, id: str, quantity: Decimal, price: Decimal, cumulative: Decimal, told: Decimal, order: str = ""
    ) -> Execution | None:
        """An event with an execution id: what of it is to be counted, None when nothing is.

        `cumulative` is the order's filled quantity right after it, `told` the largest the venue has told of the order.
        """
        if id in self._seen:
            return None
        self._seen.add(id)
        high = cumulative if cumulative >= quantity else self.counted + quantity
        low = high - quantity
        self._told = max(self._told, told)
        known = self._absorb(low, high)
        fresh = min(quantity - known, max(self._told, high) - self.counted)
        if fresh <= 0:
            return None
        self._spans.append(_Span(low, high, derived=False, price=price, order=order))
        return self._count(Execution(id, fresh, price, high), order)

    def missing(self, order_id: str, told: Decimal, average_price: Decimal) -> tuple[Execution, ...]:
        """Count what the venue's cumulative quantity `told` shows beyond the executions known.

        The price is what makes the average over all of `told` equal `average_price`.
        """
        self._told = max(self._told, told)
        counted, notional = self.within(told) if self.orders else (self.counted, self.notional)
        short = told - counted
        if short <= 0:
            return ()
        price = (average_price * told - notional) / short
        if price <= 0:
            price = average_price
        found = []
        for low, high in self._gaps(told, short):
            self._spans.append(_Span(low, high, derived=True, price=price, order=order_id))
            found.append(self._count(Execution(derived_id(order_id, high), high - low, price, high), order_id))
        return tuple(found)

    def restore(self, id: str, quantity: Decimal, price: Decimal, cumulative: Decimal, order: str = "") -> bool:
        """Take in an execution counted before a restart; False when it already is."""
        if id in self._seen:
            return False
        self._seen.add(id)
        high = cumulative if cumulative >= quantity else self.counted + quantity
        self._spans.append(_Span(high - quantity, high, id.startswith(DERIVED), price, order))
        self._count(Execution(id, quantity, price, high), order)
        return True

    # --- of several orders

    def within(self, high: Decimal) -> tuple[Decimal, Decimal]:
        """What is counted of the span `(0, high]`: quantity, and Σ quantity × price."""
        counted = notional = at = ZERO
        for span in sorted(self._spans, key=lambda each: each.low):
            covers = min(span.high, high) - max(span.low, at)
            if covers > 0:
                counted += covers
                notional += covers * span.price
            at = max(at, span.high)
        return counted, notional

    def reach(self, order: str) -> Decimal:
        """The largest cumulative quantity counted under the order's id."""
        return max((span.high for span in self._spans if span.order == order), default=ZERO)

    def of(self, order: str) -> Decimal:
        """What is counted under the order's id."""
        return self._by_order.get(order, (ZERO, ZERO))[0]

    def told_below(self, quantity: Decimal, order: str) -> bool:
        """Whether an event of the order told an execution that begins below this quantity."""
        return any(span.order == order and not span.derived and span.low < quantity for span in self._spans)

    @property
    def carried(self) -> Decimal:
        """What the order had filled when it was first heard of, of another order that is not known yet."""
        return self.reach(CARRIED)

    def carry(self, quantity: Decimal, price: Decimal) -> None:
        """So much of it was filled under another id, and is counted there."""
        self._spans.append(_Span(ZERO, quantity, derived=False, price=price, order=CARRIED))
        self._count(Execution("", quantity, price, quantity), CARRIED)

    def drop_carried(self) -> None:
        """The other order is known, or there is none."""
        self._spans = [span for span in self._spans if span.order != CARRIED]
        counted, notional = self._by_order.pop(CARRIED, (ZERO, ZERO))
        self.counted -= counted
        self.notional -= notional

    def apart(self, other: Tally) -> bool:
        """Whether no span is counted in both."""
        return not any(
            max(mine.low, theirs.low) < min(mine.high, theirs.high)
            for mine in self._spans
            for theirs in other._spans
            if CARRIED not in (mine.order, theirs.order)
        )  # fmt: skip

    def join(self, other: Tally, orders: frozenset[str]) -> None:
        """What the other counts is counted here; `orders` share it from now on."""
        other.drop_carried()
        self._seen |= other._seen
        self._spans += other._spans
        self._told = max(self._told, other._told)
        self._by_order |= other._by_order
        self.counted += other.counted
        self.notional += other.notional
        self.orders = orders

    def leave(self, orders: frozenset[str]) -> Tally:
        """These orders count for themselves from now on, all others here; returns theirs."""
        theirs, rest = Tally(), self.orders - orders
        theirs._seen |= self._seen
        theirs._spans = [span for span in self._spans if span.order in orders]
        self._spans = [span for span in self._spans if span.order not in orders]
        for order in [order for order in self._by_order if order in orders]:
            counted, notional = theirs._by_order[order] = self._by_order.pop(order)
            self.counted -= counted
            self.notional -= notional
            theirs.counted += counted
            theirs.notional += notional
        self._told = ZERO
        self.orders = rest if len(rest) > 1 else frozenset()
        theirs.orders = orders if len(orders) > 1 else frozenset()
        return theirs

    # --- inside

    def _count(self, execution: Execution, order: str) -> Execution:
        self._seen.add(execution.id)
        self.counted += execution.quantity
        self.notional += execution.quantity * execution.price
        counted, notional = self._by_order.get(order, (ZERO, ZERO))
        self._by_order[order] = (counted + execution.quantity, notional + execution.quantity * execution.price)
        return execution

    def _absorb(self, low: Decimal, high: Decimal) -> Decimal:
        """Turn what derived spans hold of `(low, high]` into told spans; the quantity turned."""
        known = ZERO
        spans: list[_Span] = []
        for span in self._spans:
            start, end = max(span.low, low), min(span.high, high)
            if not span.derived or start >= end:
                spans.append(span)
                continue
            known += end - start
            spans.append(msgspec.structs.replace(span, low=start, high=end, derived=False))
            if span.low < start:
                spans.append(msgspec.structs.replace(span, high=start))
            if end < span.high:
                spans.append(msgspec.structs.replace(span, low=end))
        self._spans = spans
        return known

    def _gaps(self, told: Decimal, short: Decimal) -> list[tuple[Decimal, Decimal]]:
        """Spans of `(0, told]` not covered, oldest first, `short` in sum."""
        gaps: list[tuple[Decimal, Decimal]] = []
        at = ZERO
        for span in sorted(self._spans, key=lambda each: each.low):
            if span.low > at:
                gaps.append((at, span.low))
            at = max(at, span.high)
        if at < told:
            gaps.append((at, told))
        if sum((high - low for low, high in gaps), ZERO) != short:
            return [(told - short, told)]
        return gaps


def derived_id(order_id: str, cumulative: Decimal) -> str:
    """Id of an execution found by a query: a pure function of the order and where its span ends."""
    return f"{DERIVED}-{order_id}-{cumulative.normalize():f}"
