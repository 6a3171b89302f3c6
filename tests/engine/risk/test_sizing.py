"""Sizing: a normal signal fits every limit, exactly, rounded down, never short."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import HOUR
from engine.config import Config, RiskConfig, SizingConfig, TicketsConfig, WatchRow
from engine.model import Instrument, Role, Session, Side, price_step
from engine.risk import Risk

D = Decimal
FITTED = (
    "order_quantity",
    "order_notional",
    "price_collar",
    "position",
    "gross_exposure",
    "concentration",
    "buying_power",
)
"""Controls that a sized entry passes by construction."""


def money(low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low * 100, high * 100).map(lambda cents: D(cents) / 100)


@st.composite
def situations(draw, scene):
    """A configuration, a book and a signal, from tiny to large."""
    price = draw(money(1, 2000)) + draw(st.sampled_from([D(0), D("0.005")]))
    spread = draw(st.integers(0, 30)) * price_step(price) * draw(st.sampled_from([D(1), D("0.5")]))
    equity = draw(money(100, 2_000_000))
    held = draw(st.integers(0, 60))
    config = Config(
        risk=RiskConfig(
            order_quantity=D(draw(st.integers(1, 2000))),
            order_notional=draw(money(50, 50_000)),
            order_notional_pct=D(draw(st.integers(1, 100))),
            position_pct=D(draw(st.integers(1, 100))),
            gross_exposure_pct=D(draw(st.integers(1, 100))),
            concentration_pct=D(draw(st.integers(1, 100))),
            cash_floor_pct=D(draw(st.integers(0, 50))),
        ),
        sizing=SizingConfig(
            sizer=draw(st.sampled_from(["fixed", "strength", "kelly"])),
            fixed_notional=draw(money(10, 100_000)),
            allocation_pct=D(draw(st.integers(1, 100))),
            step_pct=D(draw(st.integers(1, 100))),
            marketable_bps=D(draw(st.integers(0, 100))),
        ),
        watchlist=(WatchRow(symbol="TSLA"),),
    )
    positions = [scene.position(held)] if held else []
    if draw(st.booleans()):
        positions.append(scene.position(draw(st.integers(1, 50)), symbol="AAPL"))
    orders = (scene.order(Side.BUY, draw(st.integers(1, 20))),) if draw(st.booleans()) else ()
    step = draw(st.sampled_from(["1", "0.001", "0.000000001"]))
    book = scene.book(
        *positions,
        quote=scene.quote(bid=price, ask=price + spread, last=price),
        orders=orders,
        account=scene.account(
            equity=equity,
            cash=draw(money(0, 2_000_000)),
            buying_power=draw(money(0, 2_000_000)),
            peak_equity=equity * draw(st.sampled_from([D(1), D("1.05"), D("1.1")])),
        ),
        instruments={"TSLA": Instrument("TSLA", quantity_step=D(step))},
    )
    return config, book, scene.signal(strength=draw(st.floats(0.01, 1.0)))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_sized_entry_fits_every_limit_on_the_venues_steps(scene, data):
    config, book, signal = data.draw(situations(scene))
    risk = Risk(config)
    sized = risk.size(signal, book)
    if sized.draft is None:
        assert ": " in sized.reason
        return
    draft = sized.draft
    verdict = risk.judge(signal, draft, book, role=Role.ENTRY, strategy="shift")
    assert [result for result in verdict.failures if result.control in FITTED] == []
    assert draft.quantity > 0
    assert draft.quantity % book.instruments["TSLA"].quantity_step == 0
    assert draft.notional >= config.sizing.min_notional
    for value in (draft.limit_price, draft.stop_price, draft.target_price):
        assert value is not None and value % price_step(value) == 0
    assert draft.stop_price < draft.reference_price < draft.target_price
    if config.sizing.sizer == "strength":
        target = book.account.equity * config.sizing.allocation_pct / 100 * D(str(signal.strength))
        assert draft.notional <= target * config.sizing.step_pct / 100
        assert (
            draft.quantity + sum(held.quantity for held in book.positions.values() if held.symbol == "TSLA")
        ) * draft.reference_price <= target
    elif config.sizing.sizer == "kelly":
        assert draft.notional <= book.account.equity * config.sizing.allocation_pct / 100
    else:
        assert draft.notional <= config.sizing.fixed_notional


@settings(max_examples=60, deadline=None)
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
        assert 0 < sized.draft.quantity == held - selling
        assert sized.draft.reduces
        assert sized.draft.limit_price > 0
        verdict = risk.judge(None, sized.draft, book, role=Role.FLATTEN, strategy="")
        assert "instrument" not in [result.control for result in verdict.failures]


def test_strength_in_figures(scene):
    sized = scene.risk().size(scene.signal(strength=0.6), scene.book())
    draft = sized.draft
    assert draft.quantity == 3
    assert (draft.limit_price, draft.stop_price, draft.target_price) == (D("250.52"), D("237.50"), D("275.00"))
    assert draft.sizing == "5 % of 100000.00 × strength 0.60 = 3000.00, have 0.00, step 30 % = 900.00 → 3 × 250.00"
    assert draft.time_in_force == "gtc"
    assert not draft.reduces


def test_stop_and_target_are_on_the_nearest_step(scene):
    """5 % of 250.01 are 12.5005: 237.5095 and, twice as far up, 275.011."""
    price = D("250.01")
    book = scene.book(quote=scene.quote(bid=price, ask=price, last=price))
    draft = scene.risk().size(scene.signal(), book).draft
    assert (draft.stop_price, draft.target_price) == (D("237.51"), D("275.01"))


def test_kelly_in_figures(scene):
    """At 40 % and 2:1 the stake is 0.4 − 0.6 / 2 = 0.1; a quarter of it is 2.5 % of equity."""
    draft = scene.risk(sizing={"sizer": "kelly"}).size(scene.signal(strength=0.1), scene.book()).draft
    assert draft.quantity == 10
    assert draft.sizing == (
        "win rate 0.40, payoff 2.00 (prior, 0 of 30 closed trades), Kelly 0.100 × 0.25, at most 5 % of 100000.00 = "
        "2500.00, have 0.00 → 10 × 250.00"
    )


def test_kelly_is_at_most_the_allocation_and_takes_off_what_is_held(scene):
    risk = scene.risk(sizing={"sizer": "kelly", "allocation_pct": D(2)})
    book = scene.book(scene.position(3), orders=(scene.order(Side.BUY, 1),))
    draft = risk.size(scene.signal(), book).draft
    assert draft.quantity == 4
    assert "at most 2 % of 100000.00 = 2000.00, have 1000.00" in draft.sizing


def test_kelly_takes_the_rate_and_payoff_of_our_own_closed_trades(scene):
    risk = scene.risk(sizing={"sizer": "kelly", "allocation_pct": D(50)}, order_notional=D(50_000), cool_down_s=0.0)
    for number in range(30):
        risk.on_closed("AAPL", D(60) if number % 2 else D(-20), False, scene.now - number)
    draft = risk.size(scene.signal(), scene.book()).draft
    # 0.5 − 0.5 / 3 = 1/3, a quarter of it 8.33 %, then clipped by R02 to 5 % of equity
    assert draft.sizing.startswith("win rate 0.50, payoff 3.00 (30 closed trades), Kelly 0.333 × 0.25")
    assert "= 8333.33, have 0.00" in draft.sizing


def test_a_trade_closed_in_parts_is_one_trade_for_kelly(scene):
    risk = scene.risk(sizing={"sizer": "kelly", "kelly_trades": 2, "allocation_pct": D(50)}, cool_down_s=0.0)
    for number, profit in enumerate((D(-40), D(60), D(20))):
        risk.on_closed("AAPL", profit, False, scene.now, "s-1" if number else "s-2")
    assert "win rate 0.50, payoff 2.00 (2 closed trades)" in risk.size(scene.signal(), scene.book()).draft.sizing


def test_without_an_edge_kelly_buys_nothing(scene):
    risk = scene.risk(sizing={"sizer": "kelly", "kelly_trades": 2}, cool_down_s=0.0)
    for number, profit in enumerate((D(10), D(-10), D(0))):
        risk.on_closed("AAPL", profit, False, scene.now - number)
    sized = risk.size(scene.signal(), scene.book())
    assert sized.draft is None
    assert "win rate 0.33" in sized.reason


def test_fixed_in_figures(scene):
    risk = scene.risk(sizing={"sizer": "fixed"})
    assert risk.size(scene.signal(), scene.book()).draft.quantity == 4


def test_steps_end_at_the_target(scene):
    risk = scene.risk()
    quantities = [risk.size(scene.signal(strength=1.0), scene.book(scene.position(held))).draft for held in (1, 14, 18)]
    assert [draft.quantity for draft in quantities] == [6, 6, 2]
    done = risk.size(scene.signal(strength=1.0), scene.book(scene.position(20)))
    assert done.draft is None
    assert done.reason.startswith("TARGET_REACHED: ")


def test_working_orders_count_as_held(scene):
    book = scene.book(orders=(scene.order(Side.BUY, 20),))
    assert scene.risk().size(scene.signal(strength=1.0), book).reason.startswith("TARGET_REACHED: ")


@pytest.mark.parametrize(("equity", "quantity"), [("92500.01", 4), ("92500.00", 2)])
def test_sizes_are_halved_at_three_quarters_of_the_drawdown_limit(scene, equity, quantity):
    book = scene.book(account=scene.account(equity=D(equity)))
    risk = scene.risk(sizing={"sizer": "fixed"})
    draft = risk.size(scene.signal(), book).draft
    assert draft.quantity == quantity
    assert ("halved by R14" in draft.sizing) is (quantity == 2)


def test_a_peak_that_is_no_number_halves_nothing_but_passes_nothing(scene):
    risk, book = scene.risk(sizing={"sizer": "fixed"}), scene.book(account=scene.account(peak_equity=D("NaN")))
    draft = risk.size(scene.signal(), book).draft
    assert draft.quantity == 4
    verdict = risk.judge(scene.signal(), draft, book, role=Role.ENTRY, strategy="shift")
    assert [result.control for result in verdict.failures] == ["drawdown"]


LOOSE = {"order_quantity": D(10**6), "order_notional": D(10**9), "cash_floor_pct": D(0)} | dict.fromkeys(
    ("order_notional_pct", "position_pct", "gross_exposure_pct", "concentration_pct"), D(100)
)


@pytest.mark.parametrize(
    ("id", "control", "tight", "quantity"),
    [
        ("R01", "order_quantity", {"order_quantity": D(7)}, "7"),
        ("R02", "order_notional", {"order_notional": D(1234)}, "4.936"),
        ("R02", "order_notional", {"order_notional_pct": D(1)}, "4"),
        ("R08", "symbol_trades", {"symbol_shares_per_month": D(9)}, "6"),
        ("R09", "position", {"position_pct": D(3)}, "5"),
        ("R10", "gross_exposure", {"gross_exposure_pct": D(5)}, "4"),
        ("R10", "concentration", {"concentration_pct": D(4)}, "5"),
        ("R11", "buying_power", {"cash_floor_pct": D(97)}, "7"),
    ],
)
def test_what_each_limit_leaves_is_taken_whole_and_no_more(scene, id, control, tight, quantity):
    """At 250: ours 4, others' 2; 3 and 2 are being bought, 3 were bought before; 5 of another symbol are held."""
    config = scene.config(
        sizing={"sizer": "fixed", "fixed_notional": D(90_000), "marketable_bps": D(0)}, drift_bps=D(0), **LOOSE | tight
    )
    risk, signal = Risk(config), scene.signal()
    risk.on_intent(scene.intent(7, at_ns=scene.now - HOUR))
    book = scene.book(
        scene.position(6, foreign=D(2)),
        scene.position(5, symbol="AAPL"),
        quote=scene.quote(bid=D(250), ask=D(250)),
        orders=(scene.order(Side.BUY, 3), scene.order(Side.BUY, 2, Role.EXTERNAL)),
        instruments={"TSLA": Instrument("TSLA", quantity_step=D("0.001"))},
    )
    draft = risk.size(signal, book).draft
    assert draft.quantity == D(quantity)
    assert f"clipped by {id} to" in draft.sizing
    assert risk.judge(signal, draft, book, role=Role.ENTRY, strategy="shift").failures == ()
    more = msgspec.structs.replace(draft, quantity=draft.quantity + D("0.001"))
    verdict = risk.judge(signal, more, book, role=Role.ENTRY, strategy="shift")
    assert [result.control for result in verdict.failures] == [control]


def test_a_rows_own_allocation(scene):
    config = Config(watchlist=(WatchRow(symbol="TSLA", allocation_pct=D(5)),))
    assert Risk(config).size(scene.signal(strength=1.0), scene.book()).draft.quantity == 6


@pytest.mark.parametrize(("fixed", "sized"), [("10", True), ("9.99", False)])
def test_minimum_notional(scene, fixed, sized):
    risk = scene.risk(sizing={"sizer": "fixed", "fixed_notional": D(fixed)})
    book = scene.book(instruments={"TSLA": Instrument("TSLA", quantity_step=D("0.0001"))})
    result = risk.size(scene.signal(), book)
    assert (result.draft is not None) is sized
    assert sized or result.reason.startswith("SIZE_BELOW_MINIMUM: ")


def test_the_limit_that_clipped_is_named(scene):
    risk = scene.risk(sizing={"sizer": "fixed", "fixed_notional": D(4000)})
    book = scene.book(account=scene.account(cash=D(11_000)))
    draft = risk.size(scene.signal(), book).draft
    assert draft.quantity == 3
    assert "clipped by R11" in draft.sizing


@pytest.mark.parametrize("strength", [float("nan"), float("inf"), -0.5, 0.0, 1.5])
def test_a_strength_that_is_none_sizes_nothing(scene, strength):
    assert scene.risk().size(scene.signal(strength=strength), scene.book()).reason.startswith("STRENGTH_OUT_OF_RANGE")


@pytest.mark.parametrize("bad", [None, D(0), D(-1), D("NaN"), D("Infinity"), D("sNaN")])
def test_a_price_that_is_none_sizes_nothing(scene, bad):
    book = scene.book(quote=scene.quote(bid=bad, ask=bad, last=bad))
    assert scene.risk().size(scene.signal(), book).reason.startswith("PRICE_NONE")
    assert scene.risk().size(scene.signal(), scene.book(quotes={})).reason.startswith("PRICE_NONE")


@pytest.mark.parametrize("bad", [D(0), D(-1), D("NaN"), D("Infinity"), D("sNaN")])
@pytest.mark.parametrize("name", ["equity", "cash", "buying_power"])
def test_an_account_that_is_no_number_sizes_nothing(scene, name, bad):
    book = scene.book(account=scene.account(**{name: bad}))
    assert scene.risk().size(scene.signal(), book).draft is None


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


@pytest.mark.parametrize("collar", ["99.99", "100", "150"])
def test_a_sale_at_a_collar_of_everything_is_still_at_a_price(scene, collar):
    risk = scene.risk(price_collar_pct=D(collar))
    assert risk.size_exit("TSLA", scene.book(scene.position(1), quotes={})).draft.limit_price == (
        D("0.025") if collar == "99.99" else D("0.01")
    )


@pytest.mark.parametrize(
    ("session", "switched", "extended"),
    [(Session.PRE, True, True), (Session.PRE, False, False), (Session.REGULAR, True, False)],
)
def test_extended_hours(scene, session, switched, extended):
    draft = scene.risk(pre_market=switched).size(scene.signal(), scene.book(session=session)).draft
    assert draft.extended_hours is extended
    assert draft.time_in_force == ("day" if extended else "gtc")


def test_a_flatten_asks_for_extended_hours_by_itself(scene):
    book = scene.book(scene.position(1), session=Session.POST)
    assert scene.risk().size_exit("TSLA", book).draft.extended_hours
    assert not scene.risk().size_exit("TSLA", book, role=Role.EXIT).draft.extended_hours


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


@pytest.mark.parametrize(
    ("instrument", "fixed", "found"),
    [
        (None, "749", "2"),
        (Instrument("TSLA", quantity_step=D("NaN")), "749", "2"),
        (Instrument("TSLA", quantity_step=D("0.5")), "749", "2.5"),
        (Instrument("TSLA", min_notional=D(500)), "500", "2"),
        (Instrument("TSLA", min_notional=D(501)), "500", "minimum=501"),
        (Instrument("TSLA", min_notional=D("NaN")), "500", "2"),
        (Instrument("TSLA"), "249", "quantity=0, notional=0.00, minimum=10"),
        (
            Instrument("TSLA", quantity_step=D("0.01"), min_notional=D(0)),
            "9.99",
            "quantity=0.03, notional=7.50, minimum",
        ),
    ],
)
def test_the_steps_and_the_minimum_are_the_instrument_s(scene, instrument, fixed, found):
    book = scene.book(instruments={} if instrument is None else {"TSLA": instrument})
    sized = scene.risk(sizing={"sizer": "fixed", "fixed_notional": D(fixed)}).size(scene.signal(), book)
    if sized.draft is None:
        assert sized.reason.startswith("SIZE_BELOW_MINIMUM: ") and found in sized.reason
    else:
        assert sized.draft.quantity == D(found)


def test_nothing_is_no_order_even_without_a_minimum(scene):
    risk = scene.risk(sizing={"sizer": "fixed", "min_notional": D(0)})
    book = scene.book(account=scene.account(cash=D(0)), instruments={"TSLA": Instrument("TSLA", min_notional=D(0))})
    assert risk.size(scene.signal(), book).draft is None


@pytest.mark.parametrize("venue_exits", [True, False])
@pytest.mark.parametrize("session", [Session.REGULAR, Session.PRE])
@pytest.mark.parametrize(("step", "kind"), [("1", "stock"), ("0.7", "stock"), ("1", "crypto")])
@pytest.mark.parametrize("stop_pct", ["5", "100"])
def test_an_entry_outlives_the_day_where_its_exits_do(scene, venue_exits, session, step, kind, stop_pct):
    book = scene.book(
        session=session,
        venue_exits=venue_exits,
        instruments={"TSLA": Instrument("TSLA", quantity_step=D(step), asset_class=kind)},
    )
    risk = scene.risk(
        sizing={"sizer": "fixed", "stop_pct": D(stop_pct)}, pre_market=True, order_quantity_crypto=D(1000)
    )
    draft = risk.size(scene.signal(), book).draft
    assert draft.extended_hours is (session is Session.PRE and kind == "stock")
    carried = venue_exits and draft.stop_price is not None and draft.takes_legs
    assert draft.time_in_force == ("gtc" if carried or kind == "crypto" else "day")
    sale = risk.size_exit("TSLA", msgspec.structs.replace(book, positions={"TSLA": scene.position(3)})).draft
    assert sale.time_in_force == ("gtc" if kind == "crypto" else "day")


def test_an_exit_says_what_it_closes(scene):
    draft = scene.risk().size_exit("TSLA", scene.book(scene.position(7))).draft
    assert (draft.sizing, draft.reference_ns) == ("closes 7 of 7", scene.now)
    selling = scene.book(scene.position(7), orders=(scene.order(Side.SELL, 2, Role.EXIT),))
    assert scene.risk().size_exit("TSLA", selling).draft.sizing == "closes 5 of 7, 2 already being sold"


def test_a_symbol_without_a_row_has_the_general_allocation(scene):
    sized = Risk(Config(watchlist=(WatchRow(symbol="AAPL"),))).size(scene.signal(strength=1.0), scene.book())
    assert sized.draft.sizing.startswith("10 % of 100000.00 × strength 1.00")


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


def test_a_tick_does_not_change_what_was_shown_but_a_limit_does(scene):
    risk, signal = scene.risk(sizing={"sizer": "fixed"}), scene.signal()
    shown = risk.size(signal, scene.book()).draft
    dearer = scene.quote(bid=D("250.08"), ask=D("250.12"), last=D("250.10"))
    assert risk.size(signal, scene.book(quote=dearer)).draft.quantity == 3
    assert risk.size(signal, scene.book(quote=dearer), shown=shown).draft.quantity == shown.quantity == 4
    poor = scene.book(quote=dearer, account=scene.account(cash=D(10_900)))
    assert risk.size(signal, poor, shown=shown).draft.quantity == 3
    far = scene.quote(bid=D(499), ask=D(501), last=D(500))
    assert risk.size(signal, scene.book(quote=far), shown=shown).draft.quantity == 2


@settings(max_examples=40, deadline=None)
@given(ticks=st.integers(-20, 20), step=st.sampled_from(["1", "0.001"]))
def test_an_order_clipped_by_a_limit_still_fits_after_the_allowed_drift(scene, ticks, step):
    config = Config(
        sizing=SizingConfig(sizer="fixed", fixed_notional=D(1_000_000)),
        tickets=TicketsConfig(drift_bps=D(20)),
        watchlist=(WatchRow(symbol="TSLA"),),
    )
    risk, signal = Risk(config), scene.signal()
    known = scene.book(instruments={"TSLA": Instrument("TSLA", quantity_step=D(step))})
    shown = risk.size(signal, known).draft
    price = D(250) + ticks * D("0.02")
    quote = scene.quote(bid=price - D("0.02"), ask=price + D("0.02"), last=price)
    moved = msgspec.structs.replace(known, quotes={"TSLA": quote})
    draft = risk.size(signal, moved, shown=shown).draft
    assert draft.quantity == shown.quantity
    verdict = risk.judge(signal, draft, moved, role=Role.ENTRY, strategy="shift")
    assert verdict.passed, verdict.failures
