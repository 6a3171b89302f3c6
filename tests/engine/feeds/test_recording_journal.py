"""A journal as a recording: the same events, and records that somebody else wrote."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from engine.errors import RecordingError
from engine.feeds.recording import Recording
from engine.model import FeedState, Halt, Post, Quote
from engine.model.records import PostRecord
from tests.engine.feeds.recorded import events, tweet, write
from tests.program import ROOT


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


def journal_of(path: Path, quotes: int) -> sqlite3.Connection:
    """A journal of so many quotes, a second apart, with a write-ahead log; open for more."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE records(seq INTEGER PRIMARY KEY, kind TEXT, body TEXT)")
    add(connection, range(quotes))
    return connection


def add(connection: sqlite3.Connection, seconds: range) -> None:
    for second in seconds:
        quote = Quote("TSLA", 1_000_000_000 * second, 1_000_000_000 * second, Decimal(1), None, None)
        body = msgspec.json.encode(quote).decode()
        connection.execute("INSERT INTO records(kind, body) VALUES ('quote', ?)", (body,))


def test_what_is_written_meanwhile_is_not_played(tmp_path: Path) -> None:
    """It was not checked; and at the pace at which it is written the replay would not end."""
    path = tmp_path / "simulated.journal"
    with closing(journal_of(path, 600)) as connection:
        recording = Recording(path)
        assert recording.contents.quotes == 600
        playing = recording.events()
        played = [next(playing)]
        add(connection, range(600, 700))
        connection.execute("INSERT INTO records(kind, body) VALUES ('quote', 'half a rec')")
        played += playing
        assert [item.received_ns // 1_000_000_000 for item in played] == list(range(600))
        connection.execute("DELETE FROM records WHERE body = 'half a rec'")
        assert Recording(path).contents.quotes == 700


def test_lines_that_are_added_meanwhile_are_not_played_either(tmp_path: Path) -> None:
    full, empty = write(tmp_path / "posts.jsonl", [tweet(0), tweet(1)]), write(tmp_path / "posts-2.jsonl", [])
    recording = Recording(tmp_path)
    assert recording.contents.posts == 2
    for file in (full, empty):
        with file.open("a") as stream:
            stream.write('{"half a ro')
    assert len(list(recording.events())) == 2


READING = """
import os, sys
from pathlib import Path
from engine.feeds.recording import Recording

os.getuid() or os.setuid(65534)
print(Recording(Path(sys.argv[1])).contents.quotes)
"""
"""A user who may only read."""


def test_a_journal_that_lies_where_nothing_may_be_written_is_played() -> None:
    """A copy on a disk that is mounted so, say: SQLite wants a log beside it even to read."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        path = home / "copied.journal"
        journal_of(path, 3).close()
        path.chmod(0o444)
        home.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READING, str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        home.chmod(0o755)
    assert done.stdout == "3\n", done.stderr
