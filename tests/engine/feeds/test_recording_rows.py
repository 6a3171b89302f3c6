"""Rows of a recording: what each kind tells, what is malformed, and that no line is anything else."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND, parse_iso
from engine.errors import RecordingError
from engine.feeds.recording import Recording
from engine.feeds.recording_rows import Event, Row, RowError, check_event, decode, event, time_ns
from engine.model import FeedState, Halt, Light, Post, Quote
from tests.engine.feeds.recorded import events, tweet, write


def told(line: bytes) -> Event:
    row = decode(line)
    return event(row, time_ns(row))


def one(**fields: Any) -> Any:
    return told(json.dumps(fields).encode())


def test_a_post_with_everything() -> None:
    post = one(
        id="99",
        created_at="2026-03-11T14:30:00Z",
        timestamp_ms="1773239400594",
        received_at="2026-03-11T14:30:02.25Z",
        author_id="7",
        author={
            "screen_name": "made_up",
            "created_at": "2020-01-01T00:00:00Z",
            "followers": 12,
            "following": 3,
            "tweets": 400,
            "verified": True,
            "listed": 1,
        },
        text="AT&amp;T &lt;3 \x1b[31mTesla",
        symbols=["$tsla", "T"],
        matched=["TSLA"],
        lang="en",
        client="A\nClient",
        retweet_of="5",
        reply_to=None,
        quote_of=6,
        edits=["98"],
        favorite_count=3,
    )
    assert isinstance(post, Post)
    assert post.published_ns == 1_773_239_400_594_000_000
    assert post.received_ns == parse_iso("2026-03-11T14:30:02.25Z")
    assert post.text == "AT&T <3 Tesla"
    assert post.raw == "AT&amp;T &lt;3 \x1b[31mTesla"
    assert (post.id, post.source, post.lang, post.client) == ("99", "replay", "en", "A Client")
    assert (post.cashtags, post.rules, post.edits) == (("TSLA", "T"), ("TSLA",), ("98",))
    assert (post.repost_of, post.reply_to, post.quote_of) == ("5", "", "6")
    author = post.author
    assert (author.id, author.name, author.followers, author.following, author.posts) == ("7", "made_up", 12, 3, 400)
    assert author.verified and author.created_ns == parse_iso("2020-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("fields", "who", "name"),
    [
        ({"author_id": None}, "", "unknown"),
        ({}, "", "unknown"),
        ({"author_id": "penny"}, "penny", "penny"),
        ({"author_id": 44}, "44", "44"),
        ({"author": {"screen_name": "@ann"}}, "ann", "ann"),
        ({"author_id": "7", "author": {"screen_name": None, "followers": None}}, "7", "7"),
    ],
)
def test_authors_that_are_hardly_known(fields: dict[str, Any], who: str, name: str) -> None:
    post = one(id="1", created_at="2026-03-11T14:30:00Z", text="x", **fields)
    assert (post.author.id, post.author.name, post.author.followers) == (who, name, None)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_account_that_was_made_at_no_time_has_none(at: str) -> None:
    author = {"screen_name": "made_up", "created_at": at}
    assert one(id="1", created_at="2026-03-11T14:30:00Z", text="Tesla", author=author).author.created_ns is None


def test_prices_halts_and_feed_states() -> None:
    quote = one(kind="quote", at="2026-03-11T14:30:00Z", symbol="TSLA", bid=250.1, ask="250.14", last=None)
    assert isinstance(quote, Quote)
    assert (quote.bid, quote.ask, quote.last) == (Decimal("250.1"), Decimal("250.14"), None)
    halt = one(kind="halt", at="2026-03-11T14:30:00Z", symbol="TSLA", halted=True, code="T1", reason="news\x07 pending")
    assert isinstance(halt, Halt)
    assert (halt.halted, halt.code, halt.reason) == (True, "T1", "news pending")
    state = one(
        kind="feed",
        at="2026-03-11T14:30:00Z",
        feed="x",
        state="recovering",
        detail="made up",
        gap_from="2026-03-11T14:20:00Z",
        gap_to="2026-03-11T14:29:00Z",
        symbols=["TSLA"],
    )
    assert isinstance(state, FeedState)
    assert state.symbols == ("TSLA",)
    assert (state.name, state.light, state.detail) == ("x", Light.RECOVERING, "made up")
    assert (state.gap_from_ns, state.gap_to_ns) == (state.received_ns - 600 * SECOND, state.received_ns - 60 * SECOND)


@pytest.mark.parametrize(
    ("symbols", "found"),
    [
        ([f"S{number}" for number in range(1001)], "at most 1000 symbols, found 1001"),
        (["TSLA", "\x1b[31mTSLA\u202e"], r"found '\x1b[31mTSLA\u202e'"),
        (["T" * 5000], f"found '{'T' * 60}'"),
    ],
)
def test_a_feed_names_a_watchlists_symbols_and_no_more(symbols: list[str], found: str) -> None:
    fields = {"kind": "feed", "at": "2026-03-11T14:30:00Z", "feed": "x", "state": "down", "symbols": symbols}
    with pytest.raises(RowError, match=re.escape(found)):
        one(**fields)
    told = FeedState("x", Light.DOWN, SECOND, SECOND, symbols=tuple(symbols))
    with pytest.raises(RowError, match=re.escape(found)):
        check_event(told)


def test_a_lone_surrogate_is_no_error() -> None:
    post = told(b'{"id":"1","created_at":"2026-03-11T14:30:00Z","text":"cut \\ud83d here"}')
    assert isinstance(post, Post)
    assert (post.raw, post.text) == ("cut \ufffd here", "cut \ufffd here")
    post.raw.encode()


def test_no_field_of_a_post_keeps_what_cannot_be_stored_or_is_without_end() -> None:
    half, long = "\\ud83d", "x" * 1000
    fields = {
        **dict.fromkeys(("author_id", "lang", "client", "retweet_of", "reply_to", "quote_of"), half),
        **{key: [half] for key in ("symbols", "matched", "edits")},
        "author": {"screen_name": half},
    }
    line = json.dumps(tweet(0) | fields).replace("\\\\", "\\").encode()
    msgspec.json.encode(told(line))
    post = told(json.dumps(tweet(0) | json.loads(json.dumps(fields).replace("\\\\ud83d", long))).encode())
    assert isinstance(post, Post)
    assert len(msgspec.json.encode(post)) < 2_000
    assert (post.repost_of, post.edits) == ("", ())


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_line_is_a_row_or_a_clear_error(line: bytes) -> None:
    try:
        told(line)
    except RowError as error:
        assert str(error)


json_values = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("2026-03-11T14:30:00Z")
)


@given(
    st.dictionaries(st.sampled_from(Row.__struct_fields__), json_values | st.lists(json_values, max_size=3), max_size=8)
)
def test_any_object_is_a_row_or_a_clear_error(fields: dict[str, Any]) -> None:
    try:
        item = told(json.dumps(fields).encode())
    except RowError as error:
        assert str(error)
    else:
        assert isinstance(item.received_ns, int)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{not json", "expected a line of JSON, found '{not json'"),
        ('["a list"]', "Expected `object`, got `array`"),
        ({"created_at": "2026-03-11T14:30:00Z", "text": "x"}, "expected id"),
        ({"id": "", "created_at": "2026-03-11T14:30:00Z", "text": "x"}, "expected id"),
        ({"id": "two words", "created_at": "2026-03-11T14:30:00Z", "text": "x"}, "expected id"),
        ({"id": "1", "created_at": "2026-03-11T14:30:00Z"}, "expected text"),
        ({"id": "1", "text": "x"}, "expected created_at"),
        ({"id": "1", "text": "x", "received_at": "2026-03-11T14:30:00Z"}, "expected created_at"),
        ({"id": "1", "text": "x", "created_at": "yesterday"}, "created_at"),
        ({"id": "1", "text": "x", "created_at": "2026-03-11T14:30:00"}, "created_at"),
        ({"id": "1", "text": "x", "timestamp_ms": "soon"}, "expected timestamp_ms"),
        (
            {"id": "1", "text": ["x"], "created_at": "2026-03-11T14:30:00Z"},
            'text: Expected `str | null`, got `array`, found ["x"]',
        ),
        ({"kind": "quote", "at": "2026-03-11T14:30:00Z", "symbol": "TSLA"}, "expected bid, ask or last"),
        ({"kind": "quote", "at": "2026-03-11T14:30:00Z", "symbol": "TSLA", "bid": "NaN"}, "bid"),
        ({"kind": "quote", "at": "2026-03-11T14:30:00Z", "symbol": "tsla", "bid": 1}, "expected symbol"),
        ({"kind": "quote", "symbol": "TSLA", "bid": 1}, "expected at"),
        ({"kind": "halt", "at": "2026-03-11T14:30:00Z", "symbol": "TSLA"}, "expected halted"),
        ({"kind": "feed", "at": "2026-03-11T14:30:00Z", "feed": "x", "state": "blue"}, "expected state among"),
        ({"kind": "feed", "at": "2026-03-11T14:30:00Z", "state": "up"}, "expected feed"),
        *(
            (
                {"kind": "feed", "at": "2026-03-11T14:30:00Z", "feed": "x", "state": "up", name: at},
                "expected a time from",
            )
            for name in ("covered_since", "gap_from", "gap_to", "filled_from", "filled_to")
            for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
        ),
        ({"id": "1", "text": "x", "created_at": "9999-12-31T23:59:59Z"}, "expected a time from 1970 to 2199"),
        ({"id": "1", "text": "x", "created_at": "1969-12-31T23:59:59Z"}, "expected a time from 1970 to 2199"),
        ({"id": "1", "text": "x", "timestamp_ms": "9999999999999999"}, "expected a time from 1970 to 2199"),
        (
            {"kind": "quote", "at": "2026-03-11T14:30:00Z", "symbol": "TSLA", "bid": "1e400"},
            "expected bid as a number under 1,000,000,000,000",
        ),
        (
            {"kind": "quote", "at": "2026-03-11T14:30:00Z", "symbol": "TSLA", "ask": "-1e999999999"},
            "expected ask as a number under 1,000,000,000,000",
        ),
        (
            {"kind": "quote", "at": "2026-03-11T14:30:00Z", "symbol": "TSLA", "last": "1e-999999999"},
            "expected last as a number of at least 1E-30",
        ),
        ({"kind": "song", "at": "2026-03-11T14:30:00Z"}, "expected kind post, quote, halt or feed, found 'song'"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, row: Any, message: str) -> None:
    path = write(tmp_path / "posts.jsonl", [tweet(0), "", tweet(1), row])
    for read in (events, lambda path: Recording(path).contents):
        with pytest.raises(RecordingError) as caught:
            read(path)
        assert caught.value.where == f"{path}:4"
        assert message in caught.value.message
        assert "docs/recordings.md" in caught.value.remedy
