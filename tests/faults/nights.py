"""Nights over which shares are split, and times in which no engine runs while a person trades at the venue's screen.

The venue does to the orders of a split symbol what venues do: it cancels them, or moves those that nothing has filled,
when it splits its positions. That may be before or after the market's prices, and prices of before may still be told
after either.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from engine.calendar import Calendar
from engine.clock import SECOND, new_york, parse_iso
from engine.model import ZERO, Intent, Quote, VenueSnapshot
from engine.orders import Place, Request, Resend
from tests.faults.line import LAG_S
from tests.faults.lined_desk import BASE, CENT, LinedDesk
from tests.venues.alpaca.exchange import SimPosition
from tests.venues.alpaca.wire import SimOrder

D = Decimal
SPLITS = ((1, 2), (1, 3), (1, 4), (1, 10), (2, 1), (5, 1), (10, 1))
"""So many became so many."""
LEVEL = D("1.4")
"""An order whose price is further than this from the market's is at the level of before a split."""
DRAIN_S = 40
"""After so long nothing that was sent in the evening is still under way."""
PRE_S = 120
"""From when the night is over to when the market opens."""
MOST_LATE_S = 45
"""So long after the prices the venue's books are split at the latest: the engine waits for a minute."""


class NightDesk(LinedDesk):
    """A desk whose shares may be split over a night, and that may be away. To be mixed into one that looks."""

    def __init__(self, home: Path, luck: Random, begin_ns: int, trouble: float) -> None:
        self.base: dict[str, Decimal] = {}
        """What ours hold of a symbol right after its last split."""
        self.past: dict[str, set[str]] = {}
        """Orders from before it, by the venue's id: what they filled is in `base`."""
        self.split_ns: dict[str, int] = {}
        """When that was."""
        self._late: list[tuple[str, int, Decimal]] = []
        self._level: dict[str, Decimal] = {}
        """What a symbol's price is, or will be when the market next tells one."""
        self._heard: set[str] = set()
        """Symbols of whose last split the desk has heard: a price of after it, or the venue's positions."""
        self._told: set[str] = set()
        """Those of which it has heard the latter: that is in its journal."""
        super().__init__(home, luck, begin_ns, trouble)

    def _later(self, request: Request) -> None:
        """No order of ours leaves at a price of before a split that the desk has heard of, by whatever way."""
        if isinstance(request, Place | Resend) and not self.dealing.withheld(request.intent):
            self._look_at_level(request.intent)
        super()._later(request)

    def _look_at_level(self, intent: Intent) -> None:
        draft = intent.draft
        if draft.symbol not in self._heard:
            return
        market = self._level[draft.symbol]
        for price in (draft.limit_price, draft.stop_price, draft.target_price):
            if price is not None:
                apart = max(price, market) / min(price, market)
                assert apart < LEVEL, f"{intent.client_order_id} at {price}: {draft.symbol} is at {market}"

    def _start(self) -> None:
        self._running = True
        self._heard &= self._told
        super()._start()

    def stop(self) -> None:
        """See `LinedDesk`."""
        self._running = False
        super().stop()

    def price(self, symbol: str, price: Decimal, size: Decimal | None = None) -> None:
        """See `LinedDesk`."""
        self._level[symbol] = price
        super().price(symbol, price, size)

    def _quoted(self, quote: Quote) -> None:
        if not self._running:
            return
        price = quote.price
        if quote.symbol in self.past and price is not None:
            market = self._level[quote.symbol]
            self._heard |= {quote.symbol} if max(price, market) < LEVEL * min(price, market) else set()
        super()._quoted(quote)

    def _compared(self, told: VenueSnapshot | None, why: str, persist: bool, attempt: int) -> None:
        if told is not None:
            self._told |= {symbol for symbol, at_ns in self.split_ns.items() if told.at_ns >= at_ns + LAG_S * SECOND}
            self._heard |= self._told
        super()._compared(told, why, persist, attempt)

    def away(self, happenings: int, happen: Callable[[], None]) -> None:
        """No engine runs; meanwhile things happen at the venue."""
        streaming = self.line.streaming
        self.stop()
        self.line.connect(False)
        for _ in range(happenings):
            self._sleep_until(self.line.now_ns + self.line.luck.randint(1, 40) * SECOND)
            happen()
        self.line.connect(streaming)
        self._start()
        self._carry_out()

    def night(self, symbol: str, split: tuple[int, int], *, stopped: bool, moved: bool) -> None:
        """The market closes; before it opens again the shares are split, and trade at what that makes of the price.

        The venue's books (positions, and with them its orders) and the market's prices are split each at its own time.
        `stopped`: no engine runs over night; it is started before, between or after. `moved`: orders that nothing has
        filled are moved with the split, else all are cancelled.
        """
        luck, line = self.line.luck, self.line
        self.session("closed")
        self.advance(DRAIN_S)
        self._heard.discard(symbol)
        self._told.discard(symbol)
        self.split_ns.pop(symbol, None)
        evening_ns, evening, streaming = line.now_ns, self.prices[symbol], line.streaming
        if stopped:
            self.stop()
            line.connect(False)
        self._sleep_until(_next_opening(line.now_ns) - PRE_S * SECOND)
        before, after = D(split[0]), D(split[1])
        opened = (evening * before / after * (1 + D(luck.choice((-4, 0, 0, 4))) / 400)).quantize(CENT)
        self._level[symbol] = opened
        self._late += [(symbol, evening_ns - luck.choice((0, 1, 300)) * SECOND, evening)] * luck.choice((0, 0, 1, 2))
        priced_s = luck.choice((5, 10, 30))
        booked_s = luck.choice((0, 5, 20, priced_s + 1, priced_s + MOST_LATE_S))
        begun_s = luck.choice((0, 15, 40, 80)) if stopped else -1
        line.down = False  # else what was moved may execute before the split is heard of: then drift is due
        line.venue.open_market("pre")
        if not stopped:
            self.session("pre")
        for second in range(PRE_S):
            if second == booked_s:
                self._split(symbol, before, after, moved=moved)
            if second == begun_s:
                line.connect(streaming)
                self._start()
                self._carry_out()
            running = second >= begun_s
            if second >= priced_s and (second == priced_s or luck.random() < 0.5):
                self.price(symbol, opened)
            elif running and luck.random() < 0.2:
                self.tell_late()
            if running:
                self.advance(1)
            else:
                self._sleep_until(line.now_ns + SECOND)
        self.session("regular")
        self.price(symbol, opened)
        self.tell_late()

    def _sleep_until(self, at_ns: int) -> None:
        """Time passes and nobody looks; what is under way arrives."""
        self.line.clock.advance(at_ns)
        while self.line.next_ns() <= at_ns:
            self.line.happen()
        self._next_ns = at_ns + SECOND

    def tell_late(self) -> None:
        """A source tells a price of the evening before a split now."""
        if self._late and self.line.luck.random() < 0.7:
            symbol, at_ns, price = self._late[-1] if self.line.luck.random() < 0.5 else self._late.pop()
            half = max(CENT, (price * D("0.0002")).quantize(CENT))
            self._quoted(Quote(symbol, at_ns, self.line.now_ns, price - half, price + half, price))
            self._carry_out()

    def _split(self, symbol: str, before: Decimal, after: Decimal, *, moved: bool) -> None:
        venue = self.line.venue
        for order in [each for each in venue.orders.values() if each.symbol == symbol and each.open]:
            if not moved or order.extended_hours or order.filled_qty or (order.qty or ZERO) * after % before:
                venue.cancel(order)
        for order in [each for each in venue.orders.values() if each.symbol == symbol and each.open]:
            self._move(order, before, after)
        self.past[symbol] = {each.id for each in venue.orders.values() if each.symbol == symbol and not each.open}
        self.split_ns[symbol] = self.line.now_ns
        self.line.after(0, lambda: None, engine=False)  # the line notes what is held when something happens
        position = venue.positions.get(symbol)
        if position is None:
            self.base[symbol] = ZERO
            return
        whole = position.qty * after / before
        left = whole.quantize(D(1), "ROUND_FLOOR") if self.line.luck.random() < 0.7 else whole.quantize(D("1e-9"))
        if left <= 0 or position.qty % 1 or position.qty < 0:
            left = whole.quantize(D("1e-9"))
        left = left.quantize(D(1)) if left == left.to_integral_value() else left.normalize()
        venue.cash += (whole - left) * position.average * before / after
        venue.positions[symbol] = SimPosition(symbol, left, position.cost * left / whole)
        self.base[symbol] = left

    def _move(self, order: SimOrder, before: Decimal, after: Decimal) -> None:
        order.qty = (order.qty or ZERO) * after / before
        order.limit_price, order.stop_price = (
            None if price is None else (price * before / after).quantize(CENT)
            for price in (order.limit_price, order.stop_price)
        )
        order.updated_ns = self.line.now_ns


def _next_opening(now_ns: int) -> int:
    """09:30 in New York of the next trading day."""
    day: date = new_york(now_ns).date() + timedelta(1)
    while not Calendar().is_trading_day(day):
        day += timedelta(1)
    return parse_iso(f"{new_york(parse_iso(f'{day}T14:00:00Z')).replace(hour=9, minute=30, second=0).isoformat()}")


def splittable() -> tuple[str, ...]:
    """Those of which shares are split: no pairs."""
    return tuple(symbol for symbol in BASE if "/" not in symbol)
