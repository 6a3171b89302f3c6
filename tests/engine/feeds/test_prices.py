"""The price feed against a real server: snapshot and stream, halts and bands, every error code, silence, floods."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import pairwise
from typing import Any

import alpaca.data.historical.stock  # noqa: F401 - slow to import: not on a test's time
import msgspec
import pytest

from engine.alpaca.backoff import Backoff
from engine.alpaca.stream import Pace
from engine.calendar import Calendar
from engine.clock import SystemClock
from engine.config import AlpacaConfig, Config, WatchRow
from engine.feeds.prices import AlpacaPriceFeed
from engine.model import FeedEvent, FeedState, Halt, Light, Market, Quote, Session
from tests.venues.alpaca import AlpacaSimulator

QUICK = Pace(first_s=0.01, cap_s=0.05, busy_s=0.2, refused_s=30.0, stable_s=60.0, open_s=3.0, ping_s=0.6)
PATIENT = msgspec.structs.replace(QUICK, open_s=10.0, ping_s=10.0)
"""For tests that a connection must outlast, however busy the machine is."""


class Sitting(Calendar):
    """A calendar that always says the same session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def market(self, at_ns: int) -> Market:
        return Market(self.session, at_ns)


class Kept:
    """A Sink that keeps everything, and can be made to take nothing for a while."""

    def __init__(self) -> None:
        self.events: list[FeedEvent] = []
        self.states: list[FeedState] = []
        self.open = asyncio.Event()
        self.open.set()
        self._waiting: list[tuple[Callable[[], bool], asyncio.Event]] = []

    async def put(self, events: Sequence[FeedEvent]) -> None:
        await self.open.wait()
        self.events.extend(events)
        self._ring()

    def report(self, state: FeedState) -> None:
        self.states.append(state)
        self._ring()

    def _ring(self) -> None:
        for true, bell in self._waiting:
            if true():
                bell.set()

    async def until(self, true: Callable[[], bool]) -> None:
        bell = asyncio.Event()
        if true():
            return
        self._waiting.append((true, bell))
        await asyncio.wait_for(bell.wait(), 10)

    def quotes(self, symbol: str = "TSLA") -> list[Quote]:
        return [event for event in self.events if isinstance(event, Quote) and event.symbol == symbol]

    @property
    def halts(self) -> list[Halt]:
        return [event for event in self.events if isinstance(event, Halt)]

    def lights(self) -> list[Light]:
        return [state.light for state in self.states]

    async def light(self, light: Light, count: int = 1) -> FeedState:
        """Wait until the light has turned to this so many times; its newest state."""

        def turned() -> int:
            lights = [None, *self.lights()]
            return sum(1 for old, new in pairwise(lights) if new is light and old is not light)

        await self.until(lambda: turned() >= count)
        return [state for state in self.states if state.light is light][-1]


@pytest.fixture
async def venue() -> AsyncIterator[AlpacaSimulator]:
    async with AlpacaSimulator() as simulator:
        yield simulator


@asynccontextmanager
async def feeding(
    venue: AlpacaSimulator,
    *symbols: str,
    session: Session = Session.CLOSED,
    silence_s: float = 0.2,
    secret_key: str = "",
    pace: Pace = QUICK,
) -> AsyncIterator[Kept]:
    """A running feed's sink; the feed is cancelled at the end and must have ended."""
    alpaca = AlpacaConfig(
        data_url=venue.data_url, data_stream_url=venue.data_stream_url, timeout_s=5.0, silence_s=silence_s
    )
    rows = tuple(WatchRow(symbol=symbol) for symbol in symbols or ("TSLA", "AAPL"))
    feed = AlpacaPriceFeed(
        Config(alpaca=alpaca, watchlist=rows),
        SystemClock(),
        key_id=venue.key_id,
        secret_key=secret_key or venue.secret_key,
        calendar=Sitting(session),
        pace=pace,
        backoff=Backoff(pace.first_s, pace.cap_s),
    )
    kept = Kept()
    running = asyncio.create_task(feed.run(kept))
    try:
        yield kept
        assert not running.done()
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


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
        assert newest.at_ns > kept.quotes()[0].at_ns
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


async def test_halts_pauses_and_resumptions_are_told_in_order(venue: AlpacaSimulator) -> None:
    async with feeding(venue) as kept:
        await kept.light(Light.UP)
        venue.halt("TSLA", "H", "Trading Halt", "T12")
        venue.halt("TSLA", "Q", "Quotation Resumption", "")
        venue.resume("TSLA")
        venue.halt("AAPL", "2", "Trading Halt")
        venue.resume("AAPL", "3", "Resume")
        venue.halt("AAPL", "6", "Trading Range Indication", "")
        venue.halt("AAPL", "Z9", "A new kind of trading pause", "")
        await kept.until(lambda: len(kept.halts) == 6)
    assert [(halt.symbol, halt.halted, halt.code) for halt in kept.halts] == [
        ("TSLA", True, "H"),
        ("TSLA", True, "Q"),
        ("TSLA", False, "T"),
        ("AAPL", True, "2"),
        ("AAPL", False, "3"),
        ("AAPL", True, "Z9"),
    ]
    assert kept.halts[0].reason == "Trading Halt T12"


async def test_a_halt_that_ended_unheard_ends_with_the_next_trade(venue: AlpacaSimulator) -> None:
    async with feeding(venue) as kept:
        await kept.light(Light.UP)
        venue.halt("TSLA")
        await kept.until(lambda: len(kept.halts) == 1)
        venue.trade("TSLA", "250")
        await kept.until(lambda: bool(kept.quotes()))
        assert len(kept.halts) == 1
        venue.data_stream.abort_all()
        await kept.light(Light.UP, 2)
        venue.trade("TSLA", "251")
        await kept.until(lambda: len(kept.halts) == 2)
    assert (kept.halts[1].halted, kept.halts[1].code) == (False, "TRADED")


async def test_a_quote_at_a_price_band_counts_as_halted_until_it_leaves(venue: AlpacaSimulator) -> None:
    async with feeding(venue, session=Session.REGULAR, silence_s=30) as kept:
        await kept.light(Light.UP)
        venue.quote("TSLA", "100.00", "100.10")
        venue.luld("TSLA", down="95", up="105")
        venue.quote("TSLA", "105.00", "105.00")
        venue.quote("TSLA", "101.00", "101.10")
        venue.quote("TSLA", "94.90", "95.00")
        venue.luld("TSLA", down="90", up="100")
        await kept.until(lambda: len(kept.halts) == 4)
    assert [(halt.halted, halt.code) for halt in kept.halts] == [
        (True, "LIMIT_UP"),
        (False, "LIMIT_UP"),
        (True, "LIMIT_DOWN"),
        (False, "LIMIT_DOWN"),
    ]
    assert "105" in kept.halts[0].reason


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


@pytest.mark.parametrize(
    ("code", "light", "words"),
    [
        (402, Light.REFUSED, "desk keys set"),
        (409, Light.REFUSED, "data_stream_url"),
        (411, Light.REFUSED, "desk keys set"),
        (406, Light.DOWN, "stop it"),
        (404, Light.DOWN, ""),
        (401, Light.DOWN, ""),
        (500, Light.DOWN, ""),
    ],
)
async def test_an_error_at_sign_in_is_surfaced_with_its_remedy(
    venue: AlpacaSimulator, code: int, light: Light, words: str
) -> None:
    venue.data_stream.refuse_auth = code
    async with feeding(venue) as kept:
        state = await kept.light(light)
        assert str(code) in state.detail
        assert words in state.remedy
        if light is Light.REFUSED:
            assert venue.data_stream.connects == 1
        else:
            venue.data_stream.refuse_auth = 0
            await kept.light(Light.UP)


async def test_wrong_keys_are_refused(venue: AlpacaSimulator) -> None:
    async with feeding(venue, secret_key="not-it") as kept:
        state = await kept.light(Light.REFUSED)
        assert "402" in state.detail
        assert "not-it" not in repr(kept.states)
        assert venue.data_stream.connects == 1


@pytest.mark.parametrize("code", [407, 500, 406])
async def test_an_error_while_streaming_ends_the_connection_and_it_comes_back(
    venue: AlpacaSimulator, code: int
) -> None:
    async with feeding(venue) as kept:
        await kept.light(Light.UP)
        venue.data_stream.broadcast(code)
        assert str(code) in (await kept.light(Light.DOWN)).detail
        await kept.light(Light.UP, 2)


async def test_a_symbol_limit_falls_back_to_what_is_allowed_and_says_so(venue: AlpacaSimulator) -> None:
    venue.data_stream.symbol_limit = 3
    symbols = ("TSLA", "AAPL", "GOOG", "META", "NVDA")
    async with feeding(venue, *symbols) as kept:
        state = await kept.light(Light.UP)
        assert "2 of 5 symbols have no prices (META, NVDA" in state.detail
        assert "data plan" in state.remedy
        venue.quote("AAPL", "7", "8")
        await kept.until(lambda: bool(kept.quotes("AAPL")))
        assert kept.states[-1].light is Light.UP


@pytest.mark.parametrize("code", [400, 405, 409, 410])
async def test_a_feed_without_halts_still_has_prices_and_says_what_is_missing(
    venue: AlpacaSimulator, code: int
) -> None:
    venue.data_stream.refuse_channels = {"lulds": code}
    async with feeding(venue) as kept:
        state = await kept.light(Light.UP)
        assert "halts and price bands are not told" in state.detail and state.remedy
        venue.quote("TSLA", "7", "8")
        await kept.until(lambda: bool(kept.quotes()))
        assert venue.data_stream.connects == 1


async def test_a_stream_without_stock_prices_is_refused_with_its_address(venue: AlpacaSimulator) -> None:
    venue.data_stream.refuse_channels = {"quotes": 410}
    async with feeding(venue) as kept:
        state = await kept.light(Light.REFUSED)
        assert "410" in state.detail and "alpaca.data_stream_url" in state.remedy
        assert venue.data_stream.connects == 1


async def test_a_trade_that_is_taken_back_is_no_last_price(venue: AlpacaSimulator) -> None:
    async with feeding(venue) as kept:
        await kept.light(Light.UP)
        at = {"S": "TSLA", "x": "V", "z": "C", "t": "2026-11-20T14:30:00Z"}
        venue.data_stream.publish({"T": "t", "i": 7, "p": 2500.5, "s": 1, "c": ["@"], **at})
        await kept.until(lambda: bool(kept.quotes()) and kept.quotes()[-1].last == Decimal("2500.5"))
        venue.data_stream.publish({"T": "x", "i": 7, "p": 2500.5, "s": 1, "a": "C", **at})
        await kept.until(lambda: kept.quotes()[-1].last is None)


async def test_a_mute_stream_in_the_session_is_degraded_until_a_price_comes(venue: AlpacaSimulator) -> None:
    venue.data_stream.mute = True
    async with feeding(venue, session=Session.REGULAR) as kept:
        assert "nothing said" in (await kept.light(Light.DEGRADED)).detail
        await venue.data_stream.attempted(3)
        assert kept.lights().count(Light.UP) == 1
        venue.data_stream.mute = False
        await kept.until(lambda: kept.states[-1].detail.startswith("connected; waiting"))
        venue.quote("TSLA", "7", "8")
        await kept.light(Light.UP, 2)


async def test_silence_outside_the_session_is_no_fault(venue: AlpacaSimulator) -> None:
    async with feeding(venue, session=Session.POST, silence_s=0.05) as kept:
        await kept.light(Light.UP)
        venue.data_stream.mute = True
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(venue.data_stream.attempted(2), 0.4)
        assert kept.lights()[-1] is Light.UP


@pytest.mark.parametrize("how", ["close", "abort", "half_open"])
async def test_a_lost_connection_comes_back_with_a_new_snapshot(venue: AlpacaSimulator, how: str) -> None:
    venue.quote("TSLA", "7", "8")
    async with feeding(venue) as kept:
        await kept.light(Light.UP)
        if how == "close":
            await venue.data_stream.close_all()
        elif how == "abort":
            venue.data_stream.abort_all()
        else:
            venue.data_stream.half_open()
        await kept.light(Light.DOWN)
        venue.quote("TSLA", "9", "10", announce=False)
        await kept.light(Light.UP, 2)
        await kept.until(lambda: kept.quotes()[-1].bid == 9)
        assert kept.states[-1].reconnects == 1


async def test_pairs_are_left_out_and_an_empty_watchlist_says_so(venue: AlpacaSimulator) -> None:
    async with feeding(venue, "BTC/USD", "TSLA") as kept:
        assert "BTC/USD" in (await kept.light(Light.UP)).detail
    async with feeding(venue, "BTC/USD") as kept:
        assert "watchlist" in (await kept.light(Light.OFF)).detail
    assert venue.data_stream.connects == 1


async def test_a_proxy_that_cannot_be_used_is_told_not_raised(
    venue: AlpacaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:9")
    async with feeding(venue) as kept:
        state = await kept.light(Light.REFUSED)
        assert "SOCKS" in state.detail and "https_proxy" in state.remedy
    assert venue.data_stream.connects == 0


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
