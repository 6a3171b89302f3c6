"""What a replaced order had filled is counted once, whether its venue counts it as the successor's too or not."""

from __future__ import annotations

from decimal import Decimal as D

import msgspec
import pytest

from engine.model import Answer, Intent, Lookup, Order, OrderStatus, Outcome, Position, VenuePosition, VenueSnapshot
from engine.model.account import VenueAccount
from engine.orders import Compare, Orders
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, event, ready, told

LATER = T0 + 60_000_000_000


@pytest.fixture
def partly(orders: Orders, enter: Enter) -> Intent:
    """Four of ten are bought."""
    intent = enter(quantity="10")
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    ready(orders)
    orders.on_update(event(told(intent, OrderStatus.PARTIAL, "4", "100", T0 + 1), "partial_fill", "x1", "4", "100"), T0)
    return intent


def moved(orders: Orders, intent: Intent) -> None:
    """A person replaces it."""
    gone = msgspec.structs.replace(told(intent, OrderStatus.REPLACED, "4", "100", T0 + 2), replaced_by="v-new")
    orders.on_update(event(gone, "replaced"), T0 + 2)


def new(intent: Intent, quantity: str, filled: str, status: OrderStatus = OrderStatus.PARTIAL) -> Order:
    """What stands in its place."""
    order = told(intent, status, filled, "100" if filled != "0" else None, T0 + 3)
    return msgspec.structs.replace(order, client_order_id="by-hand", venue_id="v-new", quantity=D(quantity))


def compared(orders: Orders, held: str, at_ns: int = LATER) -> tuple[bool, bool]:
    """The venue shows its orders and this position."""
    account = VenueAccount(D(1000), D(1000), D(1000))
    snapshot = VenueSnapshot(at_ns, account, (VenuePosition("TSLA", D(held), D(100)),), orders.all())
    result = orders.reconcile(snapshot, {"TSLA": Position("TSLA", orders.held("TSLA"), D(100))}, at_ns)
    return result.ok, result.drift


def test_while_it_may_be_either_it_is_at_stake_and_asked_about(orders: Orders, partly: Intent) -> None:
    moved(orders, partly)
    changes = orders.on_lookup("by-hand", Lookup(True), T0 + 3)
    changes = orders.on_update(event(new(partly, "6", "4"), "held"), T0 + 3)
    assert Compare("replaced") in changes.requests
    (order,) = orders.at_stake
    assert (orders.held("TSLA"), order.filled, order.remaining) == (4, 0, 6)
    assert compared(orders, "4", T0 + 4) == (False, False), "the venue may not have booked it yet"


@pytest.mark.parametrize("held", ["4", "8"])
def test_the_position_settles_it(orders: Orders, partly: Intent, held: str) -> None:
    moved(orders, partly)
    orders.on_update(event(new(partly, "6", "4"), "held"), T0 + 3)
    assert compared(orders, held) == (True, False)
    (order,) = orders.at_stake
    assert (orders.held("TSLA"), order.remaining) == (D(held), 2)


def test_a_position_that_is_neither_is_drift(orders: Orders, partly: Intent) -> None:
    moved(orders, partly)
    orders.on_update(event(new(partly, "6", "4"), "held"), T0 + 3)
    assert compared(orders, "7") == (False, False)
    assert compared(orders, "7") == (True, True)


@pytest.mark.parametrize(("event_", "filled", "held"), [("new", "4", 4), ("new", "0", 4)])
def test_its_first_word_tells(orders: Orders, partly: Intent, event_: str, filled: str, held: int) -> None:
    moved(orders, partly)
    orders.on_update(event(new(partly, "6", filled, OrderStatus.WORKING), event_), T0 + 3)
    assert orders.held("TSLA") == held and orders.at_stake[0].remaining == 6 - int(filled)


def test_an_execution_that_begins_below_is_its_own(orders: Orders, partly: Intent) -> None:
    moved(orders, partly)
    orders.on_update(event(new(partly, "6", "4"), "held"), T0 + 3)
    orders.on_update(event(new(partly, "6", "5"), "partial_fill", "x9", "3", "100"), T0 + 4)
    (fill,) = orders.on_lookup("by-hand", Lookup(True, new(partly, "6", "5")), T0 + 5).fills
    assert (fill.quantity, orders.held("TSLA")) == (2, 9)


def test_what_the_first_had_filled_is_told_after_the_second(orders: Orders, enter: Enter) -> None:
    """A comparison shows the second with all; the first is looked up later."""
    intent = enter(quantity="10")
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    gone = msgspec.structs.replace(told(intent, OrderStatus.REPLACED, "0", None, T0 + 2), replaced_by="v-new")
    orders.on_update(event(gone, "replaced"), T0 + 2)
    orders.on_lookup("by-hand", Lookup(True), T0)
    orders.on_update(msgspec.structs.replace(event(new(intent, "10", "6"), "held"), source="answer"), T0 + 3)
    assert orders.held("TSLA") == 6
    late = msgspec.structs.replace(gone, filled=D(4), average_price=D(100))
    assert not orders.on_lookup(intent.client_order_id, Lookup(True, late), T0 + 4).fills
    assert compared(orders, "6") == (True, False)
    assert orders.held("TSLA") == 6


@pytest.mark.parametrize("filled", ["4", "6"])
def test_what_is_heard_of_before_what_it_replaced_carries_from_the_first_word(
    orders: Orders, partly: Intent, filled: str
) -> None:
    """Its `new` comes, then a lookup, then that the first was replaced."""
    orders.on_update(event(new(partly, "10", "4"), "new"), T0 + 3)
    fills = list(orders.on_lookup("by-hand", Lookup(True, new(partly, "10", filled)), T0 + 4).fills)
    moved(orders, partly)
    fills += orders.on_lookup("by-hand", Lookup(True, new(partly, "10", filled)), T0 + 5).fills
    assert sum(fill.quantity for fill in fills) == D(filled) - 4
    assert orders.held("TSLA") == D(filled)
    assert compared(orders, filled) == (True, False)


def test_a_persons_order_that_is_new_and_filled_at_once_has_its_execution(orders: Orders, partly: Intent) -> None:
    """A venue may say so in one word; the execution begins at 0, so nothing was carried."""
    orders.on_update(event(new(partly, "10", "3"), "new"), T0 + 3)
    (fill,) = orders.on_update(event(new(partly, "10", "3"), "partial_fill", "x7", "3", "100"), T0 + 4).fills
    assert (fill.quantity, orders.held("TSLA")) == (3, 4)
