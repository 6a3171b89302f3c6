"""What a person put in an order's place, and the venue has not shown yet, is in the way of exits and entries."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.clock import SECOND
from engine.config import Config
from engine.model import (
    Answer,
    Fill,
    Intent,
    Lookup,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Position,
    Role,
    Side,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from engine.orders import Changes, Compare, LookUp, Orders
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, cancelled, end, event, fill_entry, leg, placed, quote, ready, restarted, told

ACCEPTED = Outcome.ACCEPTED


class TestWhatAPersonPutInTheWay:
    """An order that an exit has to clear away was replaced at the venue by one that the engine has not seen yet."""

    def replaced(self, orders: Orders, order_id: str, at_ns: int) -> Changes:
        order = orders.get(order_id)
        assert order is not None
        gone = msgspec.structs.replace(order, status=OrderStatus.REPLACED, replaced_by="v-new", updated_ns=at_ns)
        return orders.on_update(event(gone, "replaced"), at_ns)

    def shown(self, orders: Orders, old_id: str, at_ns: int, status: OrderStatus = OrderStatus.WORKING) -> Changes:
        old = orders.get(old_id)
        assert old is not None
        new = msgspec.structs.replace(
            old, client_order_id="by-hand", venue_id="v-new", status=status, role=Role.EXTERNAL, parent_id="",
            signal_id="", replaced_by="", submitted_ns=at_ns, updated_ns=at_ns,
        )  # fmt: skip
        return orders.on_update(event(new, "new"), at_ns)

    def flattened(self, orders: Orders) -> str:
        """A flatten whose way is clear but for the target that was replaced; the target's id."""
        position = Position("TSLA", Decimal(10), Decimal(100))
        target, stop = cancelled(orders.flatten(position, quote("101", "101.1"), "kill", T0 + 5))
        assert self.replaced(orders, target, T0 + 6).requests == (Compare("replaced"),)
        assert not placed(end(orders, stop, T0 + 7)), "what replaced it may sell all that is held"
        return target

    def test_nothing_is_placed_beside_it(self, orders: Orders, bracketed: Intent) -> None:
        target = self.flattened(orders)
        assert cancelled(self.shown(orders, target, T0 + 8)) == ["by-hand"]
        (exit_,) = placed(end(orders, "by-hand", T0 + 9, "4", "101"))
        assert exit_.draft.quantity == 6

    def test_until_the_venue_has_shown_all_there_is(self, orders: Orders, bracketed: Intent) -> None:
        self.flattened(orders)
        account = VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000))
        snapshot = VenueSnapshot(
            T0 + 20 * SECOND, account, (VenuePosition("TSLA", Decimal(10), Decimal(100)),), orders.all()
        )
        book = {"TSLA": Position("TSLA", Decimal(10), Decimal(100))}
        (exit_,) = placed(orders.reconcile(snapshot, book, T0 + 20 * SECOND).changes)
        assert exit_.draft.quantity == 10

    def test_no_second_stop_goes_beside_one_that_a_person_moved(self, orders: Orders, bracketed: Intent) -> None:
        stop = next(order.client_order_id for order in orders.open if order.role is Role.STOP)
        self.replaced(orders, stop, T0 + 6)
        assert not placed(orders.due(T0 + 60 * SECOND)) and not cancelled(orders.due(T0 + 61 * SECOND))
        self.shown(orders, stop, T0 + 62 * SECOND)
        assert not placed(orders.due(T0 + 90 * SECOND))

    def test_what_replaced_an_entry_is_cancelled_too_when_entries_are(self, orders: Orders, enter: Enter) -> None:
        entry = enter()
        orders.on_answer(entry, Answer(ACCEPTED, order=told(entry)), T0)
        self.replaced(orders, entry.client_order_id, T0 + 6)
        assert not cancelled(orders.cancel_entries(T0 + 7)), "there is nothing to ask for yet"
        self.shown(orders, entry.client_order_id, T0 + 8)
        assert cancelled(orders.due(T0 + SECOND)) == ["by-hand"]


class TestMovedTwiceBeforeTheFirstMoveIsTold:
    """What replaced an entry was replaced too, and the venue shows both before it says of the entry that it was."""

    def moved(self, orders: Orders, entry: Intent, filled: str) -> Changes:
        """Both successors are shown with what the entry has filled; then the word on the entry comes."""
        for update in self.strangers(entry, filled):
            orders.on_update(update, T0 + 8)
        return orders.on_update(self.told_at_last(entry, filled), T0 + 9)

    def strangers(self, entry: Intent, filled: str) -> list[OrderUpdate]:
        first = msgspec.structs.replace(
            told(entry, OrderStatus.PARTIAL, filled, at_ns=T0 + 6), client_order_id="by-hand-1", venue_id="v-1",
            role=Role.EXTERNAL, signal_id="", submitted_ns=T0 + 6,
        )  # fmt: skip
        second = msgspec.structs.replace(
            first, client_order_id="by-hand-2", venue_id="v-2", submitted_ns=T0 + 7, updated_ns=T0 + 7
        )
        gone = msgspec.structs.replace(first, status=OrderStatus.REPLACED, replaced_by="v-2", updated_ns=T0 + 7)
        return [event(order, name) for order, name in ((first, "new"), (gone, "replaced"), (second, "new"))]

    def told_at_last(self, entry: Intent, filled: str) -> OrderUpdate:
        old = told(entry, OrderStatus.REPLACED, filled, at_ns=T0 + 6)
        return event(msgspec.structs.replace(old, replaced_by="v-1"), "replaced")

    def test_what_lives_on_is_ours(self, orders: Orders, enter: Enter) -> None:
        entry = enter()
        orders.on_answer(entry, Answer(ACCEPTED, order=told(entry)), T0)
        changes = self.moved(orders, entry, "0")
        assert {order.client_order_id: order.role for order in changes.orders}["by-hand-2"] is Role.ENTRY
        assert cancelled(orders.cancel_entries(T0 + 10)) == ["by-hand-2"]

    def test_what_it_buys_is_held_with_its_stop(self, orders: Orders, enter: Enter) -> None:
        entry = enter()
        orders.on_answer(entry, Answer(ACCEPTED, order=told(entry)), T0)
        fill_entry(orders, entry, "4", T0 + 4)
        self.moved(orders, entry, "4")
        assert orders.held("TSLA") == 4, "what both carry was bought once"
        second = orders.get("by-hand-2")
        assert second is not None
        bought = msgspec.structs.replace(second, status=OrderStatus.FILLED, filled=Decimal(10), updated_ns=T0 + 12)
        orders.on_update(event(bought, "fill", "x-rest", "6", "100"), T0 + 12)
        assert (orders.held("TSLA"), orders.exits("TSLA").stop_price) == (10, Decimal(95))

    def test_what_a_look_up_shows_before_that_word_was_bought_once(self, orders: Orders, enter: Enter) -> None:
        """The first was replaced while nobody heard: what the second carries looks like a purchase of its own."""
        entry = enter()
        orders.on_answer(entry, Answer(ACCEPTED, order=told(entry)), T0)
        fill_entry(orders, entry, "4", T0 + 4)
        _, gone, second = self.strangers(entry, "4")
        orders.on_update(gone, T0 + 8)
        orders.on_update(second, T0 + 8)
        changes = orders.on_lookup("by-hand-2", Lookup(True, second.order), T0 + 9)
        assert changes.fills == () and LookUp(entry.client_order_id) in changes.requests
        changes = orders.on_lookup(entry.client_order_id, Lookup(True, self.told_at_last(entry, "4").order), T0 + 10)
        assert changes.fills == () and orders.held("TSLA") == 4
        changes = orders.on_lookup("by-hand-2", Lookup(True, second.order), T0 + 11)
        assert changes.fills == () and orders.held("TSLA") == 4

    def test_what_somebody_else_has_bought_counts_where_the_venue_goes_on_saying_so(
        self, orders: Orders, enter: Enter
    ) -> None:
        """An order of ours is open beside it, and has to do with it nothing."""
        entry = enter()
        orders.on_answer(entry, Answer(ACCEPTED, order=told(entry)), T0)
        ready(orders)
        _, gone, _ = self.strangers(entry, "4")
        orders.on_update(gone, T0 + 8)
        fills: list[Fill] = []
        for second in range(1, 60):
            for request in orders.due(T0 + second * SECOND).requests:
                if request == LookUp("by-hand-1"):
                    fills += orders.on_lookup("by-hand-1", Lookup(True, gone.order), T0 + second * SECOND).fills
        assert [(fill.client_order_id, fill.quantity) for fill in fills] == [("by-hand-1", 4)]

    def test_one_that_was_to_be_cancelled_is_so_still_where_a_restart_came_between(
        self, orders: Orders, enter: Enter
    ) -> None:
        """The two were journaled as somebody else's: nothing ties them together but the venue's word on each."""
        entry = enter()
        again = restarted(entry, orders.on_answer(entry, Answer(ACCEPTED, order=told(entry)), T0))
        strangers = Orders(Config())
        for order in self.strangers(entry, "0"):
            for record in strangers.on_update(order, T0 + 8).orders:
                again.restore(record)
        again.cancel_entries(T0 + 9)
        again.on_update(self.told_at_last(entry, "0"), T0 + 10)
        assert cancelled(again.due(T0 + SECOND)) == ["by-hand-2"]

    def test_what_it_has_bought_is_held_with_its_stop_after_a_restart_too(self, orders: Orders, enter: Enter) -> None:
        """Found by one comparison: what replaced which is journaled in any order."""
        entry = enter()
        orders.on_answer(entry, Answer(ACCEPTED, order=told(entry)), T0)
        old, last = self.told_at_last(entry, "0").order, self.strangers(entry, "0")[2].order
        first = self.strangers(entry, "0")[1].order
        bought = msgspec.structs.replace(
            last, status=OrderStatus.FILLED, filled=Decimal(10), average_price=Decimal(100), updated_ns=T0 + 12
        )
        account = VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000))
        positions = (VenuePosition("TSLA", Decimal(10), Decimal(100)),)
        now_ns = T0 + 60 * SECOND
        changes = orders.reconcile(VenueSnapshot(now_ns, account, positions, (old, first, bought)), {}, now_ns).changes
        for journaled in (changes.orders, changes.orders[::-1]):
            again = Orders(Config())
            for record in (entry, *changes.fills, *journaled):
                again.restore(record)
            for each in (orders, again):
                assert (each.held("TSLA"), each.exits("TSLA").stop_price) == (10, Decimal(95))

    def test_one_that_was_to_be_cancelled_is_so_still(self, orders: Orders, enter: Enter) -> None:
        entry = enter()
        orders.on_answer(entry, Answer(ACCEPTED, order=told(entry)), T0)
        orders.cancel_entries(T0 + 3)
        self.moved(orders, entry, "0")
        assert cancelled(orders.due(T0 + SECOND)) == ["by-hand-2"]


@pytest.mark.parametrize("carries", [True, False])
def test_a_leg_that_was_moved_before_it_was_ever_shown_has_sold_for_its_entry(
    orders: Orders, enter: Enter, carries: bool
) -> None:
    """The venue shows it apart, as replaced; under the entry stands what replaced it."""
    entry = enter()
    orders.on_answer(entry, Answer(ACCEPTED, order=told(entry)), T0)
    now_ns = T0 + 40 * SECOND
    moved = msgspec.structs.replace(
        leg(entry, "target", OrderStatus.REPLACED, "4", at_ns=T0 + 20 * SECOND), replaced_by="v-new"
    )
    new = msgspec.structs.replace(
        leg(entry, "target", OrderStatus.PARTIAL, "4" if carries else "0", at_ns=T0 + 20 * SECOND),
        client_order_id="by-hand", venue_id="v-new", quantity=Decimal(10 if carries else 6),
    )  # fmt: skip
    stop = leg(entry, "stop", OrderStatus.HELD, at_ns=T0 + 20 * SECOND)
    bought = told(entry, OrderStatus.FILLED, "10", "100", at_ns=T0 + SECOND, legs=(new, stop))
    account = VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000))
    positions = (VenuePosition("TSLA", Decimal(6), Decimal(100)),)
    result = orders.reconcile(VenueSnapshot(now_ns, account, positions, (moved, bought)), {}, now_ns)
    assert result.ok and orders.held("TSLA") == 6
    assert not [alert.code for alert in result.changes.alerts]
    assert {fill.role for fill in result.changes.fills if fill.side is Side.SELL} <= {Role.EXTERNAL, Role.TARGET}
    known = orders.get(moved.client_order_id)
    assert known is not None and (known.role, known.parent_id) == (Role.TARGET, entry.client_order_id)
