"""Which spans of time are known: since when every post is in, and which gaps were never filled."""

from __future__ import annotations

import math

import msgspec

from engine.clock import MINUTE, SECOND, new_york

TOLERATED_GAP_NS = 60 * SECOND
"""A gap up to this long does not make a window unknown, nor do shorter ones that are no longer together."""
NEVER = 1 << 63
"""Later than any time."""
MOST_GAPS = 256
"""Gaps kept apart; beyond that the two nearest neighbours become one (which only makes coverage look worse)."""


class Gap(msgspec.Struct, frozen=True, gc=False):
    """A span whose posts are missing, [from_ns, to_ns)."""

    from_ns: int
    to_ns: int

    def __str__(self) -> str:
        return f"gap {new_york(self.from_ns):%H:%M}–{new_york(self.to_ns):%H:%M} New York not filled"


class Coverage:
    """What is known of the two windows [now − window, now] and [now − look_back − window, now − look_back]."""

    def __init__(self, window_ns: int, look_back_ns: int) -> None:
        self._window_ns = window_ns
        self._look_back_ns = look_back_ns
        self._since_ns: int | None = None
        self._gaps: list[Gap] = []
        self._not_covered: dict[str, str] = {}
        """Why a source sends no posts, or not all, by the source."""
        self.complete_from_ns = NEVER
        """From this instant on nothing is missing; NEVER while that cannot be told without looking at the gaps."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps that are not filled, oldest first."""
        return tuple(self._gaps)

    def since(self, at_ns: int) -> None:
        """Every post published at or after `at_ns` is in, gaps apart. A call that reached further back stays."""
        if self._since_ns is None or at_ns < self._since_ns:
            self._since_ns = at_ns
            self._settle()

    def gap(self, from_ns: int, to_ns: int) -> None:
        """Posts published in [from_ns, to_ns) are missing. Gaps that touch become one."""
        if to_ns <= from_ns:
            return
        apart = []
        for known in self._gaps:
            if known.to_ns < from_ns or known.from_ns > to_ns:
                apart.append(known)
            else:
                from_ns, to_ns = min(from_ns, known.from_ns), max(to_ns, known.to_ns)
        apart.append(Gap(from_ns, to_ns))
        apart.sort(key=lambda gap: gap.from_ns)
        if len(apart) > MOST_GAPS:
            at = min(range(len(apart) - 1), key=lambda index: apart[index + 1].from_ns - apart[index].to_ns)
            apart[at : at + 2] = [Gap(apart[at].from_ns, apart[at + 1].to_ns)]
        self._gaps = apart
        self._settle()

    def filled(self, from_ns: int, to_ns: int) -> None:
        """The posts published in [from_ns, to_ns) have come after all."""
        if to_ns <= from_ns:
            return
        rest = []
        for gap in self._gaps:
            if gap.to_ns <= from_ns or gap.from_ns >= to_ns:
                rest.append(gap)
                continue
            if gap.from_ns < from_ns:
                rest.append(Gap(gap.from_ns, from_ns))
            if gap.to_ns > to_ns:
                rest.append(Gap(to_ns, gap.to_ns))
        self._gaps = rest
        self._settle()

    def not_covered(self, source: str, why: str) -> None:
        """What keeps a source from sending the posts, in words; empty when nothing does. It comes with a gap."""
        if why:
            self._not_covered[source] = why
        else:
            self._not_covered.pop(source, None)
        self._settle()

    def knows_previous(self, now_ns: int) -> bool:
        """Whether coverage reaches back to the start of the previous window."""
        return self._since_ns is not None and now_ns >= self._since_ns + self._window_ns + self._look_back_ns

    def missing(self, now_ns: int) -> str:
        """What is missing for both windows to be known at `now_ns`, in words; empty when nothing is."""
        parts = list(self._not_covered.values())
        if self._since_ns is None:
            return ", ".join(parts) or "no post source has started"
        current_start = now_ns - self._window_ns
        previous_start = current_start - self._look_back_ns
        if self._since_ns > current_start:
            parts.append(f"window: {_minutes(self._since_ns - current_start)} more")
        if self._since_ns > previous_start:
            parts.append(f"previous window: {_minutes(self._since_ns - previous_start)} more")
        if self._gaps and self._gaps[0].to_ns <= previous_start:
            self._gaps = [gap for gap in self._gaps if gap.to_ns > previous_start]
            self._settle()
        previous_end = now_ns - self._look_back_ns
        in_current = in_previous = 0
        for gap in self._gaps:
            current, previous, span_ns = gap.to_ns > current_start, gap.from_ns <= previous_end, gap.to_ns - gap.from_ns
            if span_ns <= TOLERATED_GAP_NS:
                in_current += span_ns * current
                in_previous += span_ns * previous
            elif current or previous:
                parts.append(str(gap) if gap.to_ns <= now_ns else _since(gap.from_ns))
        short_ns = max(in_current, in_previous)
        if short_ns > TOLERATED_GAP_NS:
            parts.append(f"short gaps of {math.ceil(short_ns / SECOND)} s together not filled")
        return ", ".join(parts)

    def _settle(self) -> None:
        known = self._since_ns is not None and not self._gaps and not self._not_covered
        self.complete_from_ns = (self._since_ns or 0) + self._window_ns + self._look_back_ns if known else NEVER


def _since(at_ns: int) -> str:
    return f"posts since {new_york(at_ns):%H:%M} New York are missing"


def _minutes(span_ns: int) -> str:
    if span_ns < MINUTE:
        return f"{math.ceil(span_ns / SECOND)} s"
    return f"{math.ceil(span_ns / MINUTE)} min"
