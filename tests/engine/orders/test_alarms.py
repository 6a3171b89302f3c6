"""An alert about an order or an exit lasts as long as what it tells, over restarts too."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.clock import SECOND
from engine.config import Config
from engine.model import (
    Alert,
    Answer,
    Intent,
    Lookup,
    OrderStatus,
    Outcome,
    Position,
    Role,
    VenueAccount,
    VenueSnapshot,
)
from engine.orders import Changes, Orders
from engine.orders.inquiry import ALARM_NS
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, cancelled, draft, event, placed, quote, told

UNKNOWN = Answer(Outcome.UNRESOLVED, "timeout")
LATE = T0 + ALARM_NS + 100 * SECOND
"""When the intent's time is over."""


def alarm(changes: Changes, code: str) -> Alert:
    (alert,) = [alert for alert in changes.alerts if alert.code == code]
    return alert


def lost(orders: Orders, intent: Intent) -> Alert:
    """Its answer never came, and it is not known for so long that an alert says so."""
    orders.on_answer(intent, UNKNOWN, T0)
    return alarm(orders.due(T0 + ALARM_NS), "order_unresolved")


class TestAnOutcomeNotKnown:
    def test_ends_when_the_order_counts_as_never_placed(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        alert = lost(orders, intent)
        changes = orders.on_lookup(intent.client_order_id, Lookup(known=False), LATE)
        assert [order.status for order in changes.orders] == [OrderStatus.NEVER_PLACED]
        assert changes.cleared == (alert.id,)

    def test_ends_when_the_venue_refuses_what_was_sent_again(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        alert = lost(orders, intent)
        assert alert.id in orders.on_answer(intent, Answer(Outcome.REJECTED, "no"), LATE).cleared

    def test_ends_when_a_venue_that_had_lost_an_order_finds_it_again(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
        alert = alarm(orders.on_lookup(intent.client_order_id, Lookup(known=False), T0 + SECOND), "order_unresolved")
        assert orders.on_lookup(intent.client_order_id, Lookup(True, told(intent)), LATE).cleared == (alert.id,)

    def test_ends_after_a_restart(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        alert = lost(orders, intent)
        again = Orders(Config())
        again.restore(intent)
        again.restore(UNKNOWN, intent.client_order_id)
        again.alarmed(alert)
        assert not again.due(T0 + ALARM_NS + SECOND).alerts, "told already"
        assert again.on_lookup(intent.client_order_id, Lookup(known=False), LATE).cleared == (alert.id,)

    @pytest.mark.parametrize("restarted", [False, True])
    def test_stays_of_an_order_that_the_venue_says_it_has_and_does_not_find(
        self, orders: Orders, enter: Enter, restarted: bool
    ) -> None:
        intent = enter()
        taken = Answer(Outcome.UNRESOLVED, "client_order_id must be unique; asked for it: not found", taken=True)
        changes = orders.on_answer(intent, taken, T0)
        if restarted:
            orders = Orders(Config())
            orders.restore(intent)
            orders.restore(taken, intent.client_order_id)
            orders.restore(changes.orders[0])
        changes = orders.on_lookup(intent.client_order_id, Lookup(known=False), LATE)
        assert not changes.requests and orders.unresolved, "it is not given up"
        (alert,) = changes.alerts
        assert alert.code == "order_unresolved" and "says it has it" in alert.text
        changes = orders.on_lookup(intent.client_order_id, Lookup(True, told(intent)), LATE + SECOND)
        assert changes.cleared == (alert.id,) and not orders.unresolved


class TestAnExitThatFailed:
    def failed(self, orders: Orders) -> Alert:
        """Nobody buys, five times."""
        now_ns = T0 + SECOND
        changes = orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("101", "102"), "kill", now_ns)
        while not changes.alerts or changes.alerts[-1].code != "exit_failed":
            (intent,) = placed(changes)
            changes = orders.on_answer(intent, Answer(Outcome.REJECTED, "halted"), now_ns)
            now_ns += SECOND
            changes = changes if changes.alerts[-1].code == "exit_failed" else orders.due(now_ns)
        return alarm(changes, "exit_failed")

    def closed(self, orders: Orders) -> Changes:
        """The watched stop sells it later."""
        (stop,) = placed(orders.on_quote(quote("94", "94.1"), T0 + 60 * SECOND))
        gone = told(stop, OrderStatus.FILLED, "10", "94", at_ns=T0 + 61 * SECOND)
        return orders.on_update(event(gone, "fill", "y", "10", "94"), T0 + 61 * SECOND)

    def test_ends_when_another_order_closes_the_rest(self, orders: Orders, bare: Intent) -> None:
        alert = self.failed(orders)
        assert alert.until_acknowledged and alert.id in self.closed(orders).cleared

    def test_stays_while_another_entry_of_the_symbol_is_held(self, orders: Orders, enter: Enter, bare: Intent) -> None:
        """A flatten of both has failed; the stop of one sells what that one holds."""
        other = enter("signal-2", extended_hours=True, stop="80")
        orders.on_answer(other, Answer(Outcome.ACCEPTED, order=told(other)), T0)
        filled = told(other, OrderStatus.FILLED, "10", "100", at_ns=T0 + 1)
        orders.on_update(event(filled, "fill", "x-other", "10", "100"), T0 + 1)
        alert = self.failed(orders)
        assert alert.id not in self.closed(orders).cleared and orders.held("TSLA") == 10
        (stop,) = placed(orders.on_quote(quote("79", "79.1"), T0 + 70 * SECOND))
        gone = told(stop, OrderStatus.FILLED, "10", "79", at_ns=T0 + 71 * SECOND)
        assert alert.id in orders.on_update(event(gone, "fill", "z", "10", "79"), T0 + 71 * SECOND).cleared

    def test_ends_after_a_restart_that_finds_nothing_held(self, orders: Orders, bare: Intent) -> None:
        alert = self.failed(orders)
        again = Orders(Config())
        again.alarmed(alert)
        assert again.due(T0 + 90 * SECOND).cleared == (alert.id,)


def test_what_a_person_cancelled_before_a_restart_is_not_sent_again(orders: Orders) -> None:
    intent = orders.intend("s", "t", Role.ENTRY, draft(), T0, valid_until_ns=T0 + 600 * SECOND)
    again = Orders(Config())
    again.restore(intent)
    again.restore(UNKNOWN, intent.client_order_id)
    again.unwanted(intent.client_order_id)
    empty = VenueSnapshot(T0 + SECOND, VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000)), (), ())
    assert again.reconcile(empty, {}, T0 + SECOND).ok
    changes = again.on_lookup(intent.client_order_id, Lookup(known=False), T0 + 20 * SECOND)
    assert not changes.requests and changes.orders[0].status is OrderStatus.NEVER_PLACED


def test_one_that_the_venue_shows_after_all_is_cancelled_once_more(orders: Orders) -> None:
    intent = orders.intend("s", "t", Role.ENTRY, draft(), T0, valid_until_ns=T0 + 600 * SECOND)
    again = Orders(Config())
    again.restore(intent)
    again.unwanted(intent.client_order_id)
    again.on_lookup(intent.client_order_id, Lookup(True, told(intent)), T0 + SECOND)
    assert cancelled(again.due(T0 + SECOND)) == [intent.client_order_id]
