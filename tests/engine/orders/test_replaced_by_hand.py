"""What a person put in an order's place, and the venue has not shown yet, is in the way of exits and entries."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.clock import SECOND
from engine.model import (
    Answer,
    Intent,
    OrderStatus,
    Outcome,
    Position,
    Role,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from engine.orders import Changes, Compare, Orders
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, cancelled, end, event, placed, quote, told

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
