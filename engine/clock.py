"""The one clock. All time in the engine comes from here, so that a replay is exact.

`SystemClock` is used live; `VirtualClock` in replay and in tests, where time moves only when the kernel moves it.
Times are integers: nanoseconds since 1970-01-01T00:00:00Z. Durations are nanoseconds too; config is in seconds.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Protocol
from zoneinfo import ZoneInfo

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

NEW_YORK = ZoneInfo("America/New_York")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"\d+", re.ASCII)


class Clock(Protocol):
    """What time it is, in nanoseconds since the epoch (UTC)."""

    def now_ns(self) -> int:
        """Current time, never going backwards within one process."""


if sys.platform == "linux":
    _running_ns: Callable[[], int] = partial(time.clock_gettime_ns, time.CLOCK_BOOTTIME)
    """Counts on while the machine sleeps (clock_gettime(2)): what it wakes up to is old at once."""
else:
    _running_ns = time.monotonic_ns


class SystemClock:
    """Wall time that never goes backwards: the start is read once from the wall, then the machine's own clock counts.

    `skew_ns` tells how far the wall has moved from it since (an NTP step; where the machine's clock stands still while
    it sleeps, a sleep); `resync` adopts a forward step. `slept_ns` tells of a sleep that the clock has counted.
    """

    def __init__(self) -> None:
        self._base = time.time_ns() - _running_ns()
        self._asleep = _running_ns() - time.monotonic_ns()

    def now_ns(self) -> int:
        return self._base + _running_ns()

    def slept_ns(self) -> int:
        """How long the machine slept since this was last asked; what is less than a millisecond is none."""
        asleep = _running_ns() - time.monotonic_ns()
        slept, self._asleep = asleep - self._asleep, asleep
        return slept if slept > MILLISECOND else 0

    def skew_ns(self) -> int:
        """Wall time minus this clock, in nanoseconds."""
        return time.time_ns() - self.now_ns()

    def resync(self) -> int:
        """Adopt the wall's time if it is ahead; returns the step taken in nanoseconds (0 if none)."""
        step = self.skew_ns()
        if step > 0:
            self._base += step
            return step
        return 0


class VirtualClock:
    """Time that moves only by `advance`: replay and tests."""

    def __init__(self, now_ns: int = 0) -> None:
        self._now = now_ns

    def now_ns(self) -> int:
        return self._now

    def advance(self, to_ns: int) -> None:
        """Move to `to_ns`; an earlier time leaves the clock where it is."""
        if to_ns > self._now:
            self._now = to_ns


def from_seconds(seconds: float) -> int:
    """Seconds (config unit) to nanoseconds."""
    return round(seconds * SECOND)


def utc(at_ns: int) -> datetime:
    """Timezone-aware UTC datetime (microsecond resolution)."""
    return datetime.fromtimestamp(at_ns // SECOND, UTC).replace(microsecond=at_ns % SECOND // 1000)


def iso(at_ns: int) -> str:
    """ISO 8601 UTC with milliseconds: `2026-11-20T14:30:00.000Z`."""
    return utc(at_ns).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ns % SECOND // MILLISECOND:03d}Z"


def exchange_time(at_ns: int) -> str:
    """What a person reads: the exchange's time, `2026-11-20 09:30:00.000 NY`, as every clock of the desk shows it."""
    return f"{new_york(at_ns):%Y-%m-%d %H:%M:%S}.{at_ns % SECOND // MILLISECOND:03d} NY"


def parse_iso(text: str) -> int:
    """ISO 8601 text to nanoseconds since the epoch; fractions up to nine digits are kept exactly.

    Raises ValueError for anything else, and for a time without a zone.
    """
    body = text.strip()
    if body[-1:] in ("Z", "z"):
        body = body[:-1] + "+00:00"
    dot = body.find(".")
    if dot == -1:
        return _whole_seconds(body)
    digits = _DIGITS.match(body, dot + 1)
    if digits is None:
        raise ValueError(f"expected digits after the point, found {text!r}")
    return _whole_seconds(body[:dot] + body[digits.end() :]) + int(digits[0][:9].ljust(9, "0"))


@lru_cache(maxsize=1024)
def _whole_seconds(text: str) -> int:
    """ISO 8601 text without a fraction to nanoseconds: what a stream tells within a second shares most of its text."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with a zone, found {text!r}")
    whole = moment - _EPOCH
    return (whole.days * 86_400 + whole.seconds) * SECOND


def new_york(at_ns: int) -> datetime:
    """The exchange's local time."""
    return utc(at_ns).astimezone(NEW_YORK)


def stopwatch_ns() -> int:
    """A monotonic reading for measuring how long work takes; never recorded, never compared with `now_ns`."""
    return time.perf_counter_ns()
