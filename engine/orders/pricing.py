"""At what an exit goes out: at the touch now, or around what one was last valued at where nobody quotes it.

A price of an earlier trading day is none: over a night shares may have been split, and then there is another quantity
to sell too. The day's first price tells (`engine.orders.doubt`). What is asked for on the day itself waits for it for a
minute only: it may be that nobody tells prices at all.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.model import Draft, Quote, Role, price_step
from engine.orders.doubt import SPLIT_NS, closing_price
from engine.orders.exits import ExitWatch
from engine.orders.plan import ExitPlan
from engine.orders.register import Register


class Pricing:
    """Prices the orders of exits, over the newest quotes."""

    def __init__(self, register: Register, watch: ExitWatch) -> None:
        self._register = register
        self._watch = watch

    def draft(self, plan: ExitPlan, quantity: Decimal, now_ns: int) -> Draft | None:
        """The plan's order for so much of it; None while there is no price to close it at."""
        if plan.draft is not None:
            return msgspec.structs.replace(plan.draft, quantity=quantity)
        pair = "/" in plan.symbol
        doubts = self._watch.doubts
        if doubts.split_alike(plan.symbol) or (plan.role is not Role.FLATTEN and doubts.jumped(plan.symbol)):
            return None  # it may be the price of a split: then there is another quantity to sell
        if self._watch.outdated(plan.symbol):
            return None  # an order at a price of before the split rests, or sells at any
        priced = self._watch.limit(plan.symbol, plan.side, collared=plan.role is Role.FLATTEN)
        if priced is not None:
            limit, quote = priced
            limit, price, at_ns = self._past_others(plan, limit, quote), quote.price or limit, quote.at_ns
        elif plan.valued is not None:
            price, at_ns = plan.valued
            limit = self._watch.furthest(plan.symbol, plan.side, price)
        else:
            return None
        if self.of_an_earlier_day(plan.symbol, at_ns, now_ns) and self._waits_for_today(plan, now_ns):
            return None
        return Draft(
            symbol=plan.symbol,
            side=plan.side,
            quantity=quantity,
            limit_price=limit,
            reference_price=price,
            reference_ns=at_ns,
            time_in_force="gtc" if pair else "day",
            extended_hours=not pair and quantity == quantity.to_integral_value(),
            reduces=True,
            sizing=plan.reason,
        )

    def of_an_earlier_day(self, symbol: str, priced_ns: int, now_ns: int) -> bool:
        """Whether the shares may have been split since they were priced. Pairs know no days."""
        return "/" not in symbol and priced_ns < self._watch.doubts.day_ns(now_ns)

    def _waits_for_today(self, plan: ExitPlan, now_ns: int) -> bool:
        """Whether a price of this day is waited for."""
        day_ns, until_ns = self._watch.doubts.day_ns(now_ns), plan.begun_ns + SPLIT_NS
        if plan.begun_ns >= day_ns:
            plan.price_ns = until_ns if now_ns < until_ns else 0
            return now_ns < until_ns
        if plan.waited_ns < day_ns:  # it is said anew each day
            plan.waited_ns, plan.alarmed = day_ns, False
        return True

    def _past_others(self, plan: ExitPlan, limit: Decimal, quote: Quote) -> Decimal:
        """The limit, or one step past what others on the account have resting against it, where the market still meets
        that: no venue lets an account trade with itself, and R21 denies it."""
        sign, touch = plan.side.sign, closing_price(quote, plan.side.opposite)
        theirs = [
            order.limit_price
            for order in (track.order for track in self._register.open(plan.symbol) if not track.ours)
            if order.side is not plan.side and order.order_type == "limit" and order.limit_price is not None
        ]
        for rests in sorted(theirs, key=lambda price: price * sign, reverse=True):
            past = rests - price_step(rests) * sign
            if (limit - rests) * sign >= 0 and touch is not None and (past - touch) * sign >= 0:
                limit = past
        return limit
