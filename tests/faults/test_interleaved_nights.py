"""Random sequences as in `test_interleavings`, over days: shares are split over night, and no engine runs for a while.

On the account that nobody else uses, and on one that a person trades on too, also while no engine runs.
DESK_INTERLEAVINGS=500 tries so many more seeds.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from tests.faults.lined_desk import BASE
from tests.faults.nights import SPLITS, NightDesk, splittable
from tests.faults.test_interleavings import MORE, TEN, Sequence
from tests.faults.test_shared_account import SharedDesk, SharedSequence
from tests.faults.truths import TruthfulDesk
from tests.venues.alpaca.wire import Refusal, SimOrder

SEEDS = (1, 2, 3, *range(3000, 3000 + MORE))


class TruthfulNights(NightDesk, TruthfulDesk):
    """Nobody else trades on its account; the venue lets sell what is there."""

    def __init__(self, home: Path, luck: Random, begin_ns: int, trouble: float) -> None:
        super().__init__(home, luck, begin_ns, trouble)
        self._add = self.line.venue.add
        self.line.venue.add = self._added  # type: ignore[method-assign]

    def _added(self, order: SimOrder) -> None:
        split = order.symbol in self.past and order.client_order_id.startswith("desk-")
        if split and order.side == "sell" and (order.qty or 0) > self.line.venue.available(order.symbol):
            raise Refusal(403, 40310000, "insufficient qty available for order")
        self._add(order)

    def _at_the_venue(self) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
        _, on_sale = super()._at_the_venue()
        held: dict[str, Decimal] = defaultdict(Decimal, self.base)
        for order in self.line.venue.orders.values():
            if not (order.replaced_by and self.line.venue.carries) and order.id not in self.past.get(order.symbol, ()):
                held[order.symbol] += order.filled_qty * (1 if order.side == "buy" else -1)
        return held, on_sale


class SharedNights(NightDesk, SharedDesk):
    """A person trades on its account too."""


class Nights(Sequence):
    """One sequence, drawn from one seed."""

    desk: NightDesk

    def __init__(self, home: Path, seed: int) -> None:
        self.luck = Random(seed)
        self.desk = TruthfulNights(home, self.luck, TEN, trouble=self.luck.choice((0.0, 1.0, 2.0)))
        self._begin()

    def _begin(self) -> None:
        self.desk.line.venue.carries = self.luck.random() < 0.5
        self._flattened = set()
        self._happenings = {
            self._move: 30, self._enter: 17, self._leave: 5, self._flatten: 2, self._kill: 1, self._resume: 4,
            self._pause: 1, self._restart: 2, self._stream: 2, self._rest: 2, self._cancel: 2, self._halt: 1,
            self._reconcile: 1, self._session: 1, self._replace: 2, self._stub: 1, self._nothing: 6,
            self._night: 3, self._away: 2, self._late: 6,
        }  # fmt: skip

    def _night(self, _: str) -> None:
        split, luck = self.luck.choice(SPLITS), self.luck
        self.desk.night(luck.choice(splittable()), split, stopped=luck.random() < 0.5, moved=luck.random() < 0.5)

    def _away(self, _: str) -> None:
        self.desk.away(self.luck.randint(0, 4), self._meanwhile)

    def _late(self, _: str) -> None:
        self.desk.tell_late()

    def _meanwhile(self) -> None:
        """A price moves at the venue while no engine runs."""
        self._replace("") if self.luck.random() < 0.3 else self._move(self.luck.choice(list(BASE)))


class SharedNightsSequence(SharedSequence, Nights):
    """One sequence on the account that a person trades on too."""

    desk: SharedNights  # type: ignore[assignment]

    def __init__(self, home: Path, seed: int) -> None:
        self.luck = Random(seed)
        self.desk = SharedNights(home, self.luck, TEN, trouble=self.luck.choice((0.0, 1.0, 2.0)))
        self._begin()
        self._happenings |= {self._hand: 9, self._hand_cancels: 4, self._deposit: 1}

    def _deposit(self, _: str) -> None:
        """Money comes, or goes: no order and no position is another for it."""
        self.desk.line.venue.cash += self.luck.choice((-50_000, 50_000))

    def _meanwhile(self) -> None:
        symbol, chance = self.luck.choice(list(BASE)), self.luck.random()
        if chance < 0.5:
            self._hand(symbol)
        elif chance < 0.7:
            self._hand_cancels(symbol)
        else:
            super()._meanwhile()


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_interleaves_over_nights(seed: int, tmp_path: Path) -> None:
    Nights(tmp_path, seed).play()


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_a_person_does_beside_it_over_nights(seed: int, tmp_path: Path) -> None:
    SharedNightsSequence(tmp_path, seed).play()
