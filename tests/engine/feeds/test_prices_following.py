"""What is held is priced beside the watchlist, first where the plan is short, and no name of it costs another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from engine.alpaca.backoff import Backoff
from engine.clock import SystemClock
from engine.config import AlpacaConfig, Config, WatchRow
from engine.feeds.prices import AlpacaPriceFeed
from engine.feeds.prices_dialect import is_stock
from engine.model import Halt, Light, Session
from tests.engine.feeds.alpaca_harness import PATIENT, Kept, Sitting, running
from tests.venues.alpaca import AlpacaSimulator

Subscribed = Callable[[str], Awaitable[None]]


@asynccontextmanager
async def held(
    venue: AlpacaSimulator, watched: tuple[str, ...], *symbols: str
) -> AsyncIterator[tuple[AlpacaPriceFeed, Kept]]:
    """A running feed that was told before it began what is held."""
    alpaca = AlpacaConfig(data_url=venue.data_url, data_stream_url=venue.data_stream_url, timeout_s=5.0)
    feed = AlpacaPriceFeed(
        Config(alpaca=alpaca, watchlist=tuple(WatchRow(symbol=symbol) for symbol in watched)),
        SystemClock(),
        key_id=venue.key_id,
        secret_key=venue.secret_key,
        calendar=Sitting(Session.CLOSED),
        pace=PATIENT,
        backoff=Backoff(0.01, 0.05),
    )
    if symbols:
        feed.follow(symbols)
    async with running(feed) as kept:
        yield feed, kept


async def subscribed(venue: AlpacaSimulator, symbol: str, channel: str = "quotes") -> None:
    """Until the venue tells this symbol to the feed."""
    stream = venue.data_stream
    await asyncio.wait_for(
        stream.changes.until(lambda: any(symbol in each.channels.get(channel, set()) for each in stream.sessions)),
        10,
    )


async def test_what_is_held_at_the_start_has_prices_and_halts(venue: AlpacaSimulator) -> None:
    venue.quote("IBM", "120", "120.1")
    async with held(venue, ("TSLA",), "IBM") as (_, kept):
        await kept.light(Light.UP)
        await kept.until(lambda: bool(kept.quotes("IBM")))
        venue.quote("IBM", "121", "121.1")
        await kept.until(lambda: kept.quotes("IBM")[-1].bid == 121)
        await subscribed(venue, "IBM", "statuses")
        assert venue.data_stream.connects == 1


async def test_what_is_bought_elsewhere_meanwhile_is_asked_for_on_the_same_connection(venue: AlpacaSimulator) -> None:
    async with held(venue, ("TSLA",)) as (feed, kept):
        await kept.light(Light.UP)
        venue.quote("IBM", "120", "120.1")
        feed.follow(("IBM",))
        await kept.until(lambda: bool(kept.quotes("IBM")))
        feed.follow(())
        stream = venue.data_stream
        await stream.changes.until(lambda: all("IBM" not in each.channels["quotes"] for each in stream.sessions))
        assert stream.connects == 1 and all("TSLA" in each.channels["quotes"] for each in stream.sessions)


async def test_only_what_is_new_is_asked_for_a_snapshot(venue: AlpacaSimulator) -> None:
    """After a split the last price that REST has may be of before it: the stream brings the next one."""
    async with held(venue, ("AAPL", "TSLA")) as (feed, kept):
        await kept.light(Light.UP)
        await venue.requested("GET", "/v2/stocks/snapshots", 2)
        venue.quote("IBM", "120", "120.1")
        for symbols in (("AAPL",), ("TSLA", "AAPL"), ("AAPL", "IBM"), ("IBM", "TSLA"), ("TSLA", "IBM")):
            feed.follow(symbols)
            await subscribed(venue, "TSLA")
        await kept.until(lambda: bool(kept.quotes("IBM")))
        asked = [path for _, path, _ in venue.requests if "snapshots" in path]
        assert [path.count("AAPL") for path in asked[2:]] == [0] and "IBM" in asked[2]


async def test_without_a_stock_on_the_watchlist_what_is_held_is_enough(venue: AlpacaSimulator) -> None:
    async with held(venue, ("BTC/USD",)) as (feed, kept):
        await kept.light(Light.OFF)
        venue.quote("IBM", "120", "120.1")
        feed.follow(("IBM",))
        await kept.until(lambda: bool(kept.quotes("IBM")))


async def test_what_is_held_comes_first_where_the_plan_carries_fewer(venue: AlpacaSimulator) -> None:
    venue.data_stream.symbol_limit = 3
    async with held(venue, ("AAPL", "GOOG", "META", "TSLA"), "IBM", "TSLA") as (_, kept):
        state = await kept.light(Light.UP)
        (session,) = venue.data_stream.sessions
        assert {"IBM", "TSLA"} <= session.channels["quotes"]
        assert "have no prices" in state.detail and "IBM" not in state.detail and "TSLA" not in state.detail


@pytest.mark.parametrize("when", ["at the start", "later"])
@pytest.mark.parametrize("code", [400, 405, 409])
async def test_one_that_the_venue_does_not_take_is_told_and_costs_no_other_its_prices(
    venue: AlpacaSimulator, code: int, when: str
) -> None:
    venue.data_stream.refuse_symbols = {"ODD": code}
    async with held(venue, ("TSLA",), *(("ODD", "IBM") if when == "at the start" else ())) as (feed, kept):
        await kept.light(Light.UP)
        if when == "later":
            feed.follow(("ODD", "IBM"))
        await subscribed(venue, "IBM")
        await kept.until(lambda: "held, and without prices: ODD" in kept.states[-1].detail)
        for symbol in ("IBM", "TSLA"):
            venue.quote(symbol, "120", "120.1")
            await kept.until(lambda symbol=symbol: bool(kept.quotes(symbol)))  # type: ignore[misc]
        assert venue.data_stream.connects == 1 and kept.states[-1].light is Light.UP


async def test_a_contract_is_not_asked_for_and_is_told(venue: AlpacaSimulator) -> None:
    async with held(venue, ("TSLA",), "IBM261218C00100000", "BTC/USD", "IBM") as (_, kept):
        detail = (await kept.light(Light.UP)).detail
        assert "IBM261218C00100000" in detail and "BTC/USD" in detail
        await subscribed(venue, "IBM")
    assert [is_stock(name) for name in ("BRK.B", "ibm", "", "IBM261218C00100000")] == [True, False, False, False]


async def test_a_halt_of_an_earlier_run_ends_with_its_next_trade_off_the_watchlist_too(venue: AlpacaSimulator) -> None:
    async with held(venue, ("TSLA",)) as (feed, kept):
        feed.restore_halt(Halt("IBM", 1, 1, True, "H", "news"))
        feed.follow(("IBM",))
        await subscribed(venue, "IBM", "trades")
        at = {"S": "IBM", "x": "V", "z": "C", "t": "2026-11-20T14:30:00Z"}
        venue.data_stream.publish({"T": "t", "i": 7, "p": 120.5, "s": 1, "c": ["@"], **at})
        await kept.until(lambda: bool(kept.halts))
        assert not kept.halts[-1].halted
