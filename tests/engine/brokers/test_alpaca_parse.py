"""Foreign JSON into orders and updates: any JSON gives a value or a Malformed, never an exception."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.alpaca_parse import STATUSES, Malformed, parse_order, parse_update, symbol_of
from engine.model import Order, OrderStatus, OrderUpdate, Role, Side

ENTRY = "desk-0123456789abcdef0123-e1"

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
json_values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=8), scalars, max_size=3)
NUMBERS = ("qty", "filled_qty", "filled_avg_price", "limit_price", "stop_price")
TIMES = ("submitted_at", "updated_at", "created_at")
WORDS = ("id", "client_order_id", "symbol", "side", "type", "order_type", "order_class", "status", "replaced_by")
FIELDS = (*NUMBERS, *TIMES, *WORDS, "legs")
likely = st.sampled_from(
    ["buy", "sell", "limit", "filled", "mleg", "1e999999", "-5", "7", "NaN", "2026-01-02T03:04:05Z"]
)
leaf = st.fixed_dictionaries({}, optional={name: likely | scalars for name in FIELDS[:-1]})
orderlike = st.builds(lambda order, legs: {**order, "legs": legs}, leaf, scalars | st.lists(leaf, max_size=2))


def order_json(**changes: Any) -> dict[str, Any]:
    return {
        "id": "v1",
        "client_order_id": ENTRY,
        "symbol": "TSLA",
        "side": "buy",
        "qty": "10",
        "filled_qty": "0",
        "filled_avg_price": None,
        "type": "limit",
        "limit_price": "250.10",
        "status": "new",
        "submitted_at": "2026-11-20T14:30:00.123456789Z",
        "updated_at": "2026-11-20T14:30:01Z",
        "legs": None,
    } | changes


def parsed(**changes: Any) -> Order:
    order = parse_order(order_json(**changes))
    assert isinstance(order, Order)
    return order


@given(json_values | orderlike)
@settings(max_examples=120)
def test_any_json_is_an_order_or_a_problem(value: Any) -> None:
    order = parse_order(value)
    if isinstance(order, Malformed):
        assert order.problem
        return
    assert order.venue_id or order.client_order_id
    for each in (order, *order.legs):
        assert each.quantity.is_finite() and each.filled.is_finite()
        assert Decimal(0) <= each.filled <= each.quantity
        assert (each.status is OrderStatus.UNRESOLVED) == (each.venue_status not in STATUSES)


executions = st.fixed_dictionaries(
    {"order": orderlike},
    optional=dict.fromkeys(("event", "qty", "price", "timestamp", "execution_id"), likely | scalars),
)
updates = st.fixed_dictionaries({"stream": st.just("trade_updates"), "data": json_values | executions})


@given(json_values | updates)
@settings(max_examples=120)
def test_any_json_is_an_update_or_a_problem_or_nothing(value: Any) -> None:
    update = parse_update(value)
    if isinstance(update, OrderUpdate):
        assert update.event
        assert update.quantity is None or update.quantity.is_finite()
    else:
        assert update is None or update.problem


@given(
    st.decimals(min_value=0, max_value=10**9, places=4),
    st.sampled_from([str, float, lambda number: number]),
)
def test_numbers_are_exact_as_text_number_or_decimal(number: Decimal, form: Any) -> None:
    order = parsed(limit_price=form(number))
    assert order.limit_price == Decimal(repr(form(number)) if form is float else number)


@pytest.mark.parametrize("word", sorted(STATUSES))
def test_every_status_of_the_venue_has_its_meaning(word: str) -> None:
    order = parsed(status=word)
    assert order.status is STATUSES[word]
    assert order.venue_status == word


def test_a_status_that_nobody_knows_is_unresolved() -> None:
    for word in ("quantum_entangled", "", None, 7, "NEW", "new\x1b[31m"):
        assert parsed(status=word).status is OrderStatus.UNRESOLVED


def test_working_with_executions_is_partial_and_filled_is_cumulative() -> None:
    order = parsed(status="accepted", filled_qty="4", filled_avg_price="250.05")
    assert (order.status, order.filled, order.average_price) == (OrderStatus.PARTIAL, Decimal(4), Decimal("250.05"))


def test_legs_are_named_by_kind_and_entry() -> None:
    target = order_json(id="v2", client_order_id="u2", side="sell", status="new", limit_price="260")
    stop = order_json(id="v3", client_order_id="u3", side="sell", status="held", type="stop", stop_price="240")
    order = parsed(status="filled", filled_qty="10", legs=[target, stop], order_class="bracket")
    assert [(leg.role, leg.status, leg.parent_id) for leg in order.legs] == [
        (Role.TARGET, OrderStatus.WORKING, ENTRY),
        (Role.STOP, OrderStatus.HELD, ENTRY),
    ]


def test_roles_come_from_our_ids_and_others_are_external() -> None:
    assert parsed().role is Role.ENTRY
    assert parsed(side="sell").role is Role.EXIT
    assert parsed(client_order_id="desk-0123456789abcdef0123-s2").role is Role.STOP
    assert parsed(client_order_id="desk-0123456789abcdef0123-t1").role is Role.TARGET
    assert parsed(client_order_id="desk-0123456789abcdef0123-f1").role is Role.FLATTEN
    assert parsed(client_order_id="my own").role is Role.EXTERNAL


def test_a_multi_leg_option_order_of_someone_else_does_not_stop_us() -> None:
    leg = order_json(id="v2", client_order_id="u2", symbol="TSLA261218C00250000", side="sell")
    order = parsed(client_order_id="theirs", order_class="mleg", symbol="", side="", legs=[leg])
    assert (order.symbol, order.side, order.role) == ("", Side.SELL, Role.EXTERNAL)


def test_updates_carry_the_execution_and_only_for_fills() -> None:
    data = {
        "event": "partial_fill",
        "execution_id": "x1",
        "qty": "4",
        "price": 250.1,
        "timestamp": "2026-11-20T14:30:02Z",
    }
    order = order_json(status="partially_filled", filled_qty="4", filled_avg_price="250.1")
    update = parse_update({"stream": "trade_updates", "data": {**data, "order": order}})
    assert isinstance(update, OrderUpdate)
    assert (update.execution_id, update.quantity, update.price) == ("x1", Decimal(4), Decimal("250.1"))
    assert update.at_ns == 1_795_185_002_000_000_000
    canceled = parse_update({"stream": "trade_updates", "data": {**data, "event": "canceled", "order": order}})
    assert isinstance(canceled, OrderUpdate)
    assert (canceled.quantity, canceled.price) == (None, None)


def test_empty_and_other_messages_are_no_updates() -> None:
    assert parse_update({"stream": "trade_updates", "data": None}) is None
    assert parse_update({"stream": "listening", "data": {"streams": ["trade_updates"]}}) is None
    assert isinstance(parse_update({"stream": "trade_updates", "data": {"event": "new"}}), Malformed)


@pytest.mark.parametrize(
    ("told", "asset_class", "symbol"),
    [
        ("BTCUSD", "crypto", "BTC/USD"),
        ("BTC/USD", "crypto", "BTC/USD"),
        ("ETHBTC", "crypto", "ETH/BTC"),
        ("BTCUSDT", "crypto", "BTC/USDT"),
        ("USDTUSD", "crypto", "USDT/USD"),
        ("USDCUSD", "crypto", "USDC/USD"),
        ("USD", "crypto", "USD"),
        ("XYZ", "crypto", "XYZ"),
        ("BTCUSD", "us_equity", "BTCUSD"),
        ("BTCUSD", None, "BTCUSD"),
    ],
)
def test_pairs_have_one_name(told: str, asset_class: str | None, symbol: str) -> None:
    assert symbol_of({"symbol": told, "asset_class": asset_class}) == symbol


def test_a_suspended_order_is_not_at_work() -> None:
    """Not eligible for trading: a stop in that state protects nothing."""
    order = parsed(status="suspended")
    assert (order.status, order.venue_status) == (OrderStatus.UNRESOLVED, "suspended")
