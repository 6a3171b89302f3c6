"""One engine per profile: a lock file that the operating system releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.errors import EXIT_ALREADY_RUNNING, DeskError


class EngineLock:
    """An exclusive flock(2) on a file that holds the pid of its owner. Survives nothing: a crash frees it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises DeskError with the holder's pid when another engine has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise DeskError(
                f"expected no engine for this profile, found one running with pid {pid}",
                where=str(self._path),
                remedy="attach to it with `desk`, or stop it with `desk stop`",
                exit_code=EXIT_ALREADY_RUNNING,
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._file = descriptor

    def release(self) -> None:
        """Give it up; the file stays, empty."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


def holder(path: Path) -> int | None:
    """Pid of the engine that holds this lock now, or None."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        return int(text) if text.isdigit() else None
    finally:
        os.close(descriptor)
    return None
