"""Which records a reader asks for, as SQL that an index answers, a page at a time.

A page is one short read transaction: a slow reader (a person with a pager, a large export) never keeps the engine from
cutting its write-ahead log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

from engine.errors import JournalError
from engine.journal.chain import Record, decode
from engine.journal.kinds import BULK, KINDS
from engine.journal.schema import NOT_BULK, as_text
from engine.journal.walk import COLUMNS, PAGE
from engine.model import Value

_NAMES: Final = {kind.encode(): kind for kind in KINDS}
Parameters = dict[str, int | str]


class Wanted(Value, frozen=True, gc=False):
    """What `Reader.records` was asked for; the fields are its parameters."""

    kinds: tuple[str, ...] | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    key: str | None = None
    containing: str | None = None
    after_seq: int = 0
    limit: int | None = None
    reverse: bool = False


def select(connection: sqlite3.Connection, wanted: Wanted) -> Iterator[Record]:
    """The wanted records. Raises JournalError for an unknown kind, sqlite3.Error when the file cannot be read."""
    return map(_record, _rows(connection, wanted, COLUMNS))


def select_values(connection: sqlite3.Connection, wanted: Wanted) -> Iterator[tuple[int, int, Value]]:
    """Of each wanted record seq, at_ns and its body as its type.

    Raises JournalError for what is no value of its kind's type, and what `select` raises.
    """
    for seq, at_ns, kind, body in _rows(connection, wanted, "seq, at_ns, kind, body"):
        if not isinstance(at_ns, int) or not isinstance(body, bytes):
            raise JournalError(
                "expected a time and a body, found a field that is not of its type",
                where=f"record {seq}",
                remedy="run `desk journal verify`",
            )
        yield seq, at_ns, decode(seq, _NAMES.get(kind) or as_text(kind), body)


def _rows(connection: sqlite3.Connection, wanted: Wanted, columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows as stored; seq is the first column, and always a number."""
    unknown = [kind for kind in wanted.kinds or () if kind not in KINDS]
    if unknown:
        raise JournalError(
            f"expected kinds out of {', '.join(KINDS)}, found {unknown[0]!r}", remedy="check the spelling"
        )
    low, high = _bounds(connection, wanted)
    sql, parameters = _page(wanted, columns)
    left = wanted.limit
    while low < high and left != 0:
        size = PAGE if left is None else min(PAGE, left)
        rows = connection.execute(sql, {**parameters, "low": low, "high": high, "size": size}).fetchall()
        yield from rows
        if len(rows) < size:
            return
        if left is not None:
            left -= size
        if wanted.reverse:
            high = rows[-1][0] - 1
        else:
            low = rows[-1][0]


def _bounds(connection: sqlite3.Connection, wanted: Wanted) -> tuple[int, int]:
    """Records wanted have low < seq ≤ high. The clock may have stepped, so times bound seq only from outside."""
    low, high = wanted.after_seq, connection.execute("SELECT max(seq) FROM records").fetchone()[0] or 0
    if wanted.since_ns is not None:
        query = "SELECT min(seq) FROM records INDEXED BY records_at WHERE at_ns >= ?"
        first = connection.execute(query, (wanted.since_ns,)).fetchone()[0]
        low = high if first is None else max(low, first - 1)
    return low, high


def _page(wanted: Wanted, columns: str) -> tuple[str, Parameters]:
    """The query for a page. A unary plus keeps SQLite from choosing an index that does not give the order."""
    parameters: Parameters = {}
    terms = ["seq > :low", "seq <= :high"]
    for name, column in (("since_ns", "+at_ns >="), ("until_ns", "+at_ns <"), ("key", "key =")):
        value = getattr(wanted, name)
        if value is not None:
            terms.append(f"{column} :{name}")
            parameters[name] = value
    if wanted.containing is not None:
        terms.append("instr(body, :containing)")
        parameters["containing"] = wanted.containing
    order = f"ORDER BY seq {'DESC' if wanted.reverse else 'ASC'} LIMIT :size"
    where = " AND ".join(terms)
    if wanted.kinds is None:
        return f"SELECT {columns} FROM records WHERE {where} {order}", parameters
    names = []
    for number, kind in enumerate(wanted.kinds):
        parameters[f"kind{number}"] = kind
        names.append(f":kind{number}")
    if wanted.key is not None or not names or not set(wanted.kinds).isdisjoint(BULK):
        return f"SELECT {columns} FROM records WHERE {where} AND +kind IN ({', '.join(names)}) {order}", parameters
    # Each part runs along the index by kind; SQLite merges them in order of seq, two and two: rows of the first part
    # are handed through every merge, those of the last through one.
    parts = (f"SELECT {columns} FROM records WHERE kind = {name} AND {NOT_BULK} AND {where}" for name in names)
    return f"{' UNION ALL '.join(parts)} {order}", parameters


def _record(row: tuple[Any, ...]) -> Record:
    """A row as a record; a damaged one keeps what can be kept (verifying names it)."""
    seq, at_ns, kind, key, body, digest = row
    return Record(
        seq,
        at_ns if isinstance(at_ns, int) else 0,
        _NAMES.get(kind) or as_text(kind),
        as_text(key),
        body if isinstance(body, bytes) else as_text(body).encode(),
        digest if isinstance(digest, bytes) else b"",
    )
