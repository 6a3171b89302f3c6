"""No post counts twice: ids are remembered for a day, and an edit takes its earlier version's place."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from engine.guards.ids import IdQueue
from engine.model import Post, Value

LIMIT = 300_000
"""Most ids remembered: three days of the most posts that X sells (3,000,000 a month), 12 MB. The oldest go first."""


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
        self._over_ns = -keep_ns
        """What was received before it is forgotten."""
        self._seen = IdQueue(limit)
        self._replaced: set[int] = set()
        """Keys in `_seen` of those that do not count: a later version does."""

    def __len__(self) -> int:
        """Ids remembered."""
        return len(self._seen)

    def check(self, post: Post) -> Found:
        """NEW, DUPLICATE, or EDIT with the id it replaces; the post's id and its earlier ids are remembered.

        Versions may come in any order: once an edit counts, every earlier version is a duplicate.
        """
        if not post.edits:
            return _NEW if self._remember(post.id, post.received_ns) else _DUPLICATE
        if self._seen.has(IdQueue.key(post.id)):
            return _DUPLICATE
        replaces = self._supersede(post.id, post.received_ns, post.edits)
        self._remember(post.id, post.received_ns)
        return Found(DedupeOutcome.EDIT, replaces) if replaces else _NEW

    def restore(self, post_id: str, received_ns: int, edits: Sequence[str] = ()) -> None:
        """Remember a post of an earlier run, as `check` did then. Oldest first."""
        if edits and not self._seen.has(IdQueue.key(post_id)):
            self._supersede(post_id, received_ns, edits)
        self._remember(post_id, received_ns)

    def _supersede(self, post_id: str, received_ns: int, edits: Sequence[str]) -> str:
        """Mark every earlier version as replaced; returns the newest one that counted, or an empty string."""
        replaces = ""
        for earlier in edits:
            if earlier == post_id:
                continue
            key = IdQueue.key(earlier)
            if not self._remember(earlier, received_ns) and key not in self._replaced:
                replaces = earlier
            if self._seen.has(key):  # else its time was over at once
                self._replaced.add(key)
        return replaces

    def _remember(self, post_id: str, received_ns: int) -> bool:
        """Keep an id, and forget what is over; returns whether it was new."""
        if not self._seen.add(post_id, received_ns):
            return False
        if received_ns - self._keep_ns > self._over_ns:
            self._over_ns = received_ns - self._keep_ns
        gone = self._seen.forget(self._over_ns)
        if self._replaced:
            self._replaced.difference_update(gone)
        return True
