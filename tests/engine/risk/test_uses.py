"""How much of each standing limit is used, and by what."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.model import Side

D = Decimal


def test_uses_name_what_is_used(scene):
    risk = scene.risk()
    risk.on_intent(scene.intent(1))
    book = scene.book(scene.position(100), account=scene.account(equity=D(99_000), peak_equity=D(110_000)))
    uses = {(use.control, use.unit): use for use in risk.uses(book)}
    assert uses["order_rate", "per minute"].use == pytest.approx(0.2)
    assert uses["order_rate", "per day"].value == 1
    assert uses["gross_exposure", "USD"].value == 25_000
    assert uses["daily_loss", "%"].use == pytest.approx(0.5)
    assert uses["drawdown", "%"].use == pytest.approx(1.0)
    assert uses["open_positions", "positions"].value == 1
    assert uses["strategy_executions", "today"].value == 1
    assert uses["strategy_executions", "today"].subject == "shift"
    assert uses["symbol_trades", "today"].subject == "TSLA"


def test_the_largest_position_and_the_cash_are_limits_in_use_too(scene):
    risk = scene.risk()
    account = scene.account(equity=D(100_000), cash=D(70_000), buying_power=D(70_000))
    foreign = scene.position(80, symbol="GOOG", external=True)
    book = scene.book(scene.position(20), scene.position(10, symbol="AAPL"), foreign, account=account)
    uses = {use.control: use for use in risk.uses(book)}
    price = D(250)
    assert uses["position"].value == 20 * price
    assert (uses["position"].subject, uses["concentration"].subject) == ("TSLA", "GOOG")
    assert uses["concentration"].value == 80 * price
    assert uses["gross_exposure"].value == 110 * price
    assert (uses["buying_power"].value, uses["buying_power"].limit) == (30_000, 90_000)
    working = msgspec.structs.replace(book, orders=(scene.order(Side.BUY, 31, symbol="AAPL"),))
    after = {use.control: use for use in risk.uses(working)}
    assert (after["position"].subject, after["position"].value) == ("AAPL", 41 * price)
    assert after["buying_power"].value == 30_000 + 31 * price
    nothing = msgspec.structs.replace(scene.position(20), price=None, average_price=D(0))
    unknown = scene.book(nothing, account=account, quotes={})
    assert "position" not in {use.control for use in risk.uses(unknown)}
