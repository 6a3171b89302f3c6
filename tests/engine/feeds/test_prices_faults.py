"""What can go wrong with the price stream: every error code, lost connections, silence, what a plan leaves out."""

from __future__ import annotations

import asyncio

import pytest

from engine.model import Light, Session
from tests.engine.feeds.alpaca_harness import feeding
from tests.venues.alpaca import AlpacaSimulator


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
        await kept.until(lambda: [quote.bid for quote in kept.quotes()][-1:] == [9])
        assert kept.states[-1].reconnects == 1


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


async def test_symbols_that_the_venue_left_out_of_the_subscription_are_told(venue: AlpacaSimulator) -> None:
    """What is subscribed is what the venue says is subscribed, not what was asked for."""
    venue.data_stream.unknown = {"quotes": {"AAPL"}, "trades": {"AAPL", "TSLA"}, "statuses": {"TSLA"}}
    async with feeding(venue, "TSLA", "AAPL", "NVDA") as kept:
        state = await kept.light(Light.UP)
        assert state.detail == (
            "1 of 3 symbols have no prices (AAPL); quotes without trades of TSLA, AAPL; "
            "halts and price bands are not told of TSLA"
        )
        assert "data plan" in state.remedy
        venue.data_stream.unknown = {}
        venue.data_stream.abort_all()
        assert (await kept.light(Light.UP, 2)).detail == ""
