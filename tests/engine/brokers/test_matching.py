"""How the simulated venue prices and splits fills."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.brokers.matching import Touch, draw, fee, first_part, limit_price_met, stop_price_met, touch
from engine.config import SimulatedConfig
from engine.model import Quote, Side, price_step

money = st.decimals("0.01", "5000", places=2)


def quote(bid: str | None, ask: str | None, last: str | None) -> Quote:
    def price(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return Quote("TSLA", 1, 1, price(bid), price(ask), price(last))


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (("99", "101", "100"), ("99", "101")),
        ((None, None, "100"), ("99.98", "100.02")),
        ((None, "101", "100"), (None, "101")),
        (("0", "0", "100"), ("99.98", "100.02")),
        (("0.01", "101", "100"), (None, "101")),
        (("99", "199999", "100"), ("99", None)),
        (("70", "71", "100"), ("70", "71")),
        (("79.9", "80.1", "100"), ("79.9", "80.1")),
        (("0.01", "101", None), (None, None)),
        (("101", "99", "100"), None),
        ((None, None, None), None),
        (("NaN", "NaN", "-1"), None),
    ],
)
def test_the_touch(given_: tuple[str | None, str | None, str | None], expected: tuple[str | None, str] | None) -> None:
    now = touch(quote(*given_), Decimal(4))
    if expected is None:
        assert now is None
    else:
        assert now is not None
        assert (now.bid, now.ask) == tuple(None if text is None else Decimal(text) for text in expected)


@given(money, money, money, st.sampled_from(Side))
def test_a_limit_is_never_exceeded_and_the_price_is_the_touch(
    bid: Decimal, spread: Decimal, limit: Decimal, side: Side
) -> None:
    now = Touch(bid, bid + spread, None)
    price = limit_price_met(side, limit, now)
    if price is not None:
        assert (limit - price) * side.sign >= 0
        assert price == (now.ask if side is Side.BUY else now.bid)
    else:
        assert (now.ask > limit) if side is Side.BUY else (now.bid < limit)  # type: ignore[operator]


@given(money, money)
def test_a_sell_stop_takes_the_bid_however_far_it_gapped(bid: Decimal, stop: Decimal) -> None:
    price = stop_price_met(Side.SELL, stop, Touch(bid, bid + 1, None))
    assert price == (bid if bid <= stop else None)


def test_a_stop_is_not_set_off_by_a_bid_left_behind_nor_sold_at_it() -> None:
    for last in ("100", "94"):
        now = touch(quote("0.01", "100.5", last), Decimal(4))
        assert now is not None and stop_price_met(Side.SELL, Decimal(95), now) is None


def test_a_stop_is_set_off_by_the_last_trade_too() -> None:
    assert stop_price_met(Side.SELL, Decimal(95), Touch(Decimal(96), Decimal(97), Decimal("94.9"))) == 96
    assert stop_price_met(Side.BUY, Decimal(95), Touch(Decimal(93), Decimal(94), Decimal("95.1"))) == 94


@given(money)
def test_the_assumed_spread_lies_around_the_last_on_the_grid(last: Decimal) -> None:
    now = touch(quote(None, None, str(last)), Decimal(4))
    assert now is not None and now.bid is not None and now.ask is not None
    assert now.bid <= last <= now.ask
    assert now.bid % price_step(now.bid) == 0 and now.ask % price_step(now.ask) == 0


@given(st.integers(1, 1000), st.text(max_size=8), st.floats(0, 1))
def test_the_first_part_is_whole_steps_and_at_least_the_set_share(quantity: int, order_id: str, chance: float) -> None:
    config = SimulatedConfig(partial_fill_chance=chance)
    part = first_part(Decimal(quantity), Decimal(1), order_id, config)
    assert 1 <= part <= quantity and part == part.to_integral_value()
    assert part >= quantity * config.partial_fill_share - 1
    assert part == first_part(Decimal(quantity), Decimal(1), order_id, config)


@given(st.integers(), st.text(max_size=8), st.text(max_size=8))
def test_a_draw_depends_on_what_it_is_told_only(seed: int, order_id: str, what: str) -> None:
    assert 0 <= draw(seed, order_id, what) < 1
    assert draw(seed, order_id, what) == draw(seed, order_id, what)


def test_fees_are_per_share_with_a_least() -> None:
    config = SimulatedConfig(fee_per_share=Decimal("0.005"), fee_min=Decimal(1))
    assert fee(Decimal(100), config) == 1
    assert fee(Decimal(1000), config) == 5
