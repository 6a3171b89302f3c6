"""One engine per profile: a lock file that the operating system releases when its holder dies."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import shlex
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from engine.errors import EXIT_ALREADY_RUNNING, EXIT_FAILED, EXIT_USAGE, DeskError
from engine.paths import Paths

LOOKS = 200
LOOK_S = 0.005
"""Who only looks holds a shared lock for a moment. An engine that starts then tries again so often, this far apart."""
LONGEST: Final = 8192
"""Bytes of a lock file that are read: a pid and a path."""
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


class Held(NamedTuple):
    """Who holds a lock."""

    pid: int
    """0 when it has not written it yet."""
    journal: Path | None
    """The journal that it writes; None when it does not say."""


class EngineLock:
    """An exclusive flock(2) on a file that holds the pid of its owner and the journal that it writes, a line each.
    Survives nothing: a crash frees it."""

    def __init__(self, path: Path, journal: Path | None = None) -> None:
        self._path = path
        self._journal = b"" if journal is None else os.fsencode(journal.absolute()) + b"\n"
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises DeskError with the holder's pid when another engine has it, or when it is no file."""
        descriptor = _opened(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            self._take(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode() + self._journal, 0)
        except OSError as error:
            os.close(descriptor)
            raise _refused(self._path, error) from error
        except DeskError:
            os.close(descriptor)
            raise
        self._file = descriptor

    def _take(self, descriptor: int) -> None:
        looks = 0
        while not _takes(self._path, descriptor, fcntl.LOCK_EX):
            # Where a shared lock can be had no engine holds it: somebody looks, and will be done in a moment.
            if looks == LOOKS or not _takes(self._path, descriptor, fcntl.LOCK_SH):
                pid = _held(descriptor).pid or "unknown"
                raise DeskError(
                    f"expected no engine for this profile, found one running with pid {pid}",
                    where=str(self._path),
                    remedy="attach to it with `desk`, or stop it with `desk stop`",
                    exit_code=EXIT_ALREADY_RUNNING,
                )
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            looks += 1
            time.sleep(LOOK_S)

    def renew(self) -> None:
        """Take the lock on a new file where the one that is held was taken away: who looks there must find us.

        Raises DeskError when that cannot be; what is held stays so.
        """
        held = self._file
        if held is None or _is(held, self._path):
            return
        try:
            self.acquire()
        except DeskError:
            self._file = held
            raise
        os.close(held)

    def release(self) -> None:
        """Give it up; the file stays, empty."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


async def keep(lock: EngineLock, every_s: float) -> None:
    """Renew the lock this often, until cancelled; its directory may be away for a while."""
    while True:
        await asyncio.sleep(every_s)
        with suppress(DeskError):
            lock.renew()


def holder(path: Path) -> int | None:
    """Pid of the engine that holds this lock now, or None; 0 when it has not written its pid yet.

    Raises DeskError when it is no file.
    """
    found = held(path)
    return None if found is None else found.pid


def held(path: Path) -> Held | None:
    """The engine that holds this lock now, or None. Raises DeskError when it is no file."""
    if not path.exists():
        return None
    descriptor = _opened(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return None if _takes(path, descriptor, fcntl.LOCK_SH) else _held(descriptor)
    finally:
        os.close(descriptor)


def journal_of(paths: Paths) -> Path:
    """The journal that this engine writes, where it runs and says so; else the one that these paths give it.

    Who asks need not have started it: a recording that was named to the engine alone has a journal of its own.
    """
    found = None
    with suppress(DeskError, OSError):
        found = held(paths.lock)
    return paths.journal if found is None or found.journal is None else found.journal


def _held(descriptor: int) -> Held:
    pid, _, journal = os.pread(descriptor, LONGEST, 0).partition(b"\n")
    named = journal.endswith(b"\n") and journal.startswith(b"/")
    return Held(int(pid) if pid.isdigit() else 0, Path(os.fsdecode(journal[:-1])) if named else None)


def _is(descriptor: int, path: Path) -> bool:
    """Whether this is the file that stands there."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def _opened(path: Path, flags: int) -> int:
    """The lock file's descriptor. A link is not followed: what it leads to would be emptied."""
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        raise _refused(path, error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _in_the_way(path, "another kind of file")
    return descriptor


def _refused(path: Path, error: OSError) -> DeskError:
    if error.errno == errno.EROFS:
        return DeskError(
            f"expected a disk that takes a lock file, found: {error.strerror}",
            where=str(path),
            remedy="have its disk mounted for writing (`mount`), or set engine.runtime_dir to a directory on another",
            exit_code=EXIT_USAGE,
        )
    if error.errno not in _NO_ROOM:
        return _in_the_way(path, error.strerror or str(error))
    return DeskError(
        f"expected room for a lock file, found none: {error.strerror}",
        where=str(path),
        remedy=f"free some space (`df {shlex.quote(str(path.parent))}`), then start again; or set engine.runtime_dir "
        "to a directory on another disk",
        exit_code=EXIT_FAILED,
    )


def _in_the_way(path: Path, found: str) -> DeskError:
    return DeskError(
        f"expected a lock file that can be written, found: {found}",
        where=str(path),
        remedy="move it away, or set engine.runtime_dir to another directory",
        exit_code=EXIT_USAGE,
    )


def _takes(path: Path, descriptor: int, kind: int) -> bool:
    """Take a lock of this kind, or say that another holds one that forbids it.

    Raises DeskError where the file system has no locks (some network mounts): then nobody could tell who runs.
    """
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise _in_the_way(path, f"no lock on this file system ({error.strerror or error})") from error
    return True
