"""The price feed against a real server: snapshot and stream, odd prices, floods, and a start after a defect."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from engine.alpaca.backoff import Backoff
from engine.clock import SystemClock
from engine.config import AlpacaConfig, Config, WatchRow
from engine.feeds.prices import AlpacaPriceFeed
from engine.model import FeedEvent, Light, Session
from tests.engine.feeds.alpaca_harness import PATIENT, Kept, Sitting, feeding
from tests.venues.alpaca import AlpacaSimulator


async def test_the_snapshot_comes_first_and_the_stream_goes_on_from_it(venue: AlpacaSimulator) -> None:
    venue.quote("TSLA", "249.90", "250.10", "250.01")
    async with feeding(venue) as kept:
        await kept.until(lambda: bool(kept.quotes()))
        assert (kept.quotes()[0].bid, kept.quotes()[0].ask, kept.quotes()[0].last) == (
            Decimal("249.9"),
            Decimal("250.1"),
            Decimal("250.01"),
        )
        await kept.light(Light.UP)
        venue.trade("TSLA", "250.05")
        await kept.until(lambda: kept.quotes()[-1].last == Decimal("250.05"))
        newest = kept.quotes()[-1]
        assert (newest.bid, newest.ask) == (Decimal("249.9"), Decimal("250.1"))
        assert newest.at_ns == kept.quotes()[0].at_ns, "a trade makes its bid and ask no newer"
        assert newest.received_ns > kept.quotes()[0].received_ns
        assert abs(newest.received_ns - time.time_ns()) < 10_000_000_000
        assert Light.UP in kept.lights()
    await asyncio.wait_for(venue.data_stream.disconnected(), 5)


async def test_a_failed_snapshot_leaves_it_to_the_stream(venue: AlpacaSimulator) -> None:
    for kind in ("500", "html_200", "reset"):
        venue.faults.add("GET /v2/stocks/snapshots", kind)
        async with feeding(venue) as kept:
            await kept.light(Light.UP)
            venue.quote("TSLA", "1.10", "1.20")
            await kept.until(lambda: bool(kept.quotes()))
        await asyncio.wait_for(venue.data_stream.disconnected(), 5)


async def test_odd_prices_are_kept_as_sent_and_what_is_no_number_is_none(venue: AlpacaSimulator) -> None:
    async with feeding(venue) as kept:
        await kept.light(Light.UP)
        cases: list[tuple[Any, Any, Decimal | None, Decimal | None]] = [
            (250.2, 250.1, Decimal("250.2"), Decimal("250.1")),
            (0, 250.1, Decimal(0), Decimal("250.1")),
            (-1.5, 250.1, Decimal("-1.5"), Decimal("250.1")),
            (float("nan"), 250.1, None, Decimal("250.1")),
            ("nonsense", float("inf"), None, None),
            (None, "250.10", None, Decimal("250.10")),
        ]
        for number, (bid, ask, expected_bid, expected_ask) in enumerate(cases, 1):
            stamp = f"2026-11-20T14:30:{number:02d}Z"
            frame = json.dumps([{"T": "q", "S": "TSLA", "bp": bid, "ap": ask, "t": stamp}])
            venue.data_stream.raw(frame if number % 2 else frame.encode())
            await kept.until(lambda count=number: len(kept.quotes()) == count)
            assert (kept.quotes()[-1].bid, kept.quotes()[-1].ask) == (expected_bid, expected_ask)
        assert kept.quotes()[0].mid is None
        stale = json.dumps([{"T": "q", "S": "TSLA", "bp": 1, "ap": 2, "t": "2026-11-20T14:00:00Z"}])
        broken = json.dumps([{"T": "q", "S": "TSLA", "bp": 3, "ap": 4}, {"T": "q"}, 7, {"T": "weather"}])
        fresh = json.dumps([{"T": "q", "S": "AAPL", "bp": 5, "ap": 6, "t": "2026-11-20T14:31:00Z"}])
        for frame in (stale, broken, "no json", fresh):
            venue.data_stream.raw(frame)
        await kept.until(lambda: bool(kept.quotes("AAPL")))
        assert len(kept.quotes()) == len(cases)


async def test_a_flood_is_thinned_latest_wins_and_the_count_is_told(venue: AlpacaSimulator) -> None:
    async with feeding(venue) as kept:
        await kept.light(Light.UP)
        for burst in range(4):
            tape: list[dict[str, Any]] = [
                {
                    "T": "q",
                    "S": "TSLA",
                    "bp": 100 + burst,
                    "ap": 200 + number,
                    "t": f"2026-11-20T14:3{burst}:00.{number:03d}Z",
                }
                for number in range(500)
            ]
            venue.data_stream.publish(*tape)
            venue.halt("TSLA")
        await kept.until(lambda: bool(kept.quotes()) and kept.quotes()[-1].bid == 103)
        assert kept.quotes()[-1].ask == 699
        assert len(kept.quotes()) <= 5
        assert len(kept.halts) == 4
        venue.data_stream.abort_all()
        state = await kept.light(Light.DOWN)
        assert state.items == 2_004
        assert state.dropped == 2_000 - len(kept.quotes())


async def test_an_engine_that_is_behind_gets_the_newest_quote_and_every_halt(venue: AlpacaSimulator) -> None:
    async with feeding(venue, pace=PATIENT) as kept:
        await kept.light(Light.UP)
        kept.open.clear()
        for price in range(1, 30):
            venue.quote("TSLA", price, price + 1)
            venue.halt("TSLA")
        venue.data_stream.broadcast(500)
        state = await kept.light(Light.DOWN)
        assert state.items + state.duplicates >= 58  # a snapshot that comes first makes older quotes late
        assert not kept.events
        kept.open.set()
        await kept.until(lambda: bool(kept.quotes()) and kept.quotes()[-1].bid == 29 and len(kept.halts) == 29)
        assert len(kept.quotes()) <= 2


async def test_a_trade_that_is_taken_back_is_no_last_price(venue: AlpacaSimulator) -> None:
    async with feeding(venue) as kept:
        await kept.light(Light.UP)
        at = {"S": "TSLA", "x": "V", "z": "C", "t": "2026-11-20T14:30:00Z"}
        venue.data_stream.publish({"T": "t", "i": 7, "p": 2500.5, "s": 1, "c": ["@"], **at})
        await kept.until(lambda: bool(kept.quotes()) and kept.quotes()[-1].last == Decimal("2500.5"))
        venue.data_stream.publish({"T": "x", "i": 7, "p": 2500.5, "s": 1, "a": "C", **at})
        await kept.until(lambda: kept.quotes()[-1].last is None)


async def test_pairs_are_left_out_and_an_empty_watchlist_says_so(venue: AlpacaSimulator) -> None:
    async with feeding(venue, "BTC/USD", "TSLA") as kept:
        assert "BTC/USD" in (await kept.light(Light.UP)).detail
    async with feeding(venue, "BTC/USD") as kept:
        assert "watchlist" in (await kept.light(Light.OFF)).detail
    assert venue.data_stream.connects == 1


async def test_a_feed_that_broke_can_be_run_again(venue: AlpacaSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    alpaca = AlpacaConfig(data_url=venue.data_url, data_stream_url=venue.data_stream_url, timeout_s=5.0)
    config = Config(alpaca=alpaca, watchlist=(WatchRow(symbol="TSLA"),))
    feed = AlpacaPriceFeed(
        config, SystemClock(), key_id=venue.key_id, secret_key=venue.secret_key, calendar=Sitting(Session.CLOSED),
        pace=PATIENT, backoff=Backoff(0.01, 0.05),
    )  # fmt: skip
    venue.quote("TSLA", "249.90", "250.10")
    kept = Kept()

    async def broken(events: Sequence[FeedEvent]) -> None:
        raise ZeroDivisionError("a defect of ours")

    with monkeypatch.context() as patched:
        patched.setattr(kept, "put", broken)
        with pytest.raises(ExceptionGroup):
            await asyncio.wait_for(feed.run(kept), 20)
    running = asyncio.create_task(feed.run(kept))
    await kept.until(lambda: bool(kept.quotes()))
    venue.quote("TSLA", "251.90", "252.10")
    await kept.until(lambda: kept.quotes()[-1].bid == Decimal("251.9"))
    assert kept.lights()[-1] is Light.UP
    running.cancel()
    await asyncio.wait((running,))
