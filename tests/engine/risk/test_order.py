"""R01, R02, R03, R05, R21, R23 at their boundaries: passed one step before, rejected one step after."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.model import Instrument, OrderStatus, Role, Session, Side

D = Decimal


@pytest.mark.parametrize(
    ("quantity", "passed"), [("999", True), ("1000", True), ("1000.000000001", False), ("0", False), ("-1", False)]
)
def test_order_quantity(scene, quantity, passed):
    result = scene.judged("order_quantity", draft=scene.draft(quantity=D(quantity)))
    assert (result.id, result.passed, result.limit) == ("R01", passed, D(1000))


@pytest.mark.parametrize(("quantity", "passed"), [("0.1", True), ("0.100000001", False)])
def test_order_quantity_of_coins(scene, quantity, passed):
    coin = scene.book(instruments={"TSLA": Instrument("TSLA", asset_class="crypto")})
    assert scene.judged("order_quantity", book=coin, draft=scene.draft(quantity=D(quantity))).passed is passed


@pytest.mark.parametrize(
    ("quantity", "price", "passed"), [("20", "250.00", True), ("20", "250.01", False), ("19", "250.01", True)]
)
def test_order_notional_in_money(scene, quantity, price, passed):
    price = D(price)
    book = scene.book(quote=scene.quote(bid=price, ask=price, last=price))
    draft = scene.draft(quantity=D(quantity), reference_price=price)
    result = scene.judged("order_notional", book=book, draft=draft, order_notional_pct=D(50))
    assert (result.passed, result.value, result.limit) == (passed, D(quantity) * price, D(5000))


@pytest.mark.parametrize(("equity", "passed"), [("15000.00", True), ("14999.99", False)])
def test_order_notional_as_share_of_equity(scene, equity, passed):
    book = scene.book(account=scene.account(equity=D(equity)))
    assert scene.judged("order_notional", book=book).passed is passed


def test_order_notional_does_not_take_the_drafts_word_for_the_price(scene):
    draft = scene.draft(quantity=D(21), reference_price=D(100))
    assert not scene.judged("order_notional", draft=draft).passed


@pytest.mark.parametrize(
    ("limit_price", "passed"), [("255.00", True), ("255.01", False), ("245.00", True), ("244.99", False)]
)
def test_price_collar(scene, limit_price, passed):
    book = scene.book(quote=scene.quote(bid=D(250), ask=D(250)))
    result = scene.judged("price_collar", book=book, draft=scene.draft(limit_price=D(limit_price)))
    assert result.passed is passed


@given(
    limit=st.integers(9_000, 11_000),
    expected=st.integers(9_000, 11_000),
    last=st.none() | st.integers(9_500, 10_500),
    mid=st.none() | st.integers(9_500, 10_500),
    crypto=st.booleans(),
)
def test_price_collar_by_its_definition(scene, limit, expected, last, mid, crypto):
    """Cents; each of the two prices must be near the last trade or near the mid."""
    anchors = [cents for cents in (last, mid) if cents is not None]
    far = [min(Fraction(abs(cents - anchor) * 100, anchor) for anchor in anchors) for cents in (limit, expected)
           if anchors]  # fmt: skip
    touch = None if mid is None else D(mid) / 100
    book = scene.book(
        quote=scene.quote(bid=touch, ask=touch, last=None if last is None else D(last) / 100),
        instruments={"TSLA": Instrument("TSLA", asset_class="crypto" if crypto else "stock")},
    )
    draft = scene.draft(limit_price=D(limit) / 100, reference_price=D(expected) / 100)
    result = scene.judged("price_collar", book=book, draft=draft)
    assert result.passed is (bool(far) and max(far) <= (3 if crypto else 2))
    assert result.limit == (3 if crypto else 2)
    assert (result.value is None) is (not far)
    assert not far or abs(Fraction(result.value) - max(far)) <= Fraction(1, 20_000)


@pytest.mark.parametrize("name", ["limit_price", "reference_price"])
def test_price_collar_without_a_price_of_the_order(scene, name):
    book = scene.book(scene.position(10))
    for draft, role in ((scene.draft(**{name: D("NaN")}), Role.ENTRY), (scene.exit_draft(**{name: D(0)}), Role.STOP)):
        assert not scene.judged("price_collar", book=book, draft=draft, role=role).passed


def test_order_notional_without_any_price(scene):
    result = scene.judged("order_notional", book=scene.book(quotes={}), draft=scene.draft(reference_price=D("NaN")))
    assert (result.passed, result.value) == (False, None)


def test_price_collar_needs_both_anchors_to_be_far(scene):
    far_last = scene.book(quote=scene.quote(last=D(200)))
    far_mid = scene.book(quote=scene.quote(bid=D(199), ask=D(201)))
    far_both = scene.book(quote=scene.quote(bid=D(199), ask=D(201), last=D(200)))
    assert scene.judged("price_collar", book=far_last).passed
    assert scene.judged("price_collar", book=far_mid).passed
    assert not scene.judged("price_collar", book=far_both).passed


def test_price_collar_looks_at_the_expected_price_too(scene):
    assert not scene.judged("price_collar", draft=scene.draft(reference_price=D(256))).passed


def test_price_collar_without_a_price(scene):
    blind = scene.book(scene.position(10), quote=scene.quote(bid=None, ask=None, last=None))
    assert not scene.judged("price_collar", book=blind).passed
    assert scene.judged("price_collar", book=blind, draft=scene.exit_draft(), role=Role.EXIT).passed


@pytest.mark.parametrize(("later_ns", "passed"), [(60 * SECOND - 1, False), (60 * SECOND, True)])
def test_duplicate_order_within_the_window(scene, later_ns, passed):
    risk = scene.risk()
    risk.on_intent(scene.intent(7))
    book = scene.book(now_ns=scene.now + later_ns)
    result = scene.judged("duplicate", risk=risk, book=book)
    assert (result.passed, result.value) == (passed, None if passed else later_ns // 1_000_000 / D(1000))
    assert scene.judged("duplicate", risk=risk, book=book, draft=scene.draft(quantity=D(4))).passed
    assert scene.judged("duplicate", risk=risk, book=book, draft=scene.draft(symbol="AAPL")).passed


def test_duplicate_signal_ever(scene):
    risk = scene.risk()
    risk.on_intent(scene.intent(1))
    much_later = scene.book(now_ns=scene.now + 400 * 86_400 * SECOND)
    result = scene.judged("duplicate", risk=risk, book=much_later, draft=scene.draft(quantity=D(9)))
    assert not result.passed
    assert result.reason == "DUPLICATE_SIGNAL: signal=s-1"


def test_protective_legs_and_flattens_of_an_executed_signal_are_no_duplicates(scene):
    risk = scene.risk()
    risk.on_intent(scene.intent(1))
    book = scene.book(scene.position(10))
    for role in (Role.STOP, Role.TARGET, Role.FLATTEN):
        assert scene.judged("duplicate", risk=risk, book=book, draft=scene.exit_draft(), role=role).passed
    assert not scene.judged("duplicate", risk=risk, book=book, draft=scene.exit_draft(), role=Role.EXIT).passed


@pytest.mark.parametrize(("resting", "passed"), [("250.53", True), ("250.52", False)])
def test_self_trade_of_a_buy_against_a_working_sell(scene, resting, passed):
    book = scene.book(scene.position(10), orders=(scene.order(Side.SELL, 10, Role.EXIT, limit_price=D(resting)),))
    assert scene.judged("self_trade", book=book).passed is passed


@pytest.mark.parametrize(("resting", "passed"), [("249.47", True), ("249.48", False)])
def test_self_trade_of_a_sell_against_a_working_buy(scene, resting, passed):
    book = scene.book(scene.position(10), orders=(scene.order(Side.BUY, 1, limit_price=D(resting)),))
    assert scene.judged("self_trade", book=book, draft=scene.exit_draft(), role=Role.EXIT).passed is passed


def test_an_order_without_a_limit_may_cross_anything(scene):
    assert not scene.judged("self_trade", draft=scene.draft(limit_price=D(0))).passed


def test_self_trade_against_a_market_order(scene):
    market = scene.order(Side.SELL, 1, Role.EXTERNAL, order_type="market", limit_price=None)
    assert not scene.judged("self_trade", book=scene.book(orders=(market,))).passed


PRICES = [D("0.50"), D("249.99"), D(250), D("250.01"), D(300)]


@settings(max_examples=150)
@given(
    side=st.sampled_from(Side),
    limit=st.sampled_from(PRICES),
    order_side=st.sampled_from(Side),
    order_type=st.sampled_from(["limit", "market", "stop", "stop_limit"]),
    rests=st.none() | st.sampled_from([*PRICES, D("NaN")]),
    trigger=st.none() | st.sampled_from(PRICES),
    role=st.sampled_from([Role.ENTRY, Role.STOP, Role.TARGET, Role.EXTERNAL]),
    symbol=st.sampled_from(["TSLA", "TSLA", "AAPL"]),
    market=st.booleans(),
)
def test_self_trade_by_its_definition(scene, side, limit, order_side, order_type, rests, trigger, role, symbol, market):
    """A stop sleeps until the market (250) has reached its trigger; then, and without a limit, it takes any price."""
    order = scene.order(
        order_side, 1, role, symbol=symbol, order_type=order_type, limit_price=rests, stop_price=trigger
    )
    if order_type.startswith("stop"):
        reached = trigger is None or (trigger >= 250 if order_side is Side.SELL else trigger <= 250)
        meets = reached or not market
    else:
        meets = rests is None or not rests.is_finite() or (limit >= rests if side is Side.BUY else limit <= rests)
    crosses = meets and symbol == "TSLA" and order_side is not side
    draft = scene.draft(limit_price=limit) if side is Side.BUY else scene.exit_draft(limit_price=limit)
    book = scene.book(orders=(scene.order(side, 1, symbol="TSLA"), order))
    if not market:
        book = msgspec.structs.replace(book, quotes={})
    result = scene.judged("self_trade", book=book, draft=draft)
    assert result.passed is not crosses
    assert not crosses or ("resting=market" in result.reason) is (result.limit is None)


def test_an_order_that_has_ended_crosses_nothing(scene):
    """It is in the book only until its executions are told."""
    ended = scene.order(Side.BUY, 1, limit_price=D(250), status=OrderStatus.FILLED)
    book = scene.book(scene.position(10), orders=(ended,))
    assert scene.judged("self_trade", book=book, draft=scene.exit_draft(), role=Role.EXIT).passed


def test_another_symbols_orders_do_not_cross(scene):
    other = scene.order(Side.SELL, 1, Role.EXIT, symbol="AAPL", limit_price=D(1))
    assert scene.judged("self_trade", book=scene.book(orders=(other,))).passed


@pytest.mark.parametrize(
    ("changes", "passed"),
    [
        ({}, True),
        ({"stop_price": None}, False),
        ({"target_price": None}, False),
        ({"stop_price": D("249.99")}, True),
        ({"stop_price": D(250)}, False),
        ({"target_price": D("250.53")}, True),
        ({"target_price": D("250.52")}, False),
        ({"target_price": D(250), "limit_price": D(249)}, False),
        ({"stop_price": D(0)}, False),
        ({"stop_price": D("NaN")}, False),
    ],
)
def test_protective_exit_stands_around_the_price(scene, changes, passed):
    assert scene.judged("protective_exit", draft=scene.draft(**changes)).passed is passed


@pytest.mark.parametrize(
    ("limit", "target", "stop", "passed"),
    [
        ("249.50", "225", "262.50", True),
        ("249.50", "249.49", "250.01", True),
        ("249.50", "249.50", "262.50", False),
        ("251", "250", "262.50", False),
        ("249.50", "225", "250", False),
        ("249.50", "262.50", "225", False),
    ],
)
def test_protective_exit_of_a_sale_beyond_what_is_held_stands_the_other_way(scene, limit, target, stop, passed):
    draft = scene.exit_draft(limit_price=D(limit), target_price=D(target), stop_price=D(stop), reduces=False)
    result = scene.judged("protective_exit", draft=draft)
    assert result.passed is passed
    assert not passed or result.value == round(abs(250 - D(stop)) / D("2.5"), 4)


@pytest.mark.parametrize(
    ("symbol", "changes"),
    [("BTC/USD", {}), ("TSLA", {"quantity": D("2.5")}), ("TSLA", {"extended_hours": True})],
)
def test_no_venue_carries_the_exits_of_pairs_fractions_and_extended_hours(scene, symbol, changes):
    draft = scene.draft(symbol=symbol, **changes)
    book = scene.book(instruments={"BTC/USD": Instrument("BTC/USD", asset_class="crypto")})
    kept = scene.judged("protective_exit", draft=draft, book=book)
    assert kept.passed and kept.reason.endswith("kept_by=engine")
    assert not scene.judged("protective_exit", draft=draft, book=book, engine_watched_exits=False).passed
    plain = scene.judged("protective_exit", draft=scene.draft(), engine_watched_exits=False)
    assert plain.passed and plain.reason.endswith("kept_by=venue")


def test_protective_exit_must_be_kept_by_someone(scene):
    book = scene.book(venue_exits=False)
    assert scene.judged("protective_exit", book=book).reason.endswith("kept_by=engine")
    assert not scene.judged("protective_exit", book=book, engine_watched_exits=False).passed
    bare = scene.draft(stop_price=None, target_price=None)
    assert scene.judged("protective_exit", draft=bare, require_protective_exit=False).passed


@pytest.mark.parametrize("name", ["order_quantity", "order_notional", "duplicate", "protective_exit"])
def test_a_large_exit_is_not_held_back(scene, name):
    risk = scene.risk()
    held = scene.book(scene.position(5000))
    draft = scene.exit_draft(5000)
    risk.on_intent(scene.intent(3, role=Role.EXIT, draft=draft))
    assert scene.judged(name, risk=risk, book=held, draft=draft, role=Role.EXIT).passed


@pytest.mark.parametrize(("quantity", "passed"), [(10, True), (11, False)])
def test_a_stop_rests_away_from_the_market_only_while_it_protects(scene, quantity, passed):
    """One that sells more than is held is an order like any other."""
    book = scene.book(
        scene.position(10), orders=(scene.order(Side.BUY, 1, limit_price=D(240)),), session=Session.CLOSED
    )
    stop = scene.exit_draft(quantity, limit_price=D("237.50"), reference_price=D("237.50"), stop_price=D("237.50"))
    for name in ("price_collar", "self_trade", "market_session"):
        assert scene.judged(name, book=book, draft=stop, role=Role.STOP).passed is passed


@pytest.mark.parametrize("role", [Role.STOP, Role.TARGET])
@pytest.mark.parametrize("session", list(Session))
def test_a_stop_or_target_that_is_reached_is_sold_in_every_session_but_closed(scene, role, session):
    """Nothing executes then: a venue keeps it until the next opening, at the price of the evening."""
    book = scene.book(scene.position(10), session=session)
    found = scene.judged("market_session", book=book, draft=scene.exit_draft(10), role=role)
    assert found.passed is (session is not Session.CLOSED)


@pytest.mark.parametrize(
    ("expected", "bid", "value"),
    [("NaN", "250", "750"), ("260", "250", "780"), ("240", "250", "750"), ("260", "NaN", "780")],
)
def test_an_order_counts_at_the_dearer_price_as_far_as_one_is_known(scene, expected, bid, value):
    touch = D(bid)
    book = scene.book(quote=scene.quote(bid=touch, ask=touch, last=None))
    draft = scene.draft(limit_price=D(expected), reference_price=D(expected))
    assert scene.judged("order_notional", book=book, draft=draft).value == D(value)
    assert scene.judged("position", book=book, draft=draft).value == D(value)


def test_the_drafts_own_word_that_it_reduces_is_not_taken(scene):
    liar = msgspec.structs.replace(scene.draft(quantity=D(2000)), reduces=True)
    assert not scene.judged("order_quantity", draft=liar).passed
