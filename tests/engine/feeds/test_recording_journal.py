"""A journal as a recording: the same events, and records that somebody else wrote."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from engine.errors import RecordingError
from engine.feeds.recording import Recording
from engine.model import FeedState, Halt, Post, Quote
from engine.model.records import PostRecord
from tests.engine.feeds.recorded import events, tweet, write


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
        ("feed", '{"name":"x","light":"up","since_ns":1,"received_ns":1,"gap_from_ns":-62135596800000000000}'),
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
