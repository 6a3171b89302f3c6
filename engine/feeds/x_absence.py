"""Since when the stream brings nothing, and which posts are missing because of it.

A gap is told when the stream is back, and while it is away: other feeds go on meanwhile, and a mood must not be taken
for whole that lacks all that X has.
"""

from __future__ import annotations

from engine.clock import DAY, MINUTE, SECOND

OVERLAP_NS = 10 * SECOND
"""A gap is taken to begin this long before the last byte: delivery is unordered and 6 to 7 s late."""
AWAY_NS = MINUTE
"""A gap is told when the stream has been away for so long: a shorter one makes no window unknown."""
FOR_GOOD_NS = 366 * DAY
"""How far ahead a gap reaches whose end is not known: what lies ahead is taken back when the stream is open again.
However short the windows are, none passes over an absence unseen."""


class Absence:
    """The present absence of the stream, if it is one. Told the time; knows nothing of connections."""

    def __init__(self, horizon_ns: int, known_until_ns: int) -> None:
        """`horizon_ns`: how far back posts matter; `known_until_ns`: those up to then are known (0: none are)."""
        self._horizon_ns = horizon_ns
        self._known_until_ns = known_until_ns
        self.is_told = False
        """Whether its gap is told, which reaches ahead."""
        self._down_ns: int | None = None
        self.connected = False
        """Whether the stream has ever been open."""
        self.behind_ns = 0
        """How long after its publication the last post came: so much may be lost before a sign of life."""

    @property
    def down(self) -> bool:
        """Whether the stream was open once and is not now."""
        return self._down_ns is not None

    def began(self, at_ns: int) -> None:
        """The stream is gone; the last sign of life was then. The first one told counts."""
        if self._down_ns is None:
            self._down_ns = at_ns

    def over(self) -> None:
        """The stream is open."""
        self.connected = True
        self._down_ns = None
        self.is_told = False

    def earliest_ns(self, now_ns: int) -> int:
        """The publication time before which no post matters."""
        return now_ns - self._horizon_ns

    def from_ns(self, now_ns: int) -> int | None:
        """Since when posts are missing; None where the stream is open, or nothing is known before it either."""
        if self.connected:
            since_ns, overlap_ns = self._down_ns, max(OVERLAP_NS, 2 * self.behind_ns)
        else:
            since_ns, overlap_ns = self._known_ns(now_ns), OVERLAP_NS
        return None if since_ns is None else max(self.earliest_ns(now_ns), since_ns - overlap_ns)

    def due_ns(self, now_ns: int) -> int | None:
        """When the gap is to be told; None where there is none, or it is told already."""
        since_ns = self._down_ns if self.connected else self._known_ns(now_ns)
        if self.is_told or since_ns is None:
            return None
        return since_ns + AWAY_NS if since_ns <= now_ns else now_ns  # the clock was set back: for how long is not known

    def told(self) -> None:
        """The gap is told."""
        self.is_told = True

    def _known_ns(self, now_ns: int) -> int | None:
        """Until when posts are known from earlier runs; 0 where the clock was set back since, None where none are."""
        if not self._known_until_ns:
            return None
        return self._known_until_ns if self._known_until_ns <= now_ns else 0
