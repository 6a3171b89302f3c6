"""What the posts cost: unique posts read per UTC day, times the price, against a daily cap.

X charges a post read once per UTC day however often it is delivered (pay-per-use, 0.005 USD in 2026), so ids are
counted once. Whether posts and users that come along as expansions are charged is not documented; they are not
counted. The file is shared by every profile, as the bill is. An engine takes leases of `LEASE` and more from it before
they are read and gives back what it did not use, so a crash can only overstate what was spent, never forget it.
`engine.feeds.buying` takes them ahead of need, since a post must not wait for the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from engine.clock import DAY, SECOND
from engine.day_file import DayFile, day_of
from engine.feeds.recent import IDS_IN_MEMORY, RecentIds

LEASE = 100
"""Posts taken from the file at a time."""
LEASE_LIMIT = 2_000
"""Most posts taken at a time."""
LEASE_GROWTH = 4
"""A lease that lasts less than a second is followed by one so many times its size."""
UNLIMITED = 1e15
"""Posts that no day has: a price next to nothing allows as many."""
IDS = 5_000
"""Newest ids kept in the file, so that a restart does not count them again."""


class Spent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file's content."""

    day: str
    """UTC date, `2026-11-20`."""
    posts: Annotated[int, msgspec.Meta(ge=0)]
    """Posts read or leased that day, by every engine."""
    ids: tuple[str, ...] = ()


class Lease(msgspec.Struct, frozen=True, gc=False):
    """What is to be taken from the file."""

    at_ns: int
    posts: int
    ids: tuple[str, ...]
    """The newest ids that were counted, oldest first."""


class SpendMeter:
    """Counts post reads of the current UTC day. Told the time; only `open`, `record` and `close` touch the file."""

    def __init__(self, path: Path, *, post_cost_usd: float, daily_cap_usd: float) -> None:
        self._file = DayFile(
            path,
            lambda day: Spent(day, 0),
            what="what was spent on posts today",
            look_up="look up today's usage at console.x.com",
            unwritten="the stream stops rather than spend unrecorded",
        )
        self.post_cost_usd = post_cost_usd
        self.daily_cap_usd = daily_cap_usd
        self._day = ""
        self._day_number = -1
        """Days since the epoch, as last looked at."""
        self._posts = 0
        """In the file, this engine's unused lease included."""
        self._unused = 0
        self._lease = LEASE
        self._leased_ns = 0
        self._ids = RecentIds(IDS_IN_MEMORY)
        self.is_open = False

    def open(self, now_ns: int) -> None:
        """Read what was spent today. Raises DeskError when the file cannot be read: an unknown sum is not zero."""
        with self._file.locked():
            spent = self._file.read(now_ns)
        self._adopt(spent, unused=0)
        self._ids = RecentIds(IDS_IN_MEMORY, spent.ids)
        self.is_open = True

    def next_lease(self, now_ns: int, posts: int = 0) -> Lease:
        """For the next `posts` and some beyond. `record` writes it down, `take` makes it count."""
        self._roll(now_ns)
        self._lease = min(LEASE_LIMIT, LEASE_GROWTH * self._lease) if now_ns - self._leased_ns < SECOND else LEASE
        self._leased_ns = now_ns
        return Lease(now_ns, max(0, posts + self._lease - self._unused), self._newest())

    def record(self, lease: Lease) -> Spent:
        """Take a lease from the file. Changes nothing here: it may run on a thread while posts are counted."""
        with self._file.locked():
            spent = self._file.read(lease.at_ns)
            spent = Spent(spent.day, spent.posts + lease.posts, _joined(spent.ids, lease.ids))
            self._file.write(spent)
        return spent

    def take(self, lease: Lease, spent: Spent) -> None:
        """Count on a lease that was recorded. One of a day that has ended meanwhile is nothing."""
        self._adopt(spent, unused=self._unused + lease.posts)

    def close(self, now_ns: int) -> None:
        """Give back what was leased and not used, and save the ids."""
        self._roll(now_ns)
        with self._file.locked():
            spent = self._file.read(now_ns)
            spent = Spent(spent.day, max(0, spent.posts - self._unused), _joined(spent.ids, self._newest()))
            self._file.write(spent)
        self._adopt(spent, unused=0)
        self.is_open = False

    def needs_lease(self, now_ns: int, posts: int) -> bool:
        """True when a lease must be taken before so many more posts are counted."""
        self._roll(now_ns)
        return self._unused < posts

    def runs_low(self, now_ns: int) -> bool:
        """True when half of the lease is used: time to take the next."""
        self._roll(now_ns)
        return self._unused < self._lease // 2

    def count(self, ids: Iterable[str], now_ns: int) -> int:
        """Count posts that were read; returns how many were new today."""
        self._roll(now_ns)
        new = sum(map(self._ids.add, ids))
        self._unused -= new
        return new

    def posts(self, now_ns: int) -> int:
        """Unique posts read today, by every engine."""
        self._roll(now_ns)
        return max(0, self._posts - self._unused)

    def spent_usd(self, now_ns: int) -> float:
        """Estimated cost of today's posts, in USD."""
        return round(self.posts(now_ns) * self.post_cost_usd, 6)

    def left(self, now_ns: int) -> int:
        """Posts that the cap still allows today; 0 when it is reached. Free ones are bought under any cap but 0."""
        if self.post_cost_usd <= 0:
            return IDS_IN_MEMORY if self.daily_cap_usd > 0 else 0
        allowed = int(min(self.daily_cap_usd / self.post_cost_usd, UNLIMITED) + 1e-9)
        return max(0, allowed - self.posts(now_ns))

    def capped(self, now_ns: int) -> bool:
        """True when nothing more may be bought today."""
        return self.left(now_ns) <= 0

    @staticmethod
    def resets_ns(now_ns: int) -> int:
        """The next UTC midnight."""
        return (now_ns // DAY + 1) * DAY

    def _newest(self) -> tuple[str, ...]:
        """The newest `IDS` ids, oldest first."""
        return tuple(reversed(self._ids.newest(IDS)))

    def _adopt(self, spent: Spent, *, unused: int) -> None:
        if spent.day < self._day:
            return  # the day turned while the file was written: nothing is spent, and nothing leased, of the new one
        self._day = spent.day
        self._posts = spent.posts
        self._unused = unused

    def _roll(self, now_ns: int) -> None:
        """A new UTC day starts at zero."""
        number = now_ns // DAY
        if number == self._day_number:
            return
        self._day_number = number
        day = day_of(now_ns)
        if day > self._day:
            self._day = day
            self._posts = 0
            self._unused = 0
            self._ids.clear()


def _joined(saved: Sequence[str], own: tuple[str, ...]) -> tuple[str, ...]:
    """The newest `IDS` ids: ours, after those in the file, another engine's among them."""
    if len(own) >= IDS:
        return own
    known = set(own)
    others = [post_id for post_id in saved if post_id not in known]
    return (*others[len(own) - IDS :], *own)
