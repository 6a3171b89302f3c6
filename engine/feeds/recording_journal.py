"""A journal of the desk as a recording: its posts, quotes, halts and feed states, in the order of the records.

The journal is opened read-only, so the journal of a running engine may be replayed too. Its chain is not verified here:
`desk journal verify` does that.
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from engine import read_only
from engine.errors import RecordingError
from engine.feeds.recording_rows import Event, RowError, check_event
from engine.line_file import unreadable
from engine.model import FeedState, Halt, Quote
from engine.model.records import PostRecord

MAGIC: Final = b"SQLite format 3\x00"
"""First bytes of every SQLite database (https://sqlite.org/fileformat.html)."""

UNREADABLE: Final = "check replay.path and the file's permissions"
"""What to do about a recording that the system does not let us read."""

BUSY_S: Final = 5.0
"""How long a lock of its writer's is waited for."""
PAGE: Final = 512
"""Records per query: between pages no transaction is held, so a running engine can shorten its write-ahead log."""
_PAGE = (
    "SELECT seq, kind, body FROM records WHERE kind IN ('post', 'quote', 'halt', 'feed') AND seq > ? "
    "AND seq <= ? ORDER BY seq LIMIT ?"
)

LAST: Final = (1 << 63) - 1
"""The largest number that a record can have."""

_post = msgspec.json.Decoder(PostRecord)
_quote = msgspec.json.Decoder(Quote)
_halt = msgspec.json.Decoder(Halt)
_state = msgspec.json.Decoder(FeedState)


def is_journal(file: Path) -> bool:
    """Whether a file is a SQLite database. Raises RecordingError when it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise unreadable(error, file, remedy=UNREADABLE) from error


def journal_events(file: Path, until: int | None = None) -> Iterator[tuple[int, Event]]:
    """The events of a journal, each with the number of its record; `until` is the last one.

    Raises RecordingError naming the record (`file:seq`) for one that cannot be read.
    """
    seq, last = 0, LAST if until is None else until
    try:
        with closing(read_only.connect(file, BUSY_S)) as connection:
            while rows := connection.execute(_PAGE, (seq, last, PAGE)).fetchall():
                for record in rows:
                    seq = record[0]
                    yield seq, check_event(_decode(record[1], record[2]))
    except (sqlite3.Error, OSError, msgspec.DecodeError, RecursionError, RowError) as error:
        raise RecordingError(
            f"expected a journal of the desk, found: {error}",
            where=f"{file}:{seq}",
            remedy=f"check it with `desk journal verify --journal {shlex.quote(str(file))}`",
        ) from error


def _decode(kind: str, body: object) -> Event:
    if not isinstance(body, str | bytes):
        raise RowError(f"expected a {kind} as JSON, found {type(body).__name__}")
    match kind:
        case "post":
            return _post.decode(body).whole
        case "quote":
            return _quote.decode(body)
        case "halt":
            return _halt.decode(body)
    return _state.decode(body)
