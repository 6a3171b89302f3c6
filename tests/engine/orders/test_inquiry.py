"""What is not known is looked up: with back-off, until found, and sent again only after a definite no."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.clock import SECOND
from engine.config import Config
from engine.model import (
    Answer,
    Intent,
    Lookup,
    Order,
    OrderStatus,
    Outcome,
    Role,
    VenueAccount,
    VenueSnapshot,
)
from engine.orders import Cancel, LookUp, Orders, Resend
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, event, told


def test_an_accepted_answer_without_an_order_is_looked_up(orders: Orders, enter: Enter) -> None:
    orders.on_answer(enter(), Answer(Outcome.ACCEPTED), T0)
    assert orders.unresolved


class TestUnresolved:
    def test_looked_up_with_back_off_until_found(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "timeout"), T0)
        asked = []
        while len(asked) < 4:
            at_ns = orders.next_due_ns
            assert at_ns is not None
            changes = orders.due(at_ns)
            assert changes.requests == (LookUp(intent.client_order_id),)
            asked.append((at_ns - T0) / SECOND)
            orders.on_lookup(intent.client_order_id, Lookup(None, reason="503"), at_ns)
        assert asked == [0.5, 1.5, 3.5, 7.5]
        found = told(intent, OrderStatus.PARTIAL, "4", "99", at_ns=T0 + SECOND)
        changes = orders.on_lookup(intent.client_order_id, Lookup(True, found), T0 + 8 * SECOND)
        assert changes.orders[-1].status is OrderStatus.PARTIAL
        assert [(fill.quantity, fill.price) for fill in changes.fills] == [(4, 99)]
        assert not orders.unresolved

    def test_not_found_counts_only_after_the_grace_period(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "reset"), T0)
        assert not orders.on_lookup(intent.client_order_id, Lookup(False), T0 + 5 * SECOND - 1)
        changes = orders.on_lookup(intent.client_order_id, Lookup(False), T0 + 5 * SECOND)
        assert changes.requests == (Resend(intent),)
        assert orders.unresolved[0].client_order_id == intent.client_order_id

    def test_not_what_was_asked_before_it_however_late_it_is_answered(self, orders: Orders, enter: Enter) -> None:
        """The order may have reached the venue between the question and the answer."""
        intent = enter()
        orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "timeout"), T0)
        late = intent.valid_until_ns + SECOND
        for asked_ns in (T0 + SECOND, T0 + 5 * SECOND - 1):
            assert not orders.on_lookup(intent.client_order_id, Lookup(False, asked_ns=asked_ns), late)
        orders.on_lookup(intent.client_order_id, Lookup(False, asked_ns=T0 + 5 * SECOND), late)
        assert orders.all()[-1].status is OrderStatus.NEVER_PLACED

    def test_nor_does_a_restart_cut_the_grace_short(self, orders: Orders, enter: Enter) -> None:
        """The last engine's POST may be under way still: what stood in for it would be a second one."""
        intent = enter()
        after = Orders(Config())
        after.restore(intent)
        after.due(T0 + SECOND)
        after.cancel(intent.client_order_id, T0 + SECOND)
        after.on_lookup(intent.client_order_id, Lookup(False), T0 + 2 * SECOND)
        assert after.unresolved
        after.on_lookup(intent.client_order_id, Lookup(False), T0 + 5 * SECOND)
        assert after.all()[-1].status is OrderStatus.NEVER_PLACED

    def test_what_was_given_up_is_not_sent_any_more(self, orders: Orders, enter: Enter) -> None:
        """Its record was slow to reach the disk: by then something else may stand in its place."""
        intent = enter()
        assert orders.wanted(intent.client_order_id)
        orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "no answer"), T0)
        orders.on_lookup(intent.client_order_id, Lookup(False), intent.valid_until_ns + SECOND)
        assert not orders.wanted(intent.client_order_id)

    def test_after_its_time_it_was_never_placed(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(Outcome.UNRESOLVED), T0)
        late = intent.valid_until_ns + 1
        changes = orders.on_lookup(intent.client_order_id, Lookup(False), late)
        assert changes.orders[0].status is OrderStatus.NEVER_PLACED and not changes.requests
        assert orders.next_due_ns is None

    def test_just_in_time_it_is_sent_again(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(Outcome.UNRESOLVED), T0)
        changes = orders.on_lookup(intent.client_order_id, Lookup(False), intent.valid_until_ns)
        assert changes.requests == (Resend(intent),)

    def test_after_a_restart_it_is_sent_again_only_once_the_book_was_compared(
        self, orders: Orders, enter: Enter
    ) -> None:
        intent = enter()
        again = Orders(Config())
        again.restore(intent)
        (asked,) = again.due(T0 + SECOND).requests
        assert asked == LookUp(intent.client_order_id)
        assert not again.on_lookup(intent.client_order_id, Lookup(False), T0 + 6 * SECOND).requests
        empty = VenueSnapshot(T0 + 7 * SECOND, VenueAccount(Decimal(1), Decimal(1), Decimal(1)), (), ())
        assert again.reconcile(empty, {}, T0 + 7 * SECOND).ok
        changes = again.on_lookup(intent.client_order_id, Lookup(False), T0 + 8 * SECOND)
        assert changes.requests == (Resend(intent),)

    def test_one_that_is_no_longer_wanted_is_not_sent_again(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(Outcome.UNRESOLVED), T0)
        assert not orders.cancel_entries(T0).requests
        changes = orders.on_lookup(intent.client_order_id, Lookup(False), T0 + 6 * SECOND)
        assert changes.orders[0].status is OrderStatus.NEVER_PLACED and not changes.requests

    def test_one_that_is_no_longer_wanted_is_cancelled_when_it_shows(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(Outcome.UNRESOLVED), T0)
        orders.cancel_entries(T0)
        orders.on_update(event(told(intent, at_ns=T0 + 1), "new"), T0 + 1)
        (request,) = orders.due(T0 + 2).requests
        assert isinstance(request, Cancel) and request.order.client_order_id == intent.client_order_id

    def test_an_alert_stays_from_half_a_minute_on_and_goes_when_it_is_known(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "504"), T0)
        assert not orders.due(T0 + 30 * SECOND - 1).alerts
        (alert,) = orders.due(T0 + 30 * SECOND).alerts
        assert alert.until_acknowledged and "504" in alert.text
        assert not orders.due(T0 + 40 * SECOND).alerts
        assert orders.on_update(event(told(intent), "new"), T0 + 41 * SECOND).cleared == (alert.id,)

    def test_the_fill_may_come_before_the_answer(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        filled = told(intent, OrderStatus.FILLED, "10", "99.5", at_ns=T0 + 5)
        orders.on_update(event(filled, "fill", "x1", "10", "99.5"), T0 + 5)
        assert not orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "timeout"), T0 + 8 * SECOND)
        order = orders.get(intent.client_order_id)
        assert order is not None and order.status is OrderStatus.FILLED

    def test_an_entry_found_again_after_a_restart_keeps_the_time_it_has_left(self, enter: Enter) -> None:
        intent = enter()
        orders = Orders(Config())
        orders.restore(intent)
        found = Lookup(True, told(intent, at_ns=T0 + 1))
        assert not orders.on_lookup(intent.client_order_id, found, T0 + 2 * SECOND).requests
        assert not [each for each in orders.due(T0 + 59 * SECOND).requests if isinstance(each, Cancel)]
        assert [each for each in orders.due(T0 + 61 * SECOND).requests if isinstance(each, Cancel)]

    def test_an_intent_found_in_the_journal_without_an_answer_is_looked_up_at_once(self, enter: Enter) -> None:
        intent = enter()
        orders = Orders(Config())
        orders.restore(intent)
        orders.restore(msgspec.structs.replace(told(intent), venue_id="", status=OrderStatus.INTENT, role=Role.ENTRY))
        changes = orders.due(T0 + SECOND)
        assert changes.requests == (LookUp(intent.client_order_id),)
        assert changes.orders[0].status is OrderStatus.UNRESOLVED

    def test_an_intent_whose_answer_never_comes_is_looked_up(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        assert not orders.due(T0 + 14 * SECOND)
        assert LookUp(intent.client_order_id) in orders.due(T0 + 15 * SECOND).requests

    def test_an_unknown_status_is_looked_up_and_never_sent_again(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
        odd = msgspec.structs.replace(told(intent, OrderStatus.UNRESOLVED, at_ns=T0 + 1), venue_status="pondering")
        orders.on_update(event(odd, "pondering"), T0 + 1)
        assert orders.unresolved[0].venue_status == "pondering"
        assert orders.due(T0 + SECOND).requests == (LookUp(intent.client_order_id),)
        changes = orders.on_lookup(intent.client_order_id, Lookup(False), T0 + 20 * SECOND)
        assert not changes.requests and changes.alerts[0].until_acknowledged
        orders.on_lookup(intent.client_order_id, Lookup(True, told(intent, at_ns=T0 + 2)), T0 + 21 * SECOND)
        assert orders.open[0].status is OrderStatus.WORKING


def test_a_filled_quantity_without_its_executions_is_looked_up(orders: Orders, enter: Enter) -> None:
    intent = enter()
    filled = told(intent, OrderStatus.FILLED, "10", "99", at_ns=T0 + 1)
    assert not orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=filled), T0 + 1).fills
    assert orders.due(T0 + SECOND).requests == (LookUp(intent.client_order_id),)
    changes = orders.on_lookup(intent.client_order_id, Lookup(True, filled), T0 + SECOND)
    assert [fill.execution_id for fill in changes.fills] == [f"derived-{intent.client_order_id}-10"]
    assert not orders.on_update(event(filled, "fill", "x1", "10", "99"), T0 + 2 * SECOND).fills


def test_a_bracket_shown_without_its_legs_is_looked_up_for_them_a_few_times(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_update(event(told(intent), "new"), T0)
    asked = 0
    now_ns = T0
    while orders.due(now_ns).requests == (LookUp(intent.client_order_id),) or now_ns < T0 + 30 * SECOND:
        asked += 1
        orders.on_lookup(intent.client_order_id, Lookup(True, told(intent)), now_ns)
        now_ns += SECOND
        if now_ns > T0 + 50 * SECOND:
            break
    assert asked < 40 and orders.next_due_ns == T0 + 60 * SECOND


def test_a_clock_set_back_before_a_restart_puts_off_neither_the_question_nor_the_alarm(
    orders: Orders, enter: Enter
) -> None:
    intent = enter()
    changes = orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "504"), T0 + 1)
    again = Orders(Config())
    for record in (intent, *changes.orders):
        again.restore(record)
    now_ns, asked, alarmed_s = T0 - 3600 * SECOND, 0, 0.0
    while now_ns < T0 - 3540 * SECOND:
        changes = again.due(now_ns)
        asked += sum(isinstance(request, LookUp) for request in changes.requests)
        if any(alert.code == "order_unresolved" for alert in changes.alerts):
            alarmed_s = (now_ns - T0) / SECOND + 3600
        now_ns = max(again.next_due_ns or 0, now_ns + SECOND)
    assert asked >= 3
    assert 30 <= alarmed_s < 50


def test_a_restart_does_not_cut_the_grace_of_an_order_that_was_sent_again_short(orders: Orders, enter: Enter) -> None:
    """The second POST may be under way still: given up now, it would be placed beside what comes after it."""
    intent = enter()
    journal: list[Intent | Order] = [intent, *orders.on_answer(intent, Answer(Outcome.UNRESOLVED), T0).orders]
    late = intent.valid_until_ns - SECOND
    changes = orders.on_lookup(intent.client_order_id, Lookup(known=False), late)
    assert changes.requests == (Resend(intent),)
    again = Orders(Config())
    for record in (*journal, *changes.orders):
        again.restore(record)
    assert not again.on_lookup(intent.client_order_id, Lookup(known=False), late + 2 * SECOND).orders
    (order,) = again.on_lookup(intent.client_order_id, Lookup(known=False), late + 60 * SECOND).orders
    assert order.status is OrderStatus.NEVER_PLACED
