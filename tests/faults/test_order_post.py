"""Every way an order's POST can go wrong, in an engine that runs: one execution per signal, and the outcome known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model import OrderStatus
from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import Street
from tests.venues.alpaca import AlpacaSimulator
from tests.venues.alpaca.faults import UNKNOWN

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("faults-post")]

MUST = "one execution per signal; outcome known within 30 s"
KNOWN_LIMIT_S = 30.0
GONE_S = 8.0

REFUSED = (
    "401", "403_buying_power", "403_shares", "403_short", "403_wash", "422_price", "422_asset", "422_no_code",
    "429", "429_html",
)  # fmt: skip
"""A definite no; nothing was placed."""
ODD = ("unknown_status", "missing_fields", "fill_first")
QUICK = {("504", "after"), ("hang", "after"), ("429", "before")}


def cases() -> Iterator[object]:
    faults = [(kind, when) for kind in UNKNOWN for when in ("before", "after")]
    faults += [(kind, "before") for kind in (*REFUSED, *ODD)]
    faults += [("422_duplicate", "before"), ("422_duplicate", "after")]
    for fault in faults:
        yield pytest.param(*fault, marks=() if fault in QUICK else pytest.mark.slow, id=" ".join(fault))


@pytest.fixture(scope="module")
def machine(folder: Path, street: Street) -> Iterator[Machine]:
    street.turning = True
    with ending(Machine(folder, street)) as made:
        assert isinstance(made, Machine)
        made.begin()
        made.warm()
        yield made


@pytest.mark.parametrize(("kind", "when"), list(cases()))
def test_an_order_post_that_goes_wrong(machine: Machine, row: Row, kind: str, when: str) -> None:
    row.where, row.must = "order POST", MUST
    row.fault = kind.replace("_", " ") + (f", {when} acceptance" if kind in UNKNOWN or "duplicate" in kind else "")
    street = machine.street

    def spoil(venue: AlpacaSimulator) -> int:
        venue.faults.add("POST /v2/orders", kind, when)
        return len(venue.posts())

    posted = street.ask(spoil)
    machine.wait(lambda: street.ask(lambda venue: len(venue.posts())) > posted, "an order", 40.0)
    order_id = street.ask(lambda venue: venue.posts()[posted]["client_order_id"])

    def known() -> bool:
        order = machine.order(order_id)
        return order is not None and order.status not in (OrderStatus.INTENT, OrderStatus.UNRESOLVED)

    row.tried(machine.wait(known, f"the outcome of {order_id}", KNOWN_LIMIT_S))
    order = machine.order(order_id)
    assert order is not None
    if kind in REFUSED:
        assert order.status is OrderStatus.REJECTED
    elif when == "after" or kind in ODD:
        assert order.status in (OrderStatus.FILLED, OrderStatus.WORKING, OrderStatus.PARTIAL), order
    street.ask(lambda venue: venue.faults.clear())
    row.orders += machine.check_intents()
    sent = street.ask(lambda venue: sum(body["client_order_id"] == order_id for body in venue.posts()))
    standing = street.ask(
        lambda venue: sum(each.client_order_id == order_id for each in venue.exchange.orders.values())
    )
    assert standing <= 1
    if when == "after":
        assert sent == 1, "an order that the venue has taken is never sent again"
    machine.equal()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.slow
def test_a_venue_that_is_gone_while_an_outcome_is_open(machine: Machine, row: Row, when: str) -> None:
    """The clock of 30 s starts when the venue answers again."""
    row.where, row.fault = "order POST", f"reset {when} acceptance, then nobody listens at the venue for {GONE_S:g} s"
    row.must = f"outcome known within {KNOWN_LIMIT_S:g} s after the venue answers again; one execution per signal"
    street = machine.street
    street.turning = True

    def spoil(venue: AlpacaSimulator) -> int:
        venue.faults.add("POST /v2/orders", "reset", when)
        return len(venue.posts())

    posted = street.ask(spoil)
    machine.wait(lambda: street.ask(lambda venue: len(venue.posts())) > posted, "an order", 40.0)
    street.stop_venue()
    order_id = street.ask(lambda venue: venue.posts()[posted]["client_order_id"])
    time.sleep(GONE_S)
    order = machine.order(order_id)
    assert order is not None
    open_before = order.status in (OrderStatus.INTENT, OrderStatus.UNRESOLVED)
    street.start_venue()

    def known() -> bool:
        order = machine.order(order_id)
        return order is not None and order.status not in (OrderStatus.INTENT, OrderStatus.UNRESOLVED)

    took = machine.wait(known, f"the outcome of {order_id}", KNOWN_LIMIT_S)
    row.tried(took if open_before else 0.0)
    street.ask(lambda venue: venue.faults.clear())
    machine.reconciled()
    row.orders += machine.check_intents()
    machine.equal()


def test_what_was_counted_is_what_was_executed(machine: Machine, row: Row) -> None:
    """After all of the above, once the wire is quiet."""
    row.where, row.fault, row.must = "order POST", "after all of these, quiet again", "every execution counted once"
    machine.street.quiet()
    row.tried(machine.equal())
    machine.wait(lambda: not machine.unresolved(), "every outcome known")
    assert machine.check_fills() > 0
    assert machine.stop() == 0
    machine.check_chain()
