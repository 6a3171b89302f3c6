"""What our own fills hold, entry by entry: the quantity that exits may sell and that protection must cover."""

from __future__ import annotations

from decimal import Decimal

from engine.model import ZERO, Draft, Fill, Order, Role, Side


class Lot:
    """The part of one entry's filled quantity that is still held. Mutable; lives inside the orders room only."""

    __slots__ = (
        "bare_ns",
        "entry_id",
        "extended_hours",
        "quantity",
        "side",
        "signal_id",
        "stop",
        "stops_placed",
        "strategy",
        "symbol",
        "target",
    )

    def __init__(self, order: Order, draft: Draft | None, strategy: str) -> None:
        self.entry_id = order.client_order_id
        self.symbol = order.symbol
        self.side = order.side
        self.quantity = ZERO
        self.stop = draft.stop_price if draft is not None else None
        self.target = draft.target_price if draft is not None else None
        self.extended_hours = draft is not None and draft.extended_hours
        self.signal_id = order.signal_id
        self.strategy = strategy
        self.stops_placed = 0
        """Stops the engine has placed at the venue for it."""
        self.bare_ns = 0
        """Since when part of it has had no working stop at the venue; 0 when all has."""

    @property
    def venue_can_stop(self) -> bool:
        """Whether a venue would take a stop order for it: whole shares, not a pair, not bought in extended hours."""
        return (
            not self.extended_hours
            and "/" not in self.symbol
            and self.quantity == self.quantity.to_integral_value()
            and self.quantity > 0
        )


class Holdings:
    """Lots per symbol, oldest first.

    A sale that is told before the purchase it closes is kept as owed and taken from the purchase when that comes.
    """

    def __init__(self) -> None:
        self._lots: dict[str, list[Lot]] = {}
        self._owed: dict[tuple[str, Side, str], Decimal] = {}
        """Sold before the purchase was told: per symbol, the entry's side and the entry, empty for any."""

    def on_fill(self, order: Order, draft: Draft | None, strategy: str, fill: Fill) -> None:
        """Count an execution of ours: an entry grows its lot, a sale shrinks its entry's lot, or the oldest ones."""
        if order.role is Role.ENTRY:
            self._grow(order, draft, strategy, fill.quantity)
        elif order.role is not Role.EXTERNAL:
            left = self._shrink(fill.symbol, fill.side.opposite, fill.quantity, order.parent_id)
            if left > 0:
                key = (fill.symbol, fill.side.opposite, order.parent_id)
                self._owed[key] = self._owed.get(key, ZERO) + left

    def adopt(self, symbol: str, total: Decimal) -> Decimal:
        """The venue's signed position is the whole: what our lots hold beyond it is gone. Returns how much that was."""
        gone = ZERO
        self._owed = {key: owed for key, owed in self._owed.items() if key[0] != symbol}
        for side in Side:
            surplus = self.held(symbol, side) - max(ZERO, total * side.sign)
            if surplus > 0:
                self._shrink(symbol, side, surplus, "")
                gone += surplus
        return gone

    def lots(self, symbol: str) -> list[Lot]:
        """Open lots of the symbol, oldest first."""
        return self._lots.get(symbol, [])

    def lot(self, symbol: str, entry_id: str) -> Lot | None:
        """The open lot of one entry."""
        return next((lot for lot in self.lots(symbol) if lot.entry_id == entry_id), None)

    def held(self, symbol: str, side: Side) -> Decimal:
        """Quantity of ours held by entries on `side`."""
        return sum((lot.quantity for lot in self.lots(symbol) if lot.side is side), ZERO)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols with open lots."""
        return tuple(self._lots)

    def _grow(self, order: Order, draft: Draft | None, strategy: str, quantity: Decimal) -> None:
        for entry_id in (order.client_order_id, ""):
            key = (order.symbol, order.side, entry_id)
            owed = min(quantity, self._owed.get(key, ZERO))
            if owed:
                quantity -= owed
                self._owed[key] -= owed
        if not quantity:
            return
        lot = self.lot(order.symbol, order.client_order_id)
        if lot is None:
            lot = Lot(order, draft, strategy)
            self._lots.setdefault(order.symbol, []).append(lot)
        lot.quantity += quantity

    def _shrink(self, symbol: str, side: Side, quantity: Decimal, entry_id: str) -> Decimal:
        """Take `quantity` from the lot of `entry_id`, from the oldest when empty; returns what was not held there."""
        lots = [lot for lot in self.lots(symbol) if lot.side is side and entry_id in ("", lot.entry_id)]
        for lot in lots:
            taken = min(lot.quantity, quantity)
            lot.quantity -= taken
            quantity -= taken
        left = [lot for lot in self.lots(symbol) if lot.quantity > 0]
        if left:
            self._lots[symbol] = left
        else:
            self._lots.pop(symbol, None)
        return quantity
