"""The posts of one cluster within the window, counted as they come and go, and how suspicious they are together.

What tells a ring from people who pass on the same news is who they are: throw-away accounts (hardly followed, or
little followed and young or hardly used), two thirds to all of a ring's and none to half of a crowd's in clusters read
by hand. How they come, seconds apart and from one program, says less: big news brings out everybody at once
(docs/guards.md).
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

import msgspec

from engine.clock import DAY, SECOND
from engine.guards.similar import Sketch
from engine.model import Post

SMALL: Final = 100
"""An account with at most so many followers is a throw-away one …"""
YOUNG_NS: Final = 365 * DAY
"""… and so is one younger than this …"""
YOUNG_SMALL: Final = 1000
"""… with at most so many followers, …"""
UNUSED: Final = 200
"""… and, since accounts are opened long before a ring needs them, one that has posted at most so often in its life …"""
UNUSED_SMALL: Final = 500
"""… with at most so many followers."""
QUICK_NS: Final = 20 * SECOND
"""A post so soon after the one before it in its cluster is quick."""
PRIOR: Final = 0.4
"""Share of throw-away accounts among the three that are assumed besides those seen: five of five are not certainty."""
PRIOR_ACCOUNTS: Final = 3
SLOW: Final = 0.8
"""How suspicious a cluster is without one quick post, of one that has only quick ones."""
VARIETY: Final = 0.25
"""How much less suspicious a cluster is whose every author uses another program."""


def is_throw_away(post: Post) -> bool | None:
    """Whether an account is hardly followed, or little followed and young or hardly used; None where its followers are
    not told."""
    author = post.author
    followers, posts = author.followers, author.posts
    if followers is None:
        return None
    return followers <= SMALL or (posts is not None and posts <= UNUSED and followers <= UNUSED_SMALL) or is_fresh(post)


def is_fresh(post: Post) -> bool:
    """Whether an account is young and little followed; False where the source does not tell."""
    author = post.author
    followers, created_ns = author.followers, author.created_ns
    return (
        created_ns is not None
        and followers is not None
        and followers <= YOUNG_SMALL
        and post.published_ns - created_ns <= YOUNG_NS
    )


class Member(msgspec.Struct, gc=False, eq=False):
    """One post within the window."""

    id: str
    published_ns: int
    """At the latest when it was received."""
    author: str
    """The author's id; empty where the source does not tell."""
    client: str
    throw_away: bool | None
    trusted: bool
    """A publisher or an influencer of the watchlist."""
    heard: bool
    """Whether it weighs the same whatever its cluster turns out to be: trusted, or an established account.

    Else a ring would silence whoever it copies. A promoter gains nothing by that, for established accounts weigh as
    much where no throw-away one joins them.
    """
    symbols: tuple[str, ...]
    cashtags: tuple[str, ...]
    capped: bool
    """Whether it counts towards its author's cap."""
    own: float
    """Its weight were its cluster no ring, in [0, 1]."""
    weight: float
    """Its weight, in [0, 1]."""
    quick: bool = False
    left: bool = False
    """Whether it is counted no more: it left the window, or an edit replaced it."""
    cluster: Cluster | None = None
    account: str = ""
    """Whom a burst counts: the author's id, or the post's where the source does not tell."""
    fresh: bool = False
    """Whether the account is a fresh one, that may be part of a burst."""


class Cluster(msgspec.Struct, gc=False, eq=False):
    """Posts that say nearly the same as the first of them. `crowd` is there once there are two."""

    id: str
    sketch: Sketch
    letters: int
    """The hash of the first one's letters, where they are many (`engine.guards.similar.read`)."""
    first: Member | None
    crowd: Crowd | None = None
    ring: bool = False
    changes: int = 0
    """How often the verdict changed."""


class Account(msgspec.Struct, gc=False):
    """An author within a crowd."""

    posts: int
    throw_away: bool | None
    """As its newest post told."""


class Crowd:
    """Counts over the posts of a cluster. Each post is counted once and uncounted once, at the same cost however many.

    The counts are those of the posts within the window and of nothing before them, so a restart that reads the window
    back has the same.
    """

    __slots__ = ("accounts", "clients", "members", "posts", "quick", "throw_away", "unknown")

    def __init__(self) -> None:
        self.members: deque[Member] = deque()
        """In order of arrival. The first one is counted; among the others may be some that have left."""
        self.posts = 0
        """Members that are counted."""
        self.accounts: dict[str, Account] = {}
        self.clients: Counter[str] = Counter()
        """Posts by program; those without one are left out."""
        self.throw_away = self.unknown = 0
        """Accounts that are throw-away ones, and that nothing is known of."""
        self.quick = 0
        """Posts that came soon after the one before them; the first has none before it."""

    @property
    def authors(self) -> int:
        """Distinct authors."""
        return len(self.accounts)

    def join(self, member: Member) -> bool:
        """Count a post; returns whether its author is new here."""
        if self.members:
            gap_ns = member.published_ns - self.members[-1].published_ns
            member.quick = -QUICK_NS <= gap_ns <= QUICK_NS
            self.quick += member.quick
        self.members.append(member)
        self.posts += 1
        if member.client:
            self.clients[member.client] += 1
        account = self.accounts.get(member.author)
        if account is not None:
            account.posts += 1
            if account.throw_away is not member.throw_away:
                self._count(account.throw_away, -1)
                self._count(member.throw_away, 1)
                account.throw_away = member.throw_away
            return False
        self.accounts[member.author] = Account(1, member.throw_away)
        self._count(member.throw_away, 1)
        return True

    def leave(self, member: Member) -> None:
        """Uncount a post that has left the window or was replaced."""
        member.left = True
        self.posts -= 1
        self.quick -= member.quick
        members = self.members
        if members[0] is member:
            while members and members[0].left:
                members.popleft()
            if members:
                self.quick -= members[0].quick
                members[0].quick = False
        if member.client:
            self.clients[member.client] -= 1
            if not self.clients[member.client]:
                del self.clients[member.client]
        account = self.accounts[member.author]
        account.posts -= 1
        if account.posts:
            return
        del self.accounts[member.author]
        self._count(account.throw_away, -1)

    def _count(self, throw_away: bool | None, by: int) -> None:
        if throw_away is None:
            self.unknown += by
        elif throw_away:
            self.throw_away += by

    def suspicion(self) -> float:
        """How much it looks like a ring, in [0, 1]: who they are × how quickly they came × how few programs they use.

        (t + 0.4·3) / (k + 3) with t throw-away accounts among k known ones; × (4 + q) / 5 with the share q of quick
        posts; × (1 − v/4) with v = 0 for one program and 1 for a program per author.
        """
        known = len(self.accounts) - self.unknown
        who = (self.throw_away + PRIOR * PRIOR_ACCOUNTS) / (known + PRIOR_ACCOUNTS)
        pace = SLOW + (1 - SLOW) * self.quick / max(1, self.posts - 1)
        variety = max(0, len(self.clients) - 1) / max(1, len(self.accounts) - 1)
        return who * pace * (1 - VARIETY * min(1.0, variety))

    def words(self) -> str:
        """What the suspicion rests on, in words and numbers."""
        span = abs(self.members[-1].published_ns - self.members[0].published_ns) / SECOND
        known = len(self.accounts) - self.unknown
        programs = f"{len(self.clients)} programs" if len(self.clients) != 1 else "one program"
        return (
            f"{self.posts} posts of {len(self.accounts)} authors in {span:.0f} s, "
            f"{self.throw_away} of {known} known accounts throw-away, "
            f"{programs if self.clients else 'programs unknown'}"
        )
