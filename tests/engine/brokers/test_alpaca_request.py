"""Intents as order requests: exact text for numbers, the right class, and bodies the specification takes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.brokers.alpaca_request import Unsendable, order_request
from engine.model import Role, Side
from tests.engine.brokers.alpaca_desk import intent
from tests.venues.alpaca.spec import schema_of


@given(st.decimals(min_value="0.0001", max_value=10**7, places=4), st.integers(1, 10**6))
def test_numbers_leave_as_text_exactly_as_the_decimal_has_them(price: Decimal, quantity: int) -> None:
    body = order_request(intent(limit=str(price), quantity=str(quantity)))
    assert Decimal(body["limit_price"]) == price
    assert Decimal(body["qty"]) == quantity
    assert "e" not in body["limit_price"].lower()
    assert isinstance(json.loads(json.dumps(body))["qty"], str)


def classes(**more: Any) -> tuple[Any, Any, Any]:
    body = order_request(intent(**more))
    return body.get("order_class"), body.get("take_profit"), body.get("stop_loss")


def test_an_entry_carries_the_exits_it_has() -> None:
    assert classes(stop="240", target="260") == ("bracket", {"limit_price": "260"}, {"stop_price": "240"})
    assert classes(stop="240") == ("oto", None, {"stop_price": "240"})
    assert classes(target="260") == ("oto", {"limit_price": "260"}, None)
    assert classes() == (None, None, None)


def test_where_the_venue_takes_no_exits_the_entry_goes_plain() -> None:
    plain = (None, None, None)
    assert classes(stop="240", target="260", quantity="1.5") == plain
    assert classes(stop="240", target="260", extended=True) == plain
    assert classes(stop="240", target="260", symbol="BTC/USD") == plain
    assert classes(stop="240", target="260", role=Role.EXIT, side=Side.SELL) == plain


def test_stops_and_targets_stay_until_cancelled() -> None:
    stop = order_request(intent(role=Role.STOP, side=Side.SELL, stop="240"))
    assert (stop["type"], stop["stop_price"], stop["time_in_force"]) == ("stop", "240", "gtc")
    assert "limit_price" not in stop
    target = order_request(intent(role=Role.TARGET, side=Side.SELL, limit="260"))
    assert (target["type"], target["limit_price"], target["time_in_force"]) == ("limit", "260", "gtc")
    fraction = order_request(intent(role=Role.STOP, side=Side.SELL, stop="240", quantity="0.5"))
    assert fraction["time_in_force"] == "day"


def test_extended_hours_are_asked_for_with_day_limits_only() -> None:
    body = order_request(intent(extended=True))
    assert (body["extended_hours"], body["type"], body["time_in_force"]) == (True, "limit", "day")
    for wrong in (
        intent(extended=True, tif="gtc"),
        intent(role=Role.STOP, side=Side.SELL, stop="240", extended=True),
    ):
        with pytest.raises(Unsendable):
            order_request(wrong)


def test_pairs_never_go_out_for_the_day_nor_as_plain_stops() -> None:
    assert order_request(intent(symbol="BTC/USD", quantity="0.01"))["time_in_force"] == "gtc"
    assert order_request(intent(symbol="BTC/USD", quantity="0.01", tif="ioc"))["time_in_force"] == "ioc"
    with pytest.raises(Unsendable):
        order_request(intent(symbol="BTC/USD", role=Role.STOP, side=Side.SELL, stop="50000"))


@pytest.mark.parametrize(
    "wrong", [{"quantity": "0"}, {"quantity": "-1"}, {"limit": "Infinity"}, {"limit": "NaN"}, {"stop": "0"}]
)
def test_numbers_that_are_no_amounts_are_refused_by_us(wrong: dict[str, str]) -> None:
    with pytest.raises(Unsendable):
        order_request(intent(**wrong))


def test_every_body_fits_the_venues_specification() -> None:
    check = schema_of("trading", "/v2/orders", "post", request=True)
    for role, side, more in (
        (Role.ENTRY, Side.BUY, {"stop": "240", "target": "260"}),
        (Role.ENTRY, Side.BUY, {"stop": "240"}),
        (Role.ENTRY, Side.BUY, {"extended": True}),
        (Role.EXIT, Side.SELL, {}),
        (Role.STOP, Side.SELL, {"stop": "240"}),
        (Role.TARGET, Side.SELL, {}),
        (Role.FLATTEN, Side.SELL, {"symbol": "BTC/USD"}),
    ):
        check(order_request(intent(role=role, side=side, **more)))
