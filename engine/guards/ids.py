"""Many ids in order of arrival, in few bytes each."""

from __future__ import annotations

from array import array
from typing import Final

_CROWD: Final = 8
"""Ids per bucket when it is full: what is passed over to find one."""


class IdQueue:
    """Ids with the time of each; the oldest leave first. At most `limit`, in about 40 bytes each.

    It keeps the 64-bit hash of an id, not the id. With n of them a new id is taken for one that is there with a
    probability of n / 2⁶⁴, 1.6e-14 for 300,000: Python's hash is keyed at random in each process, so nobody can make
    ids that collide.
    """

    __slots__ = ("_at_ns", "_buckets", "_count", "_first", "_keys", "_limit", "_mask")

    def __init__(self, limit: int) -> None:
        """`limit`: most ids that are kept."""
        size = 1
        while size * _CROWD < limit:
            size *= 2
        self._limit = limit
        self._mask = size - 1
        self._buckets = [array("q") for _ in range(size)]
        """Keys by their low bits, in order of arrival."""
        self._keys = array("q", bytes(8)) * (limit + 1)
        """All keys in order of arrival, from `_first` on and around the end."""
        self._at_ns = array("q", bytes(8)) * (limit + 1)
        """When they came, likewise."""
        self._first = self._count = 0

    @staticmethod
    def key(id: str) -> int:
        """What stands for an id here."""
        return hash(id)

    def add(self, id: str, at_ns: int) -> bool:
        """Keep an id; returns whether it is new. `forget` makes room for the next one."""
        key = hash(id)
        bucket = self._buckets[key & self._mask]
        if key in bucket:
            return False
        bucket.append(key)
        place = self._first + self._count
        if place > self._limit:
            place -= self._limit + 1
        self._keys[place] = key
        self._at_ns[place] = at_ns
        self._count += 1
        return True

    def forget(self, before_ns: int) -> list[int]:
        """Let the oldest go while they came before an instant or are too many; returns their keys."""
        gone: list[int] = []
        first, count, limit, times = self._first, self._count, self._limit, self._at_ns
        while count and (times[first] < before_ns or count > limit):
            key = self._keys[first]
            del self._buckets[key & self._mask][0]  # the oldest of all is the oldest of its bucket
            gone.append(key)
            first = first + 1 if first < limit else 0
            count -= 1
        self._first, self._count = first, count
        return gone

    def has(self, key: int) -> bool:
        """Whether an id with this key is kept."""
        return key in self._buckets[key & self._mask]

    def __len__(self) -> int:
        return self._count
