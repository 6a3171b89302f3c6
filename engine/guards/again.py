"""Posts that a verdict on their cluster weighs again, in portions: one with each post that is checked.

A cluster may hold every post of the window. Weighed again at once, tens of thousands of them would keep the engine from
its next post for seconds; in portions each costs as much as a few posts, and a cluster of n posts is through after
n / `PORTION` further ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from engine.guards.crowd import Cluster, Member
from engine.model.records import GuardRecord

PORTION: Final = 256
"""Most posts that are weighed again with one post."""


class Left(msgspec.Struct, gc=False, eq=False):
    """What a verdict has left to do."""

    cluster: Cluster
    verdict: GuardRecord
    members: list[Member]
    """Those that may weigh something, in order of arrival. The last ones are next, for newer posts count for more. Some
    may have left the window, or weigh what they should already."""


class Again:
    """The verdicts that have posts left to weigh again, oldest first.

    What is left follows from the posts and verdicts alone: whoever reads those back goes on at the same place.
    """

    def __init__(self, weight: Callable[[Cluster, Member], float]) -> None:
        """`weight`: what a member of a cluster weighs by its present verdict."""
        self._weight = weight
        self._left: dict[str, Left] = {}
        """By cluster; a later verdict on it takes the place of the earlier one."""

    def __bool__(self) -> bool:
        """Whether anything may be left."""
        return bool(self._left)

    def begin(self, cluster: Cluster, verdict: GuardRecord, members: Iterable[Member]) -> None:
        """From now on these posts are to be weighed by this verdict."""
        self._left.pop(cluster.id, None)
        self._left[cluster.id] = Left(cluster, verdict, [member for member in members if member.own])

    def portion(self, cluster: Cluster, at_ns: int) -> GuardRecord | None:
        """Weigh the next posts of a cluster; returns the record that says so, None where none is left."""
        left = self._left[cluster.id]
        members, again = left.members, list[Member]()
        while members and len(again) < PORTION:
            member = members.pop()
            if member.left:
                continue
            weight = self._weight(cluster, member)
            if weight != member.weight:
                member.weight = weight
                again.append(member)
        if not members:
            del self._left[cluster.id]
        if not again:
            return None
        return msgspec.structs.replace(
            left.verdict,
            at_ns=at_ns,
            posts=tuple([member.id for member in again]),
            weights=tuple([member.weight for member in again]),
            symbols=tuple(sorted({symbol for member in again for symbol in member.symbols})),
        )

    def next(self, at_ns: int) -> GuardRecord | None:
        """The same for the oldest verdict that has something left."""
        while self._left:
            record = self.portion(next(iter(self._left.values())).cluster, at_ns)
            if record is not None:
                return record
        return None
