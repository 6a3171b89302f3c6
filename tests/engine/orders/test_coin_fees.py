"""A venue that takes its fee in the coin holds less than was filled: explained, bounded, and sold no more than is held.

Alpaca: docs.alpaca.markets, "Crypto Fees": at most 25 bps, taken from what the trade credits; no execution tells it.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.config import Config
from engine.model import (
    Answer,
    Intent,
    Outcome,
    Position,
    Role,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from engine.orders import Compare, Orders, Reconciliation
from tests.engine.orders.talk import T0, draft, fill_entry, placed, quote, ready, told

BTC = "BTC/USD"
D = Decimal


def bought(orders: Orders, quantity: str = "1", signal: str = "s-1") -> Intent:
    """So much filled at 100, stop 95."""
    wanted = draft(quantity=quantity, symbol=BTC)
    intent = orders.intend(signal, "t", Role.ENTRY, wanted, T0, valid_until_ns=T0 + 60 * SECOND)
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    changes = fill_entry(orders, intent, quantity)
    assert Compare("fill") in changes.requests, "what is held is asked for at once"
    return intent


def compare(orders: Orders, venue: str, ours: str, at_ns: int = T0 + SECOND) -> Reconciliation:
    held = (VenuePosition(BTC, D(venue), D(100)),) if D(venue) else ()
    snapshot = VenueSnapshot(at_ns, VenueAccount(D(1000), D(1000), D(1000)), held, orders.open)
    return orders.reconcile(snapshot, {BTC: Position(BTC, D(ours), D(100))}, at_ns)


@pytest.fixture
def orders() -> Orders:
    fresh = Orders(Config())
    ready(fresh)
    return fresh


def test_a_fee_in_the_coin_is_no_drift_and_the_exit_sells_what_is_left(orders: Orders) -> None:
    bought(orders)
    result = compare(orders, "0.9975", "1")
    assert result.ok and not result.drift and not result.changes.alerts
    (difference,) = result.differences
    assert (difference.cause, difference.adopted) == ("fee", True)
    (exit_,) = placed(orders.on_quote(quote("94", "94.1", T0 + 2 * SECOND, BTC), T0 + 2 * SECOND))
    assert exit_.draft.quantity == D("0.9975")


def test_a_book_that_has_not_taken_it_over_yet_does_not_take_it_twice(orders: Orders) -> None:
    bought(orders)
    for second in (1, 2, 3):
        assert compare(orders, "0.9975", "1", T0 + second * SECOND).ok
    assert orders.held(BTC) == D("0.9975")
    assert compare(orders, "0.9975", "0.9975", T0 + 4 * SECOND).ok


def test_beside_coins_of_others(orders: Orders) -> None:
    bought(orders)
    assert compare(orders, "2.9975", "3").ok and orders.held(BTC) == D("0.9975")


@pytest.mark.parametrize("venue", ["0.9974", "0.5", "0", "1.01"])
def test_more_than_the_dearest_fee_is_drift(orders: Orders, venue: str) -> None:
    bought(orders)
    result = compare(orders, venue, "1")
    assert not result.ok and not any(difference.cause for difference in result.differences)


def test_what_goes_a_second_time_is_drift(orders: Orders) -> None:
    bought(orders)
    assert compare(orders, "0.9975", "1").ok
    assert not compare(orders, "0.9950", "0.9975", T0 + 9 * SECOND).ok


def test_shares_pay_no_fee_in_kind(orders: Orders) -> None:
    intent = orders.intend("s", "t", Role.ENTRY, draft(quantity="1000"), T0)
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    assert Compare("fill") not in fill_entry(orders, intent, "1000").requests
    snapshot = VenueSnapshot(
        T0 + SECOND, VenueAccount(D(1), D(1), D(1)), (VenuePosition("TSLA", D(999), D(100)),), orders.open
    )
    assert not orders.reconcile(snapshot, {"TSLA": Position("TSLA", D(1000), D(100))}, T0 + SECOND).ok


def test_a_fee_taken_over_before_a_restart_is_not_taken_again_after_it(orders: Orders) -> None:
    intent = bought(orders)
    again = Orders(Config())
    again.restore(intent)
    fresh = Orders(Config())
    fresh.restore(intent)
    for fill in fill_entry(fresh, intent, "1").fills:
        again.restore(fill)
    (difference,) = compare(orders, "0.9975", "1").differences
    again.adopt(difference, T0)
    assert again.held(BTC) == D("0.9975")
    assert not compare(again, "0.9950", "0.9975", T0 + 9 * SECOND).ok


def test_a_refused_exit_asks_what_is_held(orders: Orders) -> None:
    bought(orders)
    (exit_,) = placed(orders.on_quote(quote("94", "94.1", T0 + SECOND, BTC), T0 + SECOND))
    refused = Answer(Outcome.REJECTED, "insufficient balance for BTC (requested: 1, available: 0.9975)")
    changes = orders.on_answer(exit_, refused, T0 + SECOND)
    assert Compare("refusal") in changes.requests
    compare(orders, "0.9975", "1", T0 + 2 * SECOND)
    (second,) = placed(orders.due(T0 + 3 * SECOND))
    assert second.draft.quantity == D("0.9975")


@given(st.lists(st.tuples(st.decimals("0.0001", "10", places=4), st.integers(0, 25)), min_size=1, max_size=8))
def test_every_fee_within_the_rate_is_explained_and_what_is_held_is_exact(trades: list[tuple[Decimal, int]]) -> None:
    orders = Orders(Config())
    ready(orders)
    held = D(0)
    for number, (quantity, bps) in enumerate(trades):
        bought(orders, str(quantity), f"s-{number}")
        book, held = held + quantity, held + quantity * (1 - D(bps) / 10_000)
        assert compare(orders, str(held), str(book), T0 + (number + 1) * SECOND).ok
        assert orders.held(BTC) == held


def test_parts_of_an_entry_ask_for_nothing_before_its_end(orders: Orders) -> None:
    wanted = draft(quantity="1", symbol=BTC)
    intent = orders.intend("s-1", "t", Role.ENTRY, wanted, T0, valid_until_ns=T0 + 60 * SECOND)
    orders.on_answer(intent, Answer(Outcome.ACCEPTED, order=told(intent)), T0)
    assert not fill_entry(orders, intent, "0.4").requests
    assert fill_entry(orders, intent, "1", T0 + 2).requests == (Compare("fill"),)
