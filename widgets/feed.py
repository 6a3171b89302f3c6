"""The post feed: a ring of posts, painted on the line API at a fixed rate.

`push` is O(1) and touches Textual only when the feed goes from idle to dirty: it arms one timer, and that paints.
The view follows the newest post at the bottom; scrolling up freezes it, and it then says how many came since.
Where a frame shows other posts in every row, nobody reads them: they are then painted at half the rate.
What a person does is painted at the full rate.
Called on the screen's event loop only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from time import monotonic
from typing import ClassVar

from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip

from engine.model.frames import PostRow
from engine.model.guard import GuardMark
from widgets.feed_head import FeedHead
from widgets.feed_lines import FeedLines
from widgets.inked import wait_s
from widgets.post_line import post_words
from widgets.post_window import PostWindow
from widgets.wheel import Wheel

_RUSH_FPS = 7.5
"""Most frames a second while each of them shows other posts in every row."""


class Feed(Wheel, can_focus=True):
    """Posts, oldest above newest."""

    TITLE: ClassVar[str] = "POSTS"
    WHEEL_ROWS: ClassVar[int] = 3

    DEFAULT_CSS = """
    Feed { height: 1fr; min-height: 3; }
    """

    def __init__(self, *, rows: int = 10_000, fps: float = 15.0, symbols: bool = True, id: str | None = None) -> None:
        """`symbols` names each post's symbol."""
        super().__init__(id=id)
        self._fps = fps
        self._window = PostWindow(rows)
        self._head = FeedHead(self.TITLE)
        self._lines = FeedLines(self._window, self._head, symbols=symbols)
        self._painted_end = 0
        """Sequence number after the last row that was painted."""
        self._rushing = False
        self._painted_at = 0.0
        self._due_at = 0.0
        """When the paint that is waited for comes, by the monotonic clock."""

    # What the desk calls

    @property
    def hint(self) -> str:
        """Said at the right end of the title on a narrow screen, where nothing else has to be said."""
        return self._head.hint

    @hint.setter
    def hint(self, hint: str) -> None:
        if hint != self._head.hint:
            self._head.hint = hint
            self._dirty()

    def name_keys(self, *, follow: str, filter: str, next_pane: str) -> None:
        """The keys in force, as its words name them."""
        self._head.keys = (follow, filter, next_pane)

    def push(self, posts: Iterable[PostRow]) -> None:
        """Append posts, oldest first; the next frame paints them."""
        self._window.push(posts)
        self._dirty(_RUSH_FPS if self._rushing else self._fps)

    def count(self, total: int, unseen: int, unscored: int = 0) -> None:
        """Say how many posts there really were, and how many of them never came to this screen: `unscored` because
        they concern no symbol or only repeat another post, `unseen` for want of time."""
        head = self._head
        if (total, unseen, unscored) != (head.total, head.unseen, head.unscored):
            head.total, head.unseen, head.unscored = total, unseen, unscored
            self._dirty(_RUSH_FPS if self._rushing else self._fps)

    def clear(self) -> None:
        """Forget every post (a new snapshot follows)."""
        self._window.clear()
        self._anew()

    def filter(self, text: str) -> None:
        """Show only posts that match; an empty text shows all. See `PostFilter`."""
        self._window.set_filter(text)
        self._anew()

    @property
    def filter_text(self) -> str:
        """The filter in force; empty when every post is shown."""
        return self._window.filter.text

    def search(self, text: str) -> bool:
        """Mark every post that says this and go to the newest; False when there is none. Empty ends the search."""
        self._window.words = text.strip().lower()
        self._anew()
        return self._window.find(older=True, afresh=True) if self._window.words else True

    def find(self, *, older: bool) -> bool:
        """Go to the next post that holds the search text; False when there is none that way."""
        self._dirty()
        return self._window.find(older=older)

    @property
    def selected(self) -> PostRow | None:
        """The post under the cursor; the newest while the view follows."""
        return self._window.selected

    @property
    def posts(self) -> list[PostRow]:
        """The posts that are shown, oldest first."""
        return list(self._window.shown)

    @property
    def kept(self) -> list[PostRow]:
        """Every post that is kept, shown or not, oldest first."""
        return list(self._window.kept)

    def copied(self) -> str:
        """The post under the cursor as text; empty when there is none."""
        post = self.selected
        if post is None:
            return ""
        return post_words(post)

    def mark(self, marks: Mapping[str, GuardMark]) -> None:
        """The guards thought again about posts: show what they weigh now."""
        self._window.mark(marks)
        self._anew()

    def mute(self, authors: frozenset[str]) -> None:
        """Hide posts of these authors (lower case); the title says how many are hidden."""
        self._window.mute(authors)
        self._anew()

    @property
    def following(self) -> bool:
        """True while the newest post is kept in view."""
        return self._window.cursor is None

    @property
    def new(self) -> int:
        """Posts that came below the view since it was frozen."""
        return self._window.new

    def stand(self) -> None:
        """Stand still on the post under the cursor."""
        if len(self._window.shown) and self._window.cursor is None:
            self._window.stand_on(self._window.shown.end - 1)
            self._dirty()

    def places(self) -> list[tuple[int, str]]:
        """(line of the widget, id) of each post that is painted, top to bottom."""
        shown = self._window.shown
        return [(line, shown[seq].id) for line, seq in enumerate(self._lines.rows, 1) if seq >= shown.start]

    def choose(self, id: str) -> None:
        """Stand still on a post; one that is no longer shown changes nothing."""
        if self._window.choose(id):
            self._dirty()

    def move(self, rows: int) -> None:
        """Move the cursor; up freezes the view, past the newest follows again."""
        self._window.move(rows)
        self._dirty()

    def page(self, pages: int) -> None:
        """Move by whole screens."""
        self.move(pages * max(1, self._window.room - 1))

    def first(self) -> None:
        """Go to the oldest post kept."""
        self.move(-len(self._window.shown))

    def last(self) -> None:
        """Follow the newest post again."""
        self._window.cursor = None
        self._dirty()

    # How it paints

    def _dirty(self, fps: float = 0.0) -> None:
        """Paint at the next frame: of the full rate, or of another one for what no person asked for."""
        now = monotonic()
        wait = wait_s(min(fps or self._fps, self._fps), now, now)
        if self._timer is not None and now + wait < self._due_at:
            self._timer.stop()
            self._timer = None
        if self._timer is None and self.is_attached:
            self._due_at = now + wait
            self._timer = self.set_timer(wait, self._flush)

    def _anew(self) -> None:
        self._lines.forget_posts()
        self._dirty()

    def _flush(self) -> None:
        self._timer = None
        self._window.settle()
        end, now = self._window.rows().stop, monotonic()
        self._rushing = end - self._painted_end >= self._window.room * _RUSH_FPS * (now - self._painted_at)
        self._painted_end, self._painted_at = end, now
        if not self._out_of_sight():
            self._paint()

    def _paint(self) -> None:
        """Paint the lines that differ: while a person reads, posts that come change no more than the title."""
        width, height = size = self.size
        changed = self._lines.changed(size, self.inks, focused=self.has_focus)
        if changed is None or 2 * len(changed) > height:
            self.refresh()
        elif changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def strip(self, y: int, size: Size) -> Strip:
        return self._lines.strip(y, size, self.inks, focused=self.has_focus)

    def forget_painted(self) -> None:
        self._lines.forget()

    def on_resize(self) -> None:
        self._window.room = max(1, self.size.height - 1)
        self.forget_painted()
        self.refresh()

    def on_focus(self) -> None:
        self._paint()

    def on_blur(self) -> None:
        self._paint()

    def on_click(self, event: events.Click) -> None:
        for line, id in self.places():
            if line == event.y:
                self.choose(id)
