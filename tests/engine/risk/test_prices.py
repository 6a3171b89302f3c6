"""Prices that may be computed with, and rounding to increments: the definitions, over numbers of every size."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Quote, price_step
from engine.risk.prices import above, amount, below, nearest, positive, prices, seconds, short, whole_steps

D = Decimal
PRICES = st.decimals("0.0001", "99999", places=6) | st.sampled_from([D(1), D("0.99995"), D("0.00015"), D("2.345")])


@given(PRICES)
def test_below_nearest_and_above_are_neighbouring_increments(price):
    step = price_step(price)
    lower, upper, near = below(price), above(price), nearest(price)
    assert lower <= price <= upper
    assert upper == (lower if lower == price else lower + step)
    assert lower % step == upper % step == 0
    assert near in (lower, upper)
    assert abs(near - price) == min(price - lower, upper - price)
    if 0 < price - lower == upper - price:
        assert near / step % 2 == 0


@given(st.decimals("0", "1000", places=6), st.sampled_from([D(1), D("0.5"), D("0.001"), D(7)]))
def test_whole_steps_is_the_largest_multiple(quantity, step):
    found = whole_steps(quantity, step)
    assert found % step == 0
    assert 0 <= quantity - found < step


@pytest.mark.parametrize(
    ("value", "is_amount", "is_positive"),
    [
        (None, False, False),
        (D("NaN"), False, False),
        (D("sNaN"), False, False),
        (D("-Infinity"), False, False),
        (D(0), True, False),
        (D(-1), True, False),
        (D("1e-13"), True, False),
        (D("1e-12"), True, True),
        (D("999999999999999.99"), True, True),
        (D("-999999999999999.99"), True, False),
        (D("1e15"), False, False),
        (D("-1e15"), False, False),
    ],
)
def test_a_number_that_cannot_be_computed_with_is_unknown(value, is_amount, is_positive):
    assert amount(value) == (value if is_amount else None)
    assert positive(value) == (value if is_positive else None)


SIDES = st.none() | st.sampled_from([D("NaN"), D(0), D(-1), D(10), D("10.01"), D(11)])


@given(SIDES, SIDES, SIDES)
def test_the_mid_needs_two_sides_that_are_not_crossed(bid, ask, last):
    found = prices(Quote("TSLA", 0, 0, bid, ask, last))
    bid, ask, last = positive(bid), positive(ask), positive(last)
    assert (found.bid, found.ask, found.last) == (bid, ask, last)
    assert found.mid == (None if bid is None or ask is None or bid > ask else (bid + ask) / 2)
    assert found.reference == (found.mid or last)
    assert prices(None).reference is None


@given(st.integers(0, 10**18))
def test_durations_are_told_to_the_millisecond(duration_ns):
    assert 0 <= duration_ns - Fraction(seconds(duration_ns)) * 10**9 < 10**6


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("1.23456", "1.2346"),
        ("-0.00005", "-0.0000"),
        ("1e20", "1e20"),
        ("99999999999999999999", "99999999999999999999.0000"),
    ],
)
def test_figures_for_people_have_four_decimals_where_they_can(value, told):
    assert str(short(D(value))) == str(D(told))
