"""The sizers: strength, Kelly and a fixed amount in figures, towards a target and halved in a drawdown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.config import Config, WatchRow
from engine.model import Role, Side
from engine.risk import Risk

D = Decimal


def test_strength_in_figures(scene):
    sized = scene.risk().size(scene.signal(strength=0.6), scene.book())
    draft = sized.draft
    assert draft.quantity == 3
    assert (draft.limit_price, draft.stop_price, draft.target_price) == (D("250.52"), D("237.50"), D("275.00"))
    assert draft.sizing == "5 % of 100000.00 × strength 0.60 = 3000.00, have 0.00, step 30 % = 900.00 → 3 × 250.00"
    assert draft.time_in_force == "gtc"
    assert not draft.reduces


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


def test_a_rows_own_allocation(scene):
    config = Config(watchlist=(WatchRow(symbol="TSLA", allocation_pct=D(5)),))
    assert Risk(config).size(scene.signal(strength=1.0), scene.book()).draft.quantity == 6


def test_a_symbol_without_a_row_has_the_general_allocation(scene):
    sized = Risk(Config(watchlist=(WatchRow(symbol="AAPL"),))).size(scene.signal(strength=1.0), scene.book())
    assert sized.draft.sizing.startswith("10 % of 100000.00 × strength 1.00")
