"""SIGKILL at every step between a signal and its fill.

After each kill the journal of the dead engine must explain every order at the venue, and the next engine must be
reconciled, hold what the venue holds, and go on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.engine.kernel.process import ending
from tests.faults.engine_at import POINTS
from tests.faults.ledger import Row
from tests.faults.machine import FOUR_TRUTHS, Machine
from tests.faults.street import Street

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("faults-kill")]

QUICK = ("intent durable", "order answered", "fill told")
"""Points that the reduced matrix kills at."""
LATER = int(os.environ.get("DESK_FAULTS_LATER", "2"))
"""Later passes of every point that the whole matrix kills at."""
AT_START = ("started recorded", "reconciliation recorded")
"""Points that an engine passes when it starts."""


@pytest.fixture(scope="module")
def machine(folder: Path, street: Street) -> Iterator[Machine]:
    """One account and one journal for all kills: every start recovers from the kill before."""
    street.turning = True
    with ending(Machine(folder, street, ORDERS__ENTRY_TIMEOUT_S="0.6")) as made:
        assert isinstance(made, Machine)
        yield made


def kill_at(machine: Machine, row: Row, point: str, nth: int) -> None:
    """Let a running engine come to the point and die there."""
    row.where, row.fault, row.must = "engine", f"kill −9: {point}", FOUR_TRUTHS
    if machine.running and point in AT_START:
        machine.kill()
    runs = machine.running
    machine.arm(point, nth)  # one that runs may come there at once: another would have no order to die
    if not runs:
        machine.begin()
    if point.startswith("cancel"):
        machine.street.size = Decimal(0)
    if point == "order looked up":
        machine.street.ask(lambda venue: venue.faults.add("POST /v2/orders", "504", "after", times=nth))
        machine.street.venue.trading_stream.mute = True
    try:
        assert machine.dead() == -9, machine.log[-3000:]
    finally:
        machine.street.calm()
    machine.recover(row)


SLOW_POINTS = [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in POINTS]


@pytest.mark.parametrize("point", SLOW_POINTS)
def test_killed_at(machine: Machine, row: Row, point: str) -> None:
    kill_at(machine, row, point, 1)


@pytest.mark.slow
@pytest.mark.parametrize("nth", range(2, LATER + 2))
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_later_pass(machine: Machine, row: Row, point: str, nth: int) -> None:
    """The second and later times it comes there; every other engine has faults on the wire until it dies."""
    street = machine.street
    injected = street.injected()
    street.troubled = nth % 2 == 1
    try:
        kill_at(machine, row, point, 1 if point in AT_START else nth)
    finally:
        street.troubled = False
        row.injected = dict(street.injected() - injected)


@pytest.mark.parametrize(
    ("held_back", "when"),
    [
        pytest.param("order POST", "after"),
        pytest.param("order POST", "before", marks=pytest.mark.slow),
        pytest.param("cancel", "before", marks=pytest.mark.slow),
        pytest.param("cancel", "after", marks=pytest.mark.slow),
    ],
)
def test_killed_while_the_venue_holds_the_answer_back(machine: Machine, row: Row, held_back: str, when: str) -> None:
    """The request has left; the venue has done it (after) or is about to (before): it does so while nobody listens."""
    row.where, row.must = "engine", FOUR_TRUTHS
    row.fault = f"kill −9: {held_back} sent, not answered, {when} the venue has acted"
    street = machine.street
    if not machine.running:
        machine.begin()
        machine.reconciled()
    if held_back == "cancel":
        street.size = Decimal(0)
    route = "POST /v2/orders" if held_back == "order POST" else "DELETE /v2/orders/{order_id}"
    happened = street.ask(lambda venue: len(venue.faults.happened))
    street.ask(lambda venue: venue.faults.add(route, "hang", when))
    machine.wait(lambda: street.ask(lambda venue: len(venue.faults.happened)) > happened, "the request", 60.0)
    machine.kill()
    street.calm()
    machine.recover(row)
