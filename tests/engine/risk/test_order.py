"""R01, R02, R03, R05, R21, R23 at their boundaries: passed one step before, rejected one step after."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.clock import SECOND
from engine.model import Instrument, Role, Side

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
    assert scene.judged("duplicate", risk=risk, book=book).passed is passed
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


def test_self_trade_against_a_market_order(scene):
    market = scene.order(Side.SELL, 1, Role.EXTERNAL, order_type="market", limit_price=None)
    assert not scene.judged("self_trade", book=scene.book(orders=(market,))).passed


@pytest.mark.parametrize(("trigger", "passed"), [("249.99", True), ("250.00", False), ("250.01", False)])
def test_a_stop_crosses_only_when_the_market_has_reached_it(scene, trigger, passed):
    stop = scene.order(Side.SELL, 10, Role.STOP, order_type="stop", limit_price=None, stop_price=D(trigger))
    assert scene.judged("self_trade", book=scene.book(scene.position(10), orders=(stop,))).passed is passed


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
        ({"stop_price": D(0)}, False),
        ({"stop_price": D("NaN")}, False),
    ],
)
def test_protective_exit_stands_around_the_price(scene, changes, passed):
    assert scene.judged("protective_exit", draft=scene.draft(**changes)).passed is passed


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


def test_the_drafts_own_word_that_it_reduces_is_not_taken(scene):
    liar = msgspec.structs.replace(scene.draft(quantity=D(2000)), reduces=True)
    assert not scene.judged("order_quantity", draft=liar).passed
