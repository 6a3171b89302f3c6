"""What the disk takes of a commit, and how much of an order's way to the wire that was.

A group's INSERT commits by itself: the statement ends when the disk has synced. The journal's thread needs the
interpreter again after it, for which it waits a switch interval at most, so a commit of more than `SLOW_MS` is slow
because of the disk. What the disk takes with nothing else writing is measured too.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from engine.clock import SystemClock
from engine.journal import writer
from engine.journal.rows import Field
from engine.syncs import syncs

SLOW_MS: Final = 5.0
ALONE_S: Final = 20.0
EVERY_S: Final = 0.01
"""As often as the journal commits when posts come fast."""

Span = tuple[int, int]
"""When a commit began and ended, in nanoseconds since 1970."""


class Commits:
    """Notes every commit of this process's journals from now on."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._clock = SystemClock()
        self._insert: Callable[[sqlite3.Connection, list[Field]], None] = writer.insert
        writer.insert = self._timed

    def _timed(self, connection: sqlite3.Connection, fields: list[Field]) -> None:
        began_ns = self._clock.now_ns()
        self._insert(connection, fields)
        self.spans.append((began_ns, self._clock.now_ns()))


def durations_ms(spans: Sequence[Span]) -> list[float]:
    """How long each commit took, in milliseconds."""
    return [(ended - began) / 1e6 for began, ended in spans]


def held_up_ms(spans: Sequence[Span], from_ns: int, to_ns: int) -> float:
    """How much of the time from `from_ns` to `to_ns` slow commits took, in milliseconds."""
    taken = 0
    for began, ended in spans:
        if ended - began > SLOW_MS * 1e6:
            taken += max(0, min(ended, to_ns) - max(began, from_ns))
    return taken / 1e6


def syncs_alone(seconds: float = ALONE_S) -> list[tuple[float, float]]:
    """When syncs of this disk (that of the temporary directory) began and how long each took, in seconds."""
    taken: list[tuple[float, float]] = []
    end = time.perf_counter() + seconds
    for began, lasted in syncs(Path(tempfile.gettempdir())):
        taken.append((began, lasted))
        if began + lasted >= end:
            break
        time.sleep(max(0.0, EVERY_S - lasted))  # the journal's rhythm
    return taken


def sync_figures(taken: Sequence[tuple[float, float]]) -> dict[str, float]:
    """How long the syncs took, in milliseconds, and the share of all time in which one took more than `SLOW_MS`."""
    lasted = sorted(duration * 1000 for _, duration in taken)
    span_s = taken[-1][0] + taken[-1][1] - taken[0][0]
    return {
        "disk_p50_ms": lasted[len(lasted) // 2],
        "disk_p99_ms": lasted[int(0.99 * len(lasted))],
        "disk_max_ms": lasted[-1],
        "disk_slow_pct": 100 * sum(each for each in lasted if each > SLOW_MS) / 1000 / span_s,
    }
