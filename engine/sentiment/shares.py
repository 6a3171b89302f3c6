"""Who holds most of a window's weight, by everything that several posts share (an author, a text, a cluster).

A post that shares its key with no other costs one entry of a dict. From the second one on the key has a Group: up to
FEW posts are kept as they are and weighed when somebody asks, since most keys have few and most posts leave unasked.
More of them have the sums of `engine.sentiment.window`, in two states, so that Σ a·g·left at any later time is a
multiplication. Groups stand in blocks, each of which knows a bound of what one of its groups holds, which only another
post raises: blocks are opened from the largest bound downwards, until none can hold more than what was found.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from engine.sentiment.window import Entry

Key = TypeVar("Key", str, int)

FEW = 16
"""Most posts of a group that are weighed one by one."""
BLOCK = 64
"""Groups of a block."""


class Group(msgspec.Struct, Generic[Key], gc=False, eq=False):
    """Posts of the window that share a key. Undecayed weights a·g are added up in integers."""

    key: Key
    number: int
    """Its place among all groups; free for another once it is empty."""
    entries: list[Entry]
    """Its posts while they are few; empty where they were more, and the four sums are used. (To copy a tuple would
    touch every post for its count of references, and posts of half an hour ago lie in no cache.)"""
    count: int
    weight: int
    """Σ a·g."""
    young: int = 0
    young_time: int = 0
    aged: int = 0
    ahead: int = 0

    def arrive(self, entry: Entry) -> None:
        """A post that was ahead of the instant is young now. Like `age`, for posts that are in the sums."""
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


class Shares(Generic[Key]):
    """The groups of one kind of key. Times are those of the window: `now_ns` is its instant."""

    def __init__(self, window_ns: int, floor_ns: int) -> None:
        self._window_ns = window_ns
        self._floor_ns = floor_ns
        self._steady_ns = window_ns - floor_ns
        """The age from which a post weighs the floor."""
        self._of: dict[Key, Entry | Group[Key]] = {}
        """The only post of a key, or its group."""
        self._groups: list[Group[Key] | None] = []
        self._free: list[int] = []
        """Places in it without a group."""
        self._bounds: list[int] = []
        """Of each block, the most that one of its groups holds, from above, in weights of posts that are new: held /
        window."""

    def __len__(self) -> int:
        """How many keys the posts have."""
        return len(self._of)

    def __contains__(self, key: Key) -> bool:
        return key in self._of

    def add(self, key: Key, entry: Entry, now_ns: int) -> None:
        """A post has this key."""
        known = self._of.get(key)
        if known is None:
            self._of[key] = entry
            return
        group: Group[Key] = self._found(key, known) if isinstance(known, Entry) else known
        group.count += 1
        group.weight += entry.weight
        if not group.entries:
            self._join(group, entry, now_ns)
        elif group.count <= FEW:
            group.entries.append(entry)
        else:
            for each in (*group.entries, entry):
                self._join(group, each, now_ns)
            group.entries.clear()
        bounds, block = self._bounds, group.number // BLOCK
        if group.weight > bounds[block]:
            bounds[block] = min(group.weight, bounds[block] + entry.weight)

    def remove(self, key: Key, entry: Entry, now_ns: int) -> None:
        """A post that has this key leaves, with the weight it has now. Nothing happens where the key is not known."""
        group = self._of.get(key)
        if group is entry:
            del self._of[key]
        elif isinstance(group, Group) and (entry in group.entries or group in entry.groups):
            group.count -= 1
            if not group.count:
                del self._of[key]
                self._groups[group.number] = None
                self._free.append(group.number)
                return
            weight = entry.weight
            group.weight -= weight
            if group.entries:
                group.entries.remove(entry)
                return
            age = now_ns - entry.at_ns
            if age >= self._steady_ns:
                group.aged -= weight
            elif age >= 0:
                group.young -= weight
                group.young_time -= weight * entry.at_ns
            else:
                group.ahead -= weight

    def top(self, now_ns: int) -> tuple[int, list[Key]]:
        """The most that a group holds, and the keys of those that do; 0 and none where no group holds anything."""
        bounds, most = self._bounds, 1
        keys: list[Key] = []
        least = 1  # the weight that holds `most` where all of it is new: ⌈most / window⌉
        for block in sorted(range(len(bounds)), key=bounds.__getitem__, reverse=True):
            if bounds[block] < least:
                break
            heaviest = 0
            for group in self._groups[block * BLOCK : (block + 1) * BLOCK]:
                if group is None:
                    continue
                reach = group.weight
                if reach >= least:
                    held = self._held(group, now_ns)
                    reach = -(-held // self._window_ns)
                    if held > most:
                        most, keys, least = held, [], reach
                    if held == most:
                        keys.append(group.key)
                if reach > heaviest:
                    heaviest = reach
            bounds[block] = heaviest
        return (most, keys) if keys else (0, [])

    def _found(self, key: Key, first: Entry) -> Group[Key]:
        """A group for the post that had the key for itself."""
        if self._free:
            number = self._free.pop()
        else:
            number = len(self._groups)
            self._groups.append(None)
            if number % BLOCK == 0:
                self._bounds.append(0)
        group = Group(key, number, [first], 1, first.weight)
        self._groups[number] = self._of[key] = group
        block = number // BLOCK
        self._bounds[block] = max(self._bounds[block], first.weight)
        return group

    def _join(self, group: Group[Key], entry: Entry, now_ns: int) -> None:
        """A post comes into a group's sums."""
        weight, age = entry.weight, now_ns - entry.at_ns
        if age < 0:
            group.ahead += weight
        elif age < self._steady_ns:
            group.young += weight
            group.young_time += weight * entry.at_ns
        else:
            group.aged += weight
        entry.groups += (group,)

    def _held(self, group: Group[Key], now_ns: int) -> int:
        """Σ a·g·left of a group."""
        window_ns, floor_ns, since = self._window_ns, self._floor_ns, self._window_ns - now_ns
        if group.entries:
            return sum([each.weight * max(floor_ns, min(window_ns, since + each.at_ns)) for each in group.entries])
        return group.young * since + group.young_time + group.aged * floor_ns + group.ahead * window_ns
