"""Many fresh accounts on one symbol within a minute, whatever they say: a machine's texts are all different.

A fresh account is young and little followed. Big news brings out everybody: their share of the minute is what counts.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from engine.clock import SECOND
from engine.guards.crowd import PRIOR, PRIOR_ACCOUNTS

SPAN_NS: Final = 60 * SECOND
"""How long a burst may take."""
SHARE: Final = 0.65
"""Least share of fresh accounts, three accounts of which 0.4 are fresh ones assumed besides those seen."""
MOST: Final = 1000
"""Most posts of a symbol that are remembered."""


class Burst:
    """One symbol's posts of the last minute: how many fresh accounts, and how many posts by others."""

    __slots__ = ("_accounts", "_posts", "others")

    def __init__(self) -> None:
        self._posts: deque[tuple[int, str]] = deque()
        """When, and by which fresh account; an empty string for another one."""
        self._accounts: dict[str, int] = {}
        """Posts by fresh account."""
        self.others = 0
        """Posts by accounts that are not known to be fresh ones."""

    def __len__(self) -> int:
        """Posts remembered."""
        return len(self._posts)

    @property
    def fresh(self) -> int:
        """Distinct fresh accounts."""
        return len(self._accounts)

    def take(self, author: str, fresh: bool, at_ns: int, now_ns: int) -> bool:
        """Count a post; returns whether fresh accounts make up so much of the minute that it is a burst."""
        posts = self._posts
        over_ns = now_ns - SPAN_NS
        while posts and (posts[0][0] <= over_ns or len(posts) >= MOST):
            self._forget(posts.popleft()[1])
        if not fresh or not author:
            posts.append((at_ns, ""))
            self.others += 1
            return False
        posts.append((at_ns, author))
        self._accounts[author] = self._accounts.get(author, 0) + 1
        count = len(self._accounts)
        return count + PRIOR * PRIOR_ACCOUNTS >= SHARE * (count + self.others + PRIOR_ACCOUNTS)

    def _forget(self, author: str) -> None:
        if not author:
            self.others -= 1
        elif self._accounts[author] == 1:
            del self._accounts[author]
        else:
            self._accounts[author] -= 1
