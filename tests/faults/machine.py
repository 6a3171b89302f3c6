"""An engine that is broken on purpose, and what must be true of it: the four truths."""

from __future__ import annotations

import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from engine.errors import DeskError
from engine.journal.reader import Reader
from engine.model import Alert, Fill, Intent, Light, Mode, Order, OrderStatus, Role, TradingState
from engine.model.frames import Command, Snapshot
from tests.engine.kernel.process import EngineProcess, until
from tests.faults.ledger import Row
from tests.faults.street import Street

FOUR_TRUTHS = "every venue order has its intent; at most one entry per signal; positions equal; the chain verifies"
RECONCILE_LIMIT_S = 90.0
EQUAL_LIMIT_S = 60.0
"""Far beyond what is promised: a busy machine must not fail a test; how long it took stands in the row."""


class Machine(EngineProcess):
    """A paper engine on the street."""

    def __init__(self, home: Path, street: Street, **settings: str) -> None:
        super().__init__(home, profile="paper", env=street.settings(**settings))
        self.street = street
        self._orders = home / "point"
        self._counted = 0
        self.log_from = 0
        """Where in the log a test began."""
        self.env["PYTHONFAULTHANDLER"] = "1"
        self.program = (sys.executable, "-m", "tests.faults.engine_at", str(self._orders))

    def begin(self) -> None:
        """Start it, without waiting for anything."""
        self.start(wait=False)

    def arm(self, what: str, number: int) -> None:
        """Have it killed when it comes to a point for the `number`th time (see `engine_at`), now or from its start."""
        self._orders.parent.mkdir(parents=True, exist_ok=True)
        self._orders.write_text(f"{what} {number}", encoding="utf-8")
        if self.running:
            self.signal(signal.SIGUSR2)
            self.wait(lambda: not (self._orders.exists() and self.running), "the order to be read")

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def seen(self) -> Snapshot | None:
        """What it shows; None while it does not answer."""
        try:
            return self.snapshot() if self.socket.exists() else None
        except (DeskError, OSError):
            return None

    def reconciled(self, limit_s: float = RECONCILE_LIMIT_S) -> float:
        """Wait until it is reconciled; the seconds that took, 0 when it ended before."""
        began = time.monotonic()
        while time.monotonic() < began + limit_s:
            seen = self.seen()
            if seen is not None and seen.status.reconciled:
                return time.monotonic() - began
            if not self.running:
                return 0.0
            time.sleep(0.02)
        raise AssertionError(f"not reconciled within {limit_s:.0f} s\n{self.log[-3000:]}\n{self.autopsy()}")

    def autopsy(self) -> str:
        """What an engine that hangs shows, and where each of its threads stands; it does not survive this."""
        seen = self.seen()
        feeds = () if seen is None else seen.feeds
        asked = self.street.ask(lambda venue: [(verb, path) for verb, path, _ in venue.requests][-8:])
        length = len(self.log)
        if self.running:
            self.signal(signal.SIGABRT)
            self.dead(10.0)
        lights = [f"{feed.name} {feed.light.value}: {feed.detail}" for feed in feeds]
        return "\n".join([*lights, f"last asked of the venue: {asked}", self.log[length:]])

    def warm(self) -> None:
        """Wait until it could trade: reconciled, fed, every mood warm."""

        def is_warm() -> bool:
            seen = self.seen()
            return (
                seen is not None
                and seen.status.reconciled
                and {"x", "prices", "alpaca-orders"} <= {feed.name for feed in seen.feeds if feed.light is Light.UP}
                and all(row.mood.warm for row in seen.symbols)
            )

        self.wait(is_warm, "a warm engine", 40.0)

    def trading(self, home: int = 2) -> None:
        """Bring it, or keep it, where it trades and holds at least so many positions; then the crowd stays as it is."""
        self.kill_file.unlink(missing_ok=True)
        self.street.quiet()
        if not self.running:
            self.begin()
        self.reconciled()
        if self.alerts("engine"):
            self.kill()
            self.begin()
            self.reconciled()
        for alert in self.snapshot().alerts:
            self.command(Command("acknowledge", alert=alert.id))
        if self.snapshot().status.state is not TradingState.ACTIVE:
            assert self.command(Command("resume", reason="next drill")).ok
        if self.snapshot().status.mode is not Mode.AUTO:
            assert self.command(Command("mode", symbol="*", mode="auto")).ok
        self.street.turning = True
        self.wait(lambda: len(self.held()) >= home, "positions", 60.0)
        self.street.freeze()
        self.equal()

    def hands_off(self) -> None:
        """From now on the autopilot decides nothing, and no exit is under way: the next cancel is what a test asks for.

        The crowd is of another mind a while ago, so what it said last may still be signalled; `trading` ends this.
        """
        assert self.command(Command("mode", symbol="*", mode="off")).ok
        under_way = (OrderStatus.INTENT, OrderStatus.UNRESOLVED, OrderStatus.CANCELING)

        def still() -> bool:
            seen = self.seen()
            return seen is not None and not any(
                order.status in under_way or (order.role is Role.EXIT and order.status.open) for order in seen.orders
            )

        self.wait(still, "no exit and no cancel under way", 60.0)

    def wait(self, condition: Callable[[], object], what: str, limit_s: float = 30.0) -> float:
        """Wait for a condition; the seconds it took. Fails by name, with the end of the log."""
        began = time.monotonic()
        try:
            until(condition, what, limit_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log[-6000:]}") from None
        return time.monotonic() - began

    def dead(self, limit_s: float = 60.0) -> int:
        """Wait until it has ended; its exit code."""
        self.wait(lambda: not self.running, "its end", limit_s)
        assert self.process is not None
        return self.process.wait()

    def held(self) -> dict[str, Decimal]:
        """The positions it shows, or nothing while it does not answer."""
        seen = self.seen()
        return {} if seen is None else {held.symbol: held.quantity for held in seen.positions}

    def equal(self, limit_s: float = EQUAL_LIMIT_S) -> float:
        """Wait until its positions equal the venue's; the seconds that took."""
        return self.wait(
            lambda: self.seen() is not None and self.held() == self.street.positions(),
            f"positions that equal the venue's {self.street.positions()}, found {self.held()}",
            limit_s,
        )

    def unresolved(self) -> list[str]:
        """Orders whose outcome it does not know; all of them while it does not answer."""
        seen = self.seen()
        unsure = (OrderStatus.INTENT, OrderStatus.UNRESOLVED)
        return ["?"] if seen is None else [each.client_order_id for each in seen.orders if each.status in unsure]

    def alerts(self, code: str) -> list[Alert]:
        """The alerts of this code that it shows."""
        seen = self.seen()
        return [] if seen is None else [alert for alert in seen.alerts if alert.code == code]

    def order(self, client_order_id: str) -> Order | None:
        """One order as it shows it."""
        seen = self.seen()
        orders = () if seen is None else seen.orders
        return next((order for order in orders if order.client_order_id == client_order_id), None)

    # --- the truths, from the journal and the venue's own book --------------------------------------------------------

    def intents(self) -> dict[str, Intent]:
        """Every intent in the journal, by client order id."""
        with Reader(self.journal) as reader:
            values = [record.value() for record in reader.records(kinds=("intent",))]
        return {value.client_order_id: value for value in values if isinstance(value, Intent)}

    def check_intents(self) -> int:
        """Every order at the venue has its intent in the journal, and no signal more than one entry.

        Returns how many orders came to the venue since the last time. Asked of a dead engine's journal it says most.
        """
        orders = self.street.ask(
            lambda venue: [order for order in venue.exchange.orders.values() if order.parent is None]
        )
        intents = self.intents()  # after the orders: an engine that runs goes on sending
        entries: dict[str, set[str]] = defaultdict(set)
        for order in orders:
            if not order.client_order_id.startswith("desk-"):
                continue
            intent = intents.get(order.client_order_id)
            assert intent is not None, f"{order.client_order_id} stands at the venue without an intent"
            assert order.filled_qty <= intent.draft.quantity, f"{order.client_order_id} executed more than intended"
            if intent.role is Role.ENTRY:
                entries[intent.signal_id].add(order.id)
        doubled = {signal: ids for signal, ids in entries.items() if len(ids) > 1}
        assert not doubled, f"signals with more than one entry at the venue: {doubled}"
        new, self._counted = len(orders) - self._counted, len(orders)
        return new

    def recover(self, row: Row) -> None:
        """What the dead engine left is in order, and the next one makes the same of it as the venue."""
        row.orders += self.check_intents()
        self.check_chain()
        self.begin()
        row.tried(self.reconciled())
        self.equal()
        self.check_undisturbed()

    def check_undisturbed(self) -> None:
        """Nothing was found that fills do not explain: no drift, trading goes on."""
        state = self.snapshot().status
        assert state.state is TradingState.ACTIVE, f"{state.state_reason}\n{self.log[-6000:]}"
        assert not self.alerts("drift")

    def check_chain(self) -> None:
        """The journal's chain verifies."""
        with Reader(self.journal) as reader:
            found = reader.verify()
        assert found.ok, found

    def check_fills(self) -> int:
        """Every execution is in the journal once: per order what we counted is what the venue executed. How many."""
        with Reader(self.journal) as reader:
            fills = [record.value() for record in reader.records(kinds=("fill",))]
        counted: dict[str, Decimal] = defaultdict(Decimal)
        for fill in fills:
            assert isinstance(fill, Fill)
            counted[fill.client_order_id] += fill.quantity
        told = self.street.ask(
            lambda venue: {
                order.client_order_id: order.filled_qty for order in venue.exchange.orders.values() if order.filled_qty
            }
        )
        assert dict(counted) == told
        return len(fills)
