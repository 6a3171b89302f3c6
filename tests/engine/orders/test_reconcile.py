"""Our orders and positions against everything the venue says exists."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.clock import SECOND
from engine.config import Config
from engine.model import (
    Alert,
    Answer,
    Fill,
    Intent,
    Lookup,
    Order,
    OrderStatus,
    Outcome,
    Position,
    Role,
    Side,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from engine.model.records import Difference
from engine.orders import LookUp, Orders, Reconciliation
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, cancelled, draft, end, event, leg, legs, placed, quote, told

D = Decimal
LATER = T0 + 100 * SECOND


def snapshot(*orders: Order, at_ns: int = LATER, **held: str) -> VenueSnapshot:
    """The venue's word: these orders, these quantities."""
    positions = tuple(VenuePosition(symbol, Decimal(quantity), Decimal(100)) for symbol, quantity in held.items())
    return VenueSnapshot(at_ns, VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000)), positions, orders)


def book(**held: str) -> dict[str, Position]:
    """Our portfolio's positions."""
    return {symbol: Position(symbol, Decimal(quantity), Decimal(100)) for symbol, quantity in held.items()}


def accepted(orders: Orders, intent: Intent) -> Order:
    order = told(intent)
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=order), T0)
    return order


def test_nothing_here_and_nothing_there_is_in_order(orders: Orders) -> None:
    result = orders.reconcile(snapshot(), {}, LATER)
    assert result.ok and not result.drift and not result.differences


def test_a_fill_missed_is_found_once(orders: Orders, enter: Enter) -> None:
    intent = enter()
    accepted(orders, intent)
    filled = told(intent, OrderStatus.FILLED, "10", "99", at_ns=T0 + 9)
    result = orders.reconcile(snapshot(filled, TSLA="10"), {}, LATER)
    assert result.ok and result.orders == 1
    assert [(fill.quantity, fill.price, fill.role) for fill in result.changes.fills] == [(10, 99, Role.ENTRY)]
    assert [difference.what for difference in result.differences] == ["order"]
    assert not orders.reconcile(snapshot(filled, TSLA="10"), book(TSLA="10"), LATER + 1).changes.fills
    assert not orders.on_update(event(filled, "fill", "late", "10", "99"), LATER + 2).fills


def test_an_order_whose_answer_was_lost_is_found(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "timeout"), T0)
    result = orders.reconcile(snapshot(told(intent, legs=legs(intent, OrderStatus.HELD))), {}, LATER)
    assert result.ok and not orders.unresolved
    assert {order.role for order in orders.open} == {Role.ENTRY, Role.STOP, Role.TARGET}


def test_an_unresolved_order_not_found_is_looked_up_and_does_not_stop_the_rest(orders: Orders, enter: Enter) -> None:
    intent = enter()
    orders.on_answer(intent, Answer(Outcome.UNRESOLVED, "timeout"), T0)
    result = orders.reconcile(snapshot(), {}, LATER)
    assert result.ok and result.changes.requests == (LookUp(intent.client_order_id),)


def test_an_order_the_venue_no_longer_lists_is_not_in_order_until_looked_up(orders: Orders, enter: Enter) -> None:
    intent = enter()
    order = accepted(orders, intent)
    result = orders.reconcile(snapshot(), {}, LATER)
    assert not result.ok and result.changes.requests == (LookUp(intent.client_order_id),)
    gone = msgspec.structs.replace(order, status=OrderStatus.EXPIRED, updated_ns=T0 + 50)
    orders.on_update(event(gone, "expired"), LATER)
    assert orders.reconcile(snapshot(), {}, LATER + 1).ok


def test_an_order_newer_than_the_snapshot_is_not_missed(orders: Orders, enter: Enter) -> None:
    accepted(orders, enter())
    assert orders.reconcile(snapshot(at_ns=T0 + SECOND), {}, T0 + SECOND).ok


def test_what_is_not_ours_is_shown_and_is_not_drift(orders: Orders, enter: Enter) -> None:
    foreign = msgspec.structs.replace(told(enter()), client_order_id="by-hand", venue_id="v-by-hand", symbol="IBM")
    result = orders.reconcile(snapshot(foreign, IBM="7"), {}, LATER)
    assert result.ok and not result.drift
    assert [order.client_order_id for order in result.external_orders] == ["by-hand"]
    assert [(held.symbol, held.quantity) for held in result.external_positions] == [("IBM", 7)]
    assert all(difference.external for difference in result.differences)
    assert not result.changes.alerts, "of a symbol that we have never traded"
    again = orders.reconcile(snapshot(foreign, IBM="7"), book(IBM="7"), LATER + 1)
    assert again.ok and not again.differences and again.external_positions


def test_a_position_that_lags_behind_our_sale_is_not_taken_for_a_strangers(orders: Orders, bare: Intent) -> None:
    """Taken over, it would be counted beside the next purchase, and look like drift."""
    (stop,) = placed(orders.on_quote(quote("94", "94.1"), LATER))
    gone = told(stop, OrderStatus.FILLED, "10", "94", at_ns=LATER + SECOND)
    orders.on_update(event(gone, "fill", "y", "10", "94"), LATER + SECOND)
    entry = told(bare, OrderStatus.FILLED, "10", "100", at_ns=T0 + 1)
    soon = LATER + 3 * SECOND
    early = orders.reconcile(snapshot(entry, gone, at_ns=soon, TSLA="10"), {}, soon)
    assert not early.ok and not early.drift
    assert orders.reconcile(snapshot(entry, gone, at_ns=soon + SECOND), {}, soon + SECOND).ok
    late = orders.reconcile(snapshot(entry, gone, at_ns=soon + 60 * SECOND, TSLA="10"), {}, soon + 60 * SECOND)
    assert late.ok and late.differences[0].external, "somebody bought ten since"


class TestSharesThatNoOrderExplains:
    def sold(self, orders: Orders) -> tuple[Order, Order]:
        """Ten of ours, bought and sold."""
        orders.on_quote(quote("94", "94.1"), LATER)
        (stop,) = [order for order in orders.open if order.role is Role.STOP]
        gone = msgspec.structs.replace(
            stop, venue_id="v-stop", status=OrderStatus.FILLED, filled=Decimal(10), average_price=Decimal(94),
            updated_ns=LATER + SECOND,
        )  # fmt: skip
        orders.on_update(event(gone, "fill", "y", "10", "94"), LATER + SECOND)
        return orders.all()[0], gone

    def unexplained(self, result: Reconciliation) -> list[Alert]:
        return [alert for alert in result.changes.alerts if alert.code == "position_unexplained"]

    def by_hand(self, at_ns: int, quantity: str) -> Order:
        return Order(
            "by-hand", "v-by-hand", "TSLA", Side.BUY, Decimal(quantity), OrderStatus.FILLED, Role.EXTERNAL,
            filled=Decimal(quantity), average_price=Decimal(95), submitted_ns=at_ns, updated_ns=at_ns,
        )  # fmt: skip

    def test_are_told_once_their_order_would_be_known(self, orders: Orders, bare: Intent) -> None:
        ours, first_ns = self.sold(orders), LATER + 60 * SECOND
        first = orders.reconcile(snapshot(*ours, at_ns=first_ns, TSLA="7"), {}, first_ns)
        assert first.ok and first.differences[0].external and not self.unexplained(first)
        again_ns = first_ns + 9 * SECOND
        again = orders.reconcile(snapshot(*ours, at_ns=again_ns, TSLA="7"), book(TSLA="7"), again_ns)
        assert not self.unexplained(again)
        again_ns = first_ns + 10 * SECOND
        (alert,) = self.unexplained(
            orders.reconcile(snapshot(*ours, at_ns=again_ns, TSLA="7"), book(TSLA="7"), again_ns)
        )
        assert alert.until_acknowledged and "the account holds 7, and no order explains 7 of it" in alert.text
        again_ns += 30 * SECOND
        assert not self.unexplained(
            orders.reconcile(snapshot(*ours, at_ns=again_ns, TSLA="7"), book(TSLA="7"), again_ns)
        )

    @pytest.mark.parametrize(("bought", "rest"), [("7", None), ("5", "2")])
    def test_are_a_persons_where_the_order_is_told_after_the_position(
        self, orders: Orders, bare: Intent, bought: str, rest: str | None
    ) -> None:
        ours, first_ns = self.sold(orders), LATER + 60 * SECOND
        assert not self.unexplained(orders.reconcile(snapshot(*ours, at_ns=first_ns, TSLA="7"), {}, first_ns))
        hand = self.by_hand(first_ns, bought)
        orders.on_update(event(hand, "fill", "h", bought, "95"), first_ns + SECOND)
        again_ns = first_ns + 30 * SECOND
        told_ = self.unexplained(
            orders.reconcile(snapshot(*ours, hand, at_ns=again_ns, TSLA="7"), book(TSLA="7"), again_ns)
        )
        assert [f"explains {rest} of it" in alert.text for alert in told_] == ([True] if rest else [])

    def test_are_gone_where_a_position_lagged_behind_a_persons_sale(self, orders: Orders, bare: Intent) -> None:
        ours, first_ns = self.sold(orders), LATER + 60 * SECOND
        assert not self.unexplained(orders.reconcile(snapshot(*ours, at_ns=first_ns, TSLA="7"), {}, first_ns))
        again_ns = first_ns + 30 * SECOND
        assert not self.unexplained(orders.reconcile(snapshot(*ours, at_ns=again_ns), book(TSLA="7"), again_ns))


def test_an_order_of_others_that_ended_long_ago_does_not_stay_open_with_us(orders: Orders, enter: Enter) -> None:
    foreign = msgspec.structs.replace(told(enter()), client_order_id="by-hand", venue_id="v-by-hand", symbol="IBM")
    orders.reconcile(snapshot(foreign), {}, T0 + 9 * SECOND)
    result = orders.reconcile(snapshot(), {}, LATER)
    assert result.ok and LookUp("by-hand") in result.changes.requests
    ended = msgspec.structs.replace(foreign, status=OrderStatus.EXPIRED, updated_ns=T0 + 10 * SECOND)
    orders.on_lookup("by-hand", Lookup(True, ended), LATER + 1)
    assert all(order.client_order_id != "by-hand" for order in orders.open)
    other = msgspec.structs.replace(foreign, client_order_id="gone", venue_id="v-gone")
    orders.reconcile(snapshot(other, at_ns=LATER + 2), {}, LATER + 2)
    changes = orders.on_lookup("gone", Lookup(False), LATER + 3)
    assert not changes.alerts and all(order.client_order_id != "gone" for order in orders.open)


def test_what_others_hold_and_trade_is_theirs_and_no_drift(orders: Orders, enter: Enter) -> None:
    """The account held ten before we ever looked, and a person has bought five more today."""
    bought = msgspec.structs.replace(
        told(enter(), OrderStatus.FILLED, "5", "99"), client_order_id="by-hand", venue_id="v-by-hand", symbol="IBM",
        quantity=Decimal(5),
    )  # fmt: skip
    first = orders.reconcile(snapshot(bought, IBM="15"), {}, LATER)
    assert first.ok and not first.drift
    assert [(held.symbol, held.quantity) for held in first.external_positions] == [("IBM", 15)]
    theirs = {"IBM": Position("IBM", Decimal(15), Decimal(100), external=True)}
    split = orders.reconcile(snapshot(bought, IBM="30", at_ns=LATER + SECOND), theirs, LATER + SECOND)
    assert split.ok and not split.drift and [each.external for each in split.differences] == [True]


def test_drift_needs_a_second_snapshot_and_then_the_venue_is_right(orders: Orders, enter: Enter) -> None:
    intent = enter()
    accepted(orders, intent)
    filled = told(intent, OrderStatus.FILLED, "10", "99", at_ns=T0 + 9)
    orders.on_update(event(filled, "fill", "x", "10", "99"), T0 + 9)
    first = orders.reconcile(snapshot(filled, TSLA="6"), book(TSLA="10"), LATER)
    assert not first.ok and not first.drift and not first.differences[0].adopted
    second = orders.reconcile(snapshot(filled, TSLA="6", at_ns=LATER + SECOND), book(TSLA="10"), LATER + SECOND)
    assert second.ok and second.drift and orders.held("TSLA") == 6
    (alert,) = [alert for alert in second.changes.alerts if alert.code == "position_drift"]
    assert alert.until_acknowledged and "venue holds 6" in alert.text
    assert not orders.reconcile(snapshot(filled, TSLA="6", at_ns=LATER + 9), book(TSLA="6"), LATER + 9).drift
    assert [(each.subject, each.theirs) for each in second.differences if each.adopted] == [("TSLA", "6")]


def test_orders_that_the_venue_never_had_do_not_put_off_the_second_look(orders: Orders, enter: Enter) -> None:
    intent = enter()
    accepted(orders, intent)
    filled = told(intent, OrderStatus.FILLED, "10", "99", at_ns=T0 + 9)
    orders.on_update(event(filled, "fill", "x", "10", "99"), T0 + 9)
    assert not orders.reconcile(snapshot(filled, TSLA="6"), book(TSLA="10"), LATER).ok
    refused = enter("signal-2", now_ns=LATER + 1)
    orders.on_answer(refused, Answer(Outcome.REJECTED, "insufficient qty"), LATER + 2)
    assert orders.reconcile(snapshot(filled, TSLA="6", at_ns=LATER + 3), book(TSLA="10"), LATER + 3).drift


def test_a_drift_taken_over_before_a_restart_is_no_drift_after_it(orders: Orders, enter: Enter) -> None:
    intent = enter()
    filled = told(intent, OrderStatus.FILLED, "10", "99", at_ns=T0 + 9)
    changes = orders.on_update(event(filled, "fill", "x", "10", "99"), T0 + 9)
    again = Orders(Config())
    for record in (intent, *changes.fills, *changes.orders):
        again.restore(record)
    again.adopt(Difference("position", "TSLA", "10", "6", adopted=True), T0)
    assert again.held("TSLA") == 6
    result = again.reconcile(snapshot(filled, TSLA="6"), book(TSLA="6"), LATER)
    assert result.ok and not result.differences


def test_an_execution_between_two_reads_is_not_drift(orders: Orders, enter: Enter) -> None:
    intent = enter()
    accepted(orders, intent)
    early = orders.reconcile(snapshot(told(intent), TSLA="10"), book(), LATER)
    assert not early.ok and not early.drift
    filled = told(intent, OrderStatus.FILLED, "10", "99", at_ns=LATER)
    orders.on_update(event(filled, "fill", "x", "10", "99"), LATER)
    result = orders.reconcile(snapshot(filled, TSLA="10", at_ns=LATER + SECOND), book(TSLA="10"), LATER + SECOND)
    assert result.ok and not result.drift


def test_a_position_that_the_venue_books_late_is_no_drift(orders: Orders, enter: Enter) -> None:
    intent = enter()
    accepted(orders, intent)
    filled = told(intent, OrderStatus.FILLED, "10", "99", at_ns=LATER)
    orders.on_update(event(filled, "fill", "x", "10", "99"), LATER)
    for seconds in (1, 3, 5, 9):
        at_ns = LATER + seconds * SECOND
        result = orders.reconcile(snapshot(filled, at_ns=at_ns), book(TSLA="10"), at_ns)
        assert not result.ok and not result.drift and orders.held("TSLA") == 10
    at_ns = LATER + 10 * SECOND
    assert orders.reconcile(snapshot(filled, at_ns=at_ns), book(TSLA="10"), at_ns).drift


def test_legs_for_more_than_the_venue_holds_are_cancelled(orders: Orders, bracketed: Intent) -> None:
    """Four of ten went elsewhere: legs over ten would sell what is not there."""
    filled = told(bracketed, OrderStatus.FILLED, "10", "100", at_ns=T0 + 1)
    for seconds in (0, 1):
        at_ns = LATER + seconds * SECOND
        result = orders.reconcile(snapshot(filled, *orders.open, at_ns=at_ns, TSLA="6"), book(TSLA="10"), at_ns)
    assert result.drift
    legs_there = {f"venue-made-{kind}-{bracketed.client_order_id}" for kind in ("stop", "target")}
    assert set(cancelled(result.changes)) == legs_there
    for order_id in sorted(legs_there):
        end(orders, order_id, LATER + 2 * SECOND)
    (stop,) = placed(orders.due(LATER + 12 * SECOND))
    assert (stop.role, stop.draft.quantity) == (Role.STOP, 6)


class TestOversold:
    """A stop and its target have both filled: the account is short by what we held, and no order of others did it."""

    def both(self, orders: Orders, bracketed: Intent) -> list[Fill]:
        fills: list[Fill] = []
        for kind, price in (("target", "110"), ("stop", "95")):
            filled = leg(bracketed, kind, OrderStatus.FILLED, "10", at_ns=T0 + 9)
            fills += orders.on_update(event(filled, "fill", f"x-{kind}", "10", price), T0 + 9).fills
        assert orders.held("TSLA") == 0
        return fills

    def test_it_is_drift_and_told_once(self, orders: Orders, bracketed: Intent) -> None:
        self.both(orders, bracketed)
        result = orders.reconcile(snapshot(TSLA="-10"), book(TSLA="-10"), LATER)
        assert result.ok and result.drift
        assert result.differences == (Difference("position", "TSLA", "0", "-10", adopted=True, cause="oversold"),)
        (alert,) = result.changes.alerts
        assert (alert.code, alert.until_acknowledged) == ("oversold", True)
        assert "10 more than we held; the account holds -10" in alert.text
        again = orders.reconcile(snapshot(at_ns=LATER + SECOND, TSLA="-10"), book(TSLA="-10"), LATER + SECOND)
        assert again.ok and not again.drift and not again.differences and not again.changes.alerts

    def test_not_while_the_venue_still_books_the_executions(self, orders: Orders, bracketed: Intent) -> None:
        self.both(orders, bracketed)
        soon = T0 + 10 + SECOND
        assert not orders.reconcile(snapshot(at_ns=soon, TSLA="-10"), book(TSLA="-10"), soon).drift

    @pytest.mark.parametrize("restarted", [False, True])
    def test_what_is_bought_after_it_is_held_and_protected(
        self, orders: Orders, bracketed: Intent, restarted: bool
    ) -> None:
        """A person has covered the short; what is bought next went into it, without a stop."""
        fills = self.both(orders, bracketed)
        result = orders.reconcile(snapshot(TSLA="-10"), book(TSLA="-10"), LATER)
        after = orders
        if restarted:
            after = Orders(Config())
            after.restore(bracketed)
            for order in orders.all():
                after.restore(order)
            first = Fill("x-10", bracketed.client_order_id, "TSLA", Side.BUY, D(10), D(100), D(0), T0, "signal-1")
            for fill in (first, *fills):
                after.restore(fill)
            for difference in result.differences:
                after.adopt(difference, T0)
        later = LATER + 60 * SECOND
        assert after.reconcile(snapshot(at_ns=later), {}, later).ok
        again = after.intend("signal-2", "t-2", Role.ENTRY, draft(), later, valid_until_ns=later + SECOND)
        after.on_answer(again, Answer(Outcome.ACCEPTED, order=told(again)), later)
        full = told(again, OrderStatus.FILLED, "10", "100", at_ns=later + 1)
        after.on_update(event(full, "fill", "x-new", "10", "100"), later + 1)
        assert after.held("TSLA") == 10
        assert after.exits("TSLA").stop_price == 95


def test_no_drift_is_told_while_an_order_that_the_venue_does_not_list_is_asked_for(
    orders: Orders, bracketed: Intent
) -> None:
    """Its stop has sold all of it: the venue's position shows that before its orders do."""
    entry = told(bracketed, OrderStatus.FILLED, "10", at_ns=T0 + 1)
    for second in (0, 1, 3):
        result = orders.reconcile(
            snapshot(entry, at_ns=LATER + second * SECOND), book(TSLA="10"), LATER + second * SECOND
        )
        assert not result.ok and not result.drift
        assert LookUp(f"venue-made-stop-{bracketed.client_order_id}") in result.changes.requests
    now_ns = LATER + 4 * SECOND
    (target, stop) = leg(bracketed, "target", OrderStatus.CANCELED), leg(bracketed, "stop", OrderStatus.FILLED, "10")
    for order in (target, stop):
        shown = msgspec.structs.replace(order, updated_ns=LATER - SECOND)
        orders.on_lookup(order.client_order_id, Lookup(known=True, order=shown), now_ns)
    assert orders.held("TSLA") == 0
    assert orders.reconcile(snapshot(entry, at_ns=now_ns + 60 * SECOND), {}, now_ns + 60 * SECOND).ok


def test_a_difference_beside_an_order_that_is_never_found_is_drift_after_a_while(
    orders: Orders, bracketed: Intent
) -> None:
    entry = told(bracketed, OrderStatus.FILLED, "10", at_ns=T0 + 1)
    drifted = [
        second
        for second in range(0, 60, 5)
        if orders.reconcile(
            snapshot(entry, at_ns=LATER + second * SECOND), book(TSLA="10"), LATER + second * SECOND
        ).drift
    ]
    assert drifted[:1] == [30]
