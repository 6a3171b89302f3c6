"""The order state machine: intents, the venue's answers, executions in any order, legs, what is not ours."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.config import Config
from engine.errors import DeskError
from engine.model import (
    Answer,
    Fill,
    Intent,
    Lookup,
    Order,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Role,
    Side,
    client_order_id,
)
from engine.orders import Cancel, Orders, Place, Resend
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, draft, event, legs, signal, ticket, told


def test_the_client_order_id_is_a_pure_function_of_signal_role_and_attempt(enter: Enter) -> None:
    intent = enter("signal-7")
    assert intent.client_order_id == client_order_id("signal-7", Role.ENTRY, 1)
    assert intent.attempt == 1 and intent.valid_until_ns == T0 + 120 * SECOND


def test_a_signal_has_one_entry_ever(orders: Orders, enter: Enter) -> None:
    intent = enter("signal-1")
    with pytest.raises(DeskError, match="at most one entry per signal"):
        enter("signal-1")
    again = Orders(Config())
    again.restore(intent)
    with pytest.raises(DeskError, match="at most one entry per signal"):
        again.intend("signal-1", "t", Role.ENTRY, draft(), T0)


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity"])
def test_a_quantity_no_venue_takes_is_refused(enter: Enter, quantity: str) -> None:
    with pytest.raises(DeskError, match="quantity above 0"):
        enter(quantity=quantity)


def test_a_final_state_is_not_left(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_update(event(told(intent, OrderStatus.CANCELED, at_ns=T0 + 5), "canceled"), T0 + 5)
    orders.on_update(event(told(intent, at_ns=T0 + 9), "new"), T0 + 9)
    order = orders.get(intent.client_order_id)
    assert order is not None and order.status is OrderStatus.CANCELED


def test_the_venue_may_contradict_a_conclusion_of_ours(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.UNRESOLVED), T0)
    orders.on_lookup(intent.client_order_id, Lookup(False), intent.valid_until_ns + 1)
    filled = told(intent, OrderStatus.FILLED, "10", "99", at_ns=T0 + 500 * SECOND)
    changes = orders.on_update(event(filled, "fill", "x1", "10", "99"), T0 + 500 * SECOND)
    assert changes.orders[-1].status is OrderStatus.FILLED and len(changes.fills) == 1
    assert any(alert.code == "order_contradicted" and alert.until_acknowledged for alert in changes.alerts)


def test_an_order_refused_when_it_was_sent_again_may_exist_from_the_first_time(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "no answer within 10 s"), T0)
    changes = orders.on_lookup(intent.client_order_id, Lookup(False), T0 + 6 * SECOND)
    assert [type(request) for request in changes.requests] == [Resend]
    orders.on_answer(intent, Answer(Outcome.REJECTED, "HTTP 403: insufficient buying power"), T0 + 7 * SECOND)
    assert orders.open == ()
    changes = orders.on_update(event(told(intent, at_ns=T0 + 8 * SECOND), "new"), T0 + 8 * SECOND)
    assert [alert.code for alert in changes.alerts] == ["order_contradicted"]
    assert [order.status for order in orders.open] == [OrderStatus.WORKING]
    assert [type(request) for request in orders.cancel_entries(T0 + 9 * SECOND).requests] == [Cancel]


def test_a_replaced_order_is_followed_by_its_successor(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    gone = msgspec.structs.replace(told(intent, OrderStatus.REPLACED, at_ns=T0 + 2), replaced_by="v-new")
    orders.on_update(event(gone, "replaced"), T0 + 2)
    new = msgspec.structs.replace(told(intent, at_ns=T0 + 3), client_order_id="venue-made", venue_id="v-new")
    orders.on_update(event(new, "new"), T0 + 3)
    (order,) = orders.open
    assert (order.client_order_id, order.role, order.signal_id) == ("venue-made", Role.ENTRY, "signal-1")
    assert orders.on_update(event(gone, "replaced"), T0 + 4).orders == ()


def test_an_order_that_is_not_ours_is_shown_and_never_touched(orders: Orders, enter: Enter) -> None:
    foreign = msgspec.structs.replace(told(enter()), client_order_id="by-hand", venue_id="v-by-hand")
    orders.on_update(event(foreign, "new"), T0)
    assert orders.get("by-hand") is not None
    assert next(order for order in orders.open if order.client_order_id == "by-hand").role is Role.EXTERNAL
    assert not orders.cancel("by-hand", T0)
    assert not [request for request in orders.due(T0 + 3600 * SECOND).requests if "by-hand" in str(request)]


def test_legs_are_adopted_with_their_entry_as_parent(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent, legs=legs(intent, OrderStatus.HELD))), T0)
    roles = {order.role: order for order in orders.open}
    assert set(roles) == {Role.ENTRY, Role.TARGET, Role.STOP}
    assert roles[Role.STOP].parent_id == roles[Role.TARGET].parent_id == intent.client_order_id
    assert roles[Role.STOP].signal_id == "signal-1"
    assert orders._register.committed("TSLA", Side.SELL) == 10


def test_a_leg_seen_before_its_entry_was_foreign_only_so_long(orders: Orders, enter: Enter) -> None:
    intent = enter()
    target, stop = legs(intent, OrderStatus.HELD)
    orders.on_update(event(stop, "held"), T0)
    assert orders.get(stop.client_order_id).role is Role.EXTERNAL  # type: ignore[union-attr]
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent, legs=(target, stop))), T0)
    assert orders.get(stop.client_order_id).role is Role.STOP  # type: ignore[union-attr]


def test_a_decided_ticket_leads_to_an_order_whose_id_is_known(orders: Orders) -> None:
    changes, order_id = orders.deal(signal("s-1"), ticket("s-1"), draft(), T0)
    (request,) = changes.requests
    assert isinstance(request, Place) and request.intent.client_order_id == order_id
    assert request.intent.valid_until_ns == signal("s-1").expires_ns
    assert [order.status for order in changes.orders] == [OrderStatus.INTENT]


def test_a_ticket_dealt_twice_leads_to_one_order(orders: Orders) -> None:
    orders.deal(signal("s-1"), ticket("s-1"), draft(), T0)
    changes, _ = orders.deal(signal("s-1"), ticket("s-1"), draft(), T0)
    assert not changes.requests and changes.alerts[0].code == "order_refused"


def test_a_sale_of_what_is_not_held_is_refused_in_words(orders: Orders) -> None:
    changes, _ = orders.deal(signal("s-1"), ticket("s-1"), draft(Side.SELL), T0)
    assert not changes.requests and "none of ours" in changes.alerts[0].text


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Decimal], OrderStatus | None, list[int]]:
    """An order of 100: its executions, how it ends, and in which order (with repeats) its events are heard."""
    parts = draw(st.lists(st.integers(1, 20).map(Decimal), min_size=1, max_size=5))
    end = draw(st.sampled_from([None, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.FILLED]))
    count = len(parts) + 1 + (end is not None and end is not OrderStatus.FILLED)
    repeats = draw(st.lists(st.integers(0, count - 1), max_size=5))
    return parts, end, draw(st.permutations([*range(count), *repeats]))


@settings(max_examples=200)
@given(lives())
def test_any_order_of_events_ends_in_the_same_state(life: tuple[list[Decimal], OrderStatus | None, list[int]]) -> None:
    parts, end, heard = life
    total = sum(parts, Decimal(0))
    quantity = total if end is OrderStatus.FILLED else total + 1
    orders = Orders(Config())
    intent = orders.intend("s", "t", Role.ENTRY, draft(quantity=str(quantity)), T0)
    events: list[OrderUpdate] = [event(told(intent, at_ns=T0 + 1), "new")]
    filled = notional = Decimal(0)
    for index, part in enumerate(parts):
        filled += part
        price = Decimal(100 + index)
        notional += part * price
        status = OrderStatus.FILLED if filled == quantity else OrderStatus.PARTIAL
        state = told(intent, status, str(filled), str(notional / filled), at_ns=T0 + 2 + index)
        events.append(event(state, "fill", f"x{index}", str(part), str(price)))
    if end is not None and end is not OrderStatus.FILLED:
        state = told(intent, end, str(filled), str(notional / filled), at_ns=T0 + 50)
        events.append(event(state, end.value))
    fills: list[Fill] = []
    journal: list[Intent | Order | Fill] = [intent]
    for index in heard:
        changes = orders.on_update(events[index], T0 + 60)
        fills += changes.fills
        journal += [*changes.fills, *changes.orders]
    order = orders.get(intent.client_order_id)
    assert order is not None
    assert order.filled == total == sum((fill.quantity for fill in fills), Decimal(0))
    assert sum((fill.quantity * fill.price for fill in fills), Decimal(0)) == notional
    assert order.average_price is not None and abs(order.average_price - notional / total) < Decimal("1e-20")
    assert order.status is (end or OrderStatus.PARTIAL)
    assert len({fill.execution_id for fill in fills}) == len(fills) == len(parts)
    assert orders.held("TSLA") == total

    again = Orders(Config())
    for record in journal:
        again.restore(record)
    assert again.all() == orders.all()
    assert again.open == orders.open and again.held("TSLA") == total
    for update in events:
        assert not again.on_update(update, T0 + 70).fills
