"""A copy of a journal, taken while an engine writes it, and verified before it counts as one.

All of it is read in one read transaction: SQLite's shell begins its backup anew whenever the engine has committed, and
comes to no end on a long journal. The engine's write-ahead log grows meanwhile, and is cut back after.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from engine.errors import JournalError
from engine.journal.anchor import Anchor, anchor_path, renew_anchor
from engine.journal.schema import connect_readonly
from engine.journal.verify import Progress, Verification, verify
from engine.paths import sync_path

STEP: Final = 1_000
"""Pages copied at a time: Ctrl+C is heard between them."""


def copy_journal(
    connection: sqlite3.Connection,
    anchor: Anchor | None,
    to: Path,
    copied: Progress | None = None,
    verified: Progress | None = None,
) -> Verification:
    """Copy a journal to a new file with an anchor of its own; what verifying the copy found.

    `connection` reads the journal, `anchor` was read before. Nothing but the anchor stands beside a copy. `copied` is
    told pages, `verified` records. What is not whole does not stay: raises JournalError where the copy does not verify
    or a file is in its place, sqlite3.Error and OSError where it cannot be written.
    """
    for taken in (to, anchor_path(to)):
        if taken.exists() or taken.is_symlink():
            raise JournalError("expected a new file for the copy, found one", where=str(taken), remedy="name another")
    part = to.with_name(f".{to.name}.{os.getpid()}")
    made = [part]
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        _fill(connection, part, copied)
        with closing(connect_readonly(part)) as copy:
            found = verify(part, copy, None, verified, anchor)
        if not found.ok:
            raise JournalError(
                f"expected a copy that verifies, found: {found.what}",
                where=f"{to}, record {found.first_bad_seq}",
                remedy="the journal itself may be damaged: `desk journal verify`; nothing was kept of the copy",
            )
        if anchor is not None:
            made.append(anchor_path(to))
            renew_anchor(to, Anchor(found.records, bytes.fromhex(found.last_hash)))
        sync_path(part)
        part.rename(to)
    except BaseException:
        for file in made:
            file.unlink(missing_ok=True)
        raise
    sync_path(to.parent)
    return found


def _fill(source: sqlite3.Connection, part: Path, copied: Progress | None) -> None:
    def tell(_: int, left: int, pages: int) -> None:
        if copied is not None:
            copied(pages - left, pages)

    with closing(sqlite3.connect(part, isolation_level=None)) as target:
        target.execute("PRAGMA synchronous = OFF")  # nobody asks for it before it is whole, and synced then
        source.execute("BEGIN")
        try:
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            source.backup(target, pages=STEP, progress=tell)
        finally:
            source.execute("ROLLBACK")
        target.execute("PRAGMA journal_mode = DELETE")  # a file by itself, which can be read where nothing is written
