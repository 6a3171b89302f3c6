"""The list of what moved the account: every page, any nonsense in it, and refusals that leave the snapshot whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.alpaca.read import Json
from engine.alpaca.rest import Reply
from engine.brokers.alpaca_activities import FAILED_NS, PAGE, REFUSED_NS, ActivityReader, parse_activity
from engine.brokers.alpaca_snapshot import closed_ns
from engine.clock import HOUR, SECOND, SystemClock, iso, parse_iso
from engine.model import Activity
from tests.engine.brokers.alpaca_desk import started
from tests.venues.alpaca import AlpacaSimulator

D = Decimal
NOW = SystemClock().now_ns


async def test_a_snapshot_tells_what_moved_the_account(venue: AlpacaSimulator) -> None:
    venue.activities.transfer("CSW", D("-2500.50"))
    venue.activities.transfer("DIV", D("12.34"))
    venue.activities.book("JNLS", symbol="TSLA", qty=D(-3))
    venue.activities.book("FILL", symbol="TSLA", qty=D(1))
    async with started(venue) as broker:
        snapshot = await broker.snapshot(NOW() - HOUR)
    assert snapshot.account.cash == D("97511.84") and not snapshot.activities_problem
    assert snapshot.activities is not None
    told = [(each.type, each.external, each.amount, each.quantity) for each in snapshot.activities]
    assert told == [
        ("CSW", True, D("-2500.5"), 0), ("DIV", False, D("12.34"), 0), ("JNLS", True, 0, -3)
    ]  # fmt: skip
    assert all(abs(each.created_ns - NOW()) < 60 * SECOND and each.day_ns for each in snapshot.activities)


async def test_every_page_is_read(venue: AlpacaSimulator) -> None:
    for _ in range(2 * PAGE):
        venue.activities.book("FEE", D("-0.01"))
    async with started(venue) as broker:
        snapshot = await broker.snapshot(NOW() - HOUR)
    assert snapshot.activities is not None and len(snapshot.activities) == 2 * PAGE
    asked = [path for _, path, _ in venue.requests if path.startswith("/v2/account/activities")]
    assert len(asked) == 3


@pytest.mark.parametrize(
    "kind", ["403_short", "html_404", "401", "429", "500", "html", "truncated", "reset", "hang", "empty"]
)
async def test_where_it_cannot_be_read_the_snapshot_is_whole_and_says_so(venue: AlpacaSimulator, kind: str) -> None:
    venue.activities.transfer("CSD", D(10))
    venue.faults.add("GET /v2/account/activities", kind, times=1)
    async with started(venue) as broker:
        snapshot = await broker.snapshot(NOW() - HOUR)
        assert snapshot.account.cash == 100_010 and snapshot.activities == ()
        assert snapshot.activities_problem.startswith("the account's activities: ")
        again = await broker.snapshot(NOW() - HOUR)
    assert again.activities_problem == snapshot.activities_problem, "not asked again at once"
    asked = [path for _, path, _ in venue.requests if path.startswith("/v2/account/activities")]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("reply", "wait_ns"), [(Reply(403, {"message": "forbidden."}), REFUSED_NS), (Reply(500), FAILED_NS)]
)
async def test_it_is_asked_again_after_a_while(reply: Reply, wait_ns: int) -> None:
    replies, asked = [reply, Reply(200, []), Reply(200, [])], []

    async def get(path: str, query: dict[str, Json]) -> Reply:
        asked.append(query["after"])
        return replies[len(asked) - 1]

    reader, now_ns = ActivityReader(get), parse_iso("2026-11-20T15:00:00Z")
    assert (await reader.read(now_ns, "USD"))[1]
    assert (await reader.read(now_ns + wait_ns - 1, "USD"))[1] and len(asked) == 1
    assert await reader.read(now_ns + wait_ns, "USD") == ((), "")
    await reader.read(now_ns + wait_ns, "USD")
    assert [each[:10] for each in asked] == ["2026-10-20", "2026-10-20", "2026-11-17"]


async def test_a_page_that_repeats_is_no_list() -> None:
    async def get(path: str, query: dict[str, Json]) -> Reply:
        return Reply(200, [{"id": str(number), "activity_type": "FEE", "net_amount": "-1"} for number in range(PAGE)])

    found, problem = await ActivityReader(get).read(NOW(), "USD")
    assert found == () and "do not go on" in problem


async def test_an_entry_that_cannot_be_read_is_told_and_other_money_is_left_out() -> None:
    rows: list[Json] = [
        {"id": "1", "activity_type": "CSD", "net_amount": "5", "currency": "EUR"},
        {"id": "2", "activity_type": "CSD", "net_amount": "NaN"},
        {"id": "3", "activity_type": "SPLIT"},
        {"id": "4", "activity_type": "CSD", "net_amount": 5, "date": "2026-11-20", "status": "canceled"},
        None,
    ]

    async def get(path: str, query: dict[str, Json]) -> Reply:
        return Reply(200, rows)

    found, problem = await ActivityReader(get).read(NOW(), "USD")
    day_ns = parse_iso("2026-11-20T05:00:00Z")
    assert found == (Activity("4", "CSD", True, D(5), day_ns=day_ns, canceled=True),)
    assert problem == "2 of the account's activities cannot be read"


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda each: st.lists(each, max_size=3)),
    st.sampled_from(["id", "activity_type", "net_amount", "qty", "date", "created_at", "status", "description"]),
)
def test_nothing_in_an_entry_raises(value: Json, field: str) -> None:
    row = {"id": "1", "activity_type": "JNLS", "net_amount": "0", "qty": "2", "date": "2026-11-20", "symbol": "TSLA"}
    parse_activity(row | {field: value})
    parse_activity(value)


@pytest.mark.parametrize(
    ("balance_asof", "close"),
    [
        ("2026-11-20", "2026-11-20T21:00:00.000Z"),  # a Friday, asked on the Monday after
        ("2026-11-23", "2026-11-20T21:00:00.000Z"),  # today's close has not been
        (None, "2026-11-20T21:00:00.000Z"),
        ("nonsense", "2026-11-20T21:00:00.000Z"),
    ],
)
def test_when_the_last_close_was(balance_asof: str | None, close: str) -> None:
    now_ns = parse_iso("2026-11-23T15:00:00Z")
    assert iso(closed_ns({"balance_asof": balance_asof}, now_ns)) == close
