"""Reading a journal, also while an engine writes it. Nothing here can change the file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

from engine.errors import JournalError
from engine.journal import schema
from engine.journal.anchor import Anchor, read_anchor
from engine.journal.chain import Record, check_layout
from engine.journal.copying import copy_journal
from engine.journal.export import write_records
from engine.journal.faults import explain
from engine.journal.query import Wanted, select, select_values
from engine.journal.schema import as_text
from engine.journal.story import Story, tell
from engine.journal.verify import Progress, Verification, verify
from engine.journal.walk import PAGE
from engine.model import Value

if TYPE_CHECKING:
    from sqlite_utils import Database

COUNTED: Final = 50_000
"""Records counted by one query."""


class KindCount(Value, frozen=True, gc=False):
    """How many records of a kind there are, and when the first and the last were appended."""

    kind: str
    records: int
    first_ns: int
    last_ns: int

    def joined(self, later: KindCount) -> KindCount:
        """Both together."""
        first_ns, last_ns = min(self.first_ns, later.first_ns), max(self.last_ns, later.last_ns)
        return KindCount(self.kind, self.records + later.records, first_ns, last_ns)


class NotCurrent(JournalError):
    """An empty file, or a journal of an older schema: the next engine that writes it brings it up to date."""

    def __init__(self, path: Path, *, empty: bool) -> None:
        super().__init__(
            f"expected a journal of the current schema, found an {'empty' if empty else 'older'} one",
            where=str(path),
            remedy="start the engine on it once: it brings the journal up to date",
        )
        self.empty = empty
        """Whether it has no table for records yet."""


class Reader:
    """A journal opened read-only. A context manager; `close` it otherwise."""

    def __init__(self, path: Path) -> None:
        """Open a journal. Raises JournalError when there is none, or when the file is foreign, newer or unreadable."""
        self.path = path
        try:
            if not path.is_file():
                raise JournalError(
                    f"expected a journal, found {'something that is no file' if path.exists() else 'no such file'}",
                    where=str(path),
                    remedy="check the profile, or name the file with --journal; the engine begins one when it starts",
                )
            if path.is_symlink():  # its anchor and its log stand beside the file itself
                self.path = path = path.resolve()
            self._opened = path.stat()
            # Before the records, so that the one which the anchor names is among them.
            self._anchor = read_anchor(path)
            self._connection = schema.connect_readonly(path)
        except (sqlite3.Error, OSError) as error:
            raise explain(error, path, "read the journal") from error
        try:
            if not schema.is_current(self._connection, path):
                query = "SELECT count(*) FROM sqlite_schema WHERE name = 'records'"
                raise NotCurrent(path, empty=not self._connection.execute(query).fetchone()[0])
            check_layout(schema.read_meta(self._connection), path)
        except sqlite3.Error as error:
            self.close()
            raise explain(error, path, "read the journal") from error
        except JournalError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @property
    def stands(self) -> bool:
        """Whether the file that was opened is still the one of its name: a replay begins its journal anew."""
        try:
            return os.path.samestat(self.path.stat(), self._opened)
        except OSError:
            return False

    @property
    def profile(self) -> str:
        """`simulated`, `paper` or `live`."""
        return schema.read_meta(self._connection).get("profile", "")

    @property
    def seq(self) -> int:
        """Number of the newest durable record; 0 when there is none."""
        return int(self._connection.execute("SELECT max(seq) FROM records").fetchone()[0] or 0)

    def records(
        self,
        kinds: Collection[str] | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        key: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
        *,
        containing: str | None = None,
        after_seq: int = 0,
    ) -> Iterator[Record]:
        """Records in order of seq (newest first with `reverse`), at most `limit`.

        `since_ns` is inclusive, `until_ns` exclusive, both by the record's `at_ns`; `containing` asks for bodies in
        which this text stands literally. Reads page by page, as far as the journal reached at the first one. Raises
        JournalError for an unknown kind and for a file that cannot be read.
        """
        chosen = None if kinds is None else tuple(dict.fromkeys(kinds))
        wanted = Wanted(chosen, since_ns, until_ns, key, containing, after_seq, limit, reverse)
        try:
            yield from select(self._connection, wanted)
        except sqlite3.Error as error:
            raise explain(error, self.path, "read the journal") from error

    def values(self, kinds: Collection[str], since_ns: int | None = None) -> Iterator[tuple[int, int, Value]]:
        """Of each record of these kinds seq, at_ns and its body as its type: a restart needs no more, of all there are.

        Raises what `records` and `Record.value` raise.
        """
        wanted = Wanted(tuple(dict.fromkeys(kinds)), since_ns)
        try:
            yield from select_values(self._connection, wanted)
        except sqlite3.Error as error:
            raise explain(error, self.path, "read the journal") from error

    def counts(self, progress: Progress | None = None) -> tuple[KindCount, ...]:
        """Records per kind, most frequent first; `progress(done, total)` is called now and then."""
        database = schema.load_sqlite_utils().Database(self._connection, execute_plugins=False)
        found: dict[str, KindCount] = {}
        done, high = 0, self.seq
        try:
            for rows in _pages(database, high):
                for row in rows:
                    kind = as_text(row["kind"])
                    one = KindCount(kind, row["n"], row["first"], row["last"])
                    found[kind] = one if kind not in found else found[kind].joined(one)
                done += sum(row["n"] for row in rows)
                if progress is not None and done < high:
                    progress(done, high)
        except sqlite3.Error as error:
            raise explain(error, self.path, "read the journal") from error
        if progress is not None:
            progress(high, high)
        return tuple(sorted(found.values(), key=lambda count: (-count.records, count.kind)))

    def verify(self, progress: Progress | None = None, expect: Anchor | None = None) -> Verification:
        """Check every record and the anchor; `expect` is an anchor that was noted elsewhere and is checked as well.

        `progress(done, total)` is called now and then. Never raises for a damaged journal: what is wrong, and from
        which record on, is in the answer.
        """
        return verify(self.path, self._connection, self._anchor, progress, expect)

    def export(
        self,
        stream: IO[str],
        format: str = "jsonl",
        kinds: Collection[str] | None = None,
        progress: Progress | None = None,
    ) -> int:
        """Write records to a text stream as `jsonl` or `csv`, in pure ASCII; returns how many.

        `progress(seq, last)` is called now and then with the record it is at. Raises JournalError for a journal that
        cannot be read, ValueError for another format, OSError from the stream.
        """
        records = self.records(kinds)
        return write_records(records if progress is None else _told(records, self.seq, progress), stream, format)

    def back_up(self, to: Path, copied: Progress | None = None, verified: Progress | None = None) -> Verification:
        """Copy the journal to a new file, also while an engine writes it, and verify the copy.

        `copied` is told pages, `verified` records. Raises JournalError; nothing is left of a copy that is not whole.
        """
        try:
            return copy_journal(self._connection, self._anchor, to, copied, verified)
        except (sqlite3.Error, OSError) as error:
            raise explain(error, to, "write the copy") from error

    def why(self, id: str) -> Story:
        """The whole story of a signal, ticket, order (client or venue id) or post.

        Raises DeskError when the journal holds nothing of that id.
        """
        return tell(self, id)


def _pages(database: Database, high: int) -> Iterator[list[dict[str, Any]]]:
    """Of every page of records up to `high`, per kind how many there are and when: short reads, so that an engine's log
    is not kept and Ctrl+C is heard."""
    query = f"""
        SELECT kind, count(*) AS n, min(at_ns) AS first, max(at_ns) AS last, max(seq) AS seq
        FROM (SELECT seq, kind, at_ns FROM records WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT {COUNTED})
        GROUP BY kind"""
    low = -1
    while rows := list(database.query(query, (low, high))):
        low = max(row["seq"] for row in rows)
        yield rows


def _told(records: Iterable[Record], last: int, progress: Progress) -> Iterator[Record]:
    """The records, telling now and then which is at hand."""
    for count, record in enumerate(records, 1):
        yield record
        if not count % PAGE and record.seq < last:
            progress(record.seq, last)
    progress(last, last)
