"""The journal's tables, made and migrated with sqlite-utils, and how a connection to them is opened.

Only this module and the journal's bulk readers use sqlite-utils; the hot path is the standard library's sqlite3. Per
row, sqlite-utils costs some 40 µs against 4 µs for a prepared statement in a group commit, it keeps one connection per
thread, and importing it imports pandas wherever that is installed, just to know its column types (0.3 s on a fast
machine, 3 s on a slow one). `load_sqlite_utils` imports it without pandas, and a journal whose schema is current is
opened without importing it at all.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from engine import read_only
from engine.errors import JournalError
from engine.journal.chain import LAYOUT
from engine.journal.kinds import BULK

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID: Final = 0x4465736B
"""`Desk` in ASCII: SQLite's own mark for whose file this is (https://sqlite.org/pragma.html#pragma_application_id)."""
MIGRATION_SET: Final = "desk.journal"
MIGRATIONS: Final = ("m001_records",)
"""Every migration this version knows, in order. A journal that has had another one is newer than this version."""
PROFILES: Final = ("simulated", "paper", "live")
"""Kinds of money; a journal holds one of them."""

BUSY_S: Final = 2.0
"""How long a lock of another process is waited for before it counts as a failure."""
PAGE_BYTES: Final = 4096
"""SQLite's page, which no journal has otherwise."""
WAL_LIMIT: Final = 16 * 1024 * 1024
"""Bytes to which the write-ahead log is cut back after a checkpoint."""
WAL, FULL = "wal", 2
"""What `PRAGMA journal_mode` and `PRAGMA synchronous` answer on the writer's connection."""
NOT_BULK: Final = " AND ".join(f"kind <> '{kind}'" for kind in BULK)
"""Condition of the index by kind; a query must repeat it word for word to use the index."""


TEXT_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of the longest text that is read, far more than any record has: a forged one does not fill the memory."""
TABLES: Final = {
    "records": "CREATE TABLE records (seq INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, kind TEXT NOT NULL, "
    "key TEXT NOT NULL, body TEXT NOT NULL, hash BLOB NOT NULL)",
    "records_key": "CREATE INDEX records_key ON records (key)",
    "records_at": "CREATE INDEX records_at ON records (at_ns)",
    "records_kind": f"CREATE INDEX records_kind ON records (kind) WHERE {NOT_BULK}",
    "meta": "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
}
"""What a journal of this version is made of, by name; sqlite-utils may space and quote it otherwise."""
_SPELLING: Final = re.compile(r'[\s"`\[\]]')


class _Without(MetaPathFinder):
    """Makes some threads' imports of some modules fail as if they were not installed.

    Put among the finders once and never taken out: an import walks over `sys.meta_path` itself, and one of another
    thread that is half-way along when an earlier finder goes passes over the next, which may be the one that finds.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self.threads: set[int] = set()
        """Whose imports fail now, by ident."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in self._names and threading.get_ident() in self.threads:
            raise ModuleNotFoundError(f"{fullname} is not needed here", name=fullname)
        return None


_COLUMN_TYPES: Final = _Without(frozenset({"pandas", "numpy"}))


def load_sqlite_utils() -> Any:
    """The module sqlite_utils, imported without pandas and numpy. Other threads' imports are not affected."""
    if _COLUMN_TYPES not in sys.meta_path:
        sys.meta_path.insert(0, _COLUMN_TYPES)
    _COLUMN_TYPES.threads.add(threading.get_ident())
    try:
        import sqlite_utils
    finally:
        _COLUMN_TYPES.threads.discard(threading.get_ident())
    return sqlite_utils


def connect(path: Path) -> sqlite3.Connection:
    """The writer's connection: WAL, every commit synced (FULL, and really to the medium on macOS).

    Statements commit by themselves unless BEGIN was said. Checkpoints are the writer's to order, after it has answered
    those who wait. Raises sqlite3.Error, and JournalError where SQLite cannot work so: it does not say it itself.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S, check_same_thread=False)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, TEXT_LIMIT)
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "fullfsync = ON",
            "checkpoint_fullfsync = ON",
            "wal_autocheckpoint = 0",
            f"journal_size_limit = {WAL_LIMIT}",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
        found = tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous"))
        if found != (WAL, FULL):
            raise JournalError(
                f"expected a write-ahead log whose every commit is synced, found journal_mode {found[0]} and "
                f"synchronous {found[1]}",
                where=str(path),
                remedy="set engine.state_dir to a directory on a local disk: this file system cannot keep such a log",
            )
    except (sqlite3.Error, JournalError):
        connection.close()
        raise
    return connection


def connect_readonly(path: Path, *, one_thread: bool = True) -> sqlite3.Connection:
    """A reader's connection; works beside a writing engine. Text comes back as bytes, exactly as stored.

    One that was closed cleanly may lie where nothing may be written. `one_thread` off is for one that another thread
    works with and this one may interrupt. Raises sqlite3.Error.
    """
    connection = read_only.connect(path, BUSY_S, one_thread=one_thread)
    connection.text_factory = bytes
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, TEXT_LIMIT)
    return connection


def is_current(connection: sqlite3.Connection, path: Path) -> bool:
    """True for a journal of this version, False for an empty file or a journal that must be migrated.

    Raises JournalError for somebody else's database, a newer journal and one whose tables are not as they were made,
    sqlite3.Error for what is no database.
    """
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = {as_text(row[0]) for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if owner != APPLICATION_ID:
        if owner == 0 and not tables:
            return False
        raise JournalError(
            "expected a journal of the desk, found another program's database",
            where=str(path),
            remedy="move that file away, or set engine.state_dir to another directory",
        )
    if "_sqlite_migrations" not in tables:
        return False
    query = "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id"
    applied = [as_text(row[0]) for row in connection.execute(query, (MIGRATION_SET,))]
    unknown = [name for name in applied if name not in MIGRATIONS]
    if unknown:
        raise JournalError(
            f"expected a journal of schema {MIGRATIONS[-1]} or older, found {unknown[-1]}",
            where=str(path),
            remedy="it was written by a newer desk: install that version, or move the journal away",
        )
    if not applied and "records" in tables:
        raise _changed("no note of their making", path)
    if len(applied) != len(MIGRATIONS):
        return False
    _check_tables(connection, path)
    return True


def _check_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Raises JournalError when a table or index was changed, or something stands beside them.

    A view in the table's place would show other records than were written, a trigger would change what is written.
    """
    missing = dict(TABLES)
    query = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
    for row in connection.execute(query).fetchall():
        kind, name, table, sql = map(as_text, row)
        if kind in ("table", "index") and table.startswith(("_sqlite_migrations", "sqlite_")):
            continue
        if _plain(missing.pop(name, "")) != _plain(sql):
            raise _changed(f"the {kind} {name!r}, which is not as it was made", path)
    if missing:
        raise _changed(f"no {next(iter(missing))!r}", path)


def _plain(sql: str) -> str:
    """SQL without case, spaces and the quotes around names."""
    return _SPELLING.sub("", sql).lower()


def _changed(found: str, path: Path) -> JournalError:
    return JournalError(
        f"expected the journal's own tables as they were made, found {found}",
        where=str(path),
        remedy="keep the file; restore an intact copy with its anchor, or move both away to begin a new journal",
    )


def migrate(connection: sqlite3.Connection, profile: str) -> None:
    """Bring an empty or older journal to the current schema; each migration is one transaction."""
    sqlite_utils = load_sqlite_utils()
    migrations = sqlite_utils.Migrations(MIGRATION_SET)

    @migrations(name=MIGRATIONS[0])  # type: ignore[untyped-decorator]
    def records(db: Database) -> None:
        db.table("records").create(
            {"seq": int, "at_ns": int, "kind": str, "key": str, "body": str, "hash": bytes},
            pk="seq",
            not_null={"at_ns", "kind", "key", "body", "hash"},
        )
        db.table("records").create_index(["key"], index_name="records_key")
        db.table("records").create_index(["at_ns"], index_name="records_at")
        db.execute(f"CREATE INDEX records_kind ON records(kind) WHERE {NOT_BULK}")
        db.table("meta").create({"name": str, "value": str}, pk="name", not_null={"value"})
        db.table("meta").insert_all(
            [{"name": "profile", "value": profile}, {"name": "chain_layout", "value": str(LAYOUT)}]
        )

    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrations.apply(sqlite_utils.Database(connection, execute_plugins=False))


def read_meta(connection: sqlite3.Connection) -> dict[str, str]:
    """The journal's meta table: profile and layout of the chain."""
    with closing(connection.execute("SELECT name, value FROM meta")) as rows:
        return {as_text(name): as_text(value) for name, value in rows}


def as_text(stored: object) -> str:
    """A stored text, whatever a damaged row holds in its place."""
    return stored.decode(errors="replace") if isinstance(stored, bytes) else str(stored)
