"""Which of a quote's figures is a price, and in which steps one is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Quote, positive, price_step

D = Decimal
any_price = st.none() | st.decimals(-10, 1000, places=2) | st.sampled_from([D("NaN"), D("sNaN"), D("Infinity"), D(0)])


def quote(bid: Decimal | None, ask: Decimal | None, last: Decimal | None = None) -> Quote:
    return Quote("TSLA", 1, 2, bid, ask, last)


@given(any_price, any_price, any_price)
def test_a_price_is_finite_positive_and_inside_the_quote(
    bid: Decimal | None, ask: Decimal | None, last: Decimal | None
) -> None:
    found = quote(bid, ask, last)
    if found.mid is not None:
        assert bid is not None and ask is not None
        assert 0 < bid <= found.mid <= ask
    assert found.traded == positive(last)
    assert found.price == (found.traded if found.mid is None else found.mid)
    assert found.price is None or (found.price.is_finite() and found.price > 0)


@pytest.mark.parametrize(
    ("bid", "ask", "mid"),
    [("10", "11", "10.5"), ("10", "10", "10"), ("11", "10", None), ("0", "10", None), ("10", None, None)],
)
def test_a_crossed_or_empty_side_makes_no_mid(bid: str, ask: str | None, mid: str | None) -> None:
    found = quote(D(bid), None if ask is None else D(ask), D(9))
    assert found.mid == (None if mid is None else D(mid))
    assert found.price == (D(9) if mid is None else D(mid))


@given(any_price)
def test_what_is_positive(price: Decimal | None) -> None:
    found = positive(price)
    assert found is None or (found is price and found > 0)
    assert (found is None) is (price is None or not price.is_finite() or price <= 0)


@pytest.mark.parametrize(("price", "step"), [("1", "0.01"), ("250", "0.01"), ("0.9999", "0.0001"), ("0.01", "0.0001")])
def test_sub_penny_steps_below_a_dollar(price: str, step: str) -> None:
    assert price_step(D(price)) == D(step)
