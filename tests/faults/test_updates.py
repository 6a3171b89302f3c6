"""Trade updates that are lost, repeated, late, blank or never come: the book equals the venue's all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.model import Light, OrderStatus, Role
from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import Street
from tests.venues.alpaca import AlpacaSimulator

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("faults-updates")]

MUST = "book equals the venue's, every execution counted once"
EACH = 6
"""Updates a fault is put on."""


@pytest.fixture(scope="module")
def machine(folder: Path, street: Street) -> Iterator[Machine]:
    with ending(Machine(folder, street, ORDERS__ENTRY_TIMEOUT_S="1.0")) as made:
        assert isinstance(made, Machine)
        made.begin()
        made.warm()
        yield made


def settle(machine: Machine, row: Row) -> None:
    """The wire is quiet again: wait until the book equals the venue's, and count."""
    machine.street.quiet()
    took = machine.equal()
    took += machine.wait(lambda: not machine.unresolved(), "every outcome known")

    def counted() -> bool:
        try:
            machine.check_fills()
        except AssertionError:
            return False
        return True

    took += machine.wait(counted, "every execution counted", 20.0)
    machine.check_fills()
    row.worst_s = max(row.worst_s, took)
    row.orders += machine.check_intents()


def lose(venue: AlpacaSimulator) -> None:
    venue.trading_stream.drop = EACH


def repeat(venue: AlpacaSimulator) -> None:
    venue.trading_stream.repeat = EACH


def blank(venue: AlpacaSimulator) -> None:
    venue.trading_stream.null = EACH


def reorder(venue: AlpacaSimulator) -> None:
    venue.trading_stream.hold = EACH


@pytest.mark.parametrize(
    ("words", "break_it"),
    [
        pytest.param("lost", lose, id="lost", marks=pytest.mark.slow),
        pytest.param("repeated", repeat, id="repeated", marks=pytest.mark.slow),
        pytest.param("null", blank, id="null", marks=pytest.mark.slow),
        pytest.param("held back and in reverse order", reorder, id="reversed", marks=pytest.mark.slow),
    ],
)
def test_updates_that_go_wrong(
    machine: Machine, row: Row, words: str, break_it: Callable[[AlpacaSimulator], None]
) -> None:
    row.where, row.fault, row.must = "updates", words, MUST
    street = machine.street
    told = street.ask(lambda venue: len(venue.updates))
    street.ask(break_it)
    street.turning = True
    machine.wait(lambda: street.ask(lambda venue: len(venue.updates)) >= told + EACH, "updates", 60.0)
    row.times = EACH
    settle(machine, row)


def cut(venue: AlpacaSimulator) -> None:
    venue.trading_stream.abort_all()


def half_open(venue: AlpacaSimulator) -> None:
    venue.trading_stream.half_open()


def mute(venue: AlpacaSimulator) -> None:
    venue.trading_stream.mute = True


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "break_it", "times"),
    [
        pytest.param("socket cut", cut, 5, id="cut"),
        pytest.param("socket half open", half_open, 1, id="half-open"),
        pytest.param("stream connected but mute", mute, 1, id="mute"),
    ],
)
def test_a_stream_that_goes_wrong(
    machine: Machine, row: Row, words: str, break_it: Callable[[AlpacaSimulator], None], times: int
) -> None:
    row.where, row.fault, row.must = "updates", words, MUST
    street = machine.street
    street.turning = True
    for _ in range(times):
        posted = street.ask(lambda venue: len(venue.posts()))
        street.ask(break_it)
        machine.wait(lambda before=posted: street.ask(lambda venue: len(venue.posts())) >= before + 2, "orders", 60.0)
        row.times += 1
    settle(machine, row)

    def heard() -> bool:
        seen = machine.seen()
        return seen is not None and seen.status.reconciled and any(
            feed.name == "alpaca-orders" and feed.light is Light.UP for feed in seen.feeds
        )  # fmt: skip

    machine.wait(heard, "a stream that is up", 60.0)


@pytest.mark.slow
def test_partial_fills_and_then_a_cancel(machine: Machine, row: Row) -> None:
    row.where, row.must = "updates", f"{MUST}; what was filled is protected"
    row.fault = "partial fills, then the entry is cancelled"
    street = machine.street
    street.size = Decimal(1)
    street.turning = True

    def partly() -> bool:
        seen = machine.seen()
        orders = () if seen is None else seen.orders
        return any(
            order.role is Role.ENTRY and order.status is OrderStatus.CANCELED and order.filled > 0 for order in orders
        )

    row.tried(machine.wait(partly, "an entry filled in part and cancelled", 60.0))
    settle(machine, row)

    def protected() -> bool:
        seen = machine.seen()
        return seen is not None and all(held.stop_price is not None for held in seen.positions)

    row.worst_s += machine.wait(protected, "a stop for everything held", 20.0)
