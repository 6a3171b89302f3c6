"""Who holds most of a window's weight: sums for everything that several posts share (an author, a text, a cluster).

A post that shares its key with no other costs one entry of a dict. From the second one on, the key has a Group with
the sums of `engine.sentiment.window`, in two states, so that Σ a·g·left at any later time is a multiplication. The
groups stand in a heap by what they last held: that only falls until another post joins, so the largest is found by
weighing the top again until the top is as heavy as it says.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace

import msgspec

from engine.sentiment.window import Entry


class Group(msgspec.Struct, gc=False, eq=False):
    """Posts of the window that share a key. Undecayed weights a·g are added up in integers."""

    key: str
    number: int
    """The how manieth group it is."""
    count: int = 0
    young: int = 0
    young_time: int = 0
    aged: int = 0
    ahead: int = 0
    bound: int = -1
    """The most it can hold from now on, unless another post joins; −1 once it is empty."""

    def arrive(self, entry: Entry) -> None:
        """A post that was ahead of the instant is young now."""
        weight = entry.weight
        self.ahead -= weight
        self.young += weight
        self.young_time += weight * entry.at_ns

    def age(self, entry: Entry) -> None:
        """A young post weighs the floor now."""
        weight = entry.weight
        self.young -= weight
        self.young_time -= weight * entry.at_ns
        self.aged += weight


class Shares:
    """The groups of one kind of key. Times are those of the window: `now_ns` is its instant."""

    def __init__(self, window_ns: int, floor_ns: int) -> None:
        self._window_ns = window_ns
        self._floor_ns = floor_ns
        self._steady_ns = window_ns - floor_ns
        """The age from which a post weighs the floor."""
        self._of: dict[str, Entry | Group] = {}
        """The only post of a key, or its group."""
        self._groups = 0
        self._made = 0
        self._heap: list[tuple[int, int, Group]] = []
        """−bound, number and group; of a group's rows only those with its present bound count."""

    def __len__(self) -> int:
        """How many keys the posts have."""
        return len(self._of)

    def __contains__(self, key: str) -> bool:
        return key in self._of

    def add(self, key: str, entry: Entry, now_ns: int) -> None:
        """A post has this key."""
        group = self._of.get(key)
        if group is None:
            self._of[key] = entry
            return
        if isinstance(group, Entry):
            only, group = group, Group(key, self._made)
            self._of[key] = group
            self._made += 1
            self._groups += 1
            self._join(group, only, now_ns)
        self._join(group, entry, now_ns)
        window_ns = self._window_ns
        held = group.young * (window_ns - now_ns) + group.young_time + group.aged * self._floor_ns
        if group.ahead:
            held += group.ahead * window_ns
        if held > group.bound:
            group.bound = held
            heap = self._heap
            heappush(heap, (-held, group.number, group))
            if len(heap) > 4 * self._groups + 64:
                heap[:] = [row for row in heap if row[2].bound == -row[0]]
                heapify(heap)

    def remove(self, key: str, entry: Entry, now_ns: int) -> None:
        """A post that has this key leaves, with the weight it has now. Nothing happens where the key is not known."""
        group = self._of.get(key)
        if group is entry:
            del self._of[key]
        elif isinstance(group, Group) and group in entry.groups:
            weight, age = entry.weight, now_ns - entry.at_ns
            if age >= self._steady_ns:
                group.aged -= weight
            elif age >= 0:
                group.young -= weight
                group.young_time -= weight * entry.at_ns
            else:
                group.ahead -= weight
            group.count -= 1
            if not group.count:
                del self._of[key]
                self._groups -= 1
                group.bound = -1

    def top(self, now_ns: int) -> tuple[int, list[str]]:
        """The most that a group holds, and the keys of those that do; 0 and none where no group holds anything."""
        heap = self._heap
        most = 0
        tied: list[Group] = []
        while heap:
            less, number, group = heap[0]
            if group.bound != -less:
                heappop(heap)
                continue
            if not less or -less < most:
                break
            held = self._held(group, now_ns)
            if held < -less:
                group.bound = held
                heapreplace(heap, (-held, number, group))
                continue
            most = held
            heappop(heap)
            if group not in tied:
                tied.append(group)
        for group in tied:
            heappush(heap, (-most, group.number, group))
        return most, [group.key for group in tied]

    def _join(self, group: Group, entry: Entry, now_ns: int) -> None:
        weight, age = entry.weight, now_ns - entry.at_ns
        if age < 0:
            group.ahead += weight
        elif age < self._steady_ns:
            group.young += weight
            group.young_time += weight * entry.at_ns
        else:
            group.aged += weight
        group.count += 1
        entry.groups += (group,)

    def _held(self, group: Group, now_ns: int) -> int:
        """Σ a·g·left of a group."""
        return (
            group.young * (self._window_ns - now_ns)
            + group.young_time
            + group.aged * self._floor_ns
            + group.ahead * self._window_ns
        )
