"""The posts of a window that weigh most, found without looking at all of them.

Posts stand in order of arrival in leaves of LEAF, those in branches of as many leaves. Each of both knows its newest
publication and its largest undecayed figures. A figure decays with age, so what a leaf holds is at most its largest
figure at the age of its newest post: leaves are opened from the largest such bound downwards, until none can hold more
than what was found. Figures are integers and bounds are exact, so the answer is that of a pass over the window.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush

import msgspec

from engine.sentiment.window import Entry

LEAF = 32


class Node(msgspec.Struct, gc=False):
    """What a leaf or a branch says of its posts: bounds from above, of those that have left too."""

    newest_ns: int
    weight: int
    """Largest a·g."""
    opinion: int
    """Largest a·g·|s|."""

    def hold(self, at_ns: int, weight: int, opinion: int) -> None:
        """Count in something else."""
        self.newest_ns = max(self.newest_ns, at_ns)
        self.weight = max(self.weight, weight)
        self.opinion = max(self.opinion, opinion)


class Leaf(Node, gc=False):
    """LEAF posts in order of arrival; fewer in the open one."""

    entries: list[Entry] = []

    @classmethod
    def of(cls, entries: list[Entry]) -> Leaf:
        """A leaf of these posts, at least one."""
        return cls(
            max([entry.at_ns for entry in entries]),
            max([entry.weight for entry in entries]),
            max([entry.opinion for entry in entries]),
            entries,
        )


_LEFT = Leaf(0, 0, 0)
"""In the place of a leaf of which every post has left the window."""


class Branch(Node, gc=False):
    """Up to LEAF leaves."""

    leaves: list[Leaf] = []
    left: int = 0
    """How many of the first ones are gone."""


Row = tuple[int, int, str, Entry]
"""A post's place among those that pull most: −pull, −publication, id; and the post."""


class Ranking:
    """The current window's posts. A post costs the same however many there are; a question as much as it opens."""

    def __init__(self, window_ns: int, floor_ns: int) -> None:
        self._window_ns = window_ns
        self._floor_ns = floor_ns
        self._branches: list[Branch] = []
        self._open: list[Entry] = []
        """The newest posts: those of a leaf that is not full yet."""
        self._first = 0
        """Number of the first branch's first post."""
        self._next = 0
        self._heaviest: tuple[int, int, Entry | None] | None = None
        """The last answer, with its instant; None once a post has come, gone or changed."""

    def add(self, entry: Entry) -> None:
        """Take in a post that has entered the window."""
        self._heaviest = None
        entry.number = self._next
        self._next += 1
        self._open.append(entry)
        if len(self._open) == LEAF:
            leaf = Leaf.of(self._open)
            self._open = []
            if self._branches and len(self._branches[-1].leaves) < LEAF:
                branch = self._branches[-1]
                branch.leaves.append(leaf)
                branch.hold(leaf.newest_ns, leaf.weight, leaf.opinion)
            else:
                self._branches.append(Branch(leaf.newest_ns, leaf.weight, leaf.opinion, [leaf]))

    def raised(self, entry: Entry) -> None:
        """A post that is in has other figures now."""
        self._heaviest = None
        branch, place = divmod(entry.number - self._first, LEAF * LEAF)
        if entry.number < self._next - len(self._open):
            for node in (self._branches[branch], self._branches[branch].leaves[place // LEAF]):
                node.hold(entry.at_ns, entry.weight, entry.opinion)

    def gone(self, now_ns: int) -> None:
        """Posts have left the window: let go of leaves and branches of which every post has.

        Leaf by leaf: all symbols' branches fill at the same time where they have as many posts, and what is let go of
        at once is taken apart at once.
        """
        self._heaviest = None
        since_ns = now_ns - self._window_ns
        while self._branches:
            branch = self._branches[0]
            leaves, left = branch.leaves, branch.left
            while left < len(leaves) and leaves[left].newest_ns <= since_ns:
                leaves[left] = _LEFT
                left += 1
            branch.left = left
            if left < LEAF:
                break
            del self._branches[0]
            self._first += LEAF * LEAF

    def left(self, at_ns: int, now_ns: int) -> int:
        """What is left of the life of a post in the window, in nanoseconds: its decay times the window."""
        return max(self._floor_ns, min(self._window_ns, self._window_ns - now_ns + at_ns))

    def strongest(self, limit: int, now_ns: int) -> list[tuple[int, Entry]]:
        """The posts with the largest a·g·|s|·left, and that figure; among equals the newest first, then by id."""
        window_ns, floor_ns, since = self._window_ns, self._floor_ns, self._window_ns - now_ns
        rows: list[Row] = []
        least = -1
        for bound, newest_ns, leaf in self._leaves(lambda node: node.opinion, now_ns):
            if len(rows) == limit and (-bound, -newest_ns) > rows[-1][:2]:
                break
            for entry in leaf.entries:
                at_ns = entry.at_ns
                left = since + at_ns
                if left < floor_ns:
                    left = floor_ns
                elif left > window_ns:
                    left = window_ns
                pull = left * entry.opinion
                if pull < least or not entry.said:
                    continue
                row = (-pull, -at_ns, entry.id, entry)
                if len(rows) == limit:
                    if row[:3] > rows[-1][:3]:
                        continue
                    del rows[-1]
                insort(rows, row, key=_place)
                if len(rows) == limit:
                    least = -rows[-1][0]
        return [(-row[0], row[3]) for row in rows]

    def heaviest(self, now_ns: int) -> tuple[int, Entry | None]:
        """The largest a·g·left of one post, and that post; among equals the first of the window."""
        known = self._heaviest
        if known is None or known[0] != now_ns:
            known = self._heaviest = (now_ns, *self._look(now_ns))
        return known[1], known[2]

    def _look(self, now_ns: int) -> tuple[int, Entry | None]:
        window_ns, floor_ns, since = self._window_ns, self._floor_ns, self._window_ns - now_ns
        most, found = 0, None
        for bound, _, leaf in self._leaves(lambda node: node.weight, now_ns):
            if bound < most or not bound:
                break
            for entry in leaf.entries:
                left = since + entry.at_ns
                if left < floor_ns:
                    left = floor_ns
                elif left > window_ns:
                    left = window_ns
                held = left * entry.weight
                if held < most or not held or not entry.said:
                    continue
                if found is None or held > most or (entry.at_ns, entry.number) < (found.at_ns, found.number):
                    most, found = held, entry
        return most, found

    def _leaves(self, figure: Callable[[Node], int], now_ns: int) -> Iterator[tuple[int, int, Leaf]]:
        """Leaves with the most that a post of theirs can have and their newest publication, by both, largest first."""
        waiting: list[tuple[int, int, int, Node]] = []
        order = 1
        for branch in self._branches:
            order += 1
            bound = figure(branch) * self.left(branch.newest_ns, now_ns)
            waiting.append((-bound, -branch.newest_ns, order, branch))
        if self._open:
            leaf = Leaf.of(self._open)
            bound = figure(leaf) * self.left(leaf.newest_ns, now_ns)
            waiting.append((-bound, -leaf.newest_ns, 0, leaf))
        heapify(waiting)
        while waiting:
            less, older, _, node = heappop(waiting)
            if isinstance(node, Leaf):
                yield -less, -older, node
            elif isinstance(node, Branch):
                for leaf in node.leaves:
                    order += 1
                    bound = figure(leaf) * self.left(leaf.newest_ns, now_ns)
                    heappush(waiting, (-bound, -leaf.newest_ns, order, leaf))


def _place(row: Row) -> tuple[int, int, str]:
    return row[:3]
