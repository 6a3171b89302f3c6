"""The post feed: a ring of posts, painted on the line API at a fixed rate.

`push` is O(1) and touches Textual only when the feed goes from idle to dirty: it arms one timer, and that paints.
The view follows the newest post at the bottom; scrolling up freezes it, and it then says how many came since.
Called on the screen's event loop only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from engine.model.frames import PostRow
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette, palette
from widgets.post_filter import LABEL, PostFilter
from widgets.ring import Ring

_STRIPS = 1024


class Feed(Widget, can_focus=True):
    """Posts, oldest above newest."""

    TITLE: ClassVar[str] = "POSTS"

    DEFAULT_CSS = """
    Feed { height: 1fr; min-height: 3; }
    """

    def __init__(self, *, rows: int = 10_000, fps: float = 15.0, id: str | None = None) -> None:
        super().__init__(id=id)
        self._fps = fps
        self._all: Ring[PostRow] = Ring(rows)
        self._shown: Ring[PostRow] = self._all
        """The posts that pass the filter: `_all` itself while there is none."""
        self._filter = PostFilter()
        self._search = ""
        self._total = 0
        self._unseen = 0
        self._cursor: int | None = None
        """Sequence number of the row the view is frozen on; None while it follows."""
        self._bottom = 0
        """Sequence number after the last row shown, while frozen."""
        self._timer: Timer | None = None
        self._strips: OrderedDict[tuple[int, int, bool], Strip] = OrderedDict()
        self._colors: Palette | None = None
        self._stale = False
        self._hint = ""

    # What the desk calls

    @property
    def hint(self) -> str:
        """Said at the right end of the title on a narrow screen, where nothing else has to be said."""
        return self._hint

    @hint.setter
    def hint(self, hint: str) -> None:
        if hint != self._hint:
            self._hint = hint
            self._dirty()

    def push(self, posts: Iterable[PostRow]) -> None:
        """Append posts, oldest first; the next frame paints them."""
        keep = self._filter.matches if self._filter else None
        for post in posts:
            self._all.append(post)
            if keep is not None and keep(post):
                self._shown.append(post)
        self._dirty()

    def count(self, total: int, unseen: int) -> None:
        """Say how many posts there really were, and how many of them never came to this screen."""
        if (total, unseen) != (self._total, self._unseen):
            self._total, self._unseen = total, unseen
            self._dirty()

    def clear(self) -> None:
        """Forget every post (a new snapshot follows)."""
        self._all.clear()
        self._shown.clear()
        self._strips.clear()
        self._cursor = None
        self._dirty()

    def filter(self, text: str) -> None:
        """Show only posts that match; an empty text shows all. See `PostFilter`."""
        self._filter = PostFilter(text)
        self._strips.clear()
        self._cursor = None
        if self._filter:
            self._shown = Ring(self._all.capacity)
            for post in self._all:
                if self._filter.matches(post):
                    self._shown.append(post)
        else:
            self._shown = self._all
        self._dirty()

    @property
    def filter_text(self) -> str:
        """The filter in force; empty when every post is shown."""
        return self._filter.text

    def search(self, text: str) -> bool:
        """Mark every post that says this and go to the newest; False when there is none. Empty ends the search."""
        self._search = text.strip().lower()
        self._strips.clear()
        self._dirty()
        return self.find(older=True, restart=True) if self._search else True

    def find(self, *, older: bool, restart: bool = False) -> bool:
        """Go to the next post that holds the search text; False when there is none that way."""
        if not self._search:
            return False
        ring = self._shown
        start = ring.end if restart or self._cursor is None else self._cursor
        span = range(start - 1, ring.start - 1, -1) if older else range(start + 1, ring.end)
        for seq in span:
            if self._hit(ring[seq]):
                self._freeze(seq)
                return True
        return False

    @property
    def selected(self) -> PostRow | None:
        """The post under the cursor; the newest while the view follows."""
        ring = self._shown
        if not len(ring):
            return None
        return ring[ring.end - 1 if self._cursor is None else max(self._cursor, ring.start)]

    @property
    def following(self) -> bool:
        """True while the newest post is kept in view."""
        return self._cursor is None

    @property
    def new(self) -> int:
        """Posts that came below the view since it was frozen."""
        return 0 if self._cursor is None else self._shown.end - self._bottom

    def move(self, rows: int) -> None:
        """Move the cursor; up freezes the view, past the newest follows again."""
        ring = self._shown
        if not len(ring):
            return
        seq = (ring.end - 1 if self._cursor is None else self._cursor) + rows
        if seq >= ring.end - 1 and rows > 0:
            self.last()
        else:
            self._freeze(max(seq, ring.start))

    def page(self, pages: int) -> None:
        """Move by whole screens."""
        self.move(pages * max(1, self._room - 1))

    def first(self) -> None:
        """Go to the oldest post kept."""
        if len(self._shown):
            self._freeze(self._shown.start)

    def last(self) -> None:
        """Follow the newest post again."""
        self._cursor = None
        self._dirty()

    @property
    def stale(self) -> bool:
        """True while no posts come in because the engine is not there; they are shown in grey."""
        return self._stale

    @stale.setter
    def stale(self, stale: bool) -> None:
        if stale != self._stale:
            self._stale = stale
            self._forget()

    # How it paints

    @property
    def inks(self) -> Palette:
        """The palette to paint with."""
        if self._colors is None:
            colors = palette(self.app.current_theme)
            self._colors = colors.greyed() if self._stale else colors
        return self._colors

    @property
    def _room(self) -> int:
        return max(0, self.size.height - 1)

    def _freeze(self, seq: int) -> None:
        if self._cursor is None:
            self._bottom = self._shown.end
        self._cursor = seq
        self._bottom = min(max(self._bottom, seq + 1), max(seq + self._room, self._shown.start + self._room))
        self._bottom = min(self._bottom, self._shown.end)
        self._dirty()

    def _dirty(self) -> None:
        if self._timer is None and self.is_attached:
            self._timer = self.set_timer(1 / self._fps, self._flush)

    def _flush(self) -> None:
        self._timer = None
        if self._cursor is not None:
            self._cursor = max(self._cursor, self._shown.start)
            self._bottom = max(self._bottom, min(self._shown.start + self._room, self._shown.end))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self._title(width).strip(width, self.inks.base + self.inks.head_row)
        ring, room = self._shown, self._room
        end = ring.end if self._cursor is None else self._bottom
        shown = min(room, end - ring.start)
        seq = end - shown + y - 1
        if y > shown:
            return Strip.blank(width, self.inks.base)
        chosen = seq == self._cursor and self.has_focus
        key = (seq, width, chosen)
        strip = self._strips.get(key)
        if strip is None:
            ground = self.inks.cursor_row if chosen else Style()
            strip = self._post(ring[seq], width, chosen).strip(width, self.inks.base + ground)
            self._strips[key] = strip
            if len(self._strips) > _STRIPS:
                self._strips.popitem(last=False)
        return strip

    def _title(self, width: int) -> Line:
        colors = self.inks
        style = colors.title_focus if self.has_focus else colors.title
        line = Line().add("▌" if self.has_focus else " ", style).add(self.TITLE, style)
        line.add(f" {figures.count(self._total)}", colors.head_row)
        if self._unseen:
            line.add(f"  {figures.count(self._unseen)} not shown", colors.head_row)
        if self._filter:
            line.add("  filter ", colors.head_row).field(self._filter.text, min(24, len(self._filter.text)), style)
            line.add(f" {figures.count(len(self._shown))}", colors.head_row)
        if self._search:
            line.add("  search ", colors.head_row).field(self._search, min(24, len(self._search)), style)
        if self._cursor is not None:
            return line.right(f"▲ {figures.count(self.new)} new  G follow ", width - line.cells, colors.title_focus)
        busy = bool(self._filter or self._search or self._unseen)
        hint = f"Tab: {self._hint} " if self._hint and width < 100 and not busy else ""
        return line.right(hint, width - line.cells, colors.head_row)

    def _post(self, post: PostRow, width: int, chosen: bool) -> Line:
        colors = self.inks
        hit = bool(self._search) and self._hit(post)
        line = Line().add("▌" if chosen else "›" if hit else " ", colors.accent)
        line.add(figures.clock(post.published_ns), colors.muted).gap(colors.text)
        beyond = abs(post.score) >= LABEL
        style = colors.signed(post.score) if beyond else colors.muted
        line.add(f"{figures.glyph(post.score if beyond else 0)}{figures.score(post.score)}", style).gap(colors.text)
        more = f"+{len(post.symbols) - 1}" if len(post.symbols) > 1 else ""
        line.field(f"{post.symbols[0] if post.symbols else figures.NONE}{more}", 7, colors.strong).gap(colors.text)
        if width >= 110:
            line.right(figures.followers(post.followers), 4, colors.muted).gap(colors.text)
        name = 11 if width < 100 else 15
        line.add("✓" if post.verified else " ", colors.accent).field(post.author, name, colors.muted).gap(colors.text)
        if post.recovered:
            line.add("↺ ", colors.muted)
        return line.field(post.text, width - line.cells, colors.found if hit else colors.text)

    def _hit(self, post: PostRow) -> bool:
        return self._search in post.text.lower() or self._search in post.author.lower()

    def _forget(self) -> None:
        self._colors = None
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._colors = None
        self._strips.clear()

    def on_resize(self) -> None:
        self._strips.clear()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(3)
