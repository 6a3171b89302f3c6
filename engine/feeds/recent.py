"""The newest ids of something, so many of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Final

IDS_IN_MEMORY: Final = 50_000
"""Most ids kept of the posts that were delivered, or bought, today: about 200 bytes each."""


class RecentIds:
    """A bounded set that forgets the oldest first, at the same cost however many there are.

    Not a dict whose first key is deleted: finding that passes over every deleted one before it.
    """

    def __init__(self, limit: int, ids: Iterable[str] = ()) -> None:
        """`ids` are the first ones, oldest first."""
        self._limit = limit
        self._known: set[str] = set()
        self._order: deque[str] = deque()
        for each in ids:
            self.add(each)

    def add(self, id: str) -> bool:
        """Keep an id; returns whether it is new. One that is there keeps its place."""
        if id in self._known:
            return False
        self._known.add(id)
        self._order.append(id)
        if len(self._order) > self._limit:
            self._known.discard(self._order.popleft())
        return True

    def newest(self, count: int) -> list[str]:
        """The newest `count` ids, newest first."""
        return list(islice(reversed(self._order), count))

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()
        self._order.clear()

    def __contains__(self, id: object) -> bool:
        return id in self._known

    def __len__(self) -> int:
        return len(self._order)
