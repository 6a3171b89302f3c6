"""Exits are carried through: what is in the way is cancelled first, no more is sold than is held."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.clock import SECOND
from engine.config import Config
from engine.errors import DeskError
from engine.model import (
    Answer,
    Intent,
    Lookup,
    Order,
    OrderStatus,
    Outcome,
    Position,
    Role,
    Side,
)
from engine.orders import Orders
from engine.orders.tracks import LEGS_NS
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import (
    T0,
    cancelled,
    draft,
    end,
    event,
    fill_entry,
    leg,
    legs,
    placed,
    quote,
    ready,
    signal,
    ticket,
    told,
)

ACCEPTED = Outcome.ACCEPTED


class TestExit:
    def test_without_anything_in_its_way_it_is_placed_at_the_approved_price(self, orders: Orders, bare: Intent) -> None:
        changes = orders.exit("sell-1", "ticket-2", draft(Side.SELL, "4", "104"), T0 + 5, valid_until_ns=T0 + 99)
        (exit_,) = placed(changes)
        assert (exit_.draft.quantity, exit_.draft.limit_price) == (4, 104)
        assert (exit_.signal_id, exit_.ticket_id, exit_.role) == ("sell-1", "ticket-2", Role.EXIT)
        assert exit_.valid_until_ns == T0 + 99

    def test_a_fraction_outside_regular_hours_is_refused_before_anything_is_cancelled(
        self, orders: Orders, bracketed: Intent
    ) -> None:
        asked = msgspec.structs.replace(draft(Side.SELL, "2.5", "104"), extended_hours=True)
        changes, _ = orders.deal(signal("sell-1", Side.SELL), ticket("sell-1"), asked, T0 + 5)
        assert not changes.requests, "what protects it stays where it is"
        assert [(each.code, "whole shares" in each.text) for each in changes.alerts] == [("order_refused", True)]
        assert not orders.leaving("TSLA")

    def test_outside_regular_hours_no_more_than_whole_shares_are_left_to_sell(
        self, orders: Orders, enter: Enter
    ) -> None:
        ready(orders)
        intent = enter(quantity="10.5")
        orders.on_answer(intent, Answer(ACCEPTED, order=told(intent)), T0)
        fill_entry(orders, intent, "10.5")
        asked = msgspec.structs.replace(draft(Side.SELL, "11", "104"), extended_hours=True)
        (exit_,) = placed(orders.exit("sell-1", "t", asked, T0 + 5))
        assert exit_.draft.quantity == 10

    def test_legs_that_the_venue_has_not_told_are_waited_for_and_cancelled_first(
        self, orders: Orders, legless: Intent
    ) -> None:
        """They stand there all the same: beside them it would sell more than is held."""
        assert not placed(orders.exit("sell-1", "t", draft(Side.SELL, "10", "104"), T0 + 5))
        shown = told(legless, OrderStatus.FILLED, "10", legs=legs(legless, OrderStatus.HELD), at_ns=T0 + SECOND)
        changes = orders.on_lookup(legless.client_order_id, Lookup(known=True, order=shown), T0 + SECOND)
        stop, target = (f"venue-made-{kind}-{legless.client_order_id}" for kind in ("stop", "target"))
        assert set(cancelled(changes)) == {stop, target} and not placed(changes)
        end(orders, stop, T0 + 2 * SECOND)
        (exit_,) = placed(end(orders, target, T0 + 2 * SECOND))
        assert (exit_.role, exit_.draft.quantity) == (Role.EXIT, 10)

    def test_legs_that_it_never_tells_are_not_waited_for_long(self, orders: Orders, enter: Enter) -> None:
        ready(orders)
        intent = enter()
        orders.on_answer(intent, Answer(ACCEPTED, order=told(intent)), T0)
        fill_entry(orders, intent)
        asked = orders.exit("sell-1", "t", draft(Side.SELL, "10", "104"), T0 + 5, valid_until_ns=T0 + 99 * SECOND)
        found = placed(asked)
        while not found:
            now_ns = orders.next_due_ns
            assert now_ns is not None and now_ns <= T0 + 2 * LEGS_NS
            found = placed(orders.due(now_ns))
        assert [each.role for each in found] == [Role.EXIT]

    def test_what_was_cancelled_for_an_exit_that_the_venue_refuses_is_protected_again(
        self, orders: Orders, bracketed: Intent
    ) -> None:
        for leg_id in cancelled(orders.exit("sell-1", "t", draft(Side.SELL, "10", "104"), T0 + 5)):
            changes = end(orders, leg_id, T0 + 6)
        (exit_,) = placed(changes)
        changes = orders.on_answer(exit_, Answer(Outcome.REJECTED, "an odd refusal"), T0 + 7)
        assert "exit_failed" in {each.code for each in changes.alerts}
        assert orders.exits("TSLA").watched, "by the engine at once"
        (stop,) = placed(orders.due(T0 + 11 * SECOND))
        assert (stop.role, stop.draft.stop_price, stop.draft.quantity) == (Role.STOP, 95, 10)

    def test_legs_are_cancelled_first_and_what_they_fill_meanwhile_is_not_sold_again(
        self, orders: Orders, bracketed: Intent
    ) -> None:
        changes = orders.exit("sell-1", "t", draft(Side.SELL, "10", "104"), T0 + 5)
        ids = [f"venue-made-{kind}-{bracketed.client_order_id}" for kind in ("target", "stop")]
        assert sorted(cancelled(changes)) == sorted(ids) and not placed(changes)
        assert not placed(end(orders, ids[0], T0 + 6, filled="3", price="110"))
        (exit_,) = placed(end(orders, ids[1], T0 + 7))
        assert exit_.draft.quantity == 7

    def test_what_a_leg_has_sold_is_not_sold_again_though_its_execution_is_not_told(
        self, orders: Orders, bracketed: Intent
    ) -> None:
        changes = orders.on_quote(quote("94", "94.1"), T0 + 3)
        assert not changes.requests, "the venue keeps the stop"
        orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("94", "94.1"), "kill", T0 + 5)
        stop, target = leg(bracketed, "stop", OrderStatus.CANCELED, "6"), leg(bracketed, "target", OrderStatus.CANCELED)
        orders.on_update(event(msgspec.structs.replace(target, updated_ns=T0 + 6), "canceled"), T0 + 6)
        ended = msgspec.structs.replace(stop, updated_ns=T0 + 7)
        (exit_,) = placed(orders.on_update(event(ended, "canceled"), T0 + 7))
        assert orders.held("TSLA") == 10, "the execution of six is still to be told"
        assert exit_.draft.quantity == 4

    def test_nothing_is_sold_when_a_leg_sold_all(self, orders: Orders, bracketed: Intent) -> None:
        orders.exit("sell-1", "t", draft(Side.SELL, "10", "104"), T0 + 5)
        ids = [f"venue-made-{kind}-{bracketed.client_order_id}" for kind in ("target", "stop")]
        assert not placed(end(orders, ids[1], T0 + 6, filled="10", price="94"))
        assert not placed(end(orders, ids[0], T0 + 7))
        assert orders.held("TSLA") == 0 and not orders.due(T0 + 99 * SECOND).requests

    def test_after_a_part_was_sold_the_rest_is_protected_again(self, orders: Orders, bracketed: Intent) -> None:
        orders.exit("sell-1", "t", draft(Side.SELL, "4", "104"), T0 + 5)
        ids = [f"venue-made-{kind}-{bracketed.client_order_id}" for kind in ("target", "stop")]
        end(orders, ids[0], T0 + 6)
        (exit_,) = placed(end(orders, ids[1], T0 + 7))
        assert exit_.draft.quantity == 4
        sold = told(exit_, OrderStatus.FILLED, "4", "104", at_ns=T0 + 8)
        orders.on_update(event(sold, "fill", "y", "4", "104"), T0 + 8)
        (stop,) = placed(orders.due(T0 + 20 * SECOND))
        assert (stop.role, stop.draft.quantity) == (Role.STOP, 6)

    def test_a_second_exit_is_refused(self, orders: Orders, bare: Intent) -> None:
        orders.exit("sell-1", "t", draft(Side.SELL, "4"), T0 + 5)
        with pytest.raises(DeskError, match="at most one exit per signal"):
            orders.exit("sell-1", "t", draft(Side.SELL, "4"), T0 + 6)
        with pytest.raises(DeskError, match="under way"):
            orders.exit("sell-2", "t", draft(Side.SELL, "4"), T0 + 6)

    def test_what_is_not_held_cannot_be_sold(self, orders: Orders) -> None:
        with pytest.raises(DeskError, match="found none of ours"):
            orders.exit("sell-1", "t", draft(Side.SELL, "4"), T0 + 5)

    def test_a_stop_reached_overtakes_an_exit_that_waits_at_its_limit(self, orders: Orders, bare: Intent) -> None:
        (exit_,) = placed(orders.exit("sell-1", "t", draft(Side.SELL, "10", "104"), T0 + 5))
        orders.on_answer(exit_, Answer(ACCEPTED, order=told(exit_)), T0 + 5)
        assert not orders.on_quote(quote("96", "96.1"), T0 + 6).requests
        assert cancelled(orders.on_quote(quote("94", "94.1"), T0 + 7)) == [exit_.client_order_id]
        assert not orders.on_quote(quote("93.9", "94"), T0 + 8).requests, "asked once"
        end(orders, exit_.client_order_id, T0 + 9)
        (stop,) = placed(orders.on_quote(quote("93", "93.1"), T0 + 10))
        assert (stop.role, stop.draft.quantity) == (Role.STOP, 10)

    @pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.DENIED])
    def test_a_target_that_is_refused_is_not_tried_again_at_every_price(
        self, orders: Orders, bare: Intent, outcome: Outcome
    ) -> None:
        (target,) = placed(orders.on_quote(quote("110", "110.1"), T0 + SECOND))
        orders.on_answer(target, Answer(outcome, "insufficient qty"), T0 + SECOND)
        for seconds in range(2, 61):
            assert not placed(orders.on_quote(quote("111", "111.1"), T0 + seconds * SECOND))
        (again,) = placed(orders.on_quote(quote("111", "111.1"), T0 + 61 * SECOND))
        assert again.attempt == 2
        orders.on_answer(again, Answer(outcome, "insufficient qty"), T0 + 61 * SECOND)
        (stop,) = placed(orders.on_quote(quote("94", "94.1"), T0 + 62 * SECOND))
        assert stop.role is Role.STOP, "a stop is not held up by it"

    def test_an_exit_that_a_control_denies_is_tried_again_after_pauses(self, orders: Orders, bare: Intent) -> None:
        (stop,) = placed(orders.on_quote(quote("94", "94.1"), T0))
        changes = orders.on_answer(stop, Answer(Outcome.DENIED, "R25 reconciled"), T0)
        assert not placed(changes) and not placed(orders.on_quote(quote("93", "93.1"), T0 + 1))
        assert orders.next_due_ns == T0 + SECOND // 2
        (again,) = placed(orders.due(T0 + SECOND // 2))
        assert (again.attempt, again.draft.quantity) == (2, 10)
        orders.on_answer(again, Answer(Outcome.DENIED, "R25 reconciled"), T0 + SECOND // 2)
        assert orders.next_due_ns == T0 + 3 * SECOND // 2

    @pytest.mark.parametrize("flatten", [False, True])
    def test_what_controls_deny_for_long_is_told_and_still_closed_when_they_let_it(
        self, orders: Orders, bare: Intent, flatten: bool
    ) -> None:
        if flatten:
            changes = orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("94", "94.1"), "kill", T0)
        else:
            changes = orders.on_quote(quote("94", "94.1"), T0)
        at, alerts = [T0], []
        while at[-1] < T0 + 180 * SECOND:
            (exit_,) = placed(changes)
            denied = orders.on_answer(exit_, Answer(Outcome.DENIED, "R19 market_session"), at[-1])
            due_ns = orders.next_due_ns
            assert due_ns is not None
            changes = orders.due(due_ns)
            alerts += [alert for told_ in (denied, changes) for alert in told_.alerts if alert.code == "exit_failed"]
            if due_ns == T0 + 50 * SECOND and not placed(changes):
                due_ns = orders.next_due_ns
                assert due_ns is not None
                changes = orders.due(due_ns)
            at.append(due_ns)
        (alert,) = alerts
        assert alert.until_acknowledged and alert.text.startswith("TSLA: 10 not closed yet (")
        assert at[2] - at[1] == SECOND and at[-1] - at[-2] == 60 * SECOND
        (exit_,) = placed(changes)
        sold = told(exit_, OrderStatus.FILLED, "10", "94", at_ns=at[-1] + 1)
        assert alert.id in orders.on_update(event(sold, "fill", "y", "10", "94"), at[-1] + 1).cleared

    @pytest.mark.parametrize(("extended_hours", "placed_after_s"), [(True, None), (False, 10)])
    def test_what_is_held_is_protected_after_a_restart_though_nothing_else_happens(
        self, orders: Orders, enter: Enter, extended_hours: bool, placed_after_s: int | None
    ) -> None:
        intent = enter(extended_hours=extended_hours)
        changes = [orders.on_answer(intent, Answer(ACCEPTED, order=told(intent)), T0), fill_entry(orders, intent)]
        again = Orders(Config())
        again.restore(intent)
        for change in changes:
            for value in (*change.fills, *change.orders):
                again.restore(value)
        ready(again, T0 + 5 * SECOND)
        due_ns = again.next_due_ns
        assert due_ns is not None and due_ns < T0, "at once"
        assert not placed(again.due(T0 + 5 * SECOND)) and again.exits("TSLA").watched
        if placed_after_s is None:
            (stop,) = placed(again.on_quote(quote("94", "94.1"), T0 + 6 * SECOND))
        else:
            (stop,) = placed(again.due(T0 + (5 + placed_after_s) * SECOND))
        assert (stop.role, stop.draft.quantity) == (Role.STOP, 10)

    def test_an_exit_found_in_the_journal_after_a_restart_is_carried_on(self, orders: Orders, bare: Intent) -> None:
        (first,) = placed(orders.on_quote(quote("94", "94.1"), T0 + SECOND))
        state = orders.on_answer(first, Answer(ACCEPTED, order=told(first)), T0 + SECOND).orders
        again = Orders(Config())
        entry = orders.get(bare.client_order_id)
        assert entry is not None
        filled = event(told(bare, OrderStatus.FILLED, "10", "100", at_ns=T0 + 1), "fill", "x", "10", "100")
        again.restore(bare)
        for record in Orders(Config()).on_update(filled, T0).fills:
            again.restore(msgspec.structs.replace(record, role=Role.ENTRY))
        for value in (entry, first, *state):
            again.restore(value)
        assert again.held("TSLA") == 10
        assert cancelled(again.due(T0 + 12 * SECOND)) == [first.client_order_id]
        again.on_quote(quote("90", "90.1"), T0 + 12 * SECOND)
        (second,) = placed(end(again, first.client_order_id, T0 + 13 * SECOND))
        assert second.attempt == 2 and second.draft.quantity == 10


def test_the_kill_switch_cancels_entries_and_keeps_exits(orders: Orders, bracketed: Intent, enter: Enter) -> None:
    second = enter("signal-2")
    orders.on_answer(second, Answer(ACCEPTED, order=told(second)), T0 + 3)
    assert cancelled(orders.cancel_entries(T0 + 4)) == [second.client_order_id]


def test_a_sale_told_before_its_purchase_leaves_nothing_held(orders: Orders, enter: Enter) -> None:
    intent = enter()
    target, stop = legs(intent, OrderStatus.HELD)
    orders.on_answer(intent, Answer(ACCEPTED, order=told(intent, legs=(target, stop))), T0)
    sold = leg(intent, "stop", OrderStatus.FILLED, "10", at_ns=T0 + 9)
    orders.on_update(event(sold, "fill", "s1", "10", "94"), T0 + 9)
    fill_entry(orders, intent)
    assert orders.held("TSLA") == 0
    assert isinstance(orders.get(stop.client_order_id), Order)
