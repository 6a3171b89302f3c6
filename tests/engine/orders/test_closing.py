"""Exits and flattens are carried through: what is in the way is cancelled first, no more is sold than is held."""

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
    Order,
    OrderStatus,
    Outcome,
    Position,
    Role,
    Side,
)
from engine.orders import Compare, Orders
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


@pytest.mark.parametrize(
    ("theirs", "limit"),
    [
        (("99.95",), "99.96"),
        (("99.90", "99.97", "90"), "99.98"),
        (("90",), "99.8"),
        (("100",), "99.8"),
        (("99.95", "100"), "99.96"),
    ],
)
def test_a_flatten_is_priced_past_what_a_person_has_resting_where_the_market_meets_it(
    orders: Orders, bare: Intent, theirs: tuple[str, ...], limit: str
) -> None:
    for number, price in enumerate(theirs):
        resting = Order(
            f"by-hand-{number}", f"v-{number}", "TSLA", Side.BUY, Decimal(1), OrderStatus.WORKING, Role.EXTERNAL,
            limit_price=Decimal(price), submitted_ns=T0, updated_ns=T0,
        )  # fmt: skip
        orders.on_update(event(resting, "new"), T0)
    changes = orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("100", "100.1"), "kill", T0 + 5)
    (exit_,) = placed(changes)
    assert exit_.draft.limit_price == Decimal(limit)


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


class TestFlatten:
    def test_cancels_all_then_sells_what_is_held(self, orders: Orders, bracketed: Intent) -> None:
        position = Position("TSLA", Decimal(10), Decimal(100))
        changes = orders.flatten(position, quote("101", "101.1"), "kill", T0 + 5)
        ids = cancelled(changes)
        assert len(ids) == 2 and not placed(changes)
        end(orders, ids[0], T0 + 6)
        (exit_,) = placed(end(orders, ids[1], T0 + 7))
        assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 10)

    def test_takes_over_an_exit_under_way(self, orders: Orders, bare: Intent) -> None:
        (first,) = placed(orders.exit("sell-1", "t", draft(Side.SELL, "4", "104"), T0 + 5))
        orders.on_answer(first, Answer(ACCEPTED, order=told(first)), T0 + 5)
        changes = orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("101", "102"), "kill", T0 + 6)
        assert cancelled(changes) == [first.client_order_id]
        (exit_,) = placed(end(orders, first.client_order_id, T0 + 7, filled="1", price="104"))
        assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 9)

    def test_without_a_price_now_it_goes_out_at_the_collar_below_the_last_value(
        self, orders: Orders, bracketed: Intent
    ) -> None:
        """What protected it is cancelled by then; of a symbol that left the watchlist no price will ever come."""
        position = Position("TSLA", Decimal(10), Decimal(100), Decimal("103.01"), T0 - SECOND)
        first, second = cancelled(orders.flatten(position, None, "kill", T0 + 5))
        end(orders, first, T0 + 6)
        (exit_,) = placed(end(orders, second, T0 + 7))
        assert (exit_.role, exit_.draft.quantity) == (Role.FLATTEN, 10)
        assert (exit_.draft.limit_price, exit_.draft.reference_price) == (Decimal("100.95"), Decimal("103.01"))
        assert exit_.draft.reference_ns == T0 - SECOND
        orders.on_answer(exit_, Answer(ACCEPTED, order=told(exit_)), T0 + 8)
        orders.on_quote(quote("90", "90.1"), T0 + 9)
        (again,) = placed(end(orders, exit_.client_order_id, T0 + 20 * SECOND))
        assert again.draft.limit_price < 90, "from the price that has come since"

    def test_nor_does_it_wait_where_nobody_bids(self, orders: Orders, bare: Intent) -> None:
        one_sided = quote("0", "90.1", last="90")
        (exit_,) = placed(
            orders.flatten(Position("TSLA", Decimal(10), Decimal(100), Decimal(90), T0), one_sided, "kill", T0 + 5)
        )
        assert exit_.draft.limit_price == Decimal("88.20")

    def test_waits_for_a_price(self, orders: Orders, bare: Intent) -> None:
        assert not orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), None, "kill", T0 + 5).requests
        assert placed(orders.on_quote(quote("101", "102"), T0 + 6))

    def test_says_that_no_price_comes_and_asks_for_nothing_meanwhile(self, orders: Orders, bare: Intent) -> None:
        orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), None, "kill", T0)
        assert orders.next_due_ns == T0 + 50 * SECOND
        assert not orders.due(T0 + 50 * SECOND - 1).alerts
        (alert,) = orders.due(T0 + 50 * SECOND).alerts
        assert alert.code == "exit_failed" and alert.until_acknowledged
        assert alert.text == "TSLA: 10 not closed yet (kill): no price to close it at"
        assert orders.next_due_ns is None and not orders.due(T0 + 90 * SECOND).alerts
        (exit_,) = placed(orders.on_quote(quote("101", "102"), T0 + 91 * SECOND))
        sold = told(exit_, OrderStatus.FILLED, "10", "101", at_ns=T0 + 92 * SECOND)
        orders.on_update(event(sold, "fill", "y", "10", "101"), T0 + 92 * SECOND)
        assert orders.held("TSLA") == 0

    def test_says_what_is_in_its_way_when_that_cannot_be_cancelled(self, orders: Orders, bracketed: Intent) -> None:
        orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("101", "101.1"), "kill", T0)
        alerts, now_ns = [], T0
        for _ in range(12):
            now_ns += 5 * SECOND
            changes = orders.due(now_ns)
            assert not placed(changes)
            alerts += [alert.text for alert in changes.alerts if alert.code == "exit_failed"]
        (text,) = alerts
        assert text.startswith("TSLA: 10 not closed yet (kill): orders in its way are not cancelled yet: venue-made-")

    @pytest.mark.parametrize(
        ("bid", "ask", "last", "limit"),
        [
            ("99", "101", None, "98.80"),
            ("96", "104", None, "98.00"),
            ("96", "104", "97", "95.80"),
            ("90", "92", "100", "89.82"),
            ("80", "120", "100.01", "98.00"),
            ("0.40", "0.60", None, "0.4900"),
        ],
    )
    def test_no_further_than_the_collar_that_the_controls_set(
        self, orders: Orders, bare: Intent, bid: str, ask: str, last: str | None, limit: str
    ) -> None:
        position = Position("TSLA", Decimal(10), Decimal(100))
        (exit_,) = placed(orders.flatten(position, quote(bid, ask, last=last), "kill", T0 + 5))
        assert exit_.draft.limit_price == Decimal(limit)

    def test_leaves_what_is_not_ours_and_says_so(self, orders: Orders, bare: Intent) -> None:
        changes = orders.flatten(Position("TSLA", Decimal(25), Decimal(100)), quote("101", "102"), "kill", T0 + 5)
        assert placed(changes)[0].draft.quantity == 10
        assert "15 of 25 is not ours" in changes.alerts[0].text

    def test_goes_on_when_the_venue_takes_no_more_requests_for_now(self, orders: Orders, bare: Intent) -> None:
        position, now_ns = Position("TSLA", Decimal(10), Decimal(100)), T0 + SECOND
        changes = orders.flatten(position, quote("101", "102"), "kill", now_ns)
        limited = Answer(Outcome.REJECTED, "rate limit", retry_after_s=4.0)
        alerts: list[str] = []
        for _ in range(20):
            (intent,) = placed(changes)
            changes = orders.on_answer(intent, limited, now_ns)
            assert not changes.requests and orders.next_due_ns == now_ns + 4 * SECOND
            alerts += [alert.text for alert in changes.alerts if alert.code == "exit_failed"]
            now_ns += 4 * SECOND
            changes = orders.due(now_ns)
        assert len(placed(changes)) == 1
        assert alerts == ["TSLA: 10 not closed yet (kill): the venue takes no more requests for now"]

    def test_goes_on_with_the_order_that_a_person_put_in_its_place(self, orders: Orders, bare: Intent) -> None:
        changes = orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("101", "102"), "kill", T0 + SECOND)
        (flatten,) = placed(changes)
        orders.on_answer(flatten, Answer(ACCEPTED, order=told(flatten)), T0 + SECOND)
        gone = msgspec.structs.replace(told(flatten, OrderStatus.REPLACED, at_ns=T0 + 2 * SECOND), replaced_by="v-new")
        changes = orders.on_update(event(gone, "replaced"), T0 + 2 * SECOND)
        assert changes.requests == (Compare("replaced"),), "what replaced it may sell all that is held"
        assert not orders.due(T0 + 3 * SECOND).requests, "asked once"
        new = msgspec.structs.replace(
            told(flatten, at_ns=T0 + 3 * SECOND),
            client_order_id="by-hand",
            venue_id="v-new",
            submitted_ns=T0 + 2 * SECOND,
        )
        assert not orders.on_update(event(new, "new"), T0 + 3 * SECOND).requests
        assert cancelled(orders.due(T0 + 12 * SECOND)) == ["by-hand"], "ten seconds after it was put there"
        (again,) = placed(end(orders, "by-hand", T0 + 13 * SECOND, "4", "101"))
        assert (again.role, again.draft.quantity) == (Role.FLATTEN, 6)

    def test_says_what_it_could_not_close(self, orders: Orders, bare: Intent) -> None:
        now_ns = T0 + SECOND
        changes = orders.flatten(Position("TSLA", Decimal(10), Decimal(100)), quote("101", "102"), "kill", now_ns)
        alerts: list[str] = []
        while intents := placed(changes):
            changes = orders.on_answer(intents[0], Answer(Outcome.REJECTED, "halted"), now_ns)
            alerts += [alert.text for alert in changes.alerts if alert.code == "exit_failed"]
            now_ns += SECOND
            changes = orders.due(now_ns)
        assert len(alerts) == 1 and "10 not closed after 5 orders" in alerts[0]


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
