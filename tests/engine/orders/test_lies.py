"""A venue whose words cannot be true: what is counted stays possible, and a person is told."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.clock import SECOND
from engine.model import Answer, Fill, Intent, Lookup, OrderStatus, Outcome, Role, Side
from engine.orders import Orders
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, event, legs, placed, ready, told

D = Decimal


@pytest.fixture
def intent(orders: Orders, enter: Enter) -> Intent:
    made = enter()
    answer = Answer(Outcome.ACCEPTED, order=told(made, legs=legs(made, OrderStatus.HELD)))
    orders.on_answer(made, answer, T0)
    ready(orders)
    return made


@pytest.mark.parametrize("average", ["-5", "0", "NaN", "Infinity", None])
def test_nothing_is_counted_at_a_price_that_is_none(orders: Orders, intent: Intent, average: str | None) -> None:
    lie = told(intent, OrderStatus.PARTIAL, "2", average, T0 + 1)
    (fill,) = orders.on_lookup(intent.client_order_id, Lookup(True, lie), T0 + 1).fills
    assert (fill.quantity, fill.price) == (2, intent.draft.limit_price)


@pytest.mark.parametrize("price", ["-5", "0"])
def test_an_execution_without_a_price_is_asked_for(orders: Orders, intent: Intent, price: str) -> None:
    lie = told(intent, OrderStatus.PARTIAL, "2", "100", T0 + 1)
    assert not orders.on_update(event(lie, "fill", "x1", "2", price), T0 + 1).fills
    (fill,) = orders.on_lookup(intent.client_order_id, Lookup(True, lie), T0 + 2).fills
    assert (fill.quantity, fill.price) == (2, 100)


def test_more_than_was_ordered_is_held_protected_and_told(orders: Orders, intent: Intent) -> None:
    lie = told(intent, OrderStatus.FILLED, "15", "100", T0 + 1)
    changes = orders.on_update(event(msgspec.structs.replace(lie, quantity=D(15)), "fill", "x1", "15", "100"), T0 + 1)
    (alert,) = [each for each in changes.alerts if each.code == "order_overfilled"]
    assert "15 filled of buy 10" in alert.text and alert.until_acknowledged
    assert orders.held("TSLA") == 15
    for at_s in (11, 12, 13, 30):
        for order in orders.open:
            if order.role in (Role.STOP, Role.TARGET) and order.order_type != "stop":
                gone = msgspec.structs.replace(order, status=OrderStatus.CANCELED, updated_ns=T0 + at_s * SECOND)
                orders.on_update(event(gone, "canceled"), T0 + at_s * SECOND)
        stops = placed(orders.due(T0 + at_s * SECOND))
        if stops:
            break
    assert [stop.draft.quantity for stop in stops] == [5], "beside the leg for ten"


def test_one_side_and_one_symbol_per_order(orders: Orders, intent: Intent) -> None:
    lie = msgspec.structs.replace(told(intent, OrderStatus.FILLED, "10", "100", T0 + 1), side=Side.SELL, symbol="NVDA")
    orders.on_update(event(lie, "fill", "x1", "10", "100"), T0 + 1)
    assert (orders.held("TSLA"), orders.held("NVDA")) == (10, 0)


def test_what_is_filled_never_falls(orders: Orders, intent: Intent) -> None:
    fills: list[Fill] = []
    for number, filled in enumerate(("5", "3", "5", "4")):
        word = told(intent, OrderStatus.PARTIAL, filled, "100", T0 + number + 1)
        fills += orders.on_update(event(word, "fill", f"x{number}", filled, "100"), T0 + number + 1).fills
    assert sum(fill.quantity for fill in fills) == orders.held("TSLA") == 5


@pytest.mark.parametrize("circle", [("v-{0}",), ("v-b", "v-{0}")])
def test_orders_that_replace_each_other_in_a_circle_end_nothing(
    orders: Orders, intent: Intent, circle: tuple[str, ...]
) -> None:
    ids = [intent.client_order_id, "b"]
    for number, successor in enumerate(circle):
        order = told(intent, OrderStatus.REPLACED, "0", None, T0 + number + 1)
        order = msgspec.structs.replace(
            order,
            client_order_id=ids[number],
            venue_id=f"v-{ids[number]}",
            replaced_by=successor.format(intent.client_order_id),
        )
        orders.on_update(event(order, "replaced"), T0 + number + 1)
    assert not placed(orders.due(T0 + 60 * SECOND)) and orders.held("TSLA") == 0


def test_a_leg_that_is_its_own_entry_is_no_leg(orders: Orders, intent: Intent) -> None:
    order = told(intent, OrderStatus.FILLED, "10", "100", T0 + 1)
    orders.on_update(event(msgspec.structs.replace(order, legs=(order,)), "fill", "x1", "10", "100"), T0 + 1)
    known = orders.get(intent.client_order_id)
    assert known is not None and (known.role, known.parent_id) == (Role.ENTRY, "")
    assert orders.held("TSLA") == 10
