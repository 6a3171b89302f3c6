"""Whether searches find the records that are there.

The chain covers the table. Searches go by its indexes, which are pages of their own in the file: a start that reads the
states of trading by kind would not see one whose entry is gone, however whole the chain is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from engine.journal.kinds import BULK, KINDS, RECENT
from engine.journal.schema import NOT_BULK, as_text

Wrong = tuple[int, str]
"""A record and what is wrong with it, in words."""
Place = tuple[bytes, int]
"""An entry of the index by kind: kind and seq."""

_KINDS: Final = ", ".join(f"'{kind}'" for kind in KINDS if kind not in BULK)
_PLACES: Final = f"""
SELECT kind, seq FROM records INDEXED BY records_kind
WHERE {NOT_BULK} AND kind IN ({_KINDS}) AND seq > ? AND seq <= ?"""
# Bytes come after every text in an index.
_NOT_TEXT: Final = f"""
SELECT min(seq) FROM (SELECT seq FROM records INDEXED BY records_kind WHERE {NOT_BULK} AND kind >= x''
UNION ALL SELECT seq FROM records INDEXED BY records_key WHERE key >= x'')"""
_OTHER_PROFILE: Final = f"""
SELECT seq, key, (SELECT value FROM meta WHERE name = 'profile') AS profile FROM records INDEXED BY records_kind
WHERE {NOT_BULK} AND kind = 'started' AND key IS NOT profile ORDER BY seq LIMIT 1"""
# An empty count would be taken from whichever index is smallest.
_EQUAL: Final = """
SELECT coalesce(max(seq), 0) = (SELECT count(key) FROM records INDEXED BY records_key)
AND coalesce(max(seq), 0) = (SELECT count(at_ns) FROM records INDEXED BY records_at) FROM records"""
_UNFOUND: Final = """
SELECT min(seq) FROM records AS r NOT INDEXED WHERE seq > ? AND seq <= ? AND NOT (
EXISTS (SELECT 1 FROM records AS i INDEXED BY records_key WHERE i.key = r.key AND i.seq = r.seq)
AND EXISTS (SELECT 1 FROM records AS i INDEXED BY records_at WHERE i.at_ns = r.at_ns AND i.seq = r.seq))"""
_LASTING: Final = ", ".join(f"'{kind}'" for kind in KINDS if kind not in (*BULK, *RECENT))
# The kind of an entry and the kind of the record that it leads to.
_MISLED: Final = f"""
SELECT min(i.seq) FROM records AS i INDEXED BY records_kind CROSS JOIN records AS r NOT INDEXED ON r.seq = i.seq
WHERE {NOT_BULK.replace("kind", "i.kind")} AND i.kind IN ({_LASTING}) AND r.kind IS NOT i.kind"""
RANGE: Final = 4096
"""Records per query: no reader holds a read transaction for long."""
GoOn = Callable[[int], bool]
"""Told how far a long look has come; whether it is to go on."""


def misplaced(connection: sqlite3.Connection, after: int, last: int, expected: list[Place]) -> Wrong | None:
    """The first record after `after` up to `last` that the index by kind does not hold as `expected`, or holds twice.

    Raises sqlite3.Error.
    """
    found = connection.execute(_PLACES, (after, last)).fetchall()
    if sorted(found) == sorted(expected):
        return None
    absent = set(expected).difference(found)
    seq = min(seq for _, seq in absent or set(found).difference(expected) or found)
    if absent:
        return seq, f"record {seq} is missing in the index of kinds: searches would not find it"
    return seq, f"record {seq} stands twice in the index of kinds"


def check_whole(connection: sqlite3.Connection) -> Wrong | None:
    """A record that was written for another profile, or whose kind or key no search would find. Raises sqlite3.Error.

    Bytes in the place of text are the same to the chain and another value to a search.
    """
    seq = connection.execute(_NOT_TEXT).fetchone()[0]
    if seq is not None:
        return seq, f"record {seq} was altered: a field is not of its type"
    found = connection.execute(_OTHER_PROFILE).fetchone()
    if found is None:
        return None
    seq, written, told = found
    return seq, f"record {seq} was written for the profile {as_text(written)!r}, the file says {as_text(told)!r}"


def misled(connection: sqlite3.Connection) -> Wrong | None:
    """The first record that the index by kind holds as another kind, of those that a start reads from the first on.

    One lookup per entry, in pages that the start reads anyway. Looking up those of which it reads only the recent ones
    takes longer the older the journal is: minutes, from a disk that has been cold. Raises sqlite3.Error.
    """
    seq = connection.execute(_MISLED).fetchone()[0]
    if seq is None:
        return None
    return seq, f"record {seq} stands in the index of kinds as another kind: searches would not find it"


def unfound(connection: sqlite3.Connection, after: int, last: int, go_on: GoOn = bool) -> Wrong | None:
    """The first record after `after` up to `last` that a search by its key or its time would not find.

    Looks each one up as a search does, so entries that are gone, swapped or out of their order are all seen. `go_on` is
    asked after every so many, with how far it is; it ends where that says no. Raises sqlite3.Error.
    """
    for start in range(after, last, RANGE):
        end = min(start + RANGE, last)
        seq = connection.execute(_UNFOUND, (start, end)).fetchone()[0]
        if seq is not None:
            return seq, f"record {seq} is missing in the index of keys or of times: searches would not find it"
        if not go_on(end):
            return None
    return None


def surplus(connection: sqlite3.Connection) -> Wrong | None:
    """Entries of the index by key or time besides those of the records, where each record has its own.

    Raises sqlite3.Error.
    """
    if connection.execute(_EQUAL).fetchone()[0]:
        return None
    return 1, "an index of the file holds records that are not there"
