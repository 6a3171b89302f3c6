"""The kill switch with X dead and the venue timing out; a flatten ends flat, or says what it could not close."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import DeskError
from engine.model import OrderStatus, Role, TradingState
from engine.model.frames import Command
from tests.engine.kernel.process import ROOT, ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import Street
from tests.terminal.tmux import TMUX, Terminal
from tests.venues.x import faults
from tests.venues.x.faults import End

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("faults-switch")]

STREAM = "/2/tweets/search/stream"


@pytest.fixture(scope="module")
def shared(folder: Path, street: Street) -> Iterator[Machine]:
    """Slow time-outs: nothing but the kill switch cancels an entry."""
    settings = {"ORDERS__ENTRY_TIMEOUT_S": "300", "ORDERS__EXIT_TIMEOUT_S": "1.0", "ORDERS__EXIT_ATTEMPTS": "3"}
    with ending(Machine(folder, street, **settings)) as made:
        assert isinstance(made, Machine)
        yield made


@pytest.fixture
def machine(shared: Machine) -> Machine:
    """An engine that holds positions with their exits at the venue."""
    shared.trading()
    return shared


def working_entries(machine: Machine) -> int:
    return machine.street.ask(
        lambda venue: sum(each.open and each.side == "buy" for each in venue.exchange.orders.values())
    )


def rest_entries(machine: Machine) -> int:
    """Wait for entries that work at the venue and do not fill; how many."""
    machine.street.size = Decimal(0)
    machine.street.turning = True
    machine.wait(lambda: working_entries(machine) >= 3, "entries that rest", 60.0)
    machine.street.freeze()
    return working_entries(machine)


def halted(machine: Machine) -> bool:
    seen = machine.seen()
    return seen is not None and seen.status.state is TradingState.HALTED


def by_verb(machine: Machine) -> Callable[[], None]:
    def throw() -> None:
        assert machine.command(Command("kill", reason="drill")).ok

    return throw


def by_signal(machine: Machine) -> Callable[[], None]:
    return lambda: machine.signal(signal.SIGUSR1)


def by_file(machine: Machine) -> Callable[[], None]:
    def throw() -> None:
        machine.kill_file.write_text("drill\n", encoding="utf-8")

    return throw


def by_key(machine: Machine) -> Callable[[], None]:
    """A desk in a real terminal, whose window is closed as soon as the engine is HALTED."""
    terminal = Terminal(machine.home, (140, 44), machine.env)
    terminal.type(f"cd {ROOT} && {sys.executable} -m desk --profile paper\n")
    terminal.wait("TSLA", 60.0)
    terminal.press("K", "KILL SWITCH")

    def throw() -> None:
        terminal.press("h", lambda _: halted(machine))
        terminal.close()  # most cancels are still to come: the venue hangs

    return throw


NEEDS_TMUX = pytest.mark.skipif(TMUX is None, reason="tmux is not installed")
WAYS = [
    pytest.param("verb", by_verb, id="verb"),
    pytest.param("signal", by_signal, id="signal", marks=pytest.mark.slow),
    pytest.param("file", by_file, id="file", marks=pytest.mark.slow),
    pytest.param("key, the desk gone after it", by_key, id="key", marks=[pytest.mark.slow, NEEDS_TMUX]),
]


@pytest.mark.parametrize(("way", "prepare"), WAYS)
def test_with_x_dead_and_the_venue_timing_out(
    machine: Machine, row: Row, way: str, prepare: Callable[[Machine], Callable[[], None]]
) -> None:
    row.where, row.fault = "kill switch", f"by {way}, X dead, the venue hangs on every first cancel"
    row.must = "HALTED at once; every entry cancelled; nothing new; holds over a kill −9"
    street = machine.street
    throw = prepare(machine)
    count = rest_entries(machine)
    street.x.refuse(STREAM, *[faults.unavailable()] * 2)
    street.ask(lambda venue: street.x.end_stream(End.ABORT))
    street.ask(lambda venue: venue.faults.add("DELETE /v2/orders/{order_id}", "hang", "before", times=count))
    began = time.monotonic()
    throw()
    machine.wait(lambda: halted(machine), "HALTED", 5.0)
    street.size = None
    machine.wait(lambda: not working_entries(machine), "no entry at the venue", 30.0)
    row.tried(time.monotonic() - began)
    posts = street.ask(lambda venue: len(venue.posts()))
    machine.kill()
    machine.begin()
    machine.reconciled()
    assert halted(machine)
    assert street.ask(lambda venue: len(venue.posts())) == posts
    row.orders += machine.check_intents()
    machine.check_chain()


@pytest.mark.slow
def test_killed_between_the_kill_switch_and_its_cancels(machine: Machine, row: Row) -> None:
    """HALTED is on the disk, no cancel has left: the next engine sends them."""
    row.where, row.fault = "kill switch", "kill −9 before its first cancel has left"
    row.must = "the next engine is HALTED and cancels every entry"
    rest_entries(machine)
    machine.arm("cancel asked", 1)
    machine.signal(signal.SIGUSR1)
    assert machine.dead() == -9
    assert working_entries(machine)
    machine.begin()
    began = time.monotonic()
    machine.reconciled()
    assert halted(machine)
    machine.wait(lambda: not working_entries(machine), "no entry at the venue", 10.0)
    row.tried(time.monotonic() - began)


@pytest.mark.slow
def test_killed_between_a_pause_and_its_cancels(machine: Machine, row: Row) -> None:
    """REDUCING is on the disk, no cancel has left: an entry that filled later would add to what is held."""
    row.where, row.fault = "kill switch", "kill −9 after a pause, before its first cancel has left"
    row.must = "the next engine is REDUCING and cancels every entry; what is held keeps its exits"
    rest_entries(machine)
    held = machine.street.positions()
    machine.arm("cancel asked", 1)
    with suppress(DeskError):  # the engine dies over it
        machine.command(Command("pause", reason="drill"))
    assert machine.dead() == -9
    assert working_entries(machine)
    machine.begin()
    began = time.monotonic()
    machine.reconciled()
    seen = machine.seen()
    assert seen is not None and seen.status.state is TradingState.REDUCING
    machine.wait(lambda: not working_entries(machine), "no entry at the venue", 10.0)
    row.tried(time.monotonic() - began)
    assert machine.street.positions() == held
    row.orders += machine.check_intents()


@pytest.mark.slow
def test_a_halted_engine_sends_no_order_again(machine: Machine, row: Row) -> None:
    """Killed with an order committed and not sent, in a state that is HALTED at the next start: it never leaves."""
    row.where, row.fault = "kill switch", "kill −9 with an unsent order, then HALTED"
    row.must = "the order is never sent"
    machine.arm("intent durable", 1)
    machine.street.turning = True
    assert machine.dead() == -9
    machine.kill_file.write_text("drill\n", encoding="utf-8")
    arrived = machine.street.ask(lambda venue: {body["client_order_id"] for body in venue.posts()})
    unsent = machine.intents().keys() - arrived
    assert unsent
    machine.begin()
    began = time.monotonic()
    machine.reconciled()
    machine.wait(lambda: not machine.unresolved(), "every outcome known", 30.0)
    row.tried(time.monotonic() - began)
    assert halted(machine)
    later = machine.street.ask(lambda venue: {body["client_order_id"] for body in venue.posts()}) - arrived
    assert not later & unsent
    assert {machine.intents()[each].role for each in later} <= {Role.STOP, Role.TARGET}, "what protects stays"


@pytest.mark.slow
def test_flatten_ends_flat(machine: Machine, row: Row) -> None:
    row.where, row.fault = "kill switch", "flatten while cancels hang and exits get 504, 500, reset"
    row.must = "ends flat; no share sold twice"
    street = machine.street

    def spoil(venue: object) -> None:
        wire = street.venue.faults
        wire.add("DELETE /v2/orders/{order_id}", "hang", "before", times=2)
        for kind, when in (("504", "after"), ("500", "before"), ("reset", "after")):
            wire.add("POST /v2/orders", kind, when)

    street.ask(spoil)
    began = time.monotonic()
    assert machine.command(Command("kill", reason="drill", flatten=True)).ok
    machine.wait(lambda: not street.positions(), "flat at the venue", 60.0)
    row.tried(time.monotonic() - began)
    machine.equal()
    assert not street.ask(lambda venue: [each for each in venue.exchange.orders.values() if each.open])
    row.orders += machine.check_intents()
    machine.wait(lambda: not machine.unresolved(), "every outcome known")
    machine.check_fills()


@pytest.mark.slow
def test_flatten_says_what_it_could_not_close(machine: Machine, row: Row) -> None:
    row.where, row.fault = "kill switch", "flatten with one symbol that nobody buys"
    row.must = "the rest is closed; an alert that stays names what is left"
    street = machine.street
    stuck = sorted(street.positions())[0]
    street.ask(lambda venue: venue.exchange.halted.add(stuck))
    began = time.monotonic()
    assert machine.command(Command("kill", reason="drill", flatten=True)).ok
    machine.wait(lambda: set(street.positions()) == {stuck}, "all but one closed", 60.0)
    machine.wait(lambda: any(stuck in alert.text for alert in machine.alerts("exit_failed")), "an alert", 60.0)
    row.tried(time.monotonic() - began)
    street.ask(lambda venue: venue.resume(stuck))
    assert all(alert.until_acknowledged for alert in machine.alerts("exit_failed"))


@pytest.mark.slow
def test_with_no_venue_at_all(machine: Machine, row: Row) -> None:
    row.where, row.fault = "kill switch", "the venue is gone"
    row.must = "HALTED at once; entries cancelled when it comes back"
    street = machine.street
    rest_entries(machine)
    street.stop_venue()
    began = time.monotonic()
    by_signal(machine)()
    machine.wait(lambda: halted(machine), "HALTED", 5.0)
    row.tried(time.monotonic() - began)
    street.start_venue()
    machine.wait(lambda: not working_entries(machine), "no entry at the venue", 40.0)
    canceled = [order for order in machine.snapshot().orders if order.role is Role.ENTRY]
    machine.wait(lambda: machine.reconciled(40.0), "reconciled")
    assert canceled
    assert not [
        each for each in machine.snapshot().orders if each.role is Role.ENTRY and each.status is OrderStatus.WORKING
    ]
