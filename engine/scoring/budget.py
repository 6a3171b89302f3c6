"""What scorers behind an endpoint cost: dollars per scorer and UTC day, against a cap, in a file all engines share.

Money is reserved before a request and corrected to what it came to; a request that got no readable answer keeps its
reservation, and so does one that a crash interrupts. So the sum can only be too high, never too low.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from engine.day_file import DayFile, day_of

FILE: Final = "scoring-spend.json"
_MICRO: Final = 1_000_000
"""Sums are kept in millionths of a dollar, so they add up exactly."""


class _Spent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file's content."""

    day: str
    """UTC date, `2026-11-20`."""
    micro_usd: dict[str, int]
    """By scorer."""


class Reserved(NamedTuple):
    """Money set aside for one request."""

    day: str
    """The UTC date that it counts for."""
    micro_usd: int


class Budget:
    """One scorer's share of the file. Told the time."""

    def __init__(self, state_dir: Path, name: str, cap_usd: float) -> None:
        self._file = DayFile(
            state_dir / FILE,
            lambda day: _Spent(day, {}),
            what="what scorers cost today",
            look_up="look up today's cost at the vendor",
            unwritten="nothing is asked that cannot be recorded",
        )
        self._name = name
        self.cap_usd = cap_usd
        self._day = ""
        self._spent = 0
        self._least: int | None = None
        """The smallest sum that was wanted today: where not even that is left, nothing is tried."""

    @property
    def spent_usd(self) -> float:
        """What was spent or reserved on the newest day that was looked at, by every engine."""
        return self._spent / _MICRO

    def blocked(self, now_ns: int) -> str:
        """Why nothing may be asked; empty when it may. Raises DeskError when the file cannot be read."""
        if day_of(now_ns) != self._day:
            self._adopt(self._file.read(now_ns))
        if self.cap_usd > 0 and self._spent + (self._least or 0) <= round(self.cap_usd * _MICRO):
            return ""
        return f"${self.spent_usd:.2f} of ${self.cap_usd:.2f} spent today; it goes on at 00:00 UTC"

    def reserve(self, usd: float, now_ns: int) -> Reserved | None:
        """Set money aside; returns it, for `settle`, or None when the cap does not allow it. Raises DeskError."""
        wanted = max(0, round(usd * _MICRO))
        with self._file.locked():
            found = self._file.read(now_ns)
            self._adopt(found)
            self._least = wanted if self._least is None else min(wanted, self._least)
            before = found.micro_usd.get(self._name, 0)
            if self.cap_usd <= 0 or before + wanted > round(self.cap_usd * _MICRO):
                return None
            self._put(found, before + wanted)
        return Reserved(found.day, wanted)

    def settle(self, reserved: Reserved, usd: float, now_ns: int) -> None:
        """A request came to `usd`. A day that has begun meanwhile owes nothing of it. Raises DeskError."""
        with self._file.locked():
            found = self._file.read(now_ns)
            if found.day != reserved.day:
                self._adopt(found)  # of its own sum nothing was set aside, so nothing is given back
                return
            before = found.micro_usd.get(self._name, 0)
            self._put(found, max(0, before - reserved.micro_usd + max(0, round(usd * _MICRO))))

    def _put(self, found: _Spent, micro_usd: int) -> None:
        spent = _Spent(found.day, {**found.micro_usd, self._name: micro_usd})
        self._file.write(spent)
        self._adopt(spent)

    def _adopt(self, found: _Spent) -> None:
        if found.day != self._day:
            self._least = None
        self._day = found.day
        self._spent = found.micro_usd.get(self._name, 0)
