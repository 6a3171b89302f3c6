"""The machine under the engine fails: disk, handles, clock, a lock on the journal, SIGTERM and SIGHUP under load."""

from __future__ import annotations

import resource
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from engine.clock import SECOND
from engine.errors import EXIT_JOURNAL
from engine.model import TradingState
from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import Street

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("faults-engine")]

STOPPED_S = 25.0
STALE_NS = 15 * SECOND
"""R17's limit, as shipped."""


@pytest.fixture(scope="module")
def shared(folder: Path, street: Street) -> Iterator[Machine]:
    with ending(Machine(folder, street)) as made:
        assert isinstance(made, Machine)
        yield made


@pytest.fixture
def machine(shared: Machine) -> Machine:
    """An engine that holds positions, each with its exits at the venue."""
    shared.trading()
    shared.log_from = len(shared.log)
    return shared


def exits(machine: Machine) -> set[str]:
    """Ids of the orders at the venue that protect what is held."""
    return machine.street.ask(
        lambda venue: {
            each.id
            for each in venue.exchange.orders.values()
            if each.open and each.parent is not None and each.parent.status == "filled"
        }
    )


def working_entries(machine: Machine) -> int:
    return machine.street.ask(
        lambda venue: sum(each.open and each.side == "buy" for each in venue.exchange.orders.values())
    )


def limit(machine: Machine, what: int, to: int) -> None:
    assert machine.process is not None
    _, hard = resource.prlimit(machine.process.pid, what)
    resource.prlimit(machine.process.pid, what, (to, hard))


def posts(machine: Machine) -> int:
    return machine.street.ask(lambda venue: len(venue.posts()))


def quiet_log(machine: Machine) -> None:
    """Nothing that was not foreseen: no traceback, and no storm of lines."""
    assert "Traceback" not in machine.log[machine.log_from :], machine.log[-6000:]


def test_a_full_disk(machine: Machine, row: Row) -> None:
    row.where, row.fault = "engine", "disk full under load"
    row.must = "no order any more, entries called off, exits stay, the socket says so; goes on when started with room"
    street = machine.street
    street.size = Decimal(0)
    street.turning = True
    machine.wait(lambda: working_entries(machine), "an entry that rests", 40.0)
    files = [machine.journal, machine.journal.with_name(machine.journal.name + "-wal")]
    limit(machine, resource.RLIMIT_FSIZE, max(each.stat().st_size for each in files if each.exists()) + 4096)

    def says_so() -> bool:
        seen = machine.seen()
        return seen is not None and seen.status.state is TradingState.HALTED and "disk" in seen.status.state_reason

    machine.wait(says_so, "an engine that says that the disk is full")
    legs = exits(machine)
    assert legs
    machine.wait(lambda: not working_entries(machine), "the entry called off", 10.0)
    street.size = None
    before = posts(machine)
    street.turning = True
    time.sleep(4.0)
    assert posts(machine) == before
    assert legs <= exits(machine)
    assert machine.running
    quiet_log(machine)
    street.turning = False
    assert machine.stop() != 0
    row.orders += machine.check_intents()
    machine.check_chain()
    machine.begin()
    row.tried(machine.reconciled())
    machine.equal()


@pytest.mark.slow
def test_a_locked_journal(machine: Machine, row: Row) -> None:
    row.where, row.fault, row.must = "engine", "journal locked at the start", "refuses to start, names the journal"
    machine.kill()
    began = time.monotonic()
    with closing(sqlite3.connect(machine.journal, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        machine.begin()
        assert machine.dead() == EXIT_JOURNAL
        other.execute("ROLLBACK")
    other.close()
    row.tried(time.monotonic() - began)
    assert str(machine.journal) in machine.log
    assert "lock" in machine.log
    quiet_log(machine)
    machine.begin()
    machine.reconciled()
    machine.equal()


@pytest.mark.slow
@pytest.mark.parametrize("hours", [1, -1])
def test_the_clock_jumps(machine: Machine, row: Row, hours: int) -> None:
    row.where, row.fault = "engine", f"wall clock jumps by {hours:+d} h"
    row.must = "said so, reconciled again, no order sent twice"
    machine.arm("clock", hours)
    row.tried(machine.wait(lambda: machine.alerts("clock"), "an alert of the clock"))
    assert ("start it again" in machine.alerts("clock")[0].remedy) is (hours < 0), "time never goes back in one engine"
    machine.reconciled()
    machine.street.turning = True
    time.sleep(5.0)
    machine.street.turning = False
    machine.equal()
    machine.kill()
    row.orders += machine.check_intents()
    machine.begin()
    machine.reconciled()
    machine.equal()
    quiet_log(machine)


@pytest.mark.slow
def test_stopped_for_a_while(machine: Machine, row: Row) -> None:
    """SIGSTOP, as a debugger, `fg` or a frozen container does: what comes in at once afterwards is old."""
    row.where, row.fault = "engine", f"SIGSTOP under load, SIGCONT after {STOPPED_S:.0f} s"
    row.must = "reconciled again, no order on a price from before, no order sent twice"
    machine.street.turning = True
    machine.signal(signal.SIGSTOP)
    time.sleep(STOPPED_S)
    went_on_ns = time.time_ns()
    machine.signal(signal.SIGCONT)
    row.tried(machine.reconciled())
    before = posts(machine)
    machine.wait(lambda: posts(machine) > before, "trading goes on", 60.0)
    machine.wait(lambda: machine.snapshot().status.state is TradingState.ACTIVE, "prices that are heard", 60.0)
    machine.street.quiet()
    machine.equal()
    late = [intent for intent in machine.intents().values() if intent.at_ns >= went_on_ns]
    assert all(intent.at_ns - intent.draft.reference_ns <= STALE_NS for intent in late)
    row.orders += machine.check_intents()
    machine.check_fills()
    machine.check_undisturbed()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_under_load(machine: Machine, row: Row, number: signal.Signals) -> None:
    row.where, row.fault = "engine", f"{number.name} under load"
    street = machine.street
    street.turning = True
    before = posts(machine)
    machine.wait(lambda: posts(machine) > before + 1, "trading", 40.0)
    machine.signal(number)
    if number is signal.SIGHUP:
        row.must = "the engine does not notice"
        before = posts(machine)
        row.tried(machine.wait(lambda: posts(machine) > before, "trading goes on", 40.0))
    else:
        row.must = "stops in order, nothing in between is lost"
        began = time.monotonic()
        assert machine.dead() == 0
        row.tried(time.monotonic() - began)
        row.orders += machine.check_intents()
        machine.check_chain()
        machine.begin()
        machine.reconciled()
    street.quiet()
    machine.equal()
    quiet_log(machine)


@pytest.mark.slow
def test_out_of_file_handles(machine: Machine, row: Row) -> None:
    row.where, row.fault = "engine", "no file handle left, every connection cut"
    row.must = "not reconciled: nothing is sent; goes on when handles are free"
    street: Street = machine.street
    legs = exits(machine)
    assert machine.process is not None
    soft, _ = resource.prlimit(machine.process.pid, resource.RLIMIT_NOFILE)
    limit(machine, resource.RLIMIT_NOFILE, 3)
    street.stop_venue()
    street.start_venue()
    before = posts(machine)
    street.turning = True
    time.sleep(6.0)
    assert machine.running
    assert posts(machine) == before
    assert exits(machine) == legs
    limit(machine, resource.RLIMIT_NOFILE, soft)
    row.tried(machine.wait(lambda: machine.seen() is not None, "its socket") + machine.reconciled())
    machine.wait(lambda: posts(machine) > before, "trading goes on", 60.0)
    machine.equal()
    assert machine.stop() == 0
    machine.check_chain()
