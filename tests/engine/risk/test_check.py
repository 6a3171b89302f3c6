"""What the controls look at: figures that cannot be computed with are unknown, and unknown is never a number."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Role, Side, StateChange, TradingState
from engine.risk.check import Check, day_loss_pct, dearer, drawdown_pct, look
from engine.risk.holdings import holdings
from engine.risk.limits import Limits
from engine.risk.memory import Memory
from engine.risk.protections import Protections
from tests.engine.risk.money import money

D = Decimal
prices = st.none() | money(1, 1000)


@given(prices, prices)
def test_the_dearer_of_two_prices_as_far_as_they_are_known(one, other):
    known = [price for price in (one, other) if price is not None]
    assert dearer(one, other) == (max(known) if known else None)


@given(money(0, 200_000), money(1, 100_000))
def test_the_days_loss_is_in_percent_of_the_equity_it_began_with(scene, equity, start):
    found = day_loss_pct(scene.account(equity=equity, day_start_equity=start))
    assert found is not None
    assert abs(start * (1 - found / 100) - equity) < D("1e-15")


@given(money(0, 200_000), money(1, 100_000))
def test_a_drawdown_is_measured_from_the_peak_and_never_negative(scene, equity, peak):
    found = drawdown_pct(scene.account(equity=equity, peak_equity=peak))
    assert found is not None
    assert abs(peak * (1 - found / 100) - min(equity, peak)) < D("1e-15")
    assert (found > 0) is (equity < peak)


@pytest.mark.parametrize("changes", [{"equity": D("NaN")}, {"day_start_equity": D(0), "peak_equity": D(0)}])
def test_without_figures_loss_and_drawdown_are_unknown(scene, changes):
    account = scene.account(**changes)
    assert (day_loss_pct(account), drawdown_pct(account)) == (None, None)


def looked(scene, book, draft=None, *, signal=None, role=Role.ENTRY, **limits) -> Check:
    risk = scene.config(**limits).risk
    active = StateChange(TradingState.ACTIVE, TradingState.ACTIVE, "", "engine", 0)
    return look(
        Limits.of(risk), Memory(risk), Protections(), active, frozenset({"TSLA"}), book, holdings(book, "TSLA"),
        signal, draft, role=role, strategy="shift", symbol="TSLA",
    )  # fmt: skip


@pytest.mark.parametrize(("quantity", "reduces"), [(10, True), (11, False), (D("NaN"), False)])
def test_a_sale_reduces_when_the_book_says_so(scene, quantity, reduces):
    book = scene.book(scene.position(10))
    assert looked(scene, book, scene.exit_draft(quantity)).reduces is reduces
    assert not looked(scene, book, scene.draft(reduces=True)).reduces


@pytest.mark.parametrize(("held", "reduces"), [(10, True), (0, False)])
def test_where_nothing_was_sized_something_held_is_what_a_sale_reduces(scene, held, reduces):
    book = scene.book(*([scene.position(held)] if held else []))
    assert looked(scene, book, signal=scene.signal(Side.SELL)).reduces is reduces
    assert not looked(scene, book, signal=scene.signal(Side.BUY)).reduces


@pytest.mark.parametrize(
    ("role", "asked", "protects", "unasked"),
    [
        (Role.STOP, True, True, True),
        (Role.TARGET, True, True, True),
        (Role.FLATTEN, True, False, True),
        (Role.EXIT, True, False, False),
        (Role.EXIT, False, False, True),
    ],
)
def test_what_protects_and_what_no_signal_is_the_reason_of(scene, role, asked, protects, unasked):
    signal = scene.signal(Side.SELL) if asked else None
    check = looked(scene, scene.book(scene.position(10)), scene.exit_draft(10), signal=signal, role=role)
    assert (check.protects, check.unasked) == (protects, unasked)
    beyond = looked(scene, scene.book(scene.position(10)), scene.exit_draft(11), signal=signal, role=role)
    assert not beyond.protects and not beyond.unasked


def test_an_order_is_limited_by_money_and_by_equity_whichever_is_lower(scene):
    rich, poor = scene.account(equity=D(1_000_000)), scene.account(equity=D(10_000))
    limits = {"order_notional": D(5000), "order_notional_pct": D(5)}
    assert looked(scene, scene.book(account=rich), **limits).notional_limit == 5000
    assert looked(scene, scene.book(account=poor), **limits).notional_limit == 500
    unknown = looked(scene, scene.book(account=scene.account(equity=D("NaN"))))
    assert unknown.notional_limit is None and unknown.of_equity(D(1)) is None


def test_coins_have_their_own_limits(scene):
    pair = scene.book().instruments["TSLA"]
    coin = scene.book(instruments={"TSLA": type(pair)("TSLA", asset_class="crypto")})
    stock, check = looked(scene, scene.book()), looked(scene, coin)
    assert (check.quantity_limit, check.collar) == (check.risk.order_quantity_crypto, D("0.03"))
    assert (stock.quantity_limit, stock.collar) == (stock.risk.order_quantity, D("0.02"))


def test_a_position_is_valued_at_its_price_else_at_what_was_paid(scene):
    priced = looked(scene, scene.book(scene.position(10)))
    assert (priced.last_value, priced.last_value_ns) == (250, scene.now)
    position = scene.position(10)
    unpriced = type(position)("TSLA", position.quantity, D(240))
    assert looked(scene, scene.book(unpriced)).last_value == 240
    assert looked(scene, scene.book()).last_value is None


def test_money_that_left_changes_no_percentage(scene):
    account = scene.account(equity=D(49_250), day_start_equity=D(50_750), day_base=D(50_000))
    assert day_loss_pct(account) == D("1.5"), "1,500 of 100,000, then half of what was left was withdrawn"
