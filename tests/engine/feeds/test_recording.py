"""Recordings: rows, order, damage, directories, journals; and the real ones where they are at hand."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND, parse_iso
from engine.errors import RecordingError
from engine.feeds.recording import REORDER, Recording
from engine.feeds.recording_rows import Event, Row, RowError, decode, event, time_ns
from engine.model import FeedState, Halt, Light, Post, Quote
from engine.model.records import PostRecord

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"


def tweet(second: int, **fields: Any) -> dict[str, Any]:
    at = f"2026-03-11T14:{second // 60:02d}:{second % 60:02d}Z"
    return {
        "id": str(1000 + second),
        "created_at": at,
        "author_id": "7",
        "text": "Tesla, made up",
        "symbols": ["TSLA"],
    } | fields


def write(path: Path, rows: list[Any]) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def events(path: Path) -> list[Any]:
    return list(Recording(path).events())


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
    )
    assert isinstance(state, FeedState)
    assert (state.name, state.light, state.detail) == ("x", Light.RECOVERING, "made up")
    assert (state.gap_from_ns, state.gap_to_ns) == (state.received_ns - 600 * SECOND, state.received_ns - 60 * SECOND)


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


def test_rows_a_little_late_are_put_in_order(tmp_path: Path) -> None:
    rows = [tweet(second) for second in range(REORDER + 50)]
    rows.insert(REORDER, rows.pop(0))
    got = [post.received_ns for post in events(write(tmp_path / "posts.jsonl", rows))]
    assert got == sorted(got)
    assert len(got) == REORDER + 50


def test_rows_far_too_late_are_refused(tmp_path: Path) -> None:
    rows = [tweet(second) for second in range(REORDER + 50)]
    rows.insert(REORDER + 20, rows.pop(0))
    path = write(tmp_path / "posts.jsonl", rows)
    with pytest.raises(RecordingError, match="expected rows by time") as caught:
        events(path)
    assert caught.value.where == f"{path}:{REORDER + 21}"


def test_the_same_instant_keeps_the_order_of_lines(tmp_path: Path) -> None:
    rows = [tweet(0, id=str(number)) for number in range(700)]
    assert [post.id for post in events(write(tmp_path / "posts.jsonl", rows))] == [str(number) for number in range(700)]


def test_received_time_orders_not_published_time(tmp_path: Path) -> None:
    late = tweet(0, id="late", received_at="2026-03-11T14:10:00Z", recovered=True)
    first, second = events(write(tmp_path / "p.jsonl", [tweet(5), late]))
    assert (first.id, second.id, second.recovered) == ("1005", "late", True)
    assert second.published_ns < first.published_ns <= first.received_ns < second.received_ns


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    whole = gzip.compress("".join(json.dumps(tweet(second)) + "\n" for second in range(3000)).encode())
    cut = tmp_path / "posts.jsonl.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordingError, match="expected a whole gzip file") as caught:
        events(cut)
    assert str(caught.value).startswith(f"{cut}:")
    with pytest.raises(RecordingError, match="expected a recording file or directory"):
        Recording(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordingError, match="found an empty directory"):
        Recording(tmp_path / "empty")
    blank = write(tmp_path / "posts.jsonl", ["", " "])
    with pytest.raises(RecordingError, match="expected at least one row"):
        Recording(blank).bounds()
    long = write(tmp_path / "long.jsonl", [tweet(0, text="x" * (1 << 20))])
    with pytest.raises(RecordingError, match="expected a line under"):
        events(long)


def test_a_directory_merges_its_files_prices_first(tmp_path: Path) -> None:
    write(tmp_path / "posts.jsonl.gz", [tweet(0), tweet(2)])
    quote = {"kind": "quote", "symbol": "TSLA", "bid": 250, "ask": 250.1}
    write(tmp_path / "prices.jsonl", [quote | {"at": "2026-03-11T14:00:00Z"}, quote | {"at": "2026-03-11T14:00:01Z"}])
    (tmp_path / "notes.txt").write_text("not read")
    recording = Recording(tmp_path)
    assert [type(item) for item in recording.events()] == [Quote, Post, Quote, Post]
    contents = recording.contents
    assert (contents.posts, contents.quotes, contents.halts, contents.states) == (2, 2, 0, 0)
    assert recording.bounds() == (parse_iso("2026-03-11T14:00:00Z"), parse_iso("2026-03-11T14:00:02Z"))


def test_our_own_journal_is_a_recording(tmp_path: Path) -> None:
    recorded = events(
        write(
            tmp_path / "all.jsonl",
            [
                tweet(0, text="Tesla &amp; co"),
                {"kind": "quote", "at": "2026-03-11T14:00:00Z", "symbol": "TSLA", "bid": 250, "ask": 250.1},
                {"kind": "halt", "at": "2026-03-11T14:00:01Z", "symbol": "TSLA", "halted": True},
                {"kind": "feed", "at": "2026-03-11T14:00:02Z", "feed": "x", "state": "down"},
                tweet(3),
            ],
        )
    )
    path = tmp_path / "simulated.journal"
    kinds = {Post: "post", Quote: "quote", Halt: "halt", FeedState: "feed"}
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE records(seq INTEGER PRIMARY KEY, at_ns INT, kind TEXT, key TEXT, body TEXT, hash BLOB)"
        )
        for item in recorded:
            body = PostRecord.of(item) if isinstance(item, Post) else item
            row = (item.received_ns, kinds[type(item)], "key", msgspec.json.encode(body).decode())
            connection.execute("INSERT INTO records(at_ns, kind, key, body) VALUES (?, ?, ?, ?)", row)
            connection.execute("INSERT INTO records(at_ns, kind, key, body) VALUES (1, 'reading', '', '{}')")
    recording = Recording(path)
    assert list(recording.events()) == recorded
    assert (recording.contents.posts, recording.contents.quotes) == (2, 1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE records SET body = '{' WHERE seq = 3")
    with pytest.raises(RecordingError, match="expected a journal of the desk") as caught:
        events(path)
    assert caught.value.where == f"{path}:3"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("post", None),
        ("quote", 7),
        ("halt", b"\xff"),
        ("feed", "[" * 100_000),
        ("quote", '{"symbol":"TSLA","at_ns":1,"received_ns":1,"bid":"1e999999999","ask":null,"last":null}'),
        ("quote", '{"symbol":"TSLA","at_ns":1,"received_ns":9000000000000000000,"bid":"1","ask":null,"last":null}'),
        ("halt", '{"symbol":"TSLA","at_ns":-5,"received_ns":1,"halted":true,"code":"H","reason":""}'),
    ],
)
def test_a_journal_that_somebody_else_wrote_is_refused_with_the_record(tmp_path: Path, kind: str, body: object) -> None:
    path = tmp_path / "simulated.journal"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE records(seq INTEGER PRIMARY KEY, kind TEXT, body)")
        connection.execute("INSERT INTO records(kind, body) VALUES (?, ?)", (kind, body))
    with pytest.raises(RecordingError, match="expected a journal of the desk") as caught:
        events(path)
    assert caught.value.where == f"{path}:1"


@pytest.mark.parametrize(
    ("name", "posts"),
    [
        ("replay-live-feb2015", 3_709),
        ("replay-musk-tsla", 4_003),
        ("replay-otc-pump-2021", 10_012),
        ("replay-stocknet", 51_723),
        ("replay-tsla-2022", 30_340),
    ],
)
def test_real_recordings(name: str, posts: int) -> None:
    path = SHARED / name
    if not path.is_dir():
        pytest.skip(f"{name} is not at hand")
    recording = Recording(path, symbols=())
    assert recording.contents.posts == posts
    seen = 0
    newest = 0
    for item in recording.events():
        assert item.received_ns >= newest
        newest = item.received_ns
        seen += 1
        if seen == 5_000:
            break
    print(f"{name}: {posts:,} posts, {seen:,} read")
    assert seen == min(posts, 5_000)
