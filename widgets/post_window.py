"""Which posts the feed shows now: the ring, the filter, the search, and where the view stands. No screen in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from engine.model.frames import PostRow
from engine.model.guard import GuardMark
from widgets.post_filter import PostFilter
from widgets.ring import Ring


class PostWindow:
    """A view over a ring of posts. It follows the newest until the cursor moves up; then it stands still."""

    def __init__(self, capacity: int) -> None:
        self._all: Ring[PostRow] = Ring(capacity)
        self.shown: Ring[PostRow] = self._all
        """The posts that pass the filter: every post while there is none."""
        self.filter = PostFilter()
        self.muted: frozenset[str] = frozenset()
        """Authors, in lower case, whose posts are not shown."""
        self.words = ""
        """What is searched for, in lower case."""
        self.cursor: int | None = None
        """Sequence number of the post under the cursor; None while the view follows."""
        self.room = 1
        """Rows that fit."""
        self._bottom = 0
        """Sequence number after the last row, while the view stands still."""

    def push(self, posts: Iterable[PostRow]) -> None:
        """Append posts, oldest first."""
        new = list(posts)
        self._all.extend(new)
        if self.shown is not self._all:
            self.shown.extend([post for post in new if self._passes(post)])

    def clear(self) -> None:
        """Forget every post."""
        self._all.clear()
        self.shown.clear()
        self.cursor = None

    def set_filter(self, text: str) -> None:
        """Show only posts that match; an empty text shows all."""
        self.filter = PostFilter(text)
        self._choose()

    def mute(self, authors: frozenset[str]) -> None:
        """Do not show posts of these authors, named in lower case."""
        self.muted = authors
        self._choose()

    def mark(self, marks: Mapping[str, GuardMark]) -> None:
        """The guards thought again about posts: show what they weigh now."""
        changed = False
        for ring in {id(ring): ring for ring in (self._all, self.shown)}.values():
            for seq in range(ring.start, ring.end):
                post = ring[seq]
                mark = marks.get(post.id)
                if mark is not None and mark != post.mark:
                    ring[seq] = msgspec.structs.replace(post, mark=mark)
                    changed = True
        if changed and self.filter:
            self._choose()

    @property
    def kept(self) -> Ring[PostRow]:
        """Every post, shown or not."""
        return self._all

    @property
    def hidden(self) -> int:
        """Posts kept that are not shown because their author is muted."""
        return sum(post.author.lower() in self.muted for post in self._all) if self.muted else 0

    def _passes(self, post: PostRow) -> bool:
        return post.author.lower() not in self.muted and self.filter.matches(post)

    def _choose(self) -> None:
        """Choose anew what is shown. The cursor stays on its post, or goes to the nearest older one that is shown; and
        it stays in its row of the view, as far as there are posts to fill the others."""
        at = None if self.cursor is None or not len(self.shown) else self.shown[max(self.cursor, self.shown.start)]
        row = 0 if self.cursor is None else max(0, self.cursor - self.rows().start)
        self.cursor = None
        self.shown = self._all
        if self.filter or self.muted:
            self.shown = Ring(self._all.capacity)
            for post in self._all:
                if self._passes(post):
                    self.shown.append(post)
        if at is not None and len(self.shown):
            older = [seq for seq in range(self.shown.start, self.shown.end) if _not_after(self.shown[seq], at)]
            seq = older[-1] if older else self.shown.start
            self.stand_on(seq)
            self._bottom = min(max(seq - row, self.shown.start) + self.room, self.shown.end)

    def rows(self) -> range:
        """Sequence numbers of the posts in view, top to bottom."""
        end = self.shown.end if self.cursor is None else self._bottom
        return range(max(self.shown.start, end - self.room), end)

    def settle(self) -> None:
        """Move a standing view on when the posts it stood on are forgotten."""
        if self.cursor is not None:
            ring = self.shown
            self.cursor = max(self.cursor, ring.start)
            self._bottom = max(self._bottom, min(ring.start + self.room, ring.end))

    @property
    def new(self) -> int:
        """Posts that came below the view since it stands still."""
        return 0 if self.cursor is None else self.shown.end - self._bottom

    @property
    def selected(self) -> PostRow | None:
        """The post under the cursor; the newest while the view follows."""
        ring = self.shown
        if not len(ring):
            return None
        return ring[ring.end - 1 if self.cursor is None else max(self.cursor, ring.start)]

    def move(self, rows: int) -> None:
        """Move the cursor; up makes the view stand still, past the newest it follows again."""
        ring = self.shown
        if not len(ring):
            return
        seq = (ring.end - 1 if self.cursor is None else self.cursor) + rows
        if seq >= ring.end - 1 and rows > 0:
            self.cursor = None
        else:
            self.stand_on(max(seq, ring.start))

    def stand_on(self, seq: int) -> None:
        """Put the cursor on a post and keep it in view."""
        ring = self.shown
        if self.cursor is None:
            self._bottom = ring.end
        self.cursor = seq
        lowest = max(seq, ring.start) + self.room
        self._bottom = min(max(self._bottom, seq + 1), lowest, ring.end)

    def choose(self, id: str) -> bool:
        """Stand on the post of this id; False when it is not shown."""
        ring = self.shown
        seq = next((seq for seq in range(ring.end - 1, ring.start - 1, -1) if ring[seq].id == id), None)
        if seq is not None:
            self.stand_on(seq)
        return seq is not None

    def find(self, *, older: bool, afresh: bool = False) -> bool:
        """Go to the next post that says the words; False when there is none that way."""
        if not self.words:
            return False
        ring = self.shown
        start = ring.end if afresh or self.cursor is None else self.cursor
        span = range(start - 1, ring.start - 1, -1) if older else range(start + 1, ring.end)
        for seq in span:
            if self.says(ring[seq]):
                self.stand_on(seq)
                return True
        return False

    def says(self, post: PostRow) -> bool:
        """True when the post or its author holds the words searched for."""
        return bool(self.words) and (self.words in post.text.lower() or self.words in post.author.lower())


def _not_after(post: PostRow, other: PostRow) -> bool:
    """Whether a post is the other one, or was published before it."""
    return post.id == other.id or post.published_ns < other.published_ns
