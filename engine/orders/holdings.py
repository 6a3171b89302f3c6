"""What our own fills hold, entry by entry: the quantity that exits may sell and that protection must cover."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from engine.model import ONE, ZERO, Draft, Fill, Order, Role, Side, price_step

CLOSED_KEPT: Final = 100
"""Closed lots kept per symbol, for executions of theirs that are told late."""
SPLIT_STEP: Final = Decimal("1e-15")
"""To what quantities are rounded after a split, so that they add up exactly; venues tell nine places."""
UNSETTLED_KEPT: Final = 1_000
"""Lots of a symbol that may come together before what they hold is worked out (a restart tells all fills at once)."""


class Lot:
    """The part of one entry's filled quantity that is still held. Mutable; lives inside the orders room only."""

    __slots__ = (
        "again_ns",
        "asked_ns",
        "bare_ns",
        "bought",
        "entry_id",
        "extended_hours",
        "quantity",
        "side",
        "signal_id",
        "sold",
        "stop",
        "stops_placed",
        "strategy",
        "symbol",
        "target",
        "target_ns",
    )

    def __init__(self, entry_id: str, symbol: str, side: Side) -> None:
        self.entry_id = entry_id
        self.symbol = symbol
        self.side = side
        self.quantity = ZERO
        """Still held."""
        self.bought = ZERO
        """Filled of the entry."""
        self.sold = ZERO
        """Filled of the exits that name this entry."""
        self.stop: Decimal | None = None
        self.target: Decimal | None = None
        self.extended_hours = False
        self.signal_id = ""
        self.strategy = ""
        self.stops_placed = 0
        """Stops the engine has placed at the venue for it."""
        self.again_ns = 0
        """Not before this instant is another placed: the last was denied, or too many did not stay; 0 for neither."""
        self.target_ns = 0
        """Not before this instant is its target sold at, for the last such order was refused."""
        self.bare_ns = 0
        """Since when part of it has had no working stop at the venue; 0 when all has."""
        self.asked_ns = 0
        """When the venue's positions were last asked for before a stop is placed on a day without a price."""

    def describe(self, order: Order, draft: Draft | None, strategy: str) -> None:
        """What its entry asked for."""
        self.signal_id, self.strategy = order.signal_id, strategy
        if draft is not None:
            self.stop, self.target, self.extended_hours = draft.stop_price, draft.target_price, draft.extended_hours

    @property
    def venue_can_stop(self) -> bool:
        """Whether a venue would take a stop order for it: whole shares, not a pair, not bought in extended hours."""
        return (
            not self.extended_hours
            and "/" not in self.symbol
            and self.quantity == self.quantity.to_integral_value()
            and self.quantity > 0
        )


class Group:
    """The lots of one symbol on one side. What is held follows from sums, so the order of telling does not matter.

    An exit that names its entry is taken from that entry's lot; other exits, and what an entry's exits sold beyond its
    quantity (its purchase is still to be told, or another lot's shares were sold), from the oldest lots.
    """

    __slots__ = ("_all", "_fees", "_lots", "_unnamed")

    def __init__(self) -> None:
        self._all: dict[str, Lot] = {}
        self._unnamed = ZERO
        """Sold by exits that name no entry, and what the venue's position says is gone."""
        self._fees = ZERO
        """Of that, what the venue took as fees."""
        self._lots: list[Lot] | None = []
        """Open ones, oldest first; None when something has changed since they were worked out."""

    @property
    def lots(self) -> list[Lot]:
        """Open ones, oldest first."""
        return self._settled() if self._lots is None else self._lots

    def changed(self) -> None:
        """A lot or a sum was changed: what each lot holds is worked out when it is asked for."""
        self._lots = None
        if len(self._all) > UNSETTLED_KEPT:
            self._settled()

    def get(self, entry_id: str) -> Lot | None:
        """The entry's lot, open or closed."""
        return self._all.get(entry_id)

    def add(self, lot: Lot) -> None:
        """A lot in which nothing is held yet."""
        self._all[lot.entry_id] = lot

    def join(self, own_id: str, entry_id: str) -> Lot | None:
        """Put what is kept under one id with what is kept under the other; returns the lot, None where nothing was."""
        own = self._all.pop(own_id, None)
        if own is None:
            return None
        lot = self._all.setdefault(entry_id, Lot(entry_id, own.symbol, own.side))
        lot.bought += own.bought
        lot.sold += own.sold
        self.changed()
        return lot

    def sell(self, quantity: Decimal) -> None:
        """An exit that names no known entry."""
        self._unnamed += quantity

    def adopt(self, held: Decimal) -> Decimal:
        """No more than `held` is there, and nothing is outstanding; returns how much is gone."""
        self._unnamed = min(self._unnamed + self._beyond, self._own)
        for lot in self._all.values():
            lot.bought = max(lot.bought, lot.sold)
        gone = max(ZERO, self._own - self._unnamed - held)
        self._unnamed += gone
        self.changed()
        return gone

    def fees(self, held: Decimal, rate: Decimal) -> bool:
        """The venue holds `held`: true, and taken over, when at most `rate` of all that was bought went as fees."""
        missing = self._held - held
        fees = self._fees + missing
        if not ZERO <= fees <= rate * sum((lot.bought for lot in self._all.values()), ZERO):
            return False
        self._fees = fees
        self._unnamed += missing
        self.changed()
        return True

    def split(self, before: Decimal, after: Decimal, prices: Decimal) -> None:
        """`before` became `after`, and what one costs was multiplied by `prices`: not as `before` by `after` where a
        fraction was paid out."""

        def more(quantity: Decimal) -> Decimal:
            split = (quantity * after / before).quantize(SPLIT_STEP)
            return split.quantize(ONE) if split == split.to_integral_value() else split.normalize()

        held = self._held
        self._unnamed, self._fees = more(self._unnamed), more(self._fees)
        for lot in self._all.values():
            lot.bought, lot.sold = more(lot.bought), more(lot.sold)
            lot.stop, lot.target = (_step(price, prices) for price in (lot.stop, lot.target))
            lot.stops_placed = lot.again_ns = 0
        for lot in self.lots[-1:]:  # what dividing left over
            lot.bought += more(held) - self._held
        self.changed()

    def _settled(self) -> list[Lot]:
        """Work out what each lot still holds; forgets the oldest closed ones."""
        rest = self._unnamed + self._beyond
        lots = self._lots = []
        for lot in self._all.values():
            own = max(ZERO, lot.bought - lot.sold)
            taken = min(own, rest)
            rest -= taken
            lot.quantity = own - taken
            if lot.quantity > 0:
                lots.append(lot)
        surplus = len(self._all) - CLOSED_KEPT - len(lots)
        for oldest in [lot for lot in self._all.values() if not lot.quantity][: max(0, surplus)]:
            del self._all[oldest.entry_id]
            self._unnamed -= oldest.bought - oldest.sold
            self._fees = min(self._fees, self._unnamed)
        return lots

    @property
    def oversold(self) -> Decimal:
        """What exits have sold beyond all that was bought; what is bought next would go into it."""
        return max(ZERO, -self._held)

    @property
    def _held(self) -> Decimal:
        return self._own - self._unnamed - self._beyond

    @property
    def _beyond(self) -> Decimal:
        return sum((max(ZERO, lot.sold - lot.bought) for lot in self._all.values()), ZERO)

    @property
    def _own(self) -> Decimal:
        return sum((max(ZERO, lot.bought - lot.sold) for lot in self._all.values()), ZERO)


class Holdings:
    """Lots of every symbol."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, Side], Group] = {}

    def on_fill(self, order: Order, entry_id: str, draft: Draft | None, strategy: str, fill: Fill) -> None:
        """Count an execution of ours; one of an EXTERNAL order is not. `entry_id`: see `Track.entry_id`."""
        if order.role is Role.EXTERNAL:
            return
        entry = order.role is Role.ENTRY
        side = order.side if entry else order.side.opposite
        group = self._groups.setdefault((order.symbol, side), Group())
        lot = group.get(entry_id)
        if lot is None and entry_id:
            lot = Lot(entry_id, order.symbol, side)
            group.add(lot)
        if entry and lot is not None:
            lot.describe(order, draft, strategy)
            lot.bought += fill.quantity
        elif lot is not None:
            lot.sold += fill.quantity
        else:
            group.sell(fill.quantity)
        group.changed()

    def join(self, order: Order, own_id: str, entry_id: str, draft: Draft | None, strategy: str) -> None:
        """An entry turns out to live on for another: what is kept under its own id is the other's."""
        group = self._groups.get((order.symbol, order.side))
        lot = None if group is None else group.join(own_id, entry_id)
        if lot is not None:
            lot.describe(order, draft, strategy)

    def adopt(self, symbol: str, total: Decimal) -> Decimal:
        """The venue's signed position is the whole: what our lots hold beyond it is gone. Returns how much that was."""
        gone = ZERO
        for side in Side:
            group = self._groups.get((symbol, side))
            if group is not None:
                gone += group.adopt(max(ZERO, total * side.sign))
        return gone

    def oversold(self, symbol: str) -> Decimal:
        """What our exits of the symbol have closed beyond what our entries opened; 0 while they have not."""
        groups = (self._groups.get((symbol, side)) for side in Side)
        return sum((group.oversold for group in groups if group is not None), ZERO)

    def fees(self, symbol: str, total: Decimal, rate: Decimal) -> bool:
        """Whether fees taken in the coin explain that the venue's position is `total`; then that is what is held."""
        group = self._groups.get((symbol, Side.BUY))
        return group is not None and group.fees(total, rate)

    def split(self, symbol: str, before: Decimal, after: Decimal, prices: Decimal) -> None:
        """`before` of the symbol became `after`: every lot in proportion; its stop and target are multiplied."""
        for side in Side:
            group = self._groups.get((symbol, side))
            if group is not None:
                group.split(before, after, prices)

    def lots(self, symbol: str) -> list[Lot]:
        """Open lots of the symbol, oldest first."""
        groups = [self._groups.get((symbol, side)) for side in Side]
        return [lot for group in groups if group is not None for lot in group.lots]

    def lot(self, symbol: str, entry_id: str) -> Lot | None:
        """The open lot of one entry."""
        return next((lot for lot in self.lots(symbol) if lot.entry_id == entry_id), None)

    def held(self, symbol: str, side: Side) -> Decimal:
        """Quantity of ours held by entries on `side`."""
        group = self._groups.get((symbol, side))
        return ZERO if group is None else sum((lot.quantity for lot in group.lots), ZERO)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols with open lots."""
        return tuple(dict.fromkeys(symbol for (symbol, _), group in self._groups.items() if group.lots))


def _step(price: Decimal | None, factor: Decimal) -> Decimal | None:
    """The price times `factor`, to the nearest price step."""
    if price is None:
        return None
    moved = price * factor
    step = price_step(moved)
    return max(step, (moved / step).to_integral_value(ROUND_HALF_EVEN) * step)
