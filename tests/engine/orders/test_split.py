"""A split moves quantity, stop and target together; nothing is sold on it, and it is no drift."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import DAY, SECOND
from engine.config import Config
from engine.model import (
    Answer,
    Intent,
    OrderStatus,
    Outcome,
    Role,
    split_prices,
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
    legs,
    placed,
    quote,
    ready,
    restarted,
    split_told,
    told,
)

MORNING = T0 + DAY
D = Decimal


def test_a_split_is_no_drift_and_its_exits_move_with_it(orders: Orders, bare: Intent) -> None:
    orders.on_quote(quote("10", "10.01", MORNING), MORNING)
    result = split_told(orders, "100", "10")
    assert result.ok and not result.drift
    (difference,) = result.differences
    assert (difference.cause, difference.adopted, difference.theirs) == ("split", True, "100")
    exits = orders.exits("TSLA")
    assert (orders.held("TSLA"), exits.stop_price, exits.target_price) == (100, D("9.50"), D("11.00"))
    (alert,) = [alert for alert in result.changes.alerts if alert.code == "position_split"]
    assert alert.until_acknowledged and "10 became 100" in alert.text
    assert not placed(orders.on_quote(quote("10", "10.01", MORNING + 1), MORNING + 1))
    (exit_,) = placed(orders.on_quote(quote("9.4", "9.41", MORNING + 2), MORNING + 2))
    assert (exit_.role, str(exit_.draft.quantity)) == (Role.STOP, "100")


def test_a_reverse_split_that_paid_a_fraction_out(orders: Orders, bare: Intent) -> None:
    result = split_told(orders, "3", "300")
    assert result.ok and not result.drift and orders.held("TSLA") == 3
    assert (orders.exits("TSLA").stop_price, orders.exits("TSLA").target_price) == (285, 330)
    assert [difference.cause for difference in result.differences] == ["split 3:1"]


def test_small_holdings_of_a_reverse_split_keep_their_stop_where_it_was_also_after_a_restart(
    orders: Orders, enter: Enter
) -> None:
    """Nine became one and four fifths, which were paid out: one costs five times as much, not nine times."""
    ready(orders)
    intent = enter(extended_hours=True, quantity="9")
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    again = restarted(intent, fill_entry(orders, intent, "9"))
    result = split_told(orders, "1", "500", ours="9")
    for difference in result.differences:
        again.adopt(difference, MORNING)
    for each in (orders, again):
        assert (each.held("TSLA"), each.exits("TSLA").stop_price, each.exits("TSLA").target_price) == (1, 475, 550)
        assert not placed(each.on_quote(quote("499", "501", MORNING + SECOND), MORNING + SECOND))
        assert not each.jumped("TSLA")


def test_a_position_of_before_told_right_after_the_split_undoes_nothing(orders: Orders, bare: Intent) -> None:
    """Two reads of a venue need not come from one copy of its books."""
    assert split_told(orders, "100", "10").splits
    again = split_told(orders, "10", "100", ours="100", at_ns=MORNING + 2 * SECOND)
    assert not again.ok and not again.splits and orders.held("TSLA") == 100
    again = split_told(orders, "10", "100", ours="100", at_ns=MORNING + 4 * SECOND)
    assert not again.ok and not again.drift
    assert split_told(orders, "100", "10", ours="100", at_ns=MORNING + 6 * SECOND).ok


def test_a_split_is_no_purchase_of_an_order_that_may_have_filled_as_much_as_the_one_it_replaced(
    orders: Orders, enter: Enter
) -> None:
    """Twice what is held at half its cost is a split; at its cost it would be what the second had filled on its own."""
    ready(orders)
    entry = enter(extended_hours=True)
    orders.on_answer(entry, Answer(Outcome.ACCEPTED, order=told(entry)), T0)
    fill_entry(orders, entry, "4")
    known = orders.get(entry.client_order_id)
    assert known is not None
    old = msgspec.structs.replace(known, status=OrderStatus.REPLACED, replaced_by="v-new", updated_ns=T0 + SECOND)
    new = msgspec.structs.replace(
        old, client_order_id="by-hand", venue_id="v-new", status=OrderStatus.CANCELED, role=Role.EXTERNAL, signal_id="",
        replaced_by="",
    )  # fmt: skip
    result = split_told(orders, "8", "50", old, new, ours="4")
    assert [(split.before, split.after) for split in result.splits] == [(4, 8)]
    assert (orders.held("TSLA"), orders.exits("TSLA").stop_price) == (8, D("47.50"))


def test_legs_at_the_old_prices_are_cancelled_and_a_stop_at_the_new_one_is_placed(
    orders: Orders, bracketed: Intent
) -> None:
    result = split_told(orders, "100", "10")
    stale = {f"venue-made-{kind}-{bracketed.client_order_id}" for kind in ("stop", "target")}
    assert set(cancelled(result.changes)) == stale
    now_ns = MORNING
    for order_id in sorted(stale):
        end(orders, order_id, now_ns)
    (stop,) = placed(orders.due(now_ns + 10 * SECOND))
    assert (stop.role, stop.draft.quantity, stop.draft.stop_price) == (Role.STOP, 100, D("9.50"))


def test_legs_that_the_venue_has_moved_stay(orders: Orders, bracketed: Intent) -> None:
    moved = []
    for order in orders.open:
        price = {Role.STOP: {"stop_price": D("9.5")}, Role.TARGET: {"limit_price": D("11")}}[order.role]
        moved.append(msgspec.structs.replace(order, quantity=D(100), updated_ns=MORNING, **price))
    result = split_told(orders, "100", "10", *moved)
    assert not cancelled(result.changes)
    assert not orders.due(MORNING + 60 * SECOND).requests


def test_a_split_taken_over_before_a_restart_holds_after_it(orders: Orders, enter: Enter) -> None:
    intent = enter(extended_hours=True)
    changes = fill_entry(orders, intent)
    again = restarted(intent, changes)
    for difference in split_told(orders, "100", "10").differences:
        again.adopt(difference, MORNING)
    assert again.held("TSLA") == 100 and again.exits("TSLA").stop_price == D("9.50")
    assert split_told(again, "100", "10", ours="100").ok


@pytest.mark.parametrize(
    ("quantity", "average"),
    [
        ("6", "100"),  # four were sold elsewhere
        ("20", "100"),  # ten were bought
        ("20", "80"),
        ("10.5", "95.24"),  # a stock dividend: too small to be told from trades
        ("100", "100"),
    ],
)
def test_what_is_no_split_is_drift(orders: Orders, bare: Intent, quantity: str, average: str) -> None:
    first = split_told(orders, quantity, average)
    assert not first.ok and not first.splits


positive = st.decimals("0.01", "10000", places=2)
factors = st.tuples(st.integers(1, 50), st.integers(1, 50)).map(lambda pair: D(pair[0]) / D(pair[1]))


@given(positive, positive, factors)
def test_a_change_that_keeps_the_cost_is_a_split_and_no_purchase_or_sale_is(
    quantity: Decimal, average: Decimal, factor: Decimal
) -> None:
    after, price = quantity * factor, average / factor
    big = max(factor, 1 / factor) >= D("1.2")
    assert (split_prices(quantity, average, after, price) is not None) is big
    assert not split_prices(quantity, average, after, average)
    assert not split_prices(quantity, average, -after, price)


@given(positive, positive, positive, positive)
def test_a_purchase_at_any_price_is_no_split(held: Decimal, average: Decimal, more: Decimal, price: Decimal) -> None:
    if more < held / 100 or price > average * 100:
        return
    total = held + more
    cost = (held * average + more * price) / total
    assert not split_prices(held, average, total, cost) or price * more < D("0.006") * held * average


@given(st.lists(st.integers(1, 30), min_size=2, max_size=5), st.integers(2, 9))
def test_lots_that_do_not_divide_add_up_to_what_the_venue_holds(shares: list[int], factor: int) -> None:
    orders = Orders(Config())
    ready(orders)
    for number, quantity in enumerate(shares):
        intent = orders.intend(f"s-{number}", "t", Role.ENTRY, draft(quantity=str(quantity), extended_hours=True), T0)
        fill_entry(orders, intent, str(quantity))
    before = sum(shares)
    if before < factor:
        return
    result = split_told(orders, str(before // factor), str(100 * factor), ours=str(before))
    assert result.ok and not result.drift
    assert orders.held("TSLA") == before // factor
    assert not split_told(
        orders, str(before // factor), str(100 * factor), ours=str(before // factor)
    ).external_positions


class TestWhatProtectedItIsCancelledOverNight:
    """As venues do with the orders of shares that they split; nobody has told a price of the day yet."""

    def bared(self, orders: Orders, entry: Intent) -> None:
        for each in legs(entry, OrderStatus.CANCELED):
            orders.on_update(event(msgspec.structs.replace(each, updated_ns=MORNING), "canceled"), MORNING)
        assert not orders.due(MORNING + 9 * SECOND).requests
        asked = orders.due(MORNING + 10 * SECOND)
        assert asked.requests == (Compare("bare"),), "a stop of before the split would sell a part at once"
        assert orders.next_due_ns == MORNING + 20 * SECOND

    def test_the_venue_is_asked_before_a_stop_is_placed(self, orders: Orders, bracketed: Intent) -> None:
        self.bared(orders, bracketed)
        split_told(orders, "100", "10", at_ns=MORNING + 11 * SECOND)
        (stop,) = placed(orders.due(MORNING + 12 * SECOND))
        assert (stop.role, stop.draft.quantity, stop.draft.stop_price) == (Role.STOP, 100, D("9.50"))

    def test_and_asked_again_where_it_does_not_answer(self, orders: Orders, bracketed: Intent) -> None:
        self.bared(orders, bracketed)
        assert not orders.due(MORNING + 19 * SECOND).requests
        assert orders.due(MORNING + 20 * SECOND).requests == (Compare("bare"),)
        split_told(orders, "10", "100", at_ns=MORNING + 21 * SECOND)
        (stop,) = placed(orders.due(MORNING + 22 * SECOND))
        assert (stop.draft.quantity, stop.draft.stop_price) == (10, 95)

    def test_not_where_a_price_of_the_day_tells(self, orders: Orders, bracketed: Intent) -> None:
        orders.on_quote(quote("100", "100.1", MORNING), MORNING)
        for each in legs(bracketed, OrderStatus.CANCELED):
            orders.on_update(event(msgspec.structs.replace(each, updated_ns=MORNING), "canceled"), MORNING)
        (stop,) = placed(orders.due(MORNING + 10 * SECOND))
        assert stop.draft.quantity == 10
