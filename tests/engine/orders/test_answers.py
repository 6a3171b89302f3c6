"""What the venue's answers to our requests mean: taken, refused, too late, too many."""

from __future__ import annotations

import pytest

from engine.clock import SECOND
from engine.model import Answer, OrderStatus, Outcome, Role
from engine.orders import Cancel, LookUp, Orders
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, event, told


def test_an_accepted_order_keeps_our_role_and_signal(orders: Orders, enter: Enter) -> None:
    intent = enter()
    changes = orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent, at_ns=T0 + 1)), T0 + 1)
    (order,) = changes.orders
    assert (order.status, order.role, order.signal_id) == (OrderStatus.WORKING, Role.ENTRY, "signal-1")
    assert orders.open == (order,)
    assert order.remaining == 10


def test_a_definite_rejection_is_final_and_says_why(orders: Orders, enter: Enter) -> None:
    intent = enter()
    changes = orders.on_answer(intent, Answer(Outcome.REJECTED, "insufficient buying power"), T0)
    assert changes.orders[0].status is OrderStatus.REJECTED
    assert "insufficient buying power" in changes.alerts[0].text
    assert orders.open == () and orders.next_due_ns is None


def test_a_timeout_after_a_later_word_changes_nothing(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_update(event(told(intent), "new"), T0)
    assert not orders.on_answer(intent, Answer(Outcome.REJECTED, "late and wrong"), T0 + 1)
    assert orders.open[0].status is OrderStatus.WORKING


def test_an_order_that_the_venue_shows_as_rejected_stays_so(orders: Orders, enter: Enter) -> None:
    intent = enter()
    shown = told(intent, OrderStatus.REJECTED, at_ns=T0 + 2)
    changes = orders.on_answer(intent, Answer(Outcome.REJECTED, "took it and rejected it", shown), T0 + 3)
    assert [alert.code for alert in changes.alerts] == ["order_rejected"]
    assert not orders.on_update(event(told(intent, at_ns=T0 + 1), "new"), T0 + 4).alerts
    order = orders.get(intent.client_order_id)
    assert order is not None and order.status is OrderStatus.REJECTED and order.reason == "took it and rejected it"


@pytest.mark.parametrize(("wish_s", "after_s"), [(3.0, 3), (300.0, 15), (0.0, 1)])
def test_a_cancel_that_meets_a_rate_limit_is_asked_again_when_the_venue_says(
    orders: Orders, enter: Enter, wish_s: float, after_s: int
) -> None:
    intent = enter(extended_hours=True)
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    (request,) = orders.cancel_entries(T0).requests
    assert isinstance(request, Cancel)
    limited = Answer(Outcome.REJECTED, "rate limit", retry_after_s=wish_s)
    assert not orders.on_cancel(request.order, limited, T0).requests, "a lookup would be one request more"
    assert orders.next_due_ns == (T0 + after_s * SECOND if wish_s else T0 + SECOND // 2)


def test_a_refused_cancel_means_look_it_up(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    changes = orders.on_cancel(orders.open[0], Answer(Outcome.REJECTED, "order is not cancelable"), T0)
    assert changes.requests == (LookUp(intent.client_order_id),)


def test_a_cancel_that_is_taken_waits_for_its_end(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    (order,) = orders.on_cancel(orders.open[0], Answer(Outcome.ACCEPTED), T0 + 1).orders
    assert order.status is OrderStatus.CANCELING and orders.open == (order,)


def test_a_cancel_that_the_venue_answers_with_the_order_takes_its_word(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    ended = told(intent, OrderStatus.CANCELED, at_ns=T0 + 1)
    (order,) = orders.on_cancel(orders.open[0], Answer(Outcome.ACCEPTED, order=ended), T0 + 1).orders
    assert order.status is OrderStatus.CANCELED and orders.open == ()
