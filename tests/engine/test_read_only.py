"""A database that is only read: beside its writer, behind a link, and where it is none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.read_only import connect


def written(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t(a)")
    connection.execute("INSERT INTO t VALUES (1)")
    return connection


def test_what_its_writer_has_just_written_is_read_and_nothing_can_be_changed(tmp_path: Path) -> None:
    path, link = tmp_path / "one", tmp_path / "link"
    link.symlink_to(path)
    with closing(written(path)) as writer:
        for name in (path, link):
            with closing(connect(name, 1.0)) as reader:
                assert reader.execute("SELECT a FROM t").fetchall() == [(1,)]
                with pytest.raises(sqlite3.OperationalError, match="readonly"):
                    reader.execute("INSERT INTO t VALUES (2)")
        writer.execute("INSERT INTO t VALUES (3)")


def test_where_there_is_none_that_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        connect(tmp_path / "none", 1.0).execute("SELECT count(*) FROM sqlite_schema")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("no database" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        connect(path, 1.0)
