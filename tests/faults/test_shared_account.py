"""Random sequences as in `test_interleavings`, on an account that a person trades on too.

The person buys, sells short, cancels and replaces, in the symbols of ours, at any moment. No exit of ours may sell what
the account does not have, and in the end the book is the venue's and what is left of ours is protected.
DESK_INTERLEAVINGS=500 tries so many more seeds.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from engine.model import ZERO
from tests.faults.lined_desk import BASE
from tests.faults.test_interleavings import MORE, TEN, Sequence
from tests.faults.truths import TruthfulDesk
from tests.venues.alpaca.entry import parse
from tests.venues.alpaca.wire import Refusal, SimOrder

SEEDS = (1, 27, 41, *range(2000, 2000 + MORE))
HAND = "hand-"
"""How the client order ids of a person's orders begin."""


class SharedDesk(TruthfulDesk):
    """The venue lets sell what is there and not promised already; where nothing is, a sale opens a short."""

    def __init__(self, home: Path, luck: Random, begin_ns: int, trouble: float) -> None:
        self._orders_by_hand = 0
        super().__init__(home, luck, begin_ns, trouble)
        venue = self.line.venue
        self._fill, self._add = venue.fill, venue.add
        venue.fill, venue.add = self._filled, self._added  # type: ignore[method-assign]

    def look(self) -> None:
        """At every instant: what is held is protected or watched."""
        self._look_for_bare()

    def by_hand(self, symbol: str, side: str, quantity: Decimal, limit: Decimal | None) -> None:
        """A person's own order; the venue may refuse it."""
        self._orders_by_hand += 1
        body = {
            "symbol": symbol, "side": side, "qty": str(quantity), "time_in_force": "gtc" if "/" in symbol else "day",
            "type": "market" if limit is None else "limit", "client_order_id": f"{HAND}{self._orders_by_hand}",
        }  # fmt: skip
        if limit is not None:
            body["limit_price"] = str(limit)
        venue = self.line.venue
        order = self.line.named(parse(body, self.line.now_ns, session="regular"))
        try:
            venue.add(order)
        except Refusal:
            return
        venue.activate(order)

    def settle(self) -> None:
        """Nothing goes wrong any more; after a while the book is the venue's, and ours is protected."""
        self.calm()
        dealing, orders = self.dealing, self.dealing.orders
        assert dealing.reconciled and not orders.unresolved
        theirs = {symbol: each.qty for symbol, each in self.line.venue.positions.items()}
        assert {each.symbol: each.quantity for each in dealing.portfolio.positions()} == theirs
        for symbol in BASE:
            assert ZERO <= orders.held(symbol) <= max(ZERO, theirs.get(symbol, ZERO))
        self._check_protected()

    def _promised(self, symbol: str) -> bool:
        told = self.stages.view.alerts.get(f"stop_denied/{symbol}")
        watched = any(level.stop for level in self.dealing.orders._protector._watch.levels(symbol))
        return watched and told is not None and "INSTRUMENT_NOT_HELD" in told.text

    def _account(self, symbol: str) -> Decimal:
        position = self.line.venue.positions.get(symbol)
        return ZERO if position is None else position.qty

    def _filled(self, order: SimOrder, quantity: Decimal, price: Decimal) -> None:
        ours = order.parent is None and order.client_order_id.startswith("desk-")
        if ours and order.side == "sell":
            assert self._account(order.symbol) >= quantity, f"{order.client_order_id} sells what is not there"
        self._fill(order, quantity, price)

    def _added(self, order: SimOrder) -> None:
        account, free = self._account(order.symbol), self.line.venue.available(order.symbol)
        new = order.client_order_id.startswith((HAND, "desk-"))
        if new and order.side == "sell" and account > 0 and (order.qty or ZERO) > free:
            raise Refusal(403, 40310000, f"insufficient qty available for order (available: {free})")
        self._add(order)


class SharedSequence(Sequence):
    """One sequence, drawn from one seed."""

    desk: SharedDesk

    def __init__(self, home: Path, seed: int) -> None:
        self.luck = Random(seed)
        self.desk = SharedDesk(home, self.luck, TEN, trouble=self.luck.choice((0.0, 1.0, 2.0)))
        self._flattened = set()
        self._happenings = {
            self._move: 30, self._enter: 15, self._leave: 7, self._flatten: 3, self._kill: 2, self._resume: 5,
            self._restart: 3, self._stream: 2, self._rest: 2, self._cancel: 2, self._halt: 2, self._reconcile: 2,
            self._session: 1, self._replace: 3, self._hand: 9, self._hand_cancels: 5, self._nothing: 10,
        }  # fmt: skip

    def _hand(self, symbol: str) -> None:
        luck, side = self.luck, self.luck.choice(("buy", "sell"))
        quantity = Decimal("0.02") if "/" in symbol else Decimal(luck.randint(1, 15))
        away = self.desk.prices[symbol] * Decimal("0.998" if side == "buy" else "1.002")
        self.desk.by_hand(symbol, side, quantity, None if luck.random() < 0.7 else away.quantize(Decimal("0.01")))

    def _hand_cancels(self, symbol: str) -> None:
        venue = self.desk.line.venue
        for order in list(venue.orders.values()):
            if order.symbol == symbol and order.open and self.luck.random() < 0.7:
                venue.cancel(order)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_a_person_does_beside_it(seed: int, tmp_path: Path) -> None:
    SharedSequence(tmp_path, seed).play()
