"""When the orders ask to be looked at next, and what a look then does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.config import Config
from engine.model import Answer, Intent, OrderStatus, Outcome, Role
from engine.orders import LookUp, Orders
from engine.orders.agenda import LEAST_WAIT_NS
from engine.orders.inquiry import ANSWER_LIMIT_NS
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, cancelled, draft, end, told

TIMEOUT_NS = int(Config().orders.entry_timeout_s) * SECOND


def accepted(orders: Orders, intent: Intent) -> None:
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)


def test_nothing_is_due_where_nothing_is_open() -> None:
    assert Orders(Config()).next_due_ns is None


def test_of_several_entries_the_one_whose_time_is_over_first(orders: Orders, enter: Enter) -> None:
    later, sooner = enter("later", now_ns=T0 + SECOND, stop=None), enter("sooner", stop=None)
    for intent in (later, sooner):
        accepted(orders, intent)
    assert orders.next_due_ns == T0 + TIMEOUT_NS
    assert not orders.due(T0 + TIMEOUT_NS - 1).requests
    assert cancelled(orders.due(T0 + TIMEOUT_NS)) == [sooner.client_order_id]
    assert later.client_order_id in cancelled(orders.due(T0 + SECOND + TIMEOUT_NS))


def test_an_event_moves_the_next_look(orders: Orders, enter: Enter) -> None:
    intent = enter(stop=None)
    assert orders.next_due_ns == T0 + ANSWER_LIMIT_NS, "an answer is waited for"
    accepted(orders, intent)
    assert orders.next_due_ns == T0 + TIMEOUT_NS, "then the fill"
    end(orders, intent.client_order_id, T0 + SECOND)
    assert orders.next_due_ns is None


def test_what_a_restart_restored_is_looked_at_once(orders: Orders, enter: Enter) -> None:
    intent = enter(stop=None)
    accepted(orders, intent)
    order = orders.get(intent.client_order_id)
    assert order is not None and order.status is OrderStatus.WORKING
    again = Orders(Config())
    again.restore(intent)
    again.restore(order)
    assert again.next_due_ns == LEAST_WAIT_NS, "at once, by whatever clock"
    again.due(T0 + SECOND)
    assert again.next_due_ns == T0 + TIMEOUT_NS


@settings(max_examples=30)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=40))
def test_looks_never_come_faster_than_the_least_wait(steps_ms: list[int]) -> None:
    """Whenever it is looked at, the next look is later than that by the least wait, or never."""
    orders = Orders(Config())
    intent = orders.intend("s-1", "t-1", Role.ENTRY, draft(), T0, valid_until_ns=T0 + 120 * SECOND)
    orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "no answer"), T0)
    now_ns, asked = T0, 0
    for step in steps_ms:
        now_ns += step * 20_000_000
        changes = orders.due(now_ns)
        asked += sum(isinstance(request, LookUp) for request in changes.requests)
        due_ns = orders.next_due_ns
        assert due_ns is not None and due_ns >= now_ns + LEAST_WAIT_NS
    assert asked <= len(steps_ms)
