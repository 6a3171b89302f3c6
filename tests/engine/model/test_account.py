"""Positions, drawdown and what a split looks like, in arithmetic that cannot be off by a share."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.model import ZERO, Account, Position, split_prices

D = Decimal
cents = st.integers(1, 10**7).map(lambda value: D(value) / 100)
shares = st.integers(1, 10_000).map(D)


@given(shares, st.integers(-10_000, 10_000).map(D), st.sampled_from((1, -1)))
def test_of_a_position_what_our_fills_hold_is_ours(quantity: Decimal, foreign: Decimal, sign: int) -> None:
    held = Position("TSLA", sign * quantity, D(10), foreign=sign * foreign)
    assert ZERO <= held.ours * sign <= quantity, "what others closed of it cannot be closed again"
    if ZERO <= foreign <= quantity:
        assert held.ours + held.foreign == held.quantity
    assert Position("TSLA", quantity, D(10), external=True).ours == ZERO


def test_nothing_of_a_position_that_others_turned_is_ours() -> None:
    assert Position("TSLA", D(-15), D(10), foreign=D(-25)).ours == ZERO


def test_a_position_is_worth_its_price_or_what_was_paid() -> None:
    assert Position("TSLA", D(-3), D(10), D(11)).value == -33
    assert Position("TSLA", D(-3), D(10)).value == -30
    assert Position("TSLA", D(3), D(10), ZERO).value == 0, "a price of 0 is a price here"


def account(equity: Decimal, peak: Decimal, start: Decimal = ZERO) -> Account:
    return Account(equity, equity, equity, start, peak)


@given(cents, cents)
def test_drawdown_is_a_share_of_the_peak(equity: Decimal, peak: Decimal) -> None:
    found = account(equity, peak).drawdown
    assert 0 <= found < 1
    assert abs(peak * (1 - found) - min(equity, peak)) < D("1e-15")


def test_without_a_peak_there_is_no_drawdown() -> None:
    assert account(D(-5), ZERO).drawdown == 0
    assert account(D(-5), D(10)).drawdown == D("1.5"), "what is owed counts too"
    assert account(D(95), D(100), D(100)).day_pnl == -5


@given(st.integers(1, 1000), cents, st.sampled_from([D(2), D(3), D("1.5"), D("1.2"), D(20)]), st.booleans())
def test_a_split_gives_as_many_times_more_as_each_costs_less(
    lots: int, average: Decimal, factor: Decimal, short: bool
) -> None:
    quantity = D(lots * 60) * (-1 if short else 1)
    assert split_prices(quantity, average, quantity * factor, average / factor) == 1 / factor
    assert split_prices(quantity, average, quantity / factor, average * factor) == factor, "and back"
    assert not split_prices(quantity, average, quantity * factor, average), "more of it was bought"
    assert not split_prices(quantity, average, -quantity * factor, average / factor), "nobody turns short by a split"
    assert not split_prices(quantity, average, quantity * factor * D("1.01"), average / factor), "one in a hundred more"


@given(shares, cents, st.sampled_from([D("1.19"), D("1.05"), D(1), D("0.9")]))
def test_a_change_of_less_than_a_fifth_is_a_trade(quantity: Decimal, average: Decimal, factor: Decimal) -> None:
    assert not split_prices(quantity, average, quantity * factor, average / factor)


@given(st.integers(2, 50), st.integers(0, 49), st.integers(1, 100), cents)
def test_a_reverse_split_may_pay_a_fraction_out(ratio: int, rest: int, whole: int, average: Decimal) -> None:
    assume(rest < ratio)
    quantity = D(whole * ratio + rest)
    assert split_prices(quantity, average, D(whole), average * ratio) == ratio
    if rest:
        assume(whole > 1)
        assert not split_prices(quantity, average, D(whole - 1), average * ratio), "a whole share is missing"


@pytest.mark.parametrize("numbers", [(0, 10, 5, 5), (10, 0, 20, 5), (10, 10, 20, 0), (10, 10, 0, 5), (10, -10, 20, -5)])
def test_nothing_and_prices_below_zero_are_no_split(numbers: tuple[int, int, int, int]) -> None:
    assert not split_prices(*map(D, numbers))
