"""Cancelling: an entry out of time, a rate limit, a refusal, a status that nobody knows."""

from __future__ import annotations

from engine.clock import SECOND
from engine.model import (
    Answer,
    Lookup,
    OrderStatus,
    Outcome,
)
from engine.orders import Cancel, Orders
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, event, told


def test_an_entry_not_filled_in_time_is_cancelled_and_asked_again_until_it_is(orders: Orders, enter: Enter) -> None:
    intent = enter(stop=None)
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    assert orders.next_due_ns == T0 + 60 * SECOND
    assert not orders.due(T0 + 60 * SECOND - 1).requests
    (request,) = orders.due(T0 + 60 * SECOND).requests
    assert isinstance(request, Cancel)
    orders.on_cancel(request.order, Answer(Outcome.ACCEPTED), T0 + 60 * SECOND)
    assert orders.open[0].status is OrderStatus.CANCELING
    assert not orders.due(T0 + 60 * SECOND + SECOND // 4).requests
    assert len(orders.due(T0 + 61 * SECOND).requests) == 1
    ended = told(intent, OrderStatus.CANCELED, "3", "99", at_ns=T0 + 62 * SECOND)
    orders.on_update(event(ended, "canceled"), T0 + 62 * SECOND)
    assert orders.open == ()


def test_an_order_under_a_status_that_nobody_knows_can_be_cancelled(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "unknown order status"), T0)
    assert not orders.cancel_entries(T0 + 1).requests, "the venue is not known to have it"
    orders.on_lookup(intent.client_order_id, Lookup(True, told(intent, OrderStatus.UNRESOLVED)), T0 + 2)
    (request,) = orders.cancel_entries(T0 + 3).requests
    assert isinstance(request, Cancel) and request.order.venue_id
