"""Sizing an exit: never more than is held and ours, at a price even where none is known."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import Quote, Role, Session, Side
from tests.engine.risk.money import money

D = Decimal


@settings(max_examples=60)
@given(
    held=st.decimals(0, 1000, places=4),
    selling=st.integers(0, 1000),
    price=money(0, 2000),
    session=st.sampled_from(list(Session)),
)
def test_an_exit_never_sells_more_than_is_held(scene, held, selling, price, session):
    orders = (scene.order(Side.SELL, selling, Role.EXIT),) if selling else ()
    book = scene.book(
        scene.position(held), quote=scene.quote(bid=price, ask=price, last=price), orders=orders, session=session
    )
    risk = scene.risk()
    for sized in (risk.size(scene.signal(Side.SELL), book), risk.size_exit("TSLA", book)):
        if sized.draft is None:
            assert held - selling <= 0
            continue
        left = held - selling
        assert 0 < sized.draft.quantity == (left - left % 1 if sized.draft.extended_hours else left)
        assert sized.draft.reduces
        assert sized.draft.limit_price > 0
        verdict = risk.judge(None, sized.draft, book, role=Role.FLATTEN, strategy="")
        assert "instrument" not in [result.control for result in verdict.failures]


@pytest.mark.parametrize("collar", ["99.99", "100", "150"])
def test_a_sale_at_a_collar_of_everything_is_still_at_a_price(scene, collar):
    risk = scene.risk(price_collar_pct=D(collar))
    assert risk.size_exit("TSLA", scene.book(scene.position(1), quotes={})).draft.limit_price == (
        D("0.025") if collar == "99.99" else D("0.01")
    )


def test_a_flatten_asks_for_extended_hours_by_itself(scene):
    book = scene.book(scene.position(1), session=Session.POST)
    assert scene.risk().size_exit("TSLA", book).draft.extended_hours
    assert not scene.risk().size_exit("TSLA", book, role=Role.EXIT).draft.extended_hours


@pytest.mark.parametrize(("held", "sold", "outside"), [("10.5", "10", True), ("10", "10", True), ("0.5", "0.5", False)])
def test_a_fraction_is_left_to_the_regular_session(scene, held, sold, outside):
    draft = scene.risk().size_exit("TSLA", scene.book(scene.position(D(held)), session=Session.POST)).draft
    assert (draft.quantity, draft.extended_hours) == (D(sold), outside)
    assert ("0.5 when the regular session opens" in draft.sizing) is (held == "10.5")


def test_an_exit_without_a_price_uses_the_last_value_and_the_whole_collar(scene):
    draft = scene.risk().size_exit("TSLA", scene.book(scene.position(7), quotes={})).draft
    assert (draft.quantity, draft.reference_price, draft.limit_price) == (7, D(250), D(245))


@pytest.mark.parametrize(
    ("price", "average", "found"), [(None, D(240), D(240)), (D(260), D(240), D(260)), (D("NaN"), D(0), None)]
)
def test_what_stands_in_for_a_price_is_the_last_value_then_what_was_paid(scene, price, average, found):
    held = msgspec.structs.replace(scene.position(7), price=price, average_price=average, price_ns=scene.now - 5)
    sized = scene.risk().size_exit("TSLA", scene.book(held, quotes={}))
    assert (sized.draft and sized.draft.reference_price) == found
    assert found is None or sized.draft.reference_ns == scene.now - 5


def test_an_exit_says_what_it_closes(scene):
    draft = scene.risk().size_exit("TSLA", scene.book(scene.position(7))).draft
    assert (draft.sizing, draft.reference_ns) == ("closes 7 of 7", scene.now)
    selling = scene.book(scene.position(7), orders=(scene.order(Side.SELL, 2, Role.EXIT),))
    assert scene.risk().size_exit("TSLA", selling).draft.sizing == "closes 5 of 7, 2 already being sold"


def test_nothing_to_sell(scene):
    risk, sell = scene.risk(), scene.signal(Side.SELL)
    assert risk.size(sell, scene.book()).reason.startswith("POSITION_NONE")
    for foreign in ("5", "0.5"):
        theirs = scene.book(scene.position(D(foreign), external=True))
        assert risk.size(sell, theirs).reason.startswith("POSITION_EXTERNAL")
    assert risk.size(sell, scene.book(scene.position(15, foreign=D(10)))).draft.quantity == 5, "ours is"
    assert risk.size(sell, scene.book(scene.position(-5))).reason.startswith("POSITION_NONE")
    selling = scene.book(scene.position(5), orders=(scene.order(Side.SELL, 5, Role.EXIT),))
    assert risk.size(sell, selling).reason.startswith("POSITION_BEING_SOLD")


@pytest.mark.parametrize(
    ("theirs", "limit"),
    [(("249.95",), "249.96"), (("249.6", "249.97"), "249.98"), (("240",), "249.5"), (("250",), "249.5")],
)
def test_an_exit_is_priced_past_a_buy_that_rests_where_the_market_meets_it(scene, theirs, limit):
    orders = tuple(scene.order(Side.BUY, 1, Role.EXTERNAL, limit_price=D(price)) for price in theirs)
    quote = Quote("TSLA", scene.now, scene.now, D(250), D("250.10"), D(250))
    draft = scene.risk().size(scene.signal(Side.SELL), scene.book(scene.position(7), quote=quote, orders=orders)).draft
    assert draft.limit_price == D(limit)
