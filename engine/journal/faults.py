"""What SQLite and the file system refuse, in words, with what to do about it."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Final

from engine.errors import JournalError

_BY_CODE: Final = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space there, then start again"),
    sqlite3.SQLITE_BUSY: (
        "another process holds a lock on it",
        "close the program that has the journal open for writing, then start again",
    ),
    sqlite3.SQLITE_LOCKED: (
        "another connection holds a lock on it",
        "close the program that has the journal open for writing, then start again",
    ),
    sqlite3.SQLITE_READONLY: (
        "it cannot be written",
        "make the file and its directory writable for you (`ls -l`, `mount`), then start again",
    ),
    sqlite3.SQLITE_PERM: ("access is denied", "make the file readable and writable for you, then start again"),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened",
        "check that the directory exists, is writable for you, and that enough file handles are free",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk failed to read or write",
        "check the disk and its free space (`df`, `dmesg`), then start again",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the file is damaged",
        "run `desk journal verify`; keep the file, restore a copy or move it away, then start again",
    ),
    sqlite3.SQLITE_TOOBIG: (
        "the file is damaged: a record is longer than any that was written",
        "run `desk journal verify`; keep the file, restore a copy or move it away, then start again",
    ),
    sqlite3.SQLITE_NOTADB: (
        "it is no journal (not an SQLite database)",
        "move that file away, or set engine.state_dir to another directory",
    ),
    sqlite3.SQLITE_CONSTRAINT: (
        "another process wrote to it meanwhile",
        "let only one engine run on a journal; run `desk journal verify`, then start again",
    ),
}
_BY_EXTENDED: Final = {sqlite3.SQLITE_IOERR_SHMSIZE: sqlite3.SQLITE_FULL}
"""Codes of SQLite's that say more than the one they belong to: the memory that readers share is a file too."""
_BY_ERRNO: Final = {
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EDQUOT: sqlite3.SQLITE_FULL,
    errno.EFBIG: sqlite3.SQLITE_FULL,
    errno.EROFS: sqlite3.SQLITE_READONLY,
    errno.EACCES: sqlite3.SQLITE_PERM,
    errno.EPERM: sqlite3.SQLITE_PERM,
    errno.ENOENT: sqlite3.SQLITE_CANTOPEN,
    errno.ENOTDIR: sqlite3.SQLITE_CANTOPEN,
    errno.EISDIR: sqlite3.SQLITE_CANTOPEN,
    errno.EMFILE: sqlite3.SQLITE_CANTOPEN,
    errno.ENFILE: sqlite3.SQLITE_CANTOPEN,
    errno.EIO: sqlite3.SQLITE_IOERR,
}


def explain(error: sqlite3.Error | OSError, path: Path, doing: str) -> JournalError:
    """The refusal as a JournalError. `doing` says what was being done: `open the journal`, `write record 17`."""
    if isinstance(error, OSError):
        code = _BY_ERRNO.get(error.errno or 0)
        detail = error.strerror or str(error)
    else:
        extended = getattr(error, "sqlite_errorcode", None)
        code = None if extended is None else _BY_EXTENDED.get(extended, extended & 0xFF)
        detail = f"{error} ({getattr(error, 'sqlite_errorname', type(error).__name__)})"
    what, remedy = _BY_CODE.get(
        code or 0, ("the system refused", "see the detail; run `desk doctor`, then start again")
    )
    return JournalError(f"could not {doing}: {what}: {detail}", where=str(path), remedy=remedy)
