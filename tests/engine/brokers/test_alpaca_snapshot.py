"""Snapshots: whole or not at all, every page, legs nested, consistent while orders move."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from engine.alpaca.read import Json
from engine.alpaca.rest import Reply
from engine.brokers import alpaca_snapshot
from engine.brokers.alpaca_snapshot import LIFETIME_NS, SKEW_NS, SnapshotReader, _stamp, blocked
from engine.clock import SystemClock
from engine.errors import VenueUnavailable
from engine.model import Fill, Intent, Order, OrderStatus, Role, Side, VenueSnapshot
from tests.engine.brokers.alpaca_desk import intent, started
from tests.venues.alpaca import AlpacaSimulator

NOW = SystemClock().now_ns
HOUR_NS = 3_600_000_000_000


async def test_everything_is_in_it_and_legs_hang_under_their_entry(venue: AlpacaSimulator) -> None:
    async with started(venue) as broker:
        await broker.submit(intent(stop="240", target="260"))
        await venue.settled(intent().client_order_id, "filled")
        await broker.submit(intent("working", limit="200"))
        snapshot = await broker.snapshot(NOW() - HOUR_NS)
    assert snapshot.account.equity == Decimal(99_999)
    assert [(held.symbol, held.quantity, held.average_price) for held in snapshot.positions] == [
        ("TSLA", Decimal(10), Decimal("250.1"))
    ]
    assert {order.client_order_id: order.status for order in snapshot.orders} == {
        intent().client_order_id: OrderStatus.FILLED,
        intent("working").client_order_id: OrderStatus.WORKING,
    }
    entry = next(order for order in snapshot.orders if order.legs)
    assert {leg.role: leg.status for leg in entry.legs} == {
        Role.TARGET: OrderStatus.WORKING,
        Role.STOP: OrderStatus.HELD,
    }


async def test_a_pair_held_has_the_name_that_its_orders_have(venue: AlpacaSimulator) -> None:
    venue.quote("BTC/USD", "50000", "50010")
    async with started(venue) as broker:
        bought = intent("pair", symbol="BTC/USD", quantity="0.01", limit="50100", tif="gtc")
        await broker.submit(bought)
        await venue.settled(bought.client_order_id, "filled")
        snapshot = await broker.snapshot(NOW() - HOUR_NS)
    assert [(held.symbol, held.quantity) for held in snapshot.positions] == [("BTC/USD", Decimal("0.01"))]
    assert [order.symbol for order in snapshot.orders] == ["BTC/USD"]


@pytest.mark.parametrize("kind", ["500", "html", "html_200", "truncated", "reset", "hang", "empty", "429", "401"])
@pytest.mark.parametrize("route", ["GET /v2/account", "GET /v2/positions", "GET /v2/orders"])
async def test_one_failed_part_fails_the_whole(venue: AlpacaSimulator, route: str, kind: str) -> None:
    venue.faults.add(route, kind, times=alpaca_snapshot.ASKS)
    async with started(venue) as broker:
        with pytest.raises(VenueUnavailable) as failure:
            await broker.snapshot(NOW())
        assert failure.value.remedy
        venue.faults.clear()
        await broker.snapshot(NOW())


@pytest.mark.parametrize("kind", ["500", "html", "html_200", "truncated", "reset", "hang", "empty"])
async def test_one_lost_answer_is_asked_for_again(venue: AlpacaSimulator, kind: str) -> None:
    for route in ("GET /v2/account", "GET /v2/positions", "GET /v2/orders"):
        venue.faults.add(route, kind)
    async with started(venue) as broker:
        assert (await broker.snapshot(NOW())).account.equity
    assert len(venue.faults.happened) == 3


@pytest.mark.parametrize("kind", ["401", "429"])
async def test_a_refusal_is_not_asked_again(venue: AlpacaSimulator, kind: str) -> None:
    venue.faults.add("GET /v2/positions", kind)
    async with started(venue) as broker:
        with pytest.raises(VenueUnavailable):
            await broker.snapshot(NOW())


async def test_every_page_is_read_even_when_orders_share_an_instant(
    venue: AlpacaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alpaca_snapshot, "PAGE", 3)
    async with started(venue) as broker:
        for number in range(8):
            await broker.submit(intent(f"s{number}", limit="100", quantity="1"))
        same = list(venue.exchange.orders.values())
        for order in same[2:4]:
            order.created_ns = same[2].created_ns
        snapshot = await broker.snapshot(0)
        assert len(snapshot.orders) == 8
        for order in same:
            order.created_ns = same[0].created_ns
        with pytest.raises(VenueUnavailable, match="one instant"):
            await broker.snapshot(0)


async def test_an_old_order_that_closed_lately_is_found(venue: AlpacaSimulator) -> None:
    async with started(venue) as broker:
        await broker.submit(intent("old", limit="200", tif="gtc"))
        await broker.submit(intent("ancient", limit="201", tif="gtc"))
        old, ancient = (venue.order(intent(name).client_order_id) for name in ("old", "ancient"))
        old.created_ns -= 30 * 24 * HOUR_NS
        ancient.created_ns -= 60 * 24 * HOUR_NS
        venue.exchange.cancel(ancient)
        ancient.updated_ns -= 2 * HOUR_NS
        first = await broker.snapshot(NOW() - HOUR_NS)
        assert [order.client_order_id for order in first.orders] == [old.client_order_id]
        venue.exchange.cancel(old)
        second = await broker.snapshot(NOW() - HOUR_NS)
    assert [(order.client_order_id, order.status) for order in second.orders] == [
        (old.client_order_id, OrderStatus.CANCELED)
    ]


async def test_an_execution_in_between_makes_it_read_again(venue: AlpacaSimulator) -> None:
    """The order fills while positions are being read: the snapshot never shows it filled without its shares."""
    async with started(venue) as broker:
        await broker.submit(intent(limit="200"))
        reads: list[str] = []

        async def get(path: str, query: dict[str, Json]) -> Reply:
            reply = await broker._get(path, query)
            reads.append(path)
            if reads.count("/positions") == 1 and path == "/positions":
                venue.fill(intent().client_order_id, price="200")
            return reply

        snapshot: VenueSnapshot = await SnapshotReader(get, "here").read(NOW() - HOUR_NS, NOW())
    assert snapshot.orders[0].filled == 10
    assert snapshot.positions[0].quantity == 10
    assert reads.count("/positions") == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/account", {"cash": "1", "buying_power": "1"}),
        ("/account", []),
        ("/positions", {"positions": []}),
        ("/positions", [{"symbol": "TSLA", "qty": "many"}]),
        ("/positions", [{"symbol": "TSLA", "qty": "1"}]),
        ("/orders", {}),
        ("/orders", [{"id": "v1", "symbol": "TSLA"}]),
    ],
)
async def test_a_part_that_cannot_be_read_fails_the_whole(path: str, body: Json) -> None:
    good = {"/account": {"equity": 1, "cash": 1.5, "buying_power": "1"}, "/positions": [], "/orders": []}

    async def get(asked: str, query: dict[str, Json]) -> Reply:
        return Reply(200, {**good, path: body}[asked])

    with pytest.raises(VenueUnavailable):
        await SnapshotReader(get, "here").read(0, 1)


@pytest.mark.parametrize("worth", [{"long_market_value": "2500.5"}, {"short_market_value": "-10"}])
async def test_no_positions_beside_an_account_that_has_some_are_no_answer(worth: dict[str, Json]) -> None:
    account: dict[str, Json] = {"equity": 1, "cash": 1, "buying_power": 1, "short_market_value": "0", **worth}

    async def get(asked: str, query: dict[str, Json]) -> Reply:
        return Reply(200, account if asked == "/account" else [])

    with pytest.raises(VenueUnavailable, match="found none"):
        await SnapshotReader(get, "here").read(0, 1)
    account |= dict.fromkeys(worth, "0")
    assert (await SnapshotReader(get, "here").read(0, 1)).positions == ()


async def test_short_positions_are_negative_and_extra_fields_do_not_matter() -> None:
    row = {"symbol": "TSLA", "qty": "-5", "side": "short", "avg_entry_price": 250.1, "brand_new_field": {"a": [1]}}
    good = {"/account": {"equity": 1, "cash": 1, "buying_power": 1}, "/positions": [row], "/orders": []}

    async def get(asked: str, query: dict[str, Json]) -> Reply:
        return Reply(200, good[asked])

    snapshot = await SnapshotReader(get, "here").read(0, 1)
    assert (snapshot.positions[0].quantity, snapshot.positions[0].average_price) == (Decimal(-5), Decimal("250.1"))


def test_what_blocks_the_account_is_named() -> None:
    assert blocked({"status": "ACTIVE", "trading_blocked": False}) == ""
    assert blocked({}) == ""
    assert blocked({"status": "ACTIVE", "trading_blocked": True}) == "trading_blocked"
    assert "ACCOUNT_CLOSED" in blocked({"status": "ACCOUNT_CLOSED", "account_blocked": "yes"})


def journaled(number: int, at_ns: int, status: OrderStatus, *, parent: str = "") -> Order:
    return Order(
        f"desk-{number}", f"v-{number}", "TSLA", Side.BUY, Decimal(10), status, Role.STOP if parent else Role.ENTRY,
        submitted_ns=at_ns, updated_ns=at_ns, parent_id=parent,
    )  # fmt: skip


async def asked_after(known: Sequence[Intent | Order | Fill], since_ns: int) -> str:
    """From when closed orders are asked for by the first snapshot of a reader that knows these."""
    asked: list[str] = []

    async def get(path: str, query: dict[str, Json]) -> Reply:
        if query.get("status") == "closed":
            asked.append(str(query["after"]))
        account: dict[str, Json] = {"equity": "1", "cash": "1", "buying_power": "1"}
        return Reply(200, account if path == "/account" else [])

    reader = SnapshotReader(get, "made up")
    reader.know(known)
    await reader.read(since_ns, NOW())
    return asked[0]


async def test_after_a_restart_only_what_was_open_or_new_is_read_again() -> None:
    now_ns, day_ns = NOW(), 24 * HOUR_NS
    since_ns = now_ns - day_ns
    assert await asked_after([], since_ns) == _stamp(since_ns - SKEW_NS - LIFETIME_NS)
    closed = [journaled(number, now_ns - number * day_ns, OrderStatus.FILLED) for number in range(60, 0, -1)]
    assert await asked_after(closed, since_ns) == _stamp(now_ns - 2 * day_ns - SKEW_NS)
    opened = journaled(60, now_ns - 60 * day_ns, OrderStatus.HELD, parent="desk-99")
    assert await asked_after([opened, *closed[1:]], since_ns) == _stamp(now_ns - 60 * day_ns - SKEW_NS)
    ended = journaled(60, now_ns - 60 * day_ns, OrderStatus.CANCELED, parent="desk-99")
    assert await asked_after([opened, *closed[1:], ended], since_ns) == _stamp(now_ns - 2 * day_ns - SKEW_NS)
    timeless = journaled(61, 0, OrderStatus.WORKING)
    last_word_ns = now_ns - day_ns
    assert await asked_after([*closed, timeless], since_ns) == _stamp(last_word_ns - day_ns - SKEW_NS - LIFETIME_NS)


async def test_an_order_told_word_for_word_again_is_the_same_and_any_other_word_is_read() -> None:
    def row(filled: str, leg: str) -> Json:
        child: Json = {"id": "v2", "client_order_id": "leg", "symbol": "TSLA", "side": "sell", "status": leg}
        order: Json = {"id": "v1", "client_order_id": "desk-1", "symbol": "TSLA", "side": "buy", "qty": "10"}
        return order | {"status": "partially_filled", "filled_qty": filled, "legs": [child]}

    rows = [row("3", "held")]

    async def get(path: str, query: dict[str, Json]) -> Reply:
        account: dict[str, Json] = {"equity": "1", "cash": "1", "buying_power": "1"}
        body: list[Json] = [dict(each) for each in rows] if query.get("status") == "open" else []
        return Reply(200, account if path == "/account" else body)

    reader = SnapshotReader(get, "made up")
    first, again = await reader.read(0, NOW()), await reader.read(0, NOW())
    assert again.orders[0] is first.orders[0]
    rows[0] = row("4", "held")
    assert (await reader.read(0, NOW())).orders[0].filled == 4
    rows[0] = row("4", "new")
    assert (await reader.read(0, NOW())).orders[0].legs[0].status is OrderStatus.WORKING
    rows[0] = row("many", "new") | {"symbol": None}
    with pytest.raises(VenueUnavailable):
        await reader.read(0, NOW())


async def test_a_leg_that_has_just_executed_is_told_though_its_entry_filled_long_ago() -> None:
    now_ns, week_ns = NOW(), 7 * 24 * HOUR_NS

    def row(id: str, status: str, at_ns: int, *legs: Json) -> Json:
        side = "buy" if legs else "sell"
        order: Json = {"id": id, "client_order_id": id, "symbol": "TSLA", "side": side, "qty": "10", "status": status}
        return order | {"submitted_at": _stamp(now_ns - week_ns), "updated_at": _stamp(at_ns), "legs": list(legs)}

    long_ago_ns = now_ns - week_ns
    legs = row("target", "canceled", now_ns), row("stop", "filled", now_ns)
    rows = [row("entry", "filled", long_ago_ns, *legs), row("older", "filled", long_ago_ns, row("leg", "filled", 1))]

    async def get(path: str, query: dict[str, Json]) -> Reply:
        account: dict[str, Json] = {"equity": "1", "cash": "1", "buying_power": "1"}
        body: list[Json] = [dict(each) for each in rows] if query.get("status") == "closed" else []
        return Reply(200, account if path == "/account" else body)

    (entry,) = (await SnapshotReader(get, "made up").read(now_ns - 24 * HOUR_NS, now_ns)).orders
    assert [(leg.client_order_id, leg.status) for leg in entry.legs] == [
        ("target", OrderStatus.CANCELED), ("stop", OrderStatus.FILLED),
    ]  # fmt: skip


async def test_what_closed_while_the_venue_was_not_read_for_days_is_told() -> None:
    now_ns, day_ns = NOW(), 24 * HOUR_NS
    row: dict[str, Json] = {
        "id": "by-hand", "client_order_id": "by-hand", "symbol": "TSLA", "side": "buy", "qty": "10", "status": "filled",
        "submitted_at": _stamp(now_ns - 3 * day_ns), "updated_at": _stamp(now_ns - 3 * day_ns + HOUR_NS),
    }  # fmt: skip

    async def get(path: str, query: dict[str, Json]) -> Reply:
        account: dict[str, Json] = {"equity": "1", "cash": "1", "buying_power": "1"}
        body: list[Json] = (
            [row] if query.get("status") == "closed" and str(query["after"]) < row["submitted_at"] else []
        )
        return Reply(200, account if path == "/account" else body)

    reader = SnapshotReader(get, "made up")
    reader.know([journaled(1, now_ns - 3 * day_ns, OrderStatus.WORKING)])
    found = [len((await reader.read(now_ns - day_ns, now_ns)).orders) for _ in range(2)]
    assert found == [1, 0], "once it was read, a day is enough"
