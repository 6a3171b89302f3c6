"""The news feed against a real server: warm start, live articles, versions, gaps, refusals, whatever else is sent."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Sequence

import msgspec
import pytest

from engine.alpaca.stream import Pace
from engine.clock import HOUR, MINUTE, SECOND, SystemClock
from engine.config import AlpacaConfig, Config, FeedsConfig, WatchRow
from engine.feeds import news_search
from engine.feeds.news import AlpacaNewsFeed
from engine.model import FeedEvent, FeedState, Light, Post
from tests.engine.feeds.alpaca_harness import PATIENT, QUICK, Kept, running
from tests.venues.alpaca import AlpacaSimulator, faults

PAGES = "GET /v1beta1/news"


def make(venue: AlpacaSimulator, *symbols: str, posts: tuple[str, ...] = ("news",), pace: Pace = QUICK,
         secret_key: str = "", known_until_ns: int = 0) -> AlpacaNewsFeed:  # fmt: skip
    config = Config(
        alpaca=AlpacaConfig(data_url=venue.data_url, news_stream_url=venue.news_stream_url, timeout_s=5.0),
        feeds=FeedsConfig(posts=posts),
        watchlist=tuple(WatchRow(symbol=symbol) for symbol in symbols or ("TSLA", "AAPL")),
    )
    return AlpacaNewsFeed(
        config,
        SystemClock(),
        key_id=venue.key_id,
        secret_key=secret_key or venue.secret_key,
        known_until_ns=known_until_ns,
        pace=pace,
    )


def posts(kept: Kept) -> list[Post]:
    return [event for event in kept.events if isinstance(event, Post)]


def told(kept: Kept) -> list[FeedState]:
    return [event for event in kept.events if isinstance(event, FeedState)]


async def test_the_windows_are_filled_and_the_stream_goes_on(venue: AlpacaSimulator) -> None:
    venue.article(1, "Tesla opens a plant", "TSLA", age_s=600, announce=False)
    venue.article(2, "Apple shows a phone", "AAPL", age_s=60, announce=False)
    venue.article(3, "Ford opens a plant", "F", age_s=60, announce=False)
    venue.article(4, "Yesterday's news", "TSLA", age_s=86_400, announce=False)
    async with running(make(venue)) as kept:
        await kept.light(Light.UP)
        assert [post.text for post in posts(kept)] == ["Tesla opens a plant", "Apple shows a phone"]
        assert all(post.recovered and post.published_ns < post.received_ns for post in posts(kept))
        venue.article(5, "Tesla sells a plant", "TSLA", "F", summary="To Ford.")
        venue.article(6, "Ford buys a plant", "F")
        venue.article(7, "Bitcoin rises", "AAPL", "BTCUSD")
        await kept.until(lambda: len(posts(kept)) == 4)
        live = posts(kept)[2]
        assert (live.text, live.cashtags, live.recovered) == (
            "Tesla sells a plant. To Ford.", ("TSLA", "F"), False,
        )  # fmt: skip
        assert abs(live.received_ns - time.time_ns()) < 10 * SECOND
        await kept.until(lambda: kept.states[-1].items == 4)
        assert kept.lights()[0] is Light.CONNECTING and Light.RECOVERING in kept.lights()
        assert kept.states[-1].cap_usd is None
    ((_, path, _), *more) = venue.requests
    assert path.startswith("/v1beta1/news?symbols=TSLA%2CAAPL&start=") and "include_content=false" in path
    assert not more
    await asyncio.wait_for(venue.news_stream.disconnected(), 5)


async def test_what_the_venue_leaves_out_of_the_subscription_is_told(venue: AlpacaSimulator) -> None:
    venue.news_stream.unknown["news"] = {"AAPL"}
    async with running(make(venue)) as kept:
        state = await kept.light(Light.UP)
        assert state.detail == "the venue streams no news of 1 of 2 symbols (AAPL)"
        assert "watchlist" in state.remedy
        venue.article(1, "Tesla opens a plant", "TSLA")
        await kept.until(lambda: kept.states[-1].items == 1)
        assert "AAPL" in kept.states[-1].detail, "it stays told while articles come"


async def test_pairs_are_asked_for_and_told_as_the_news_writes_them(venue: AlpacaSimulator) -> None:
    venue.article(1, "Bitcoin falls", "BTCUSD", age_s=60, announce=False)
    async with running(make(venue, "BTC/USD")) as kept:
        await kept.light(Light.UP)
        venue.article(2, "Bitcoin rises", "BTCUSD")
        await kept.until(lambda: len(posts(kept)) == 2)
    assert [post.cashtags for post in posts(kept)] == [("BTC",), ("BTC",)]


async def test_an_update_replaces_and_the_same_again_is_no_post(venue: AlpacaSimulator) -> None:
    async with running(make(venue)) as kept:
        await kept.light(Light.UP)
        venue.article(1, "Tesla opens a plant", "TSLA")
        venue.article(1, "Tesla opens a plant", "TSLA")
        venue.article(1, "Tesla opens no plant", "TSLA")
        venue.article(2, "The last", "TSLA")
        await kept.until(lambda: len(posts(kept)) == 3)
        first, second, last = posts(kept)
        assert (second.edits, second.text, last.text) == ((first.id,), "Tesla opens no plant", "The last")
        await kept.until(lambda: kept.states[-1].duplicates == 1)


@pytest.mark.parametrize("how", ["close", "abort", "half_open", "error"])
async def test_a_gap_is_filled_without_doubles(venue: AlpacaSimulator, how: str) -> None:
    async with running(make(venue)) as kept:
        await kept.light(Light.UP)
        venue.article(1, "Before", "TSLA")
        venue.article(2, "Before, to be changed", "TSLA")
        await kept.until(lambda: len(posts(kept)) == 2)
        if how == "close":
            await venue.news_stream.close_all()
        elif how == "abort":
            venue.news_stream.abort_all()
        elif how == "half_open":
            venue.news_stream.half_open()
        else:
            venue.news_stream.broadcast(500)
        venue.article(2, "Changed meanwhile", "TSLA", announce=False)
        venue.article(3, "Meanwhile", "AAPL", announce=False)
        await kept.light(Light.DOWN)
        await kept.light(Light.UP, 2)
        assert [post.text for post in posts(kept)] == [
            "Before", "Before, to be changed", "Changed meanwhile", "Meanwhile",
        ]  # fmt: skip
        assert posts(kept)[2].edits == (posts(kept)[1].id,)
        venue.article(4, "After", "TSLA")
        await kept.until(lambda: len(posts(kept)) == 5)
        assert kept.states[-1].reconnects == 1
    started, filled, gap, closed = told(kept)
    assert started.covered_since_ns and filled.covered_since_ns
    assert started.covered_since_ns - filled.covered_since_ns > HOUR
    assert gap.gap_from_ns and gap.gap_to_ns and gap.gap_from_ns < gap.gap_to_ns
    assert (closed.filled_from_ns, closed.filled_to_ns) == (gap.gap_from_ns, gap.gap_to_ns)


async def test_what_was_missed_while_the_engine_was_off_is_a_gap(venue: AlpacaSimulator) -> None:
    known_ns = time.time_ns() - 10 * MINUTE
    async with running(make(venue, known_until_ns=known_ns)) as kept:
        await kept.light(Light.UP)
    started, filled = told(kept)
    assert started.gap_from_ns and filled.filled_from_ns
    assert known_ns - MINUTE < started.gap_from_ns < known_ns
    assert filled.filled_from_ns <= started.gap_from_ns and filled.filled_to_ns == started.gap_to_ns


async def test_beside_another_feed_it_says_nothing_of_what_is_covered(venue: AlpacaSimulator) -> None:
    async with running(make(venue, posts=("x", "news"))) as kept:
        await kept.light(Light.UP)
        venue.news_stream.abort_all()
        await kept.light(Light.UP, 2)
        assert not told(kept)


async def test_pages_are_followed_as_far_as_they_may(venue: AlpacaSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 181):
        venue.article(number, f"Number {number}", "TSLA", age_s=2_000 - number, announce=False)
    async with running(make(venue)) as kept:
        await kept.light(Light.UP)
        assert [post.text for post in posts(kept)] == [f"Number {number}" for number in range(1, 181)]
    monkeypatch.setattr(news_search, "PAGES", 3)
    async with running(make(venue)) as kept:
        state = await kept.light(Light.UP)
        assert len(posts(kept)) == 150 and posts(kept)[-1].text == "Number 180"
        assert "are missing: more than 3 pages" in state.detail
        assert re.match(r"news of \d\d:\d\d:\d\d-\d\d:\d\d:\d\d NY are missing", state.detail)
    (_, filled) = told(kept)
    assert filled.covered_since_ns == filled.filled_from_ns == posts(kept)[0].published_ns


async def test_a_rest_that_fails_for_a_while_is_asked_again(venue: AlpacaSimulator) -> None:
    venue.article(1, "Tesla opens a plant", "TSLA", age_s=60, announce=False)
    for kind in ("500", "html_200", "reset", "truncated", "html_403"):
        venue.faults.add(PAGES, kind)
    async with running(make(venue)) as kept:
        await kept.light(Light.UP)
        assert len(posts(kept)) == 1 and kept.states[-1].detail == ""


@pytest.mark.parametrize("body", ['{"message":"try later"}', "{}", '{"news":{}}', '{"news":"none"}'])
async def test_an_answer_without_a_list_does_not_say_that_there_is_nothing(
    venue: AlpacaSimulator, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setitem(faults.ANSWERS, "no_page", (200, "application/json", body))
    venue.faults.add(PAGES, "no_page", times=99)
    async with running(make(venue)) as kept:
        state = await kept.light(Light.UP)
        assert "are missing: the answer is no page of news" in state.detail


async def test_a_list_that_is_null_is_an_empty_one(venue: AlpacaSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(faults.ANSWERS, "null", (200, "application/json", '{"news":null,"next_page_token":null}'))
    venue.faults.add(PAGES, "null")
    async with running(make(venue)) as kept:
        assert (await kept.light(Light.UP)).detail == ""


@pytest.mark.parametrize("kind", ["401", "list", "500"])
async def test_news_that_cannot_be_read_are_told_missing_and_the_stream_goes_on(
    venue: AlpacaSimulator, kind: str
) -> None:
    venue.article(1, "Tesla opens a plant", "TSLA", age_s=60, announce=False)
    venue.faults.add(PAGES, kind, times=99)
    async with running(make(venue)) as kept:
        state = await kept.light(Light.UP)
        assert "are missing" in state.detail
        (started,) = told(kept)
        assert started.covered_since_ns and started.covered_since_ns > time.time_ns() - MINUTE
        venue.article(2, "Live", "TSLA")
        await kept.until(lambda: len(posts(kept)) == 1)


@pytest.mark.parametrize(
    ("code", "light", "words"),
    [
        (402, Light.REFUSED, "desk keys set"),
        (409, Light.REFUSED, "feeds.posts"),
        (410, Light.REFUSED, "alpaca.news_stream_url"),
        (411, Light.REFUSED, "desk keys set"),
        (406, Light.DOWN, "stop it"),
        (407, Light.DOWN, "too slowly"),
        (500, Light.DOWN, ""),
    ],
)
async def test_an_error_at_sign_in_is_surfaced_with_its_remedy(
    venue: AlpacaSimulator, code: int, light: Light, words: str
) -> None:
    venue.news_stream.refuse_auth = code
    async with running(make(venue)) as kept:
        state = await kept.light(light)
        assert str(code) in state.detail and words in state.remedy
        if light is Light.REFUSED:
            assert venue.news_stream.connects == 1
        else:
            venue.news_stream.refuse_auth = 0
            await kept.light(Light.UP)


async def test_too_many_symbols_and_a_place_that_is_taken_are_told(venue: AlpacaSimulator) -> None:
    venue.news_stream.refuse_channels = {"news": 405}
    async with running(make(venue)) as kept:
        assert "shorten it" in (await kept.light(Light.REFUSED)).remedy
    venue.news_stream.refuse_channels = {}
    venue.news_stream.connection_limit = 1
    async with running(make(venue)) as first:
        await first.light(Light.UP)
        async with running(make(venue)) as second:
            assert "406" in (await second.light(Light.DOWN)).detail


async def test_wrong_keys_are_refused_and_never_told(venue: AlpacaSimulator) -> None:
    async with running(make(venue, secret_key="not-it")) as kept:
        assert "402" in (await kept.light(Light.REFUSED)).detail
        assert "not-it" not in repr(kept.states)


async def test_whatever_is_sent_the_next_article_comes(venue: AlpacaSimulator) -> None:
    async with running(make(venue, pace=PATIENT)) as kept:
        await kept.light(Light.UP)
        hostile = [
            {"T": "n"},
            {"T": "n", "id": None, "headline": "No id"},
            {"T": "n", "id": 1, "headline": {"a": 1}},
            {"T": "n", "id": 10**30, "headline": "Too long an id"},
            {"T": "n", "id": 2, "headline": "\x1b]0;title\x07<b>x</b>" + "y" * 300_000, "symbols": "TSLA"},
            {"T": "weather", "id": 3, "headline": "Another kind"},
            7,
        ]
        for frame in ("no json", "[", b"\x93\x01", json.dumps(hostile), json.dumps({"T": "n"})):
            venue.news_stream.raw(frame)
        venue.article(9, "The next", "TSLA")
        await kept.until(lambda: bool(posts(kept)) and posts(kept)[-1].text == "The next")
        assert len(posts(kept)) == 2 and posts(kept)[0].text.startswith("x y")
        await kept.until(lambda: kept.states[-1].malformed == 9)
        assert venue.news_stream.connects == 1


async def test_after_a_sleep_it_connects_anew_and_fills(venue: AlpacaSimulator) -> None:
    feed = make(venue, pace=PATIENT)
    async with running(feed) as kept:
        await kept.light(Light.UP)
        feed.woken(2 * SECOND)
        assert venue.news_stream.connects == 1
        venue.article(1, "While it slept", "TSLA", announce=False)
        feed.woken(300 * SECOND)
        assert "slept for 300 s" in (await kept.light(Light.DOWN)).detail
        await kept.light(Light.UP, 2)
        assert [post.text for post in posts(kept)] == ["While it slept"]
    gap = told(kept)[2]
    assert gap.gap_from_ns and gap.gap_to_ns and gap.gap_to_ns - gap.gap_from_ns > 300 * SECOND


async def test_an_empty_watchlist_says_so(venue: AlpacaSimulator) -> None:
    config = msgspec.structs.replace(Config(), watchlist=())
    feed = AlpacaNewsFeed(config, SystemClock(), key_id="k", secret_key="s")
    async with running(feed) as kept:
        assert "watchlist" in (await kept.light(Light.OFF)).detail


async def test_a_feed_that_broke_can_be_run_again(venue: AlpacaSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    venue.article(1, "Tesla opens a plant", "TSLA", age_s=60, announce=False)
    feed, kept = make(venue, posts=("x", "news"), pace=PATIENT), Kept()

    async def broken(events: Sequence[FeedEvent]) -> None:
        raise ZeroDivisionError("a defect of ours")

    with monkeypatch.context() as patched:
        patched.setattr(kept, "put", broken)
        with pytest.raises(ExceptionGroup):
            await asyncio.wait_for(feed.run(kept), 20)
    async with running(feed, kept):
        await kept.until(lambda: len(posts(kept)) == 1)
        venue.article(2, "Live", "TSLA")
        await kept.until(lambda: len(posts(kept)) == 2)
