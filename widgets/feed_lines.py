"""The lines of the feed as they are painted: the title, then the posts in view. Each is made once and kept."""

from __future__ import annotations

from collections import OrderedDict

from textual.geometry import Size
from textual.strip import Strip

from widgets.feed_head import FeedHead
from widgets.line import Line
from widgets.palette import Palette
from widgets.post_line import post_line
from widgets.post_window import PostWindow

_KEPT = 1024
"""Posts whose strips are kept."""


class FeedLines:
    """What the feed shows of its window, line by line. Strips that are the same object look the same."""

    def __init__(self, window: PostWindow, head: FeedHead, *, symbols: bool) -> None:
        """`symbols` names each post's symbol."""
        self._window = window
        self._head = head
        self._symbols = symbols
        self._posts: OrderedDict[tuple[int, int, bool], Strip] = OrderedDict()
        """Strips by sequence number, width, and whether the cursor stands on the post."""
        self._lines: list[Strip] = []
        self._size: Size | None = None
        """The size that the lines were made for; None when they are to be made again."""
        self.rows = range(0)
        """Sequence numbers of the posts that the lines show, top to bottom."""

    def forget_posts(self) -> None:
        """Posts look different, or are others: make their strips again."""
        self._posts.clear()

    def forget(self) -> None:
        """Make every line again."""
        self._posts.clear()
        self._size = None

    def strip(self, y: int, size: Size, colors: Palette, *, focused: bool) -> Strip:
        """Line `y` at a size, as it was made last."""
        if self._size != size:
            self._make(size, colors, focused=focused)
        return self._lines[y]

    def changed(self, size: Size, colors: Palette, *, focused: bool) -> list[int] | None:
        """Make every line as it shall be seen now; those that differ from before, None where all may."""
        before = self._lines if self._size == size else []
        self._make(size, colors, focused=focused)
        if len(before) != len(self._lines):
            return None
        return [y for y, strip in enumerate(self._lines) if strip is not before[y] and strip != before[y]]

    def _make(self, size: Size, colors: Palette, *, focused: bool) -> None:
        self._size = width, height = size
        base = colors.base
        self.rows = self._window.rows()[: max(0, height - 1)]
        title = self._head.line(self._window, width, colors, focused=focused)
        self._lines = [title.strip(width, base + colors.head_row)]
        self._lines += [self._post(seq, width, colors, focused=focused) for seq in self.rows]
        said = [self._head.nothing(self._window)] if not self.rows else []
        for text in said + [""] * (height - len(self._lines) - len(said)):
            self._lines.append(Line().field(text, width, colors.muted).strip(width, base))

    def _post(self, seq: int, width: int, colors: Palette, *, focused: bool) -> Strip:
        chosen = seq == self._window.cursor and focused
        key = (seq, width, chosen)
        strip = self._posts.get(key)
        if strip is None:
            post = self._window.shown[seq]
            hit = self._window.says(post)
            line = post_line(post, width, colors, chosen=chosen, hit=hit, symbols=self._symbols)
            strip = line.strip(width, colors.ground(chosen=chosen, focused=focused))
            self._posts[key] = strip
            if len(self._posts) > _KEPT:
                self._posts.popitem(last=False)
        return strip
