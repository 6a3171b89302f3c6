"""The pretend venue's book: what fills, at which price, what it leaves of cash, legs and positions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.venues.alpaca.entry import parse
from tests.venues.alpaca.exchange import Exchange, SimQuote
from tests.venues.alpaca.wire import Refusal, SimOrder


def book(**more: Any) -> tuple[Exchange, list[str]]:
    told: list[str] = []
    exchange = Exchange(lambda update: told.append(f"{update['event']} {update['order']['type']}"), **more)
    exchange.quote("TSLA", SimQuote(Decimal("99.90"), Decimal("100.10"), Decimal(100)))
    return exchange, told


def place(exchange: Exchange, **body: Any) -> SimOrder:
    fields = {"symbol": "TSLA", "qty": "10", "side": "buy", "type": "market", "time_in_force": "day"} | body
    order = parse(fields, exchange.now_ns(), session=exchange.session)
    exchange.check_funds(order)
    exchange.add(order)
    exchange.activate(order)
    return order


def move(exchange: Exchange, bid: str, ask: str, **sizes: Decimal) -> None:
    exchange.quote("TSLA", SimQuote(Decimal(bid), Decimal(ask), Decimal(bid), **sizes))


BRACKET = {
    "type": "limit",
    "limit_price": "101",
    "time_in_force": "gtc",
    "order_class": "bracket",
    "take_profit": {"limit_price": "110"},
    "stop_loss": {"stop_price": "95"},
}


def test_a_target_that_fills_ends_the_stop() -> None:
    exchange, told = book()
    order = place(exchange, **BRACKET)
    assert [leg.status for leg in order.legs] == ["new", "held"]
    move(exchange, "110.50", "110.60")
    assert [leg.status for leg in order.legs] == ["filled", "canceled"]
    assert exchange.cash == Decimal(100_000) - Decimal("1001") + Decimal("1105")
    assert not exchange.positions
    assert told == ["new limit", "fill limit", "new limit", "fill limit", "canceled stop"]


def test_legs_wait_until_the_entry_has_filled_completely() -> None:
    exchange, _ = book()
    move(exchange, "99.90", "100.10", ask_size=Decimal(4))
    order = place(exchange, **BRACKET)
    assert (order.status, order.filled_qty) == ("partially_filled", 4)
    move(exchange, "94", "94.10", ask_size=Decimal(0))
    assert [leg.status for leg in order.legs] == ["held", "held"]
    exchange.cancel(order)
    assert [leg.status for leg in order.legs] == ["canceled", "canceled"]
    assert exchange.positions["TSLA"].qty == 4


def test_legs_that_were_cancelled_while_the_entry_worked_stay_so() -> None:
    exchange, _ = book()
    move(exchange, "99.90", "100.10", ask_size=Decimal(4))
    order = place(exchange, **BRACKET)
    exchange.cancel(order.legs[0])
    move(exchange, "99.90", "100.10")
    assert (order.status, [leg.status for leg in order.legs]) == ("filled", ["canceled", "canceled"])
    assert exchange.available("TSLA") == 10


def test_an_oco_pair_promises_its_shares_once() -> None:
    exchange, _ = book()
    place(exchange)
    pair = place(
        exchange,
        side="sell",
        type="limit",
        time_in_force="gtc",
        order_class="oco",
        take_profit={"limit_price": "110"},
        stop_loss={"stop_price": "95"},
    )
    assert exchange.available("TSLA") == 0
    with pytest.raises(Refusal, match="insufficient qty"):
        place(exchange, side="sell", qty="1")
    move(exchange, "94.90", "95.10")
    assert (pair.status, pair.legs[0].status) == ("canceled", "filled")


def test_a_closed_market_keeps_orders_until_it_opens() -> None:
    exchange, told = book(session="closed")
    order = place(exchange)
    assert (order.status, told) == ("accepted", [])
    exchange.open_market("regular")
    assert order.status == "filled"


def test_a_halted_symbol_does_not_trade() -> None:
    exchange, _ = book()
    exchange.halted.add("TSLA")
    assert place(exchange).status == "new"


def test_own_orders_may_not_cross() -> None:
    exchange, _ = book()
    place(exchange)
    place(exchange, side="sell", type="limit", limit_price="105")
    with pytest.raises(Refusal, match="wash"):
        place(exchange, type="limit", limit_price="106")


def test_a_replaced_order_lives_on_with_its_legs() -> None:
    exchange, _ = book()
    order = place(exchange, **BRACKET | {"limit_price": "98"})
    successor = parse(
        {"symbol": "TSLA", "qty": "10", "side": "buy", "type": "limit", "time_in_force": "gtc", "limit_price": "101"},
        1,
        session="regular",
    )
    successor.order_class = "bracket"
    exchange.replace(order, successor)
    assert (order.status, order.replaced_by, successor.replaces) == ("replaced", successor.id, order.id)
    assert successor.status == "filled"
    assert [leg.status for leg in successor.legs] == ["new", "held"]


@given(st.lists(st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 20), st.integers(90, 110)), max_size=25))
def test_cash_and_shares_always_add_up(orders: list[tuple[str, int, int]]) -> None:
    exchange, _ = book()
    placed: list[SimOrder] = []
    for side, quantity, price in orders:
        move(exchange, f"{price}.00", f"{price}.10", bid_size=Decimal(7), ask_size=Decimal(5))
        try:
            placed.append(place(exchange, side=side, qty=str(quantity), type="limit", limit_price=str(price)))
        except Refusal:
            continue
    signed = sum((o.filled_qty if o.side == "buy" else -o.filled_qty for o in placed), Decimal(0))
    spent = sum((o.filled_cost if o.side == "buy" else -o.filled_cost for o in placed), Decimal(0))
    held = exchange.positions["TSLA"].qty if "TSLA" in exchange.positions else Decimal(0)
    assert held == signed >= 0
    assert exchange.cash == Decimal(100_000) - spent
    assert all(order.filled_qty <= (order.qty or 0) for order in placed)
