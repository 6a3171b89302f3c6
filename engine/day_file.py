"""A small file about one UTC day that every engine of a user shares: what was spent, against a cap per day."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from engine.clock import DAY, utc
from engine.errors import EXIT_USAGE, DeskError

LOCKS = 200
LOCK_S = 0.01
"""Whoever writes the file holds its lock for a moment. It is asked for so often, this far apart."""


class OfDay(Protocol):
    """What such a file holds."""

    @property
    def day(self) -> str:
        """UTC date, `2026-11-20`."""


Day = TypeVar("Day", bound=OfDay)


class DayFile(Generic[Day]):
    """Reads and replaces one file as JSON; hold `locked` over a read and the write that follows from it."""

    def __init__(self, path: Path, nothing: Callable[[str], Day], *, what: str, look_up: str, unwritten: str) -> None:
        """`nothing` makes the content of a day on which nothing happened.

        For errors: `what` it says, where to `look_up` the truth, and what follows while it is `unwritten`.
        """
        self.path = path
        self._nothing = nothing
        self._what = what
        self._look_up = look_up
        self._unwritten = unwritten

    def read(self, now_ns: int) -> Day:
        """Today's content, or tomorrow's after a clock was set back; a file of an earlier day, or none, is nothing.

        Raises DeskError: unknown is not 0, and a day that is further off would count for all days until then.
        """
        today = self._nothing(day_of(now_ns))
        try:
            found = msgspec.json.decode(self.path.read_bytes(), type=type(today))
        except FileNotFoundError:
            return today
        except (OSError, ValueError, msgspec.MsgspecError, RecursionError) as error:
            raise DeskError(
                f"expected {self._what}, found a file that cannot be read ({error})",
                where=str(self.path),
                remedy=f"{self._look_up}, then delete the file to count today from zero",
                exit_code=EXIT_USAGE,
            ) from error
        if found.day > day_of(now_ns + DAY):
            raise DeskError(
                f"expected {self._what}, found a file of {found.day[:20]!r}, a day that has not come",
                where=str(self.path),
                remedy=f"correct this machine's clock if it is wrong; else {self._look_up}, then delete the file",
                exit_code=EXIT_USAGE,
            )
        return found if found.day >= today.day else today

    def write(self, content: Day) -> None:
        """Replace the file in one step, readable by its owner only. Raises DeskError.

        Not flushed to the disk's platter: that would stall a stream for milliseconds again and again, and a power cut
        can lose the last step at most.
        """
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(content))
            temporary.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise DeskError(
                f"expected to record {self._what}, found {error.strerror or error}",
                where=str(self.path),
                remedy=f"free disk space or make the directory writable; {self._unwritten}",
            ) from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One engine at a time. Raises DeskError where there can be no file, and where another never lets go of it."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DeskError(
                f"expected a directory for {self._what}, found {error.strerror or error}",
                where=str(self.path.parent),
                remedy="make the state directory writable (`desk doctor` checks it)",
                exit_code=EXIT_USAGE,
            ) from error
        try:
            self._take(handle)
            yield
        finally:
            os.close(handle)

    def _take(self, handle: int) -> None:
        """Take the lock, or say that it cannot be had: who waits for it can neither go on nor be stopped."""
        for _ in range(LOCKS):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                time.sleep(LOCK_S)
            except OSError as error:
                raise self._locked_away(error.strerror or str(error)) from error
        raise self._locked_away(f"its lock held for more than {LOCKS * LOCK_S:g} s")

    def _locked_away(self, found: str) -> DeskError:
        return DeskError(
            f"expected to lock {self._what}, found {found}",
            where=f"{self.path}.lock",
            remedy=f"end the program that holds it (`fuser` names it); {self._unwritten}",
        )


def day_of(at_ns: int) -> str:
    """The UTC date of a moment, `2026-11-20`."""
    return utc(at_ns).date().isoformat()
