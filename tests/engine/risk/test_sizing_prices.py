"""The prices of a sized order: limit, stop and target on the venue's steps, within the collar."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Instrument, Role, Side, price_step
from engine.risk import Risk
from tests.engine.risk.money import money

D = Decimal


def test_stop_and_target_are_on_the_nearest_step(scene):
    """5 % of 250.01 are 12.5005: 237.5095 and, twice as far up, 275.011."""
    price = D("250.01")
    book = scene.book(quote=scene.quote(bid=price, ask=price, last=price))
    draft = scene.risk().size(scene.signal(), book).draft
    assert (draft.stop_price, draft.target_price) == (D("237.51"), D("275.01"))


def test_a_crossed_quote_falls_back_to_the_last_trade(scene):
    book = scene.book(quote=scene.quote(bid=D(260), ask=D(240)))
    draft = scene.risk().size(scene.signal(), book).draft
    assert (draft.reference_price, draft.limit_price) == (D(250), D("250.50"))


def test_the_marketable_limit_stops_at_the_collar(scene):
    risk = scene.risk(sizing={"marketable_bps": D(500)}, price_collar_pct=D(2))
    assert risk.size(scene.signal(), scene.book()).draft.limit_price == D(255)
    assert risk.size(scene.signal(Side.SELL), scene.book(scene.position(1))).draft.limit_price == D(245)
    coin = {"TSLA": Instrument("TSLA", asset_class="crypto", quantity_step=D("0.001"))}
    assert risk.size(scene.signal(), scene.book(instruments=coin)).draft.limit_price == D("257.5")


@given(
    bid=money(5, 300),
    gap=st.integers(-50, 200),
    last=money(5, 300),
    bps=st.integers(0, 300),
    collar=st.sampled_from(["0.5", "2", "100"]),
    exact=st.booleans(),
)
def test_the_limit_is_beyond_the_touch_on_a_step_within_the_collar(scene, bid, gap, last, bps, collar, exact):
    """The touch is the last trade where bid and ask are crossed."""
    ask = bid + gap * D("0.01")
    price = (bid + ask) / 2 if gap >= 0 else last
    share = D(collar) / 100
    config = scene.config(
        sizing={"marketable_bps": D(bps), "sizer": "fixed"}, price_collar_pct=D(collar), order_notional_pct=D(100)
    )
    book = scene.book(scene.position(1), quote=scene.quote(bid=bid, ask=ask, last=last if exact else D("0.01") + last))
    price = price if exact or gap >= 0 else price + D("0.01")
    buy = Risk(config).size(scene.signal(), book).draft.limit_price
    sell = Risk(config).size_exit("TSLA", book).draft.limit_price
    for limit, touch, sign in ((buy, ask if gap >= 0 else price, 1), (sell, bid if gap >= 0 else price, -1)):
        assert limit > 0 and limit % D("0.01") == 0
        assert sign * (limit - price) <= share * price
        wanted, edge = touch * (1 + sign * D(bps) / 10_000), price * (1 + sign * share)
        beyond = sign * (wanted - edge) > 0
        if beyond:
            assert abs(limit - edge) < D("0.01")
        else:
            assert abs(limit - wanted) <= D("0.005") or abs(limit - edge) < D("0.01")


@pytest.mark.parametrize(
    ("price", "told"),
    [("0.00004", "PRICE_NONE: limit_price=0"), ("0.0001", None), ("0.00012", None), ("1", None), ("0.9999", None)],
)
def test_prices_about_the_least_step(scene, price, told):
    """Under a stock's least increment there is no limit price; where stop and target collapse into it, R23 refuses."""
    price = D(price)
    book = scene.book(quote=scene.quote(bid=price, ask=price, last=price))
    sized = scene.risk(sizing={"sizer": "fixed"}, order_quantity=D(10**9)).size(scene.signal(), book)
    if told is not None:
        assert sized.draft is None and sized.reason.startswith(told)
        return
    draft = sized.draft
    assert draft.limit_price > 0 and draft.limit_price % price_step(draft.limit_price) == 0
    assert (draft.stop_price is None) is (draft.target_price is None) is (price < D("0.1"))
    verdict = scene.risk(min_price=D(0)).judge(scene.signal(), draft, book, role=Role.ENTRY, strategy="shift")
    assert ("R23" in [result.id for result in verdict.failures]) is (draft.stop_price is None)
