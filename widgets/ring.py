"""A bounded list that forgets its oldest items. Every item keeps the sequence number it came under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")


class Ring(Generic[ItemT]):
    """At most `capacity` items. Append and access by sequence number are O(1)."""

    __slots__ = ("_items", "capacity", "end")

    def __init__(self, capacity: int) -> None:
        """Raises ValueError for a capacity under 1."""
        if capacity < 1:
            raise ValueError(f"expected a capacity of at least 1, found {capacity}")
        self.capacity = capacity
        self.end = 0
        """Sequence number the next item will get: how many were ever appended."""
        self._items: list[ItemT] = []

    def append(self, item: ItemT) -> None:
        """Add an item; the oldest goes when there is no room."""
        if len(self._items) < self.capacity:
            self._items.append(item)
        else:
            self._items[self.end % self.capacity] = item
        self.end += 1

    def extend(self, items: Sequence[ItemT]) -> None:
        """Add items in their order; the oldest go when there is no room."""
        free = self.capacity - len(self._items)
        self._items.extend(items[:free])
        self.end += min(free, len(items))
        for begin in range(free, len(items), self.capacity):
            chunk = items[begin : begin + self.capacity]
            place = self.end % self.capacity
            behind = chunk[: self.capacity - place]
            self._items[place : place + len(behind)] = behind
            self._items[: len(chunk) - len(behind)] = chunk[len(behind) :]
            self.end += len(chunk)

    @property
    def start(self) -> int:
        """Sequence number of the oldest item kept."""
        return self.end - len(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, seq: int) -> ItemT:
        """The item with this sequence number. Raises IndexError when it is gone or not there yet."""
        if not self.start <= seq < self.end:
            raise IndexError(f"expected a sequence number in [{self.start}, {self.end}), found {seq}")
        return self._items[seq % self.capacity]

    def __setitem__(self, seq: int, item: ItemT) -> None:
        """Put another item in the place of one that is kept. Raises IndexError when it is gone or not there yet."""
        if not self.start <= seq < self.end:
            raise IndexError(f"expected a sequence number in [{self.start}, {self.end}), found {seq}")
        self._items[seq % self.capacity] = item

    def __iter__(self) -> Iterator[ItemT]:
        """Oldest first."""
        for seq in range(self.start, self.end):
            yield self._items[seq % self.capacity]

    def clear(self) -> None:
        """Forget everything; sequence numbers start again at 0."""
        self._items.clear()
        self.end = 0
