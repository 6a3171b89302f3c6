"""The built-in venue's book: averages, what orders hold back, brackets, ends, what it forgets and finds again."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.brokers import simulated_book
from engine.brokers.simulated_book import Resting, VenueBook, leg_of
from engine.config import SimulatedConfig
from engine.model import Fill, OrderStatus, Quote, Role, Side
from tests.engine.brokers.simulated_desk import Desk

D = Decimal
CASH = D(1_000_000)
DESK = Desk()


def new() -> VenueBook:
    return VenueBook(SimulatedConfig(cash=CASH))


def ended(book: VenueBook, resting: Resting, status: OrderStatus = OrderStatus.CANCELED) -> None:
    book.put(resting, msgspec.structs.replace(resting.order, status=status))


def bracket(book: VenueBook, expires_ns: int = 0) -> tuple[Resting, Resting, Resting]:
    entry = book.accept(DESK.intent(stop="95", target="110"), 1, expires_ns)
    stop, target = book.legs(entry)
    return entry, stop, target


parts = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 500), st.booleans()), min_size=1, max_size=10)


@given(parts)
def test_cash_and_shares_move_by_what_was_traded(trades: list[tuple[int, int, bool]]) -> None:
    """The average is that of the shares that make the position, whichever way it stands."""
    book, cash, held, average = new(), CASH, 0, D(0)
    for quantity, price, buy in trades:
        side = Side.BUY if buy else Side.SELL
        resting = book.accept(DESK.intent(side, str(quantity), str(price)), 1, 0)
        book.execute(resting, D(quantity), D(price), D("0.5"), 2)
        signed = quantity * side.sign
        if held * signed >= 0:
            average = (average * abs(held) + D(price) * quantity) / (abs(held) + quantity)
        elif abs(signed) > abs(held):
            average = D(price)
        held, cash = held + signed, cash - signed * D(price) - D("0.5")
    snapshot = book.snapshot(3, 0)
    assert snapshot.account.cash == cash
    assert book.quantity("TSLA") == held
    assert [row.quantity for row in snapshot.positions] == ([held] if held else [])
    if held:
        assert abs(snapshot.positions[0].average_price - average) < D("1e-18")
        assert snapshot.account.equity == cash + held * snapshot.positions[0].average_price


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 100)), min_size=1, max_size=6))
def test_an_order_filled_in_parts_has_their_average(fills: list[tuple[int, int]]) -> None:
    book, total = new(), sum(quantity for quantity, _ in fills)
    resting = book.accept(DESK.intent(quantity=str(total)), 1, 0)
    for number, (quantity, price) in enumerate(fills, 1):
        book.execute(resting, D(quantity), D(price), D(0), number)
        whole = number == len(fills)
        assert resting.order.status is (OrderStatus.FILLED if whole else OrderStatus.PARTIAL)
        assert (resting.order in [each.order for each in book.at_work("TSLA")]) is not whole
    assert resting.executions == len(fills)
    assert resting.order.average_price is not None
    assert abs(resting.order.average_price * total - sum(q * p for q, p in fills)) < D("1e-15")


def test_buying_power_is_what_open_buys_leave() -> None:
    book = new()
    buy = book.accept(DESK.intent(quantity="10", limit="100"), 1, 0)
    book.accept(DESK.intent(Side.SELL, "10", "100"), 1, 0)
    assert book.buying_power == CASH - 1000
    book.execute(buy, D(4), D(90), D(0), 2)
    assert book.buying_power == CASH - 360 - 600
    ended(book, buy)
    assert book.buying_power == CASH - 360


def test_the_legs_of_a_bracket_hold_its_shares_once_and_only_when_they_work() -> None:
    book = new()
    entry, stop, target = bracket(book)
    assert (leg_of(entry), leg_of(stop), leg_of(target)) == (False, True, True)
    assert (stop.order.status, stop.order.stop_price, stop.order.limit_price) == (OrderStatus.HELD, 95, None)
    assert (target.order.order_type, target.order.limit_price, target.order.stop_price) == ("limit", 110, None)
    assert book.held_for_orders("TSLA") == 0
    book.execute(entry, D(10), D(100), D(0), 2)
    assert book.release(entry, 2) == [stop, target]
    assert stop.since_ns == target.since_ns == 2
    assert book.held_for_orders("TSLA") == 10
    book.accept(DESK.intent(Side.SELL, "3"), 3, 0)
    assert book.held_for_orders("TSLA") == 13
    assert book.siblings(stop) == [target]
    ended(book, target)
    assert book.siblings(stop) == []
    assert book.release(entry, 3) == [], "once"
    assert [leg.status for leg in book.described(entry).legs] == [OrderStatus.WORKING, OrderStatus.CANCELED]


def test_stops_are_matched_before_what_came_earlier() -> None:
    book = new()
    first = book.accept(DESK.intent(Side.SELL, "1", "120"), 1, 0)
    second = book.accept(DESK.intent(Side.SELL, "1", "110"), 1, 0)
    stop = book.accept(DESK.intent(Side.SELL, "1", role=Role.STOP, stop="90"), 2, 0)
    assert book.at_work("TSLA") == [stop, first, second]


def test_a_family_ends_together_entry_first() -> None:
    book = new()
    entry, stop, target = bracket(book, expires_ns=10)
    other = book.accept(DESK.intent(), 1, 20)
    book.accept(DESK.intent(), 1, 0)
    assert book.next_expiry_ns == 10
    assert book.expired(9) == []
    assert book.expired(10) == [entry], "its legs end with it"
    assert book.next_expiry_ns == 20
    book.execute(entry, D(10), D(100), D(0), 2)
    assert book.expired(10) == [stop], "of two open legs the first ends the other"
    ended(book, stop)
    assert book.expired(20) == [target, other] or book.expired(20) == [other, target]


def test_the_price_is_the_last_trade_else_the_mid() -> None:
    book = new()
    assert book.price("TSLA") is None
    for last, price in ((D(7), D(7)), (D(0), D(10)), (None, D(10))):
        book.quotes["TSLA"] = Quote("TSLA", 1, 1, D(9), D(11), last)
        assert book.price("TSLA") == price


def test_a_snapshot_has_open_orders_and_those_that_ended_since(monkeypatch: pytest.MonkeyPatch) -> None:
    book = new()
    old, fresh = (book.accept(DESK.intent(), at_ns, 0) for at_ns in (1, 5))
    entry, *_ = bracket(book)
    ended(book, old)
    ended(book, fresh)
    assert [order.client_order_id for order in book.snapshot(9, 5).orders] == [
        fresh.order.client_order_id, entry.order.client_order_id,
    ]  # fmt: skip


def test_the_oldest_ended_orders_are_forgotten_and_no_open_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated_book, "KEPT", 3)
    book = new()
    stays = book.accept(DESK.intent(), 1, 0)
    goes, later = (book.accept(DESK.intent(), 1, 0) for _ in range(2))
    for resting in (goes, later):
        ended(book, resting)
    book.accept(DESK.intent(), 2, 0)
    assert book.get(goes.order.client_order_id) is None
    assert book.get(stays.order.client_order_id) is stays and book.get(later.order.client_order_id) is later


@pytest.mark.parametrize("status", [OrderStatus.REJECTED, OrderStatus.INTENT, OrderStatus.UNRESOLVED])
def test_what_the_venue_never_had_is_not_restored(status: OrderStatus) -> None:
    source, book = new(), new()
    order = source.accept(DESK.intent(), 1, 0).order
    book.restore(msgspec.structs.replace(order, status=status))
    book.restore(msgspec.structs.replace(order, client_order_id="x", role=Role.EXTERNAL))
    assert book.get(order.client_order_id) is None and book.get("x") is None
    book.restore(order)
    assert book.get(order.client_order_id) is not None


def test_a_restored_order_has_its_hours_and_end_again() -> None:
    source, book = new(), new()
    intent = DESK.intent(quantity="10", extended_hours=True)
    order = source.accept(intent, 1, 0).order
    fill = Fill("e", order.client_order_id, "TSLA", Side.BUY, D(4), D(100), D(1), 2)
    for value in (intent, order, fill):
        book.restore(value)
    book.settle(lambda intent, at_ns: at_ns + 50)
    (resting,) = book.at_work("TSLA")
    assert (resting.extended_hours, resting.expires_ns) == (True, intent.at_ns + 50)
    assert (resting.executions, book.next_expiry_ns) == (1, intent.at_ns + 50)
    assert book.quantity("TSLA") == 4
    assert book.snapshot(3, 0).account.cash == CASH - 401
