"""What fills hold: however they are told, entry by entry, and after splits, fees and adoptions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.model import ZERO, Fill, Order, OrderStatus, Role, Side, price_step
from engine.orders.holdings import CLOSED_KEPT, SPLIT_STEP, Holdings
from tests.engine.orders.talk import T0, draft

D = Decimal
Told = tuple[Role, str, int]
"""Role, the entry it is (or closes; empty: it names none), and the quantity."""


def tell(holdings: Holdings, role: Role, entry: str, quantity: int | Decimal, symbol: str = "TSLA") -> None:
    side = Side.BUY if role is Role.ENTRY else Side.SELL
    order_id, parent = (entry, "") if role is Role.ENTRY else (f"exit-{entry}", entry)
    order = Order(order_id, f"v-{order_id}", symbol, side, D(1000), OrderStatus.WORKING, role, parent_id=parent)
    fill = Fill("x", order_id, symbol, side, D(quantity), D(100), ZERO, T0)
    holdings.on_fill(order, entry, draft(symbol=symbol) if role is Role.ENTRY else None, "shift", fill)


def made(told: list[Told]) -> Holdings:
    holdings = Holdings()
    for role, entry, quantity in told:
        tell(holdings, role, entry, quantity)
    return holdings


def lots(holdings: Holdings, symbol: str = "TSLA") -> dict[str, Decimal]:
    return {lot.entry_id: lot.quantity for lot in holdings.lots(symbol)}


def told_fills() -> Any:
    entries = st.tuples(st.just(Role.ENTRY), st.sampled_from("abc"), st.integers(1, 20))
    exits = st.tuples(
        st.sampled_from([Role.STOP, Role.TARGET, Role.EXIT]), st.sampled_from(["a", "b", ""]), st.integers(1, 9)
    )
    return st.lists(entries | exits, min_size=1, max_size=12)


@settings(max_examples=40)
@given(st.data(), told_fills())
def test_the_order_in_which_fills_are_told_does_not_matter_to_what_is_held(
    data: st.DataObject, told: list[Told]
) -> None:
    """Late and reordered executions: the sum is what was bought less what was sold, never below nothing."""
    shuffled = data.draw(st.permutations(told))
    one, other = made(told), made(shuffled)
    bought = sum(quantity for role, _, quantity in told if role is Role.ENTRY)
    sold = sum(quantity for role, _, quantity in told if role is not Role.ENTRY)
    assert one.held("TSLA", Side.BUY) == other.held("TSLA", Side.BUY) == max(0, bought - sold)
    assert sum(lots(one).values(), ZERO) == one.held("TSLA", Side.BUY)
    assert all(quantity > 0 for quantity in lots(one).values())


def test_an_exit_takes_from_the_entry_that_it_names_and_from_the_oldest_otherwise() -> None:
    holdings = made([(Role.ENTRY, "a", 10), (Role.ENTRY, "b", 10), (Role.STOP, "b", 4), (Role.EXIT, "", 3)])
    assert lots(holdings) == {"a": D(7), "b": D(6)}
    tell(holdings, Role.STOP, "b", 8)
    assert lots(holdings) == {"a": D(5)}, "what the stop sold beyond its entry was another lot's"


def test_an_order_of_somebody_else_holds_nothing_of_ours() -> None:
    holdings = Holdings()
    order = Order("by-hand", "v", "TSLA", Side.BUY, D(5), OrderStatus.FILLED, Role.EXTERNAL)
    holdings.on_fill(order, "", None, "", Fill("x", "by-hand", "TSLA", Side.BUY, D(5), D(100), ZERO, T0))
    assert holdings.symbols == () and holdings.held("TSLA", Side.BUY) == 0


@settings(max_examples=40)
@given(told=told_fills(), theirs=st.integers(-5, 60))
def test_a_position_that_is_adopted_is_never_exceeded(told: list[Told], theirs: int) -> None:
    holdings = made(told)
    before = holdings.held("TSLA", Side.BUY)
    gone = holdings.adopt("TSLA", D(theirs))
    assert holdings.held("TSLA", Side.BUY) == min(before, max(0, theirs))
    assert gone == before - holdings.held("TSLA", Side.BUY)


@settings(max_examples=40)
@given(
    told=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 20)), min_size=1, max_size=6),
    sold=st.integers(0, 30),
    ratio=st.sampled_from([(1, 3), (1, 2), (2, 1), (10, 1), (3, 2), (1, 20)]),
)
def test_a_split_keeps_the_shares_of_the_lots_and_puts_prices_on_steps(
    told: list[tuple[str, int]], sold: int, ratio: tuple[int, int]
) -> None:
    holdings = made([*((Role.ENTRY, entry, quantity) for entry, quantity in told), (Role.EXIT, "", sold)])
    held, parts = holdings.held("TSLA", Side.BUY), lots(holdings)
    assume(held > 0)
    before, after = D(ratio[0]), D(ratio[1])
    holdings.split("TSLA", before, after, before / after)
    assert holdings.held("TSLA", Side.BUY) == (held * after / before).quantize(SPLIT_STEP), "to the last digit"
    for lot in holdings.lots("TSLA"):
        assert abs(lot.quantity - parts[lot.entry_id] * after / before) < 20 * SPLIT_STEP
        assert lot.stop is not None and lot.target is not None
        assert lot.stop > 0 and lot.stop % price_step(lot.stop) == 0
        assert abs(lot.target - D(110) * before / after) <= price_step(lot.target)


@pytest.mark.parametrize(("theirs", "taken"), [("9.98", True), ("9.97", False), ("10", True), ("10.01", False)])
def test_fees_in_the_coin_explain_a_little_and_nothing_more(theirs: str, taken: bool) -> None:
    holdings = Holdings()
    tell(holdings, Role.ENTRY, "a", 10, "BTC/USD")
    assert holdings.fees("BTC/USD", D(theirs), D("0.0025")) is taken
    assert holdings.held("BTC/USD", Side.BUY) == (D(theirs) if taken else 10)
    assert not holdings.fees("ETH/USD", D(1), D("0.0025")), "nothing of it is ours"


def test_closed_lots_are_forgotten_and_what_is_held_stays() -> None:
    holdings = Holdings()
    tell(holdings, Role.ENTRY, "kept", 5)
    for number in range(3 * CLOSED_KEPT):
        tell(holdings, Role.ENTRY, f"e{number}", 2)
        tell(holdings, Role.STOP, f"e{number}", 2)
        assert lots(holdings) == {"kept": D(5)}
    assert holdings.lot("TSLA", "kept") is not None and holdings.lot("TSLA", "e0") is None


@pytest.mark.parametrize(
    ("symbol", "quantity", "extended", "whole"),
    [
        ("TSLA", "10", False, True), ("TSLA", "1.5", False, False), ("TSLA", "10", True, False),
        ("BTC/USD", "1", False, False),
    ],
)  # fmt: skip
def test_a_venue_takes_a_stop_for_whole_shares_bought_in_regular_hours(
    symbol: str, quantity: str, extended: bool, whole: bool
) -> None:
    holdings = Holdings()
    order = Order("e", "v", symbol, Side.BUY, D(10), OrderStatus.FILLED, Role.ENTRY)
    fill = Fill("x", "e", symbol, Side.BUY, D(quantity), D(100), ZERO, T0)
    holdings.on_fill(order, "e", draft(symbol=symbol, extended_hours=extended), "shift", fill)
    (lot,) = holdings.lots(symbol)
    assert lot.venue_can_stop is whole
