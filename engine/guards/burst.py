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
    """Who posted in some span: fresh accounts, and others. Accounts count and not their posts, of both: one old account
    that posts all the time would be the crowd among which a hundred fresh ones do not show."""

    __slots__ = ("accounts", "others")

    def __init__(self) -> None:
        self.accounts: dict[str, int] = {}
        """Posts by fresh account."""
        self.others: dict[str, int] = {}
        """Posts by account that is not known to be a fresh one."""

    def join(self, account: str, fresh: bool) -> None:
        """Count a post."""
        accounts = self.accounts if fresh else self.others
        accounts[account] = accounts.get(account, 0) + 1

    def leave(self, account: str, fresh: bool) -> None:
        """Uncount a post."""
        accounts = self.accounts if fresh else self.others
        if accounts[account] == 1:
            del accounts[account]
        else:
            accounts[account] -= 1

    def many(self, least: int) -> bool:
        """Whether fresh ones are at least so many, and so much of all that they are no accident."""
        count = len(self.accounts)
        return count >= least and count + _PRIOR_FRESH >= SHARE * (count + len(self.others) + PRIOR_ACCOUNTS)


class Burst:
    """One symbol's fresh accounts, of the last minute and of the window."""

    __slots__ = ("_posts", "minute", "window")

    def __init__(self) -> None:
        self._posts: deque[tuple[int, str, bool]] = deque()
        """Of the last minute: when, by which account, and whether that is a fresh one."""
        self.minute = Newcomers()
        self.window = Newcomers()

    def __len__(self) -> int:
        """Posts of the last minute that are remembered."""
        return len(self._posts)

    def take(self, account: str, fresh: bool, at_ns: int, now_ns: int) -> None:
        """Count a post by this account. One that comes late is none of the last minute."""
        posts, minute = self._posts, self.minute
        over_ns = now_ns - SPAN_NS
        while posts and (posts[0][0] <= over_ns or len(posts) >= MOST):
            _, gone, was_fresh = posts.popleft()
            minute.leave(gone, was_fresh)
        if at_ns > over_ns:
            posts.append((at_ns, account, fresh))
            minute.join(account, fresh)
        self.window.join(account, fresh)

    def found(self, least: int) -> Newcomers | None:
        """The newest post's burst: at least so many fresh accounts within a minute, or else within the window."""
        if self.minute.many(least):
            return self.minute
        return self.window if self.window.many(least) else None
