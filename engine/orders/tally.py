"""Counting an order's executions, each once, whatever repeats, overtakes or gets lost.

A venue tells executions twice: as events (an id, a quantity, the cumulative quantity after it) and as a bare cumulative
quantity in every answer, lookup and snapshot. Each execution therefore covers a span of the order, `(cumulative −
quantity, cumulative]`. What an answer to a query shows beyond the spans already counted is counted as a *derived*
execution with an id made of the order's id and the span's end; an event that arrives later for the same span adds
nothing. The sum counted never exceeds the largest cumulative quantity the venue has told.
"""

from __future__ import annotations

from decimal import Decimal

from engine.model import ZERO, Value

DERIVED = "derived"
"""First word of the id of an execution that was found, not told."""


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


class Tally:
    """The executions counted of one order."""

    __slots__ = ("_seen", "_spans", "carried", "counted", "notional")

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._spans: list[_Span] = []
        self.counted = ZERO
        """Quantity counted, `carried` in it."""
        self.carried = ZERO
        """Of that, what another order's fills are: the one that this one replaced."""
        self.notional = ZERO
        """Σ quantity × price counted."""

    def execution(
        self, id: str, quantity: Decimal, price: Decimal, cumulative: Decimal, told: Decimal
    ) -> Execution | None:
        """An event with an execution id: what of it is to be counted, None when nothing is.

        `cumulative` is the order's filled quantity right after it, `told` the largest the venue has told of the order.
        """
        if id in self._seen:
            return None
        self._seen.add(id)
        high = cumulative if cumulative >= quantity else self.counted + quantity
        low = high - quantity
        known = self._absorb(low, high)
        fresh = min(quantity - known, max(told, high) - self.counted)
        if fresh <= 0:
            return None
        self._spans.append(_Span(low, high, derived=False))
        return self._count(Execution(id, fresh, price, high))

    def missing(self, order_id: str, told: Decimal, average_price: Decimal) -> tuple[Execution, ...]:
        """Count what the venue's cumulative quantity `told` shows beyond the executions known.

        The price is what makes the average over all of `told` equal `average_price`.
        """
        short = told - self.counted
        if short <= 0:
            return ()
        price = (average_price * told - self.notional) / short
        if price <= 0:
            price = average_price
        found = []
        for low, high in self._gaps(told, short):
            self._spans.append(_Span(low, high, derived=True))
            found.append(self._count(Execution(derived_id(order_id, high), high - low, price, high)))
        return tuple(found)

    def restore(self, id: str, quantity: Decimal, price: Decimal, cumulative: Decimal) -> bool:
        """Take in an execution counted before a restart; False when it already is."""
        if id in self._seen:
            return False
        self._seen.add(id)
        high = cumulative if cumulative >= quantity else self.counted + quantity
        self._spans.append(_Span(high - quantity, high, id.startswith(DERIVED)))
        self._count(Execution(id, quantity, price, high))
        return True

    def carry(self, quantity: Decimal, notional: Decimal) -> None:
        """So much of the order was filled under another id, and is counted there."""
        self._spans.append(_Span(ZERO, quantity, derived=False))
        self.carried = quantity
        self.counted += quantity
        self.notional += notional

    def _count(self, execution: Execution) -> Execution:
        self._seen.add(execution.id)
        self.counted += execution.quantity
        self.notional += execution.quantity * execution.price
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
            spans.append(_Span(start, end, derived=False))
            if span.low < start:
                spans.append(_Span(span.low, start, derived=True))
            if end < span.high:
                spans.append(_Span(end, span.high, derived=True))
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
