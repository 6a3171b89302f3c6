"""A SQLite database that is only read, also beside its writer, and where nothing may be written."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def connect(path: Path, busy_s: float, *, one_thread: bool = True) -> sqlite3.Connection:
    """A connection that changes nothing. Raises sqlite3.Error and OSError.

    SQLite wants to write beside a database with a write-ahead log even to read it: one that was closed cleanly, and
    lies where nothing may be written, is opened as immutable. `one_thread` off is for one that another thread works
    with and this one may interrupt.
    """
    path = path.absolute()
    if path.is_symlink():  # its log stands beside the file itself
        path = path.resolve()
    uri, log = path.as_uri(), path.with_name(f"{path.name}-wal")
    connection = sqlite3.connect(
        f"{uri}?mode=ro", uri=True, isolation_level=None, timeout=busy_s, check_same_thread=one_thread
    )
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError:
        connection.close()
        if log.exists() and log.stat().st_size:
            raise
        connection = sqlite3.connect(f"{uri}?immutable=1", uri=True, isolation_level=None, check_same_thread=one_thread)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
