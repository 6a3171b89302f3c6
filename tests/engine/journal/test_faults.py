"""What SQLite and the file system really refuse, as a person reads it: what it means, where, and what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import EXIT_JOURNAL
from engine.journal.faults import explain

PATH = Path("paper.journal")


def refusal(file: Path, *statements: str) -> sqlite3.Error:
    """The error that the last statement meets."""
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        try:
            for statement in statements:
                connection.execute(statement)
        except sqlite3.Error as error:
            return error
    raise AssertionError("expected a refusal, found none")


FULL = ("PRAGMA page_size = 512", "PRAGMA max_page_count = 2", "CREATE TABLE a(b)", "CREATE TABLE c(d)")


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (FULL, "the disk is full"),
        (("CREATE TABLE a(b UNIQUE)", "INSERT INTO a VALUES (1), (1)"), "another process wrote to it meanwhile"),
        (("PRAGMA query_only = 1", "CREATE TABLE a(b)"), "it cannot be written"),
        (("SELECT * FROM nowhere",), "the system refused"),
    ],
)
def test_what_sqlite_refuses(tmp_path: Path, statements: tuple[str, ...], what: str) -> None:
    error = refusal(tmp_path / "file", *statements)
    told = explain(error, PATH, "write record 17")
    assert told.message.startswith(f"could not write record 17: {what}: ")
    assert str(error) in told.message, "the detail is SQLite's own"
    assert (told.where, told.exit_code) == (str(PATH), EXIT_JOURNAL)
    assert told.remedy


def test_a_lock_of_another_connection_and_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE a(b)")
        other.execute("BEGIN EXCLUSIVE")
        assert "another process holds a lock" in explain(refusal(file, "SELECT * FROM a"), PATH, "open it").message
    file.write_bytes(b"no database, however long it is looked at" * 40)
    assert "it is no journal" in explain(refusal(file, "SELECT * FROM a"), PATH, "open it").message


def test_every_refusal_of_the_file_system_has_words_and_an_unknown_one_its_own(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        (tmp_path / "none" / "file").read_bytes()
    assert "it cannot be opened: No such file or directory" in explain(caught.value, PATH, "open it").message
    for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        assert "the disk is full" in explain(OSError(code, os.strerror(code)), PATH, "write it").message
    for code, what in ((errno.EROFS, "it cannot be written"), (errno.EACCES, "access is"), (errno.EPERM, "access is")):
        assert what in explain(OSError(code, os.strerror(code)), PATH, "write it").message
    odd = explain(OSError(errno.ELOOP, "too many links"), PATH, "open it")
    assert odd.message == "could not open it: the system refused: too many links"
    assert "desk doctor" in odd.remedy
    assert "without a number" in explain(OSError("without a number"), PATH, "open it").message


def test_no_room_for_the_memory_that_readers_share_is_a_full_disk() -> None:
    """SQLite calls it an error of the disk: it makes a small file for it, and fills that with nothing."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    told = explain(error, PATH, "open the journal")
    assert told.message.startswith("could not open the journal: the disk is full: ")
    assert told.remedy is not None and "free some space" in told.remedy
