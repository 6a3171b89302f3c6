"""SIGKILL at random instants of an engine that trades, with faults on the wire before, during and after.

After each kill the journal of the dead engine must explain every order at the venue, and the next engine must be
reconciled and hold what the venue holds; at the end, once the wire is quiet, every execution was counted once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import FOUR_TRUTHS, Machine
from tests.faults.street import Street

pytestmark = [pytest.mark.timeout(900)]

KILLS = int(os.environ.get("DESK_FAULTS_KILLS", "200"))
"""Of the whole matrix."""
BATCH = 10
"""Kills after which the wire is quiet for a while and every execution is counted."""
QUICK_KILLS = 1
SIDES = tuple(pytest.mark.xdist_group(f"faults-random-{side}") for side in range(2))
"""Two streets side by side."""


@pytest.fixture(scope="module")
def machine(folder: Path, street: Street) -> Iterator[Machine]:
    """One account and one journal for all kills of a side."""
    with ending(Machine(folder, street, ORDERS__ENTRY_TIMEOUT_S="0.6")) as made:
        assert isinstance(made, Machine)
        yield made


def kill_at_random(machine: Machine, row: Row, kills: int) -> None:
    street = machine.street
    row.where, row.fault, row.must = "engine", "kill −9 at random instants, faults on the wire", FOUR_TRUTHS
    if machine.running:
        machine.kill()
    injected = street.injected()
    street.turning = street.troubled = True
    while row.times < kills:
        machine.begin()
        took = machine.reconciled()
        assert took, machine.log[-3000:]
        machine.equal(60.0)
        row.tried(took)
        time.sleep(street.luck.uniform(0.0, 2.5))
        machine.kill()
        row.orders += machine.check_intents()
        machine.check_chain()
        assert "DRIFT" not in machine.log, machine.log[-6000:]
    street.quiet()
    row.injected = dict(street.injected() - injected)
    machine.begin()
    machine.reconciled()
    machine.equal()
    machine.wait(lambda: not machine.unresolved(), "every outcome known", 40.0)
    executions = machine.check_fills()
    assert executions or kills <= QUICK_KILLS, "a few kills may all come before the first execution; many may not"


@SIDES[0]
def test_killed_at_a_few_random_instants(machine: Machine, row: Row) -> None:
    kill_at_random(machine, row, QUICK_KILLS)


@pytest.mark.slow
@pytest.mark.parametrize("batch", [pytest.param(batch, marks=SIDES[batch % 2]) for batch in range(KILLS // BATCH)])
def test_killed_at_random_instants(machine: Machine, row: Row, batch: int) -> None:
    kill_at_random(machine, row, BATCH)
