"""No post counts twice: ids are remembered for a day, and an edit takes its earlier version's place."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum

from engine.model import Post, Value

LIMIT = 300_000
"""Most ids remembered: three days of the most posts that X sells (3,000,000 a month). The oldest go first."""


class DedupeOutcome(Enum):
    """What a post is, given those that came before."""

    NEW = "new"
    DUPLICATE = "duplicate"
    """Its id was seen, or a later version of it already counts."""
    EDIT = "edit"
    """A new version of a post that counts."""


class Found(Value, frozen=True, gc=False):
    """The outcome; for an EDIT the id of the version that no longer counts."""

    outcome: DedupeOutcome
    replaces: str = ""


_NEW = Found(DedupeOutcome.NEW)
_DUPLICATE = Found(DedupeOutcome.DUPLICATE)


class Dedupe:
    """Remembers ids for `keep_ns` of received time, at most `limit` of them.

    The newest received time seen is the present: it never goes back, so posts out of order change nothing.
    """

    def __init__(self, keep_ns: int, limit: int = LIMIT) -> None:
        self._keep_ns = keep_ns
        self._limit = limit
        self._now_ns = 0
        self._seen: dict[str, int] = {}
        """Received time by id."""
        self._order: deque[str] = deque()
        """The ids of `_seen`, in order of arrival."""
        self._replaced: set[str] = set()
        """Those of `_seen` that do not count: a later version does."""

    def __len__(self) -> int:
        """Ids remembered."""
        return len(self._seen)

    def check(self, post: Post) -> Found:
        """NEW, DUPLICATE, or EDIT with the id it replaces; the post's id and its earlier ids are remembered.

        Versions may come in any order: once an edit counts, every earlier version is a duplicate.
        """
        if post.id in self._seen:
            return _DUPLICATE
        replaces = ""
        if post.edits:
            replaces = self._supersede(post.id, post.received_ns, post.edits)
        self._remember(post.id, post.received_ns)
        return Found(DedupeOutcome.EDIT, replaces) if replaces else _NEW

    def restore(self, post_id: str, received_ns: int, edits: Sequence[str] = ()) -> None:
        """Remember a post of an earlier run, as `check` did then. Oldest first."""
        if post_id not in self._seen:
            self._supersede(post_id, received_ns, edits)
            self._remember(post_id, received_ns)

    def _supersede(self, post_id: str, received_ns: int, edits: Sequence[str]) -> str:
        """Mark every earlier version as replaced; returns the newest one that counted, or an empty string."""
        replaces = ""
        for earlier in edits:
            if earlier == post_id:
                continue
            if earlier not in self._seen:
                self._remember(earlier, received_ns)
            elif earlier not in self._replaced:
                replaces = earlier
            self._replaced.add(earlier)
        return replaces

    def _remember(self, post_id: str, received_ns: int) -> None:
        self._now_ns = max(self._now_ns, received_ns)
        self._seen[post_id] = received_ns
        self._order.append(post_id)
        forget_before = self._now_ns - self._keep_ns
        while self._order and (self._seen[self._order[0]] < forget_before or len(self._order) > self._limit):
            oldest = self._order.popleft()
            del self._seen[oldest]
            self._replaced.discard(oldest)
