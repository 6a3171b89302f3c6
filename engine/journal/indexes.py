"""Whether searches find the records that are there.

The chain covers the table. Searches go by its indexes, which are pages of their own in the file: a start that reads the
states of trading by kind would not see one whose entry is gone, however whole the chain is.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from engine.journal.kinds import BULK, KINDS
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
_LOST: Final = """
SELECT seq FROM records AS r NOT INDEXED WHERE NOT (
EXISTS (SELECT 1 FROM records AS i INDEXED BY records_key WHERE i.key = r.key AND i.seq = r.seq)
AND EXISTS (SELECT 1 FROM records AS i INDEXED BY records_at WHERE i.at_ns = r.at_ns AND i.seq = r.seq)
) ORDER BY seq LIMIT 1"""


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


def lost(connection: sqlite3.Connection) -> Wrong | None:
    """The first record that searches by key or time would not find, of a journal without gaps. Raises sqlite3.Error."""
    if connection.execute(_EQUAL).fetchone()[0]:
        return None
    found = connection.execute(_LOST).fetchone()
    if found is None:
        return 1, "an index of the file holds records that are not there"
    return found[0], f"record {found[0]} is missing in the index of keys or of times: searches would not find it"
