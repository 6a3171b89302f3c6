"""What must hold of a desk and its venue: at every instant, and once nothing goes wrong any more."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from random import Random

from engine.clock import SECOND
from engine.journal.reader import Reader
from engine.model import ZERO, Role, TradingState
from engine.orders.protect import Protector
from tests.faults.lined_desk import BASE, LinedDesk
from tests.venues.alpaca.wire import SimOrder

BARE_NS = 10 * SECOND
"""How long a part of a holding may be neither protected nor watched."""
PROBLEMS = (
    "order_unresolved", "reconciliation", "price_jump", "stop_doubted", "position_drift", "position_unexplained",
    "oversold", "drift",
)  # fmt: skip
"""Alerts that may not stand once all is known, on an account that nobody else uses."""


class TruthfulDesk(LinedDesk):
    """A desk that is looked at after everything that happens. Nobody else trades on its account."""

    def __init__(self, home: Path, luck: Random, begin_ns: int, trouble: float) -> None:
        self._bare: dict[tuple[str, Role], int] = {}
        super().__init__(home, luck, begin_ns, trouble)

    def look(self) -> None:
        """At every instant: one entry per signal, nothing oversold, what is held has its stop and target; unless ACTIVE
        no entry that is still wanted."""
        held, on_sale = self._at_the_venue()
        for symbol in BASE:
            assert ZERO <= on_sale[symbol] <= held[symbol], f"{symbol}: {on_sale[symbol]} on sale of {held[symbol]}"
        entries: dict[str, set[str]] = defaultdict(set)
        for venue_id, intent in self.line.intents.items():
            if intent.role is Role.ENTRY:
                entries[intent.signal_id].add(venue_id)
        assert all(len(ids) == 1 for ids in entries.values()), f"a signal entered twice: {entries}"
        assert all(state is TradingState.ACTIVE for _, state in self.sent_while), "an entry while not ACTIVE"
        orders = self.dealing.orders
        wanted = [each for each in orders.open if each.role is Role.ENTRY and orders.wanted(each.client_order_id)]
        assert not wanted or self.dealing.risk.state is TradingState.ACTIVE, f"entries while not ACTIVE: {wanted}"
        drift = [alert.text for alert in self.stages.view.alerts.values() if alert.code == "position_drift"]
        assert not drift, drift
        self._look_for_bare()

    def settle(self) -> None:
        """Nothing goes wrong any more; after two minutes everything is known, equal, protected and told."""
        self.calm()
        self._check_equal()
        self._check_protected()
        told = [alert.text for alert in self.stages.view.alerts.values() if alert.code in PROBLEMS]
        assert not told, f"still said: {told}"
        self.stages.journal.flush()
        with Reader(self.stages.journal.path) as reader:
            assert reader.verify().ok
            recorded = {record.key for record in reader.records(kinds=("intent",))}
        assert {intent.client_order_id for intent in self.line.intents.values()} <= recorded

    def calm(self) -> None:
        """Nothing goes wrong any more, for two minutes."""
        line = self.line
        line.quiet, line.down = True, False
        for order in [each for each in line.venue.orders.values() if each.status == "pending_cancel"]:
            line.venue.cancel(order)
        for symbol in sorted(line.venue.halted):
            self.halt(symbol)
        self.stream(up=True)
        self.session("regular")
        for _ in range(40):
            for symbol, price in self.prices.items():
                self.price(symbol, price)
            self.advance(3)

    def flat(self, symbols: set[str]) -> None:
        """A flatten of these has ended: nothing is left, or it says what."""
        for symbol in symbols:
            left = self.dealing.orders.held(symbol)
            assert not left or f"exit_failed/{symbol}" in self.stages.view.alerts, f"{left} of {symbol} is left, unsaid"

    def _check_equal(self) -> None:
        dealing, orders = self.dealing, self.dealing.orders
        assert dealing.reconciled and not orders.unresolved, orders.unresolved
        held, _ = self._at_the_venue()
        theirs = {symbol: each.qty for symbol, each in self.line.venue.positions.items()}
        assert {each.symbol: each.quantity for each in dealing.portfolio.positions()} == theirs
        assert {symbol: orders.held(symbol) for symbol in BASE} == {symbol: held[symbol] for symbol in BASE}
        for told in self.line.venue.orders.values():
            known = orders.get(told.client_order_id)
            assert known is not None, f"{told.client_order_id} is not known"
            assert (known.status.open, known.filled) == (told.open, told.filled_qty), known
            assert known.role is not Role.EXTERNAL

    def _check_protected(self) -> None:
        """What the venue can carry has its stop there; else it is watched, or being sold."""
        protector = _protector(self)
        for symbol in protector._holdings.symbols:
            for lot in protector._holdings.lots(symbol):
                stopped = protector._covered(lot, Role.STOP, sure=True) >= lot.quantity
                selling = protector._closer.running(symbol, lot.entry_id)
                refused = f"stop_refused/{symbol}" in self.stages.view.alerts or self._promised(symbol)
                assert stopped or selling or refused or not lot.venue_can_stop, (
                    f"{lot.quantity} of {symbol} lacks a stop"
                )

    def _promised(self, symbol: str) -> bool:
        """Whether others have on sale what a stop would sell, so that the engine watches alone, and says so."""
        return False

    def _look_for_bare(self) -> None:
        protector, now_ns = _protector(self), self.line.now_ns
        bare = set()
        for symbol in protector._holdings.symbols if protector.ready else ():
            watched = {level.entry_id: level for level in protector._watch.levels(symbol)}
            for lot in protector._holdings.lots(symbol):
                level = watched.get(lot.entry_id)
                if protector._closer.running(symbol, lot.entry_id):
                    continue
                for role, price in ((Role.STOP, lot.stop), (Role.TARGET, lot.target)):
                    seen = None if level is None else level.stop if role is Role.STOP else level.target
                    if price is not None and seen is None and protector._covered(lot, role, sure=True) < lot.quantity:
                        bare.add((lot.entry_id, role))
        self._bare = {key: self._bare.get(key, now_ns) for key in bare}
        for key, since_ns in self._bare.items():
            assert now_ns - since_ns <= BARE_NS, f"{key} neither at the venue nor watched"

    def _at_the_venue(self) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
        """Per symbol what our orders hold, and what of it is on sale; the legs of one entry count once."""
        held: dict[str, Decimal] = defaultdict(Decimal)
        on_sale: dict[str, Decimal] = defaultdict(Decimal)
        pairs: dict[str, list[SimOrder]] = defaultdict(list)
        for order in self.line.venue.orders.values():
            if order.replaced_by and self.line.venue.carries:
                continue  # its successor has its fills
            held[order.symbol] += order.filled_qty * (1 if order.side == "buy" else -1)
            if order.side == "sell" and order.open and order.armed:
                if order.parent is None:
                    on_sale[order.symbol] += order.remaining
                elif not order.parent.open:
                    pairs[order.parent.id].append(order)
        for legs in pairs.values():
            on_sale[legs[0].symbol] += min(leg.remaining for leg in legs)
        return held, on_sale


def _protector(desk: LinedDesk) -> Protector:
    return desk.dealing.orders._protector
