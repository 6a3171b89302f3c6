"""Protective exits follow the filled quantity; what is sold never exceeds what is held."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from engine.clock import HOUR, SECOND
from engine.config import Config
from engine.model import (
    Alert,
    Answer,
    Intent,
    OrderStatus,
    Outcome,
    Quote,
    Role,
    Side,
)
from engine.orders import Orders
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, cancelled, end, event, fill_entry, leg, legs, placed, quote, ready, told

ACCEPTED = Outcome.ACCEPTED


class TestVenueLegs:
    def test_working_legs_are_enough(self, orders: Orders, bracketed: Intent) -> None:
        assert not orders.due(T0 + 60 * SECOND).requests
        assert not orders.on_quote(quote("90", "90.1"), T0 + 3).requests
        exits = orders.exits("TSLA")
        assert (exits.stop_price, exits.target_price, exits.watched) == (95, 110, False)

    def test_a_leg_that_fills_closes_the_holding(self, orders: Orders, bracketed: Intent) -> None:
        gone = leg(bracketed, "stop", OrderStatus.FILLED, "10", at_ns=T0 + 9)
        changes = orders.on_update(event(gone, "fill", "s1", "10", "94"), T0 + 9)
        assert [(fill.role, fill.side, fill.quantity) for fill in changes.fills] == [(Role.STOP, Side.SELL, 10)]
        assert orders.held("TSLA") == 0 and orders.exits("TSLA").stop_price is None

    def test_lost_legs_get_a_stop_within_ten_seconds_and_the_target_is_watched(
        self, orders: Orders, bracketed: Intent
    ) -> None:
        for kind in ("target", "stop"):
            end(orders, f"venue-made-{kind}-{bracketed.client_order_id}", T0 + 5 * SECOND)
        assert orders.exits("TSLA").watched
        assert orders.next_due_ns == T0 + 15 * SECOND
        assert not orders.due(T0 + 15 * SECOND - 1).requests
        (stop,) = placed(orders.due(T0 + 15 * SECOND))
        assert (stop.role, stop.order_type, stop.parent) == (Role.STOP, "stop", bracketed.client_order_id)
        assert (stop.draft.quantity, stop.draft.stop_price, stop.draft.side) == (10, 95, Side.SELL)
        assert not placed(orders.due(T0 + 16 * SECOND))
        orders.on_answer(stop, Answer(ACCEPTED, order=told(stop, at_ns=T0 + 16 * SECOND)), T0 + 16 * SECOND)
        assert not orders.due(T0 + 60 * SECOND).requests
        changes = orders.on_quote(quote("110", "110.1"), T0 + 61 * SECOND)
        assert cancelled(changes) == [stop.client_order_id] and not placed(changes)
        (target,) = placed(end(orders, stop.client_order_id, T0 + 62 * SECOND))
        assert (target.role, target.draft.quantity, target.order_type) == (Role.TARGET, 10, "limit")

    def test_a_target_without_its_stop_gives_way_to_a_stop(self, orders: Orders, bracketed: Intent) -> None:
        end(orders, f"venue-made-stop-{bracketed.client_order_id}", T0 + 5 * SECOND)
        target = f"venue-made-target-{bracketed.client_order_id}"
        assert cancelled(orders.due(T0 + 15 * SECOND)) == [target]
        end(orders, target, T0 + 16 * SECOND)
        (stop,) = placed(orders.due(T0 + 17 * SECOND))
        assert (stop.role, stop.draft.quantity) == (Role.STOP, 10)

    def test_no_stop_is_placed_before_the_first_reconciliation(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(ACCEPTED, order=told(intent)), T0)
        fill_entry(orders, intent)
        assert not placed(orders.due(T0 + 20 * SECOND))
        ready(orders, T0 + 21 * SECOND)
        assert placed(orders.due(T0 + 22 * SECOND))

    def test_a_stop_that_the_venue_keeps_refusing_ends_in_an_alert(self, orders: Orders, enter: Enter) -> None:
        ready(orders)
        intent = enter()
        orders.on_answer(intent, Answer(ACCEPTED, order=told(intent)), T0)
        fill_entry(orders, intent)
        now_ns, stops, alerts = T0, [], []
        for _ in range(40):
            now_ns += 5 * SECOND
            changes = orders.due(now_ns)
            alerts += changes.alerts
            for stop in placed(changes):
                stops.append(stop.client_order_id)
                assert not alerts
                alerts += orders.on_answer(stop, Answer(Outcome.REJECTED, "no"), now_ns).alerts
                alerts = [alert for alert in alerts if alert.code != "order_rejected"]
        assert len(stops) == len(set(stops)) == Config().orders.exit_attempts
        assert [alert.code for alert in alerts] == ["stop_refused"]
        assert orders.on_quote(quote("94", "94.1"), now_ns).requests

    def test_where_no_stop_stays_one_more_is_placed_each_hour_and_told_until_one_stands(
        self, orders: Orders, legless: Intent
    ) -> None:
        """Who has acknowledged the first alert learns that the position still stands without one."""
        now_ns, told_s, cleared = T0, list[int](), list[str]()
        while now_ns < T0 + 3 * HOUR:
            now_ns = max(now_ns + SECOND, orders.next_due_ns or 0)
            changes = orders.due(now_ns)
            for stop in placed(changes):
                changes = orders.on_answer(stop, Answer(Outcome.REJECTED, "no"), now_ns)
                told_s += [(now_ns - T0) // SECOND for alert in changes.alerts if alert.code == "stop_refused"]
            cleared += changes.cleared
        assert [after - before for before, after in pairwise(told_s)] == [3600, 3600] and not cleared
        now_ns = T0 + told_s[-1] * SECOND + HOUR
        (stop,) = placed(orders.due(now_ns))
        changes = orders.on_answer(stop, Answer(ACCEPTED, order=told(stop)), now_ns)
        assert changes.cleared == ("stop_refused/TSLA",)
        assert not placed(orders.due(now_ns + 2 * HOUR)), "it stands"
        changes = end(orders, stop.client_order_id, now_ns + 3 * HOUR)
        assert [alert.code for alert in changes.alerts] == ["stop_refused"] and not placed(changes), "told at once"
        assert placed(orders.due(now_ns + 4 * HOUR))

    def test_the_alert_that_no_stop_stays_ends_after_a_restart_with_what_is_held(
        self, orders: Orders, legless: Intent
    ) -> None:
        alerts, now_ns = list[Alert](), T0
        while not alerts:
            now_ns += 5 * SECOND
            for stop in placed(orders.due(now_ns)):
                changes = orders.on_answer(stop, Answer(Outcome.REJECTED, "no"), now_ns)
                alerts = [alert for alert in changes.alerts if alert.code == "stop_refused"]
        again = Orders(Config())
        again.alarmed(alerts[0])
        assert again.due(now_ns + SECOND).cleared == ("stop_refused/TSLA",)

    @pytest.mark.parametrize(
        ("answer", "pause_s", "code"),
        [
            (Answer(Outcome.DENIED, "R25 reconciled"), 60, "stop_denied"),
            (Answer(Outcome.REJECTED, "429", retry_after_s=1), 10, "order_rejected"),
        ],
    )
    def test_a_stop_that_the_venue_never_judged_is_tried_until_it_does(
        self, orders: Orders, enter: Enter, answer: Answer, pause_s: int, code: str
    ) -> None:
        ready(orders)
        intent = enter()
        orders.on_answer(intent, Answer(ACCEPTED, order=told(intent)), T0)
        fill_entry(orders, intent)
        tried = []
        for second in range(10, 610):
            for stop in placed(orders.due(T0 + second * SECOND)):
                tried.append(second)
                changes = orders.on_answer(stop, answer, T0 + second * SECOND)
                assert [alert.code for alert in changes.alerts] == [code], "it is not given up"
        assert {after - before for before, after in pairwise(tried)} == {pause_s} and len(tried) > 5
        (stop,) = placed(orders.due(T0 + (tried[-1] + pause_s) * SECOND))
        orders.on_answer(stop, Answer(ACCEPTED, order=told(stop)), T0 + 700 * SECOND)
        assert not placed(orders.due(T0 + 800 * SECOND))

    def test_a_stop_that_is_denied_again_and_again_is_told_once_until_it_stands(
        self, orders: Orders, legless: Intent
    ) -> None:
        alerts, cleared = list[Alert](), list[str]()
        for at_s in range(10, 200):
            changes = orders.due(T0 + at_s * SECOND)
            cleared += changes.cleared
            for stop in placed(changes):
                changes = orders.on_answer(stop, Answer(Outcome.DENIED, "R20: others sell it"), T0 + at_s * SECOND)
                alerts += changes.alerts
                cleared += changes.cleared
        assert [alert.id for alert in alerts] == ["stop_denied/TSLA"] * 4 and len({alert.text for alert in alerts}) == 1
        assert "stop_denied/TSLA" not in cleared
        (stop,) = placed(orders.due(T0 + 260 * SECOND))
        changes = orders.on_answer(stop, Answer(ACCEPTED, order=told(stop)), T0 + 261 * SECOND)
        assert changes.cleared == ("stop_denied/TSLA",)

    def test_legs_held_for_an_entry_that_ended_protect_nothing(self, orders: Orders, enter: Enter) -> None:
        intent = enter()
        held = legs(intent, OrderStatus.HELD)
        orders.on_answer(intent, Answer(ACCEPTED, order=told(intent, legs=held)), T0)
        ready(orders)
        fill_entry(orders, intent, "4")
        gone = told(intent, OrderStatus.CANCELED, "4", "100", at_ns=T0 + 2)
        orders.on_update(event(gone, "canceled"), T0 + 2)
        assert orders.exits("TSLA").watched
        changes = orders.on_quote(quote("94", "94.1"), T0 + 3)
        assert len(cancelled(changes)) == 2, "they give way to the exit that the engine places"


class TestWatch:
    def test_says_that_it_watches(self, orders: Orders, enter: Enter) -> None:
        intent = enter(quantity="0.5")
        orders.on_answer(intent, Answer(ACCEPTED, order=told(intent)), T0)
        (alert,) = fill_entry(orders, intent, "0.5").alerts
        assert alert.code == "exit_watched" and "95" in alert.text
        assert orders.exits("TSLA").watched

    @pytest.mark.parametrize(
        ("bid", "ask", "role"),
        [
            ("95", "95.1", Role.STOP),
            ("60", "61", Role.STOP),
            ("110", "110.2", Role.TARGET),
            ("150", "151", Role.TARGET),
        ],
    )
    def test_a_crossing_sells_at_the_quote_once(
        self, orders: Orders, bare: Intent, bid: str, ask: str, role: Role
    ) -> None:
        changes = orders.on_quote(quote(bid, ask, T0 + 5), T0 + 5)
        (exit_,) = placed(changes)
        assert (exit_.role, exit_.draft.quantity, exit_.order_type) == (role, 10, "limit")
        assert Decimal(bid) * Decimal("0.9975") < exit_.draft.limit_price < Decimal(bid)
        assert exit_.draft.limit_price == exit_.draft.limit_price.quantize(Decimal("0.01"))
        assert exit_.parent == bare.client_order_id and exit_.draft.reduces
        assert not orders.on_quote(quote(bid, ask, T0 + 6), T0 + 6).requests
        assert not placed(orders.due(T0 + 7))

    @pytest.mark.parametrize(
        "bad",
        [
            quote("90", "80"),
            quote("0", "0"),
            Quote("TSLA", T0, T0, None, Decimal(90), None),
            Quote("TSLA", T0, T0, Decimal("NaN"), Decimal("NaN"), Decimal("NaN")),
            Quote("TSLA", T0, T0, None, None, None),
            quote("10", "10.1", symbol="META"),
        ],
    )
    def test_a_bad_quote_triggers_nothing(self, orders: Orders, bare: Intent, bad: Quote) -> None:
        assert not orders.on_quote(bad, T0 + 5)

    def test_a_source_of_last_prices_triggers_too(self, orders: Orders, bare: Intent) -> None:
        assert placed(orders.on_quote(Quote("TSLA", T0, T0, None, None, Decimal("94.9")), T0 + 5))

    def test_an_exit_not_filled_is_cancelled_and_placed_again_at_the_new_price(
        self, orders: Orders, bare: Intent
    ) -> None:
        (first,) = placed(orders.on_quote(quote("94", "94.1"), T0 + SECOND))
        orders.on_answer(first, Answer(ACCEPTED, order=told(first)), T0 + SECOND)
        orders.on_quote(quote("92", "92.1"), T0 + 2 * SECOND)
        assert orders.next_due_ns == T0 + 11 * SECOND
        assert cancelled(orders.due(T0 + 11 * SECOND)) == [first.client_order_id]
        (second,) = placed(end(orders, first.client_order_id, T0 + 12 * SECOND, filled="4", price="94"))
        assert second.draft.quantity == 6 and second.draft.limit_price < 92
        assert (second.attempt, second.signal_id) == (2, first.signal_id)
        assert second.client_order_id != first.client_order_id

    def test_attempts_end_in_an_alert_that_stays_and_go_on_slowly(self, orders: Orders, bare: Intent) -> None:
        now_ns = T0 + SECOND
        changes = orders.on_quote(quote("94", "94.1"), now_ns)
        tries = 0
        while intents := placed(changes):
            tries += 1
            changes = orders.on_answer(intents[0], Answer(Outcome.REJECTED, "halted"), now_ns)
            alerts = changes.alerts
            now_ns += SECOND
            changes = orders.due(now_ns)
        assert tries == Config().orders.exit_attempts
        failed = next(alert for alert in alerts if alert.code == "exit_failed")
        assert failed.until_acknowledged and "10 not closed" in failed.text
        assert not orders.due(now_ns + 30 * SECOND).requests
        assert placed(orders.due(now_ns + 60 * SECOND))

    def test_a_partial_entry_is_watched_and_its_rest_cancelled_when_the_stop_is_crossed(
        self, orders: Orders, enter: Enter
    ) -> None:
        intent = enter()
        orders.on_answer(intent, Answer(ACCEPTED, order=told(intent, legs=legs(intent, OrderStatus.HELD))), T0)
        fill_entry(orders, intent, "4")
        changes = orders.on_quote(quote("94", "94.1"), T0 + 5)
        assert cancelled(changes) == [intent.client_order_id] and not placed(changes)
        for kind in ("target", "stop"):
            assert not placed(end(orders, f"venue-made-{kind}-{intent.client_order_id}", T0 + 6))
        gone = told(intent, OrderStatus.CANCELED, "6", "100", at_ns=T0 + 7)
        (exit_,) = placed(orders.on_update(event(gone, "canceled", "race", "2", "100"), T0 + 7))
        assert exit_.draft.quantity == 6

    def test_a_leg_that_the_venue_has_suspended_protects_nothing(self, orders: Orders, bracketed: Intent) -> None:
        asleep = leg(bracketed, "stop", OrderStatus.UNRESOLVED, at_ns=T0 + 9)
        orders.on_update(event(asleep, "suspended"), T0 + 9)
        assert orders.exits("TSLA").watched
        assert orders.on_quote(quote("94", "94.1", T0 + 10), T0 + 10).requests
