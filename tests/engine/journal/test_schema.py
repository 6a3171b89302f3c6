"""A journal is its own tables as they were made, and nothing beside them."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import JournalError
from engine.journal import Reader, schema
from tests.engine.journal.conftest import Opened, Tamper, Written
from tests.program import ROOT

REAL = "ALTER TABLE records RENAME TO real_records"
COPY = (
    "INSERT INTO copied SELECT * FROM records",
    "DROP TABLE records",
    "ALTER TABLE copied RENAME TO records",
    "CREATE INDEX records_key ON records(key)",
    "CREATE INDEX records_at ON records(at_ns)",
    f"CREATE INDEX records_kind ON records(kind) WHERE {schema.NOT_BULK}",
)
FIELDS = "at_ns INTEGER NOT NULL, kind TEXT NOT NULL{}, key TEXT NOT NULL, body TEXT NOT NULL, hash BLOB NOT NULL"


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        pytest.param((REAL, "CREATE VIEW records AS SELECT * FROM real_records"), "the table 'real_", id="view"),
        pytest.param(
            (REAL, "CREATE VIEW records AS SELECT * FROM real_records WHERE kind <> 'state'"),
            "the table 'real_records'",
            id="less",
        ),
        pytest.param(
            ("CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records WHERE seq = NEW.seq; END",),
            "the trigger 't'",
            id="trigger",
        ),
        pytest.param(
            ("CREATE TRIGGER _sqlite_migrations_t AFTER INSERT ON records BEGIN DELETE FROM records; END",),
            "the trigger",
            id="hidden trigger",
        ),
        pytest.param(("DROP INDEX records_kind",), "no 'records_kind'", id="no index by kind"),
        pytest.param(("DROP INDEX records_at",), "no 'records_at'", id="no index by time"),
        pytest.param(
            ("DROP INDEX records_key", "CREATE INDEX records_key ON records(key COLLATE NOCASE)"),
            "the index 'records_key'",
            id="index of another order",
        ),
        pytest.param(("ALTER TABLE records ADD COLUMN note TEXT",), "the table 'records'", id="column"),
        pytest.param(
            ("ALTER TABLE records ADD COLUMN shadow TEXT GENERATED ALWAYS AS (kind) VIRTUAL",),
            "the table 'records'",
            id="generated column",
        ),
        pytest.param(
            (f"CREATE TABLE copied (seq INTEGER PRIMARY KEY, {FIELDS.format('')}) WITHOUT ROWID", *COPY),
            "the table 'records'",
            id="without rowid",
        ),
        pytest.param(
            (f"CREATE TABLE copied (seq INTEGER PRIMARY KEY, {FIELDS.format(' COLLATE NOCASE')})", *COPY),
            "the table 'records'",
            id="collation",
        ),
        pytest.param(("DELETE FROM _sqlite_migrations",), "no note of their making", id="no migrations"),
    ],
)
def test_changed_tables_keep_a_journal_closed(
    written: Written,
    opened: Opened,
    tamper: Tamper,
    statements: tuple[str, ...],
    found: str,
) -> None:
    path = written(20)
    tamper(*statements)
    for use in (opened, lambda: Reader(path)):
        with pytest.raises(JournalError, match="own tables as they were made, found " + re.escape(found)) as caught:
            use()
        assert str(path) in str(caught.value)
        assert caught.value.remedy


def test_what_sqlite_itself_keeps_is_no_change(written: Written, opened: Opened, tamper: Tamper) -> None:
    path = written(20)
    tamper("ANALYZE")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
    with Reader(path) as reader:
        assert reader.verify().ok
    assert opened().seq == 20


def test_a_text_longer_than_any_record_is_not_read_into_memory(
    written: Written, opened: Opened, tamper: Tamper
) -> None:
    path = written(20)
    tamper(f"UPDATE records SET body = CAST(zeroblob({schema.TEXT_LIMIT + 1}) AS TEXT) WHERE seq = 9")
    with Reader(path) as reader:
        found = reader.verify()
    assert (found.ok, found.first_bad_seq, found.records) == (False, 9, 8)
    assert "record 9 cannot be read" in found.what
    with pytest.raises(JournalError, match="longer than any that was written"):
        opened()


IMPORTED_MEANWHILE = """\
import sys, threading
from importlib.machinery import FrozenImporter
from types import SimpleNamespace
from engine.journal import schema

half_way, loaded, found = threading.Event(), threading.Event(), []

class Finders(list):
    def __iter__(self):
        for finder in super().__iter__():
            yield finder
            if finder is FrozenImporter and threading.current_thread() is importing:
                half_way.set()
                loaded.wait(20)

def bring():
    import another_package
    found.append(another_package)

def begin():
    importing.start()
    assert half_way.wait(20)

sys.modules["test"] = SimpleNamespace(begin=begin)
importing = threading.Thread(target=bring)
sys.meta_path = Finders(sys.meta_path)
schema.load_sqlite_utils()
loaded.set()
importing.join(20)
print("found:", found)
"""
"""The finders are walked over by `importlib` itself; between two of them its thread waits here."""


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """`code` in a process of its own that finds the packages of `folder` first."""
    path = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(ROOT)!r}]\n"
    return subprocess.run([sys.executable, "-c", path + code], capture_output=True, text=True, timeout=60, check=False)


def test_an_import_of_another_thread_meanwhile_finds_what_it_asks_for(tmp_path: Path) -> None:
    """A first start reads aiohttp on a thread while it makes the journal's tables."""
    (tmp_path / "another_package.py").touch()
    (tmp_path / "sqlite_utils.py").write_text("import test\ntest.begin()\n")
    done = run(tmp_path, IMPORTED_MEANWHILE)
    assert "another_package.py" in done.stdout, done.stderr


def test_pandas_is_kept_from_the_thread_that_reads_sqlite_utils_and_only_then(tmp_path: Path) -> None:
    (tmp_path / "pandas.py").touch()
    (tmp_path / "numpy.py").touch()
    (tmp_path / "sqlite_utils.py").write_text(
        "try:\n    import pandas\nexcept ImportError as error:\n    without = str(error)\n"
        "from threading import Thread\nother = Thread(target=__import__, args=['numpy'])\nother.start()\nother.join()\n"
    )
    code = (
        "from engine.journal import schema\n"
        "print(schema.load_sqlite_utils().without, 'numpy' in sys.modules)\nimport pandas\nprint(pandas.__file__)\n"
    )
    done = run(tmp_path, code)
    assert done.stdout == f"pandas is not needed here True\n{tmp_path / 'pandas.py'}\n", done.stderr


@pytest.mark.parametrize(
    ("refused", "found"),
    [
        ("journal_mode", "found journal_mode delete and synchronous 2"),
        ("synchronous", "found journal_mode wal and synchronous 1"),
    ],
)
def test_a_file_system_that_cannot_keep_a_synced_log_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str, found: str
) -> None:
    """SQLite answers with what it does instead, as if that were well."""

    class Elsewhere(sqlite3.Connection):
        def execute(self, sql: str, *given: object) -> sqlite3.Cursor:
            return super().execute("SELECT 1" if f"PRAGMA {refused} =" in sql else sql, *given)

    whole = sqlite3.connect

    def connect(*given: object, **named: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = whole(*given, factory=Elsewhere, **named)  # type: ignore[call-overload]
        sqlite3.Connection.execute(connection, "PRAGMA synchronous = NORMAL")
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect)
    with pytest.raises(JournalError, match=found) as caught:
        schema.connect(tmp_path / "paper.journal")
    assert "local disk" in (caught.value.remedy or "")


def test_a_database_without_a_log_is_refused() -> None:
    with pytest.raises(JournalError, match="found journal_mode memory"):
        schema.connect(Path(":memory:"))
