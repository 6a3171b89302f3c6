"""Many fresh accounts on one symbol within a minute or within the window, whatever they say: a machine's texts differ.

A fresh account is young and little followed. Big news brings out everybody: their share of the posts is what counts.
Within a minute it shows among the posts of a busy symbol; within the window where they take their time on a quiet one.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from engine.clock import SECOND
from engine.guards.crowd import PRIOR, PRIOR_ACCOUNTS

SPAN_NS: Final = 60 * SECOND
"""How long a quick burst may take."""
SHARE: Final = 0.65
"""Least share of fresh accounts, three accounts of which 0.4 are fresh ones assumed besides those seen."""
MOST: Final = 1000
"""Most posts of a symbol's last minute that are remembered."""
_PRIOR_FRESH: Final = PRIOR * PRIOR_ACCOUNTS


class Newcomers:
    """Fresh accounts among the posts of some span: how many distinct ones, and how many posts by others."""

    __slots__ = ("accounts", "others")

    def __init__(self) -> None:
        self.accounts: dict[str, int] = {}
        """Posts by fresh account."""
        self.others = 0
        """Posts by accounts that are not known to be fresh ones."""

    def leave(self, author: str) -> None:
        """Uncount a post: by this fresh account, or by another one where it is empty."""
        accounts = self.accounts
        if not author:
            self.others -= 1
        elif accounts[author] == 1:
            del accounts[author]
        else:
            accounts[author] -= 1

    def many(self, least: int) -> bool:
        """Whether they are at least so many, and so much of the posts that they are no accident."""
        count = len(self.accounts)
        return count >= least and count + _PRIOR_FRESH >= SHARE * (count + self.others + PRIOR_ACCOUNTS)


class Burst:
    """One symbol's fresh accounts, of the last minute and of the window."""

    __slots__ = ("_posts", "minute", "window")

    def __init__(self) -> None:
        self._posts: deque[tuple[int, str]] = deque()
        """Of the last minute: when, and by which fresh account; an empty string for another one."""
        self.minute = Newcomers()
        self.window = Newcomers()

    def __len__(self) -> int:
        """Posts of the last minute that are remembered."""
        return len(self._posts)

    def take(self, author: str, at_ns: int, now_ns: int) -> None:
        """Count a post by this fresh account, or by another one where `author` is empty."""
        posts, minute = self._posts, self.minute
        over_ns = now_ns - SPAN_NS
        while posts and (posts[0][0] <= over_ns or len(posts) >= MOST):
            minute.leave(posts.popleft()[1])
        posts.append((at_ns, author))
        window = self.window
        if author:
            minute.accounts[author] = minute.accounts.get(author, 0) + 1
            window.accounts[author] = window.accounts.get(author, 0) + 1
        else:
            minute.others += 1
            window.others += 1

    def found(self, least: int) -> Newcomers | None:
        """The newest post's burst: at least so many fresh accounts within a minute, or else within the window."""
        if self.minute.many(least):
            return self.minute
        return self.window if self.window.many(least) else None
