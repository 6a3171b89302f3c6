"""Following the chain: every record, its place, and the end against the anchor."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Final

from engine.journal.anchor import Anchor
from engine.journal.chain import GENESIS, chain, header
from engine.journal.indexes import Place, check_whole, misled, misplaced, unfound
from engine.journal.kinds import BULK
from engine.model import Value

Row = tuple[int, int, bytes, bytes, bytes, bytes]
"""seq, at_ns, kind, key, body, hash as stored (from a connection whose text is bytes)."""

COLUMNS: Final = "seq, at_ns, kind, key, body, hash"
PAGE: Final = 4096
"""Rows per query: no reader holds a read transaction for longer than this, so the write-ahead log stays short."""
_BULK: Final = frozenset(kind.encode() for kind in BULK)


class Flaw(Value, frozen=True, gc=False):
    """The first record that is not what was written."""

    seq: int
    what: str
    """What is wrong with it, in words; names the record."""


class Walk:
    """Follows the chain. `seq` and `hash` are those of the last good record."""

    def __init__(self, seq: int = 0, digest: bytes = GENESIS) -> None:
        self.seq = seq
        self.hash = digest
        self.places: list[Place] = []
        """Where the index by kind must have the good records, since `follow` last compared it."""

    def check(self, rows: Iterable[Row]) -> Flaw | None:
        """Check that rows follow the last good record without a gap; returns the first flaw, if any."""
        seq, previous = self.seq, self.hash
        rows = iter(rows)
        try:
            for row in rows:
                found, at_ns, kind, key, body, digest = row
                if found != seq + 1:
                    return Flaw(seq + 1, f"{_records(seq + 1, found - 1)} removed")
                # `chain`, written out: a call per record costs a tenth of verifying.
                head = header(found, at_ns, len(kind), len(key), len(body))
                if sha256(b"".join((previous, head, kind, key, body))).digest() != digest:
                    return _judge(row, next(rows, None))
                if kind not in _BULK:
                    self.places.append((kind, found))
                seq, previous = found, digest
        except (TypeError, struct.error):
            return Flaw(seq + 1, f"record {seq + 1} was altered: a field is not of its type")
        finally:
            self.seq, self.hash = seq, previous
        return None

    def check_anchor(self, connection: sqlite3.Connection, anchor: Anchor) -> Flaw | None:
        """Check that the anchor's record is among those seen so far, or earlier, with the hash that it names."""
        if anchor.seq > self.seq:
            return Flaw(
                self.seq + 1, f"{_records(self.seq + 1, anchor.seq)} cut off at the end: the anchor names {anchor.seq}"
            )
        if anchor.seq == 0:
            return None
        stored = connection.execute("SELECT hash FROM records WHERE seq = ?", (anchor.seq,)).fetchone()
        if stored is None or stored[0] != anchor.hash:
            return Flaw(anchor.seq, f"record {anchor.seq} is not the one that the anchor names: it was rewritten")
        return None


def check_tail(connection: sqlite3.Connection, anchor: Anchor | None, count: int) -> tuple[Walk, Flaw | None]:
    """Check the last `count` records, the anchor, and that every search by kind leads to records of that kind.

    Raises sqlite3.Error when the file cannot be read.
    """
    last = connection.execute("SELECT max(seq) FROM records").fetchone()[0] or 0
    walk, flaw = Walk(), check_first(connection)
    if flaw is not None:
        return walk, flaw
    if last > count:
        stored = connection.execute("SELECT hash FROM records WHERE seq = ?", (last - count,)).fetchone()
        if stored is None:
            return walk, Flaw(last - count, f"{_records(last - count, last - count)} removed")
        walk = Walk(last - count, stored[0])
    flaw = follow(walk, connection, last)
    if flaw is None:
        wrong = check_whole(connection) or misled(connection) or unfound(connection, max(0, last - count), last)
        flaw = None if wrong is None else Flaw(*wrong)
    if flaw is None and anchor is not None:
        flaw = walk.check_anchor(connection, anchor)
    if flaw is None and anchor is None and last:
        flaw = Flaw(last, f"the anchor is missing: whether records after {last} were cut off cannot be told")
    return walk, flaw


def check_first(connection: sqlite3.Connection) -> Flaw | None:
    """Check that no record stands before number 1 and that number 1 is there."""
    first = connection.execute("SELECT min(seq) FROM records").fetchone()[0]
    if first is None or first == 1:
        return None
    return Flaw(first, f"record {first} was inserted") if first < 1 else Flaw(1, f"{_records(1, first - 1)} removed")


def follow(
    walk: Walk, connection: sqlite3.Connection, last: int, progress: Callable[[int, int], None] | None = None
) -> Flaw | None:
    """Walk on to record `last`, a page at a time, and check that searches find each one.

    Raises sqlite3.Error where the file cannot be read; `walk` then stands right before the record that it is in.
    """
    query = f"SELECT {COLUMNS} FROM records WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
    size, compared = PAGE, walk.seq
    while walk.seq < last:
        before = walk.seq
        try:
            flaw = walk.check(connection.execute(query, (before, last, size)))
        except sqlite3.Error:
            if size == 1:
                raise
            # A row that cannot be read takes the one before with it: read one at a time, it is known which it is.
            size = 1
            continue
        wrong = misplaced(connection, compared, walk.seq, walk.places)
        if wrong is not None:
            walk.seq = wrong[0] - 1
            stored = connection.execute("SELECT hash FROM records WHERE seq = ?", (walk.seq,)).fetchone()
            walk.hash = stored[0] if stored else GENESIS
            return Flaw(*wrong)
        walk.places.clear()
        compared = walk.seq
        if flaw is not None:
            return flaw
        if walk.seq == before:
            return Flaw(before + 1, f"{_records(before + 1, last)} removed")
        if progress is not None:
            progress(walk.seq, last)
    return None


def _records(first: int, last: int) -> str:
    return f"record {first} was" if first == last else f"records {first} to {last} were"


def _judge(row: Row, following: Row | None) -> Flaw:
    """Tell a record altered in place, on whose hash the next one still builds, from one that is not in its place."""
    seq, digest = row[0], row[5]
    if following is not None:
        found, at_ns, kind, key, body, stored = following
        try:
            builds_on_it = found == seq + 1 and chain(digest, found, at_ns, kind, key, body) == stored
        except (TypeError, struct.error):
            builds_on_it = False
        if builds_on_it:
            return Flaw(seq, f"record {seq} was altered: its content is not what its hash was taken over")
    return Flaw(seq, f"record {seq} was altered, inserted or moved: it does not follow from the record before")
