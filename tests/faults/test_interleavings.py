"""Random sequences over the real stages and the pretend venue: whatever interleaves, what must hold holds.

Fills that come in part, late, twice, out of order or never; cancels that race them; lost requests and lost answers;
REST behind the stream and before it; positions that lag; refusals; halts; the close; a person who cancels, replaces,
kills, flattens and goes on; restarts at any moment. DESK_INTERLEAVINGS=500 tries so many more seeds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from engine.clock import parse_iso
from engine.journal.reader import Reader
from tests.faults.lined_desk import BASE
from tests.faults.truths import TruthfulDesk

TEN = parse_iso("2026-03-10T10:00:00-04:00")
STEPS = 60
MORE = int(os.environ.get("DESK_INTERLEAVINGS", "0"))
SEEDS = (1, 2, 3, 5, 8, *range(1000, 1000 + MORE))
PLAYED = """
import sys
from pathlib import Path
from tests.faults.test_interleavings import Sequence
sequence = Sequence(Path(sys.argv[1]), int(sys.argv[2]))
sequence.play()
print(sequence.desk.stages.journal.path)
"""
PAUSES_S = (0.01, 0.1, 0.5, 1, 3, 8, 15)
MOVES = (0, 0, 0, 1, -1, 2, -2, 4, -4, 8, -8, 12, -12)
"""Of a price, in quarters of a percent: stops and targets are three percent away."""


class Sequence:
    """One sequence, drawn from one seed."""

    def __init__(self, home: Path, seed: int) -> None:
        self.luck = Random(seed)
        self.desk = TruthfulDesk(home, self.luck, TEN, trouble=self.luck.choice((1.0, 2.0, 3.0)))
        self.desk.line.venue.carries = self.luck.random() < 0.5
        self._flattened: set[str] = set()
        self._happenings: dict[Callable[[str], None], int] = {
            self._move: 30, self._enter: 15, self._leave: 7, self._flatten: 3, self._kill: 2, self._resume: 4,
            self._pause: 2, self._restart: 2, self._stream: 3, self._rest: 2, self._cancel: 2, self._halt: 2,
            self._reconcile: 2, self._session: 2, self._replace: 2, self._stub: 2, self._nothing: 10,
        }  # fmt: skip

    def play(self) -> None:
        """Let it happen, then let everything become known."""
        choices = self.luck.choices(list(self._happenings), weights=list(self._happenings.values()), k=STEPS)
        for happening in choices:
            happening(self.luck.choice(list(BASE)))
            self.desk.advance(self.luck.choice(PAUSES_S))
        self.desk.settle()
        self.desk.flat(self._flattened)
        self.desk.stop()

    def _move(self, symbol: str) -> None:
        price = self.desk.prices[symbol] * (1 + Decimal(self.luck.choice(MOVES)) / 400)
        size = self.luck.choice((None, None, Decimal(0), Decimal(1), Decimal(3)))
        self.desk.price(symbol, price.quantize(Decimal("0.01")), size)

    def _enter(self, symbol: str) -> None:
        whole = self.luck.randint(1, 12)
        self._flattened.discard(symbol)
        fraction = Decimal("0.5") if self.luck.random() < 0.1 else 0
        self.desk.enter(symbol, Decimal("0.05") if "/" in symbol else whole + Decimal(fraction))

    def _leave(self, symbol: str) -> None:
        self.desk.leave(symbol, Decimal(self.luck.choice((1, 5, 10))) / 10)

    def _flatten(self, symbol: str) -> None:
        chosen = self.luck.choice((symbol, "*"))
        self._flattened |= set(BASE) if chosen == "*" else {chosen}
        self.desk.say("flatten", symbol=chosen, reason="drill")

    def _kill(self, _: str) -> None:
        flatten = self.luck.random() < 0.5
        self._flattened |= set(BASE) if flatten else set()
        self.desk.say("kill", reason="drill", flatten=flatten)

    def _resume(self, _: str) -> None:
        """A person acknowledges what is said and trades on: flattens that wait are over."""
        self._flattened.clear()
        for alert in list(self.desk.stages.view.alerts):
            self.desk.say("acknowledge", alert=alert)
        self.desk.say("resume", reason="go on")

    def _pause(self, _: str) -> None:
        self.desk.say("pause", reason="drill")

    def _restart(self, _: str) -> None:
        self.desk.restart()

    def _stream(self, _: str) -> None:
        self.desk.stream(not self.desk.line.streaming)

    def _rest(self, _: str) -> None:
        self.desk.line.down = not self.desk.line.down

    def _cancel(self, _: str) -> None:
        if orders := self.desk.dealing.orders.open:
            self.desk.say("cancel", order=self.luck.choice(orders).client_order_id)

    def _halt(self, symbol: str) -> None:
        if "/" not in symbol:
            self.desk.halt(symbol)

    def _reconcile(self, _: str) -> None:
        self.desk.say("reconcile")

    def _session(self, _: str) -> None:
        self.desk.session(self.luck.choice(("regular", "regular", "pre", "post", "closed")))

    def _replace(self, _: str) -> None:
        """A person changes the price of an order of ours at the venue's own screen, or an entry's quantity; it may have
        filled in part."""
        venue, luck = self.desk.line.venue, self.luck
        priced = [
            each for each in venue.orders.values()
            if each.open and each.limit_price and (each.parent is None or not each.parent.open)
        ]  # fmt: skip
        if priced:
            order, number = luck.choice(priced), f"by-hand-{luck.getrandbits(64)}"
            price = (order.limit_price or Decimal(0)) + luck.randint(-1, 2)
            left = (order.qty or Decimal(0)) if venue.carries else order.remaining
            if order.side == "buy" and "/" not in order.symbol:
                left = max(order.filled_qty + 1 if venue.carries else Decimal(1), left + luck.choice((0, 0, -3, -1, 2)))
            venue.replace(
                order,
                replace(
                    order, id=f"v-{number}", client_order_id=number, created_ns=self.desk.line.now_ns,
                    status="pending_new", limit_price=price, qty=left,
                ),
            )  # fmt: skip

    def _stub(self, symbol: str) -> None:
        self.desk.stub(symbol)

    def _nothing(self, _: str) -> None:
        """Time passes."""


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_interleaves(seed: int, tmp_path: Path) -> None:
    Sequence(tmp_path, seed).play()


def test_a_seed_is_one_sequence(tmp_path: Path) -> None:
    """What breaks once breaks again, in another process too, where sets have another order."""
    runs = []
    for number in "14":
        home = tmp_path / number
        home.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": number, "PYTHONPATH": str(Path(__file__).parents[2])}
        command = [sys.executable, "-c", PLAYED, str(home), "15"]
        played = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        with Reader(Path(played.stdout.strip())) as reader:
            runs.append([(each.at_ns, each.kind, each.key, each.body) for each in reader.records()])
    assert len(runs[0]) > 100
    assert runs[0] == runs[1]
