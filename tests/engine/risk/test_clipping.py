"""What the limits leave of an order: all of it, no more, named, and still so after the drift a confirmation allows."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import HOUR
from engine.config import Config, SizingConfig, TicketsConfig, WatchRow
from engine.model import Instrument, Role, Side
from engine.risk import Risk

D = Decimal


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


def test_a_limit_is_clipped_to_at_the_dearest_price_that_may_be_paid(scene):
    """The order's own limit stands 1 % over the price: sized at the price it would be over R09, and refused."""
    sizing = {"marketable_bps": D(100), "allocation_pct": D(90), "step_pct": D(100)}
    risk = Risk(scene.config(sizing=sizing, drift_bps=D(0), **LOOSE | {"position_pct": D(3)}))
    signal, book = scene.signal(), scene.book(instruments={"TSLA": Instrument("TSLA", quantity_step=D("0.001"))})
    draft = risk.size(signal, book).draft
    assert draft.limit_price > scene.quote().last * D("1.009")
    assert D("2999.7") < draft.quantity * draft.limit_price <= D(3000)
    assert risk.judge(signal, draft, book, role=Role.ENTRY, strategy="shift").failures == ()


def test_the_limit_that_clipped_is_named(scene):
    risk = scene.risk(sizing={"sizer": "fixed", "fixed_notional": D(4000)})
    book = scene.book(account=scene.account(cash=D(11_000)))
    draft = risk.size(scene.signal(), book).draft
    assert draft.quantity == 3
    assert "clipped by R11" in draft.sizing


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


@settings(max_examples=40)
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
