"""Whether a journal may be written: private, of this version and profile, held by nobody else, and as it was left."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Final

from engine.errors import JournalError
from engine.journal import schema
from engine.journal.anchor import Anchor, read_anchor
from engine.journal.chain import check_layout
from engine.journal.walk import Flaw, check_tail
from engine.paths import make_directory

TAIL: Final = 10_000
"""Records whose chain is checked on opening; those before are checked while the engine runs."""

_KINDS: Final = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check_files(path: Path) -> None:
    """Raises JournalError where something that is no file stands in the place of the journal or of what is beside it.

    The journal may be a link to a file elsewhere. Those beside it may not: what a link leads to would be written over,
    and so would a device.
    """
    for each, looked_at in ((path, path.stat), *((other, other.lstat) for other in _beside(path))):
        try:
            mode = looked_at().st_mode
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(mode):
            raise JournalError(
                f"expected a file, found {_KINDS.get(stat.S_IFMT(mode), 'something else')}",
                where=str(each),
                remedy="move it away: no start writes over it; the journal itself may be a link to a file",
            )


def _beside(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", ".anchor"))


def make_private(path: Path) -> None:
    """Create the journal's missing directories (0700) and its file (0600), or make an existing file private.

    Raises OSError, and JournalError as `check_files` does.
    """
    make_directory(path.absolute().parent)
    check_files(path)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for suffix in ("", "-wal", "-shm"):
        companion = path.with_name(path.name + suffix)
        if companion.exists() and companion.stat().st_mode & 0o077:
            companion.chmod(0o600)


class Standing:
    """The journal and its write-ahead log as they were opened. A file that is moved away takes what is written with it:
    the next start would know nothing of it."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when one of them is not there."""
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._files = [(each, each.stat()) for each in (path, self._log)]
        self._sizes = {each: known.st_size for each, known in self._files}
        """How long each was at the last look. The journal only grows."""
        self.cut = False
        """Whether a file was found cut: what SQLite still remembers of it must not be written to the other."""

    def check(self, newest: Anchor) -> None:
        """Raises JournalError when another file stands in the place of one of them, or none, or one was cut.

        `newest` is durable and must be in them. Two calls of `stat`; called before a commit and after it, because
        SQLite writes on behind a cut from its memory, and the file is as long as it was.
        """
        for path, known in self._files:
            try:
                found = path.stat()
                stands = os.path.samestat(found, known)
            except OSError:
                stands = False
            if not stands:
                raise JournalError(
                    "could not write to it: the file was moved away, removed or replaced",
                    where=str(path),
                    remedy="put the file back, with those beside it, before the next start: it has every record",
                )
            size, self._sizes[path] = self._sizes[path], found.st_size
            if found.st_size < size and not (path is self._log and self._is_emptied(found.st_size, newest)):
                self.cut = True
                raise JournalError(
                    f"could not write to it: it was cut from {size:,} to {found.st_size:,} bytes",
                    where=str(path),
                    remedy="restore an intact copy with its anchor; `desk journal verify --help` tells more",
                )

    def _is_emptied(self, size: int, newest: Anchor) -> bool:
        """Whether SQLite itself cut the log back to this: once all of it is in the journal, to its limit or to none."""
        return (size == 0 or size >= schema.WAL_LIMIT) and _holds(self._path, newest)


def _holds(path: Path, newest: Anchor) -> bool:
    """Whether this record is in the files, as somebody reads it who remembers nothing of them."""
    try:
        with closing(schema.connect_readonly(path)) as connection:
            query = "SELECT hash FROM records WHERE seq = ?"
            return not newest.seq or connection.execute(query, (newest.seq,)).fetchone() == (newest.hash,)
    except sqlite3.Error:
        return False


def newest(connection: sqlite3.Connection, path: Path, profile: str) -> tuple[Anchor, int]:
    """The newest record of a journal that may be written, and how many from the first on were passed over.

    An older schema is migrated. Raises JournalError for one that is foreign, newer, another profile's or not as it was
    written, and sqlite3.Error for one that somebody else holds.
    """
    if not schema.is_current(connection, path):
        schema.migrate(connection, profile)
    connection.text_factory = bytes
    meta = schema.read_meta(connection)
    if meta.get("profile") != profile:
        raise JournalError(
            f"expected a journal of the profile {profile!r}, found one of {meta.get('profile')!r}",
            where=str(path),
            remedy="simulated, paper and live money never share a journal: name another file for this profile",
        )
    check_layout(meta, path)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")
    walk, flaw = check_tail(connection, read_anchor(path), TAIL)
    if flaw is not None:
        raise not_as_written(path, flaw)
    return Anchor(walk.seq, walk.hash), max(0, walk.seq - TAIL)


def not_as_written(path: Path, flaw: Flaw) -> JournalError:
    """What is wrong with a journal in which this was found, and what to do."""
    return JournalError(
        f"expected the journal as it was written, found: {flaw.what}",
        where=f"{path}, record {flaw.seq}",
        remedy="restore an intact copy with its anchor, or read `desk journal verify --help` on going on",
    )
