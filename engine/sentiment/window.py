"""Decayed sums over a moving window in constant time per post.

A post weighs w = a·g·max(floor, 1 − age/window), with a = influence·confidence and g what the guards give it. Every
post of a window is in one of two states: *young*, where its weight falls linearly and Σ a·(window − now + t) =
(window − now)·Σ a + Σ a·t, or *aged*, where its weight is a·floor (a·g for a). Two sums for the young and one for the
aged give every weighted mean at any later time, and a post changes them three times in its life: when it enters, when
it ages, when it leaves; and once more whenever the guards weigh it again.

All sums are integers, so they do not drift and do not depend on the order of addition: replay and live give the same
bits. The six quantities that are needed lie side by side in one integer, `LANE` bits each, so that one addition moves
all six. Those without the guards' weight g (the raw ones) are only ever divided by each other or by `GUARD`:

    lane 0  a·g    lane 1  a·g·confidence    lane 2  a    lane 3  a·(1 + s)    lane 4  a·g·|s|
    lane 5, the top one, signed  a·g·s
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.errors import DeskError
from engine.model import DisplayText, GuardMark, Match, Reading

if TYPE_CHECKING:
    from engine.sentiment.shares import Group

SCALE = 1_000_000
"""Influences, scores and confidences count in whole millionths."""
INFLUENCE_LIMIT = 100.0
"""Largest influence a match may have."""
GUARD = 1000
"""Guards' weights count in whole thousandths."""
WINDOW_LIMIT_S = 864_000.0
"""Longest window and look-back, in seconds."""

LANE = 160
"""Bits per quantity. 10²¹·100 (one post) · 8.64·10¹⁴ (ns of a window) · 10⁷ posts < 2¹⁵²."""
_MASK = (1 << LANE) - 1
_RAW = SCALE * ((1 << 2 * LANE) + (1 << 3 * LANE))
"""Times a: a in lane 2, and the 1 of 1 + s in lane 3."""
_SIZE = 4 * LANE
_TOP = 5 * LANE


class Entry(msgspec.Struct, gc=False, eq=False):
    """One post in one symbol's timeline: its numbers, and what evidence quotes of it (not the whole post: memory).

    Its author and what it says are only ever told apart: a 64-bit hash stands for them, which is smaller, and a dict
    need not look at a string of half an hour ago. Of n of them two are alike by chance with n² / 2⁶⁵, 3e-10 for
    100,000, and nobody can make them so: Python's hash is keyed at random in each process.
    """

    id: str
    at_ns: int
    """Its publication; its receipt where that lies before."""
    author: int
    """Stands for the author's id, or the name where the source gives no id: a `hash` of it."""
    packed: int
    """The six quantities without decay, a lane each."""
    weight: int
    """a·g, as `packed` has it."""
    opinion: int
    """a·g·|s|, likewise."""
    name: DisplayText
    match: Match
    reading: Reading
    mark: GuardMark
    text: DisplayText
    """Emptied once the post has left the current window: then only its share of the sums is still needed."""
    said: int = 0
    """Stands for what the post says, a `hash` of its `text_key`; of its id where that is nothing in words (a bare
    link). 0 once the post has left the current window, and in one that came too late for it."""
    number: int = -1
    """Which arrival in the current window it was; −1 for one that came too late for it."""
    groups: tuple[Group[int] | Group[str], ...] = ()
    """What it shares with many posts of the current window: the groups whose sums it is in."""


def pack(influence: float, confidence: float, score: float, guard: float = 1.0) -> int:
    """The six quantities of one post in one integer.

    Raises DeskError when a number is not finite or out of its range.
    """
    if not (
        0.0 <= influence <= INFLUENCE_LIMIT
        and 0.0 <= confidence <= 1.0
        and -1.0 <= score <= 1.0
        and 0.0 <= guard <= 1.0
    ):
        raise DeskError(
            f"expected a score in [−1, 1], a confidence and a guard's weight in [0, 1] and an influence in "
            f"[0, {INFLUENCE_LIMIT:g}], found score={score}, confidence={confidence}, guard={guard}, "
            f"influence={influence}",
            where="sentiment",
            remedy="the scorer or the watchlist row that made these numbers is at fault",
        )
    s = round(score * SCALE)
    sure = round(confidence * SCALE)
    g = round(guard * GUARD)
    upper = ((((s * g) << LANE) + abs(s) * g) << LANE) + s
    return round(influence * SCALE) * sure * ((upper << 3 * LANE) + _RAW + ((sure * g) << LANE) + SCALE * g)


def mean(total: int) -> float | None:
    """Σ w·s / Σ w of a window's sum; None where there is no weight."""
    weight = total & _MASK
    return (total >> _TOP) / weight if weight else None


def weights(total: int) -> int:
    """Σ w of a window's sum, as the integer that single posts' weights add up to."""
    return total & _MASK


def opinions(total: int) -> int:
    """Σ w·|s| of a window's sum, likewise."""
    return total >> _SIZE & _MASK


def figures(total: int) -> tuple[float | None, float, float | None, float]:
    """Of a window's sum: value, confidence, raw value, and the share of the raw weight that the guards leave.

    value = Σ w·s / Σ w and confidence = Σ w·confidence / Σ w (how far the posts agree is not in it: that is what the
    value's size says), None and 0 where there is no weight; the raw value is without the guards' weights; the share is
    in [0, 1], and 1 where there is nothing.
    """
    weight, raw_weight = total & _MASK, (total >> 2 * LANE) & _MASK
    value = (total >> _TOP) / weight if weight else None
    sure = (total >> LANE & _MASK) / weight if weight else 0.0
    if weight == GUARD * raw_weight:  # nothing is held against any post: the same two numbers divided
        return value, sure, value, 1.0
    raw = ((total >> 3 * LANE & _MASK) - raw_weight) / raw_weight
    return value, sure, raw, weight / (GUARD * raw_weight)


class Window:
    """The sums of one window over a sorted timeline, as of one instant that only moves forward.

    `first`, `aged` and `end` are counts from the timeline's start: posts before `first` have left, those before `aged`
    weigh the floor, those before `end` are young, and the rest are ahead of the instant. With `ahead_counts` these
    count as age 0 (a source's clock may be ahead of ours); without it they are not in the window yet.
    """

    __slots__ = (
        "_aged_sum",
        "_ahead_sum",
        "_floor_ns",
        "_window_ns",
        "_young_sum",
        "_young_time_sum",
        "aged",
        "ahead_counts",
        "at_ns",
        "end",
        "first",
    )

    def __init__(self, window_ns: int, floor_ns: int, at_ns: int, *, ahead_counts: bool) -> None:
        """`floor_ns` = floor × window: decay is counted in nanoseconds of remaining life."""
        self._window_ns = window_ns
        self._floor_ns = floor_ns
        self.ahead_counts = ahead_counts
        self.at_ns = at_ns
        self.first = self.aged = self.end = 0
        self._young_sum = self._young_time_sum = self._aged_sum = self._ahead_sum = 0

    def advance(self, at_ns: int, times: list[int], entries: list[Entry]) -> int:
        """Move to `at_ns`; returns how many posts left. Each post is touched three times in its life."""
        self.at_ns = at_ns
        end, aged, first = self.end, self.aged, self.first
        count = len(times)
        if end < count and times[end] <= at_ns:
            young, young_time, ahead = self._young_sum, self._young_time_sum, self._ahead_sum
            while end < count and (at := times[end]) <= at_ns:
                packed = entries[end].packed
                young += packed
                young_time += packed * at
                if self.ahead_counts:
                    ahead -= packed
                end += 1
            self._young_sum, self._young_time_sum, self._ahead_sum, self.end = young, young_time, ahead, end
        at_ns -= self._window_ns
        limit = at_ns + self._floor_ns
        if aged < end and times[aged] <= limit:
            young, young_time, floored = self._young_sum, self._young_time_sum, self._aged_sum
            while aged < end and (at := times[aged]) <= limit:
                packed = entries[aged].packed
                young -= packed
                young_time -= packed * at
                floored += packed
                aged += 1
            self._young_sum, self._young_time_sum, self._aged_sum, self.aged = young, young_time, floored, aged
        if first < aged and times[first] <= at_ns:
            floored = self._aged_sum
            while first < aged and times[first] <= at_ns:
                floored -= entries[first].packed
                first += 1
            left = first - self.first
            self._aged_sum, self.first = floored, first
            return left
        return 0

    def put(self, at_ns: int, packed: int) -> bool:
        """Count a post that was put into the timeline; returns whether it is in the window."""
        age = self.at_ns - at_ns
        if age < 0:
            if self.ahead_counts:
                self._ahead_sum += packed
            return self.ahead_counts
        self.end += 1
        if age < self._window_ns - self._floor_ns:
            self._young_sum += packed
            self._young_time_sum += packed * at_ns
            return True
        self.aged += 1
        if age < self._window_ns:
            self._aged_sum += packed
            return True
        self.first += 1
        return False

    def take(self, at_ns: int, packed: int) -> bool:
        """Uncount a post that is taken out of the timeline; returns whether it was in the window."""
        age = self.at_ns - at_ns
        if age < 0:
            if self.ahead_counts:
                self._ahead_sum -= packed
            return self.ahead_counts
        self.end -= 1
        if age < self._window_ns - self._floor_ns:
            self._young_sum -= packed
            self._young_time_sum -= packed * at_ns
            return True
        self.aged -= 1
        if age < self._window_ns:
            self._aged_sum -= packed
            return True
        self.first -= 1
        return False

    def drop(self, count: int) -> None:
        """The timeline forgot its first `count` posts, which have all left."""
        self.first -= count
        self.aged -= count
        self.end -= count

    def total(self) -> int:
        """The decayed sum at the window's instant, packed."""
        total = (
            self._young_sum * (self._window_ns - self.at_ns) + self._young_time_sum + self._aged_sum * self._floor_ns
        )
        if self._ahead_sum:
            total += self._ahead_sum * self._window_ns
        return total
