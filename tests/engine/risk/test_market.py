"""R04, R17, R19, R20 at their boundaries."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.clock import SECOND
from engine.model import Instrument, Market, Role, Session, Side

D = Decimal


@pytest.mark.parametrize(
    ("bid", "ask", "passed"),
    [
        ("99.75", "100.25", True),
        ("99.75", "100.26", False),
        ("100", "100", True),
        ("100.01", "100", False),
        ("0", "100", False),
        ("-1", "100", False),
        ("NaN", "100", False),
        ("100", "Infinity", False),
        (None, "100", False),
        ("100", None, False),
    ],
)
def test_liquidity(scene, bid, ask, passed):
    quote = scene.quote(bid=None if bid is None else D(bid), ask=None if ask is None else D(ask))
    result = scene.judged("liquidity", book=scene.book(quote=quote))
    assert (result.id, result.passed) == ("R04", passed)


def test_a_wide_spread_holds_nobody_in_a_position(scene):
    wide = scene.book(scene.position(10), quote=scene.quote(bid=D(100), ask=D(200)))
    assert scene.judged("liquidity", book=wide, draft=scene.exit_draft(), role=Role.EXIT).passed


@pytest.mark.parametrize(
    ("age_ns", "passed"), [(15 * SECOND, True), (15 * SECOND + 1, False), (-5 * SECOND, True), (-5 * SECOND - 1, False)]
)
def test_stale_price(scene, age_ns, passed):
    book = scene.book(quote=scene.quote(at_ns=scene.now - age_ns))
    result = scene.judged("stale_price", book=book)
    assert result.passed is passed
    assert result.value == (None if age_ns < -5 * SECOND else max(0, age_ns // SECOND))


def test_a_price_is_as_old_as_its_older_time(scene):
    received_late = scene.quote(at_ns=scene.now, received_ns=scene.now - 16 * SECOND)
    assert not scene.judged("stale_price", book=scene.book(quote=received_late)).passed


def test_no_quote_and_a_mute_stream(scene):
    senseless = {"TSLA": scene.quote(bid=D(0), ask=D("NaN"), last=None)}
    for quotes in ({}, senseless):
        result = scene.judged("stale_price", book=scene.book(quotes=quotes))
        assert not result.passed and result.reason.startswith("PRICE_NONE")
    mute = scene.book(scene.position(10), prices_mute=True)
    assert not scene.judged("stale_price", book=mute).passed
    assert scene.judged("stale_price", book=mute, draft=scene.exit_draft(), role=Role.EXIT).passed


@pytest.mark.parametrize(
    ("session", "switches", "extended", "passed"),
    [
        (Session.REGULAR, {}, False, True),
        (Session.PRE, {}, True, False),
        (Session.PRE, {"pre_market": True}, True, True),
        (Session.PRE, {"pre_market": True}, False, False),
        (Session.PRE, {"post_market": True}, True, False),
        (Session.POST, {"post_market": True}, True, True),
        (Session.POST, {"pre_market": True}, True, False),
        (Session.CLOSED, {"pre_market": True, "post_market": True}, True, False),
        (Session.UNKNOWN, {"pre_market": True, "post_market": True}, True, False),
    ],
)
def test_market_session(scene, session, switches, extended, passed):
    draft = scene.draft(extended_hours=extended)
    result = scene.judged("market_session", book=scene.book(session=session), draft=draft, **switches)
    assert result.passed is passed


@pytest.mark.parametrize(
    ("session", "following", "in_ns", "said"),
    [
        (Session.CLOSED, Session.PRE, 630 * 60 * SECOND, "MARKET_CLOSED: session=closed, next=pre, in_min=630"),
        (Session.PRE, Session.REGULAR, 61 * SECOND, "MARKET_EXTENDED_OFF: session=pre, next=regular, in_min=2"),
        (Session.UNKNOWN, Session.UNKNOWN, None, "MARKET_CLOSED: session=unknown"),
        (Session.CLOSED, Session.PRE, -SECOND, "MARKET_CLOSED: session=closed"),
    ],
)
def test_a_market_that_is_not_open_says_what_comes_next_and_when(scene, session, following, in_ns, said):
    book = scene.book(session=session)
    changes_ns = None if in_ns is None else book.now_ns + in_ns
    market = Market(session, book.now_ns, following, changes_ns)
    result = scene.judged("market_session", book=msgspec.structs.replace(book, market=market))
    assert result.reason == said


@pytest.mark.parametrize(
    ("session", "passed"),
    [(Session.PRE, True), (Session.POST, True), (Session.UNKNOWN, True), (Session.CLOSED, False)],
)
def test_a_flatten_may_use_extended_hours_and_an_unknown_session(scene, session, passed):
    book = scene.book(scene.position(10), session=session)
    draft = scene.exit_draft(extended_hours=True)
    assert scene.judged("market_session", book=book, draft=draft, role=Role.FLATTEN).passed is passed


@pytest.mark.parametrize(("held", "role"), [(10, Role.EXIT), (0, Role.FLATTEN), (9, Role.FLATTEN)])
@pytest.mark.parametrize("session", [Session.PRE, Session.UNKNOWN])
def test_nothing_else_may_use_them(scene, held, role, session):
    """An exit that a strategy or a person asked for, and a sale of more than is held whatever it is called."""
    book = scene.book(*([scene.position(held)] if held else []), session=session)
    draft = scene.exit_draft(10, extended_hours=True)
    assert not scene.judged("market_session", book=book, draft=draft, role=role).passed


@pytest.mark.parametrize(("session", "passed"), [(Session.PRE, True), (Session.POST, False), (Session.CLOSED, False)])
def test_a_signal_for_which_nothing_was_sized_is_told_whether_it_could_trade_now(scene, session, passed):
    verdict = scene.risk(pre_market=True).judge_refusal(scene.signal(), "X: y", scene.book(session=session))
    assert [result.passed for result in verdict.controls if result.control == "market_session"] == [passed]


def test_a_halted_symbol_executes_nothing(scene):
    halted = scene.book(scene.position(10), halted=frozenset({"TSLA"}))
    assert not scene.judged("market_session", book=halted).passed
    assert not scene.judged("market_session", book=halted, draft=scene.exit_draft(), role=Role.FLATTEN).passed
    assert scene.judged("market_session", book=halted, draft=scene.exit_draft(), role=Role.STOP).passed
    assert scene.judged("market_session", book=scene.book(halted=frozenset({"AAPL"}))).passed


def test_coins_have_no_session(scene):
    coin = {"TSLA": Instrument("TSLA", asset_class="crypto")}
    assert scene.judged("market_session", book=scene.book(session=Session.CLOSED, instruments=coin)).passed


@pytest.mark.parametrize(("price", "passed"), [("5.00", True), ("4.99", False)])
def test_price_floor(scene, price, passed):
    price = D(price)
    book = scene.book(quote=scene.quote(bid=price, ask=price, last=price))
    assert scene.judged("instrument", book=book).passed is passed


@pytest.mark.parametrize(
    ("symbol", "instrument", "told"),
    [
        ("GME", Instrument("GME"), "NOT_WATCHED"),
        ("TSLA", None, "UNKNOWN"),
        ("TSLA", Instrument("TSLA", tradable=False), "NOT_TRADABLE"),
    ],
)
def test_instrument_must_be_watched_known_and_tradable(scene, symbol, instrument, told):
    book = scene.book(instruments={} if instrument is None else {symbol: instrument})
    result = scene.judged("instrument", book=book, draft=scene.draft(symbol=symbol))
    assert (result.id, result.passed) == ("R20", False)
    assert result.reason == f"INSTRUMENT_{told}: symbol={symbol}"
    held = msgspec.structs.replace(book, positions={symbol: scene.position(10, symbol=symbol)})
    assert scene.judged("instrument", book=held, draft=scene.exit_draft(symbol=symbol), role=Role.EXIT).passed


def test_an_instrument_without_a_price_is_not_bought(scene):
    assert not scene.judged("instrument", book=scene.book(quotes={})).passed


@pytest.mark.parametrize(
    ("long_only", "shortable", "foreign", "passed"),
    [(False, True, 0, True), (True, True, 0, False), (False, False, 0, False), (False, True, 1, False)],
)
def test_a_sale_beyond_what_is_held(scene, long_only, shortable, foreign, passed):
    """Only where shorts are allowed, the venue lends the shares, and nobody else holds any."""
    positions = [scene.position(foreign, external=True)] if foreign else []
    book = scene.book(*positions, instruments={"TSLA": Instrument("TSLA", shortable=shortable)})
    result = scene.judged("instrument", book=book, draft=scene.exit_draft(1), role=Role.EXIT, long_only=long_only)
    assert result.passed is passed
    unknown = msgspec.structs.replace(book, instruments={})
    assert not scene.judged(
        "instrument", book=unknown, draft=scene.exit_draft(1), role=Role.EXIT, long_only=False
    ).passed


def test_a_buy_may_add_to_what_is_not_ours(scene):
    book = scene.book(scene.position(5, external=True))
    assert scene.judged("instrument", book=book).passed


@pytest.mark.parametrize(("held", "passed"), [(0, False), (1, True)])
def test_a_sale_for_which_nothing_was_sized_needs_something_held(scene, held, passed):
    book = scene.book(*([scene.position(held)] if held else []))
    verdict = scene.risk().judge_refusal(scene.signal(Side.SELL), "PRICE_NONE: symbol=TSLA", book)
    assert [result.passed for result in verdict.controls if result.control == "instrument"] == [passed]


@pytest.mark.parametrize(("quantity", "passed"), [("10", True), ("10.000000001", False)])
def test_long_only(scene, quantity, passed):
    book = scene.book(scene.position(10))
    result = scene.judged("instrument", book=book, draft=scene.exit_draft(D(quantity)), role=Role.EXIT)
    assert result.passed is passed


@pytest.mark.parametrize(("selling", "passed"), [(4, True), (5, False)])
def test_what_is_being_sold_cannot_be_sold_twice(scene, selling, passed):
    book = scene.book(scene.position(10), orders=(scene.order(Side.SELL, selling, Role.EXIT),))
    assert scene.judged("instrument", book=book, draft=scene.exit_draft(6), role=Role.FLATTEN).passed is passed


def test_protective_legs_do_not_count_as_being_sold(scene):
    legs = (scene.order(Side.SELL, 10, Role.STOP), scene.order(Side.SELL, 10, Role.TARGET))
    book = scene.book(scene.position(10), orders=legs)
    assert scene.judged("instrument", book=book, draft=scene.exit_draft(10), role=Role.EXIT).passed


def test_external_holdings_are_never_sold(scene):
    book = scene.book(scene.position(10, external=True))
    for role in (Role.EXIT, Role.FLATTEN):
        assert not scene.judged("instrument", book=book, draft=scene.exit_draft(), role=role).passed


def test_a_position_off_the_watchlist_can_be_left(scene):
    book = scene.book(scene.position(10, symbol="GME"))
    assert scene.judged("instrument", book=book, draft=scene.exit_draft(symbol="GME"), role=Role.EXIT).passed


def test_what_is_ours_of_a_shared_position_can_be_left_and_no_more(scene):
    book = scene.book(scene.position(15, foreign=D(10)))
    for role in (Role.EXIT, Role.STOP, Role.FLATTEN):
        assert scene.judged("instrument", book=book, draft=scene.exit_draft(5), role=role).passed
        assert not scene.judged("instrument", book=book, draft=scene.exit_draft(6), role=role).passed


@pytest.mark.parametrize(("selling", "passed"), [(10, True), (11, False)])
def test_what_others_sell_of_their_own_leaves_ours_free(scene, selling, passed):
    theirs = scene.order(Side.SELL, selling, Role.EXTERNAL, limit_price=D(300))
    book = scene.book(scene.position(15, foreign=D(10)), orders=(theirs,))
    assert scene.judged("instrument", book=book, draft=scene.exit_draft(5), role=Role.STOP).passed is passed


@pytest.mark.parametrize(
    ("account", "foreign", "passed"), [(-10, -10, False), (-5, -10, False), (0, -5, True), (3, -2, True)]
)
def test_a_purchase_covers_no_short_that_is_not_ours(scene, account, foreign, passed):
    """A person is short in the symbol: what we buy would be theirs, and its exits would make the short larger."""
    position = scene.position(account, foreign=D(foreign), external=account == foreign)
    result = scene.judged("instrument", book=scene.book(position))
    assert result.passed is passed
    assert passed or result.reason.startswith("INSTRUMENT_SHORT_OF_OTHERS: external=")
