"""Sizing: a normal signal fits every limit, exactly, rounded down, never short."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import Config, RiskConfig, SizingConfig, WatchRow
from engine.model import Instrument, Role, Session, Side, price_step
from engine.risk import Risk
from tests.engine.risk.money import money

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


@settings(max_examples=100)
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


@pytest.mark.parametrize(("fixed", "sized"), [("10", True), ("9.99", False)])
def test_minimum_notional(scene, fixed, sized):
    risk = scene.risk(sizing={"sizer": "fixed", "fixed_notional": D(fixed)})
    book = scene.book(instruments={"TSLA": Instrument("TSLA", quantity_step=D("0.0001"))})
    result = risk.size(scene.signal(), book)
    assert (result.draft is not None) is sized
    assert sized or result.reason.startswith("SIZE_BELOW_MINIMUM: ")


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


@pytest.mark.parametrize(
    ("session", "switched", "extended"),
    [(Session.PRE, True, True), (Session.PRE, False, False), (Session.REGULAR, True, False)],
)
def test_extended_hours(scene, session, switched, extended):
    draft = scene.risk(pre_market=switched).size(scene.signal(), scene.book(session=session)).draft
    assert draft.extended_hours is extended
    assert draft.time_in_force == ("day" if extended else "gtc")


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
