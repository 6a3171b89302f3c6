"""What scorers behind an endpoint cost: dollars per scorer and UTC day, against a cap, in a file all engines share.

Money is reserved before a request and corrected to what it came to; a request that got no readable answer keeps its
reservation, and so does one that a crash interrupts. So the sum can only be too high, never too low.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from engine.clock import utc
from engine.errors import EXIT_USAGE, DeskError

FILE: Final = "scoring-spend.json"
_MICRO: Final = 1_000_000
"""Sums are kept in millionths of a dollar, so they add up exactly."""


class _Spent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file's content."""

    day: str
    """UTC date, `2026-11-20`."""
    micro_usd: dict[str, int]
    """By scorer."""


class Budget:
    """One scorer's share of the file. Told the time."""

    def __init__(self, state_dir: Path, name: str, cap_usd: float) -> None:
        self._path = state_dir / FILE
        self._name = name
        self.cap_usd = cap_usd
        self._day = ""
        self._spent = 0
        self._typical = 0
        """The newest reservation: what the next one is likely to be."""

    @property
    def spent_usd(self) -> float:
        """What was spent or reserved on the newest day that was looked at, by every engine."""
        return self._spent / _MICRO

    def blocked(self, now_ns: int) -> str:
        """Why nothing may be asked; empty when it may. Raises DeskError when the file cannot be read."""
        if _day(now_ns) != self._day:
            self._adopt(self._read(now_ns))
        if self.cap_usd > 0 and self._spent + self._typical <= round(self.cap_usd * _MICRO):
            return ""
        return f"${self.spent_usd:.2f} of ${self.cap_usd:.2f} spent today; it goes on at 00:00 UTC"

    def reserve(self, usd: float, now_ns: int) -> int | None:
        """Set money aside; returns how much, for `settle`, or None when the cap does not allow it. Raises DeskError."""
        wanted = max(0, round(usd * _MICRO))
        self._typical = wanted
        with self._locked():
            found = self._read(now_ns)
            before = found.micro_usd.get(self._name, 0)
            if self.cap_usd <= 0 or before + wanted > round(self.cap_usd * _MICRO):
                self._adopt(found)
                return None
            self._put(found, before + wanted)
        return wanted

    def settle(self, reserved: int, usd: float, now_ns: int) -> None:
        """A request came to `usd`. A day that has begun meanwhile owes nothing of it. Raises DeskError."""
        with self._locked():
            found = self._read(now_ns)
            before = found.micro_usd.get(self._name, 0)
            self._put(found, max(0, before - reserved + max(0, round(usd * _MICRO))))

    def _put(self, found: _Spent, micro_usd: int) -> None:
        spent = _Spent(found.day, {**found.micro_usd, self._name: micro_usd})
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(spent))
            temporary.replace(self._path)
        except OSError as error:
            raise DeskError(
                f"expected to record what a scorer costs, found {error.strerror or error}",
                where=str(self._path),
                remedy="free disk space or make the directory writable; nothing is asked that cannot be recorded",
            ) from error
        self._adopt(spent)

    def _adopt(self, found: _Spent) -> None:
        self._day = found.day
        self._spent = found.micro_usd.get(self._name, 0)

    def _read(self, now_ns: int) -> _Spent:
        """The file's content for today; a file of an earlier day, or none, is zero."""
        today = _Spent(_day(now_ns), {})
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=_Spent)
        except FileNotFoundError:
            return today
        except (OSError, msgspec.MsgspecError) as error:
            raise DeskError(
                f"expected what scorers cost today, found a file that cannot be read ({error})",
                where=str(self._path),
                remedy="look up today's cost at the vendor, then delete the file to count today from zero",
                exit_code=EXIT_USAGE,
            ) from error
        return found if found.day >= today.day else today

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One engine at a time reads and replaces the file."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DeskError(
                f"expected a directory for the scorers' spend, found {error.strerror or error}",
                where=str(self._path.parent),
                remedy="make the state directory writable (`desk doctor` checks it)",
                exit_code=EXIT_USAGE,
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _day(at_ns: int) -> str:
    return utc(at_ns).date().isoformat()
