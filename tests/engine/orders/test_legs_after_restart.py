"""A leg that was first seen with its execution: a restart takes it from the lot that it sold."""

from __future__ import annotations

from decimal import Decimal as D

from engine.config import Config
from engine.model import Answer, Fill, Intent, Order, OrderStatus, Outcome, VenueAccount, VenuePosition, VenueSnapshot
from engine.orders import Orders
from tests.engine.orders.conftest import Enter
from tests.engine.orders.talk import T0, fill_entry, leg, legs, ready, told

Records = list[tuple[Intent | Order | Fill, str]]


def test_it_is_of_its_own_entry(orders: Orders, enter: Enter) -> None:
    journal: Records = []
    ready(orders)
    first, second = enter("s-1"), enter("s-2")
    journal += [(first, ""), (second, "")]
    for intent in (first, second):
        shown = legs(intent, OrderStatus.HELD) if intent is first else ()
        changes = orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent, legs=shown)), T0)
        journal += [(order, "") for order in changes.orders]
        changes = fill_entry(orders, intent)
        journal += [(fill, "") for fill in changes.fills] + [(order, "") for order in changes.orders]
    sold = leg(second, "target", OrderStatus.FILLED, "10", T0 + 5)
    entry = told(second, OrderStatus.FILLED, "10", "100", legs=(sold,))
    other = told(first, OrderStatus.FILLED, "10", "100")
    account = VenueAccount(D(9_000), D(8_000), D(8_000))
    snapshot = VenueSnapshot(T0 + 10, account, (VenuePosition("TSLA", D(10), D(100)),), (entry, other))
    result = orders.reconcile(snapshot, {}, T0 + 10)
    changes = result.changes
    assert [fill.client_order_id for fill in changes.fills] == [sold.client_order_id]
    journal += [(fill, "") for fill in changes.fills] + [(order, "") for order in changes.orders]
    again = Orders(Config())
    for record, key in journal:
        again.restore(record, key)
    for book in (orders, again):
        lots = book._register.holdings.lots(first.draft.symbol)
        assert [(lot.entry_id, lot.quantity) for lot in lots] == [(first.client_order_id, D(10))]
