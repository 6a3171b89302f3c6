"""What the disk takes of a commit, and how much of an order's way to the wire that was.

A group's INSERT commits by itself: the statement ends when the disk has synced. The journal's thread needs the
interpreter again after it, for which it waits a switch interval at most, so a commit of more than `SLOW_MS` is slow
because of the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Final

from engine.clock import SystemClock
from engine.journal import writer
from engine.journal.rows import Field

SLOW_MS: Final = 5.0

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
