"""A panel of rows on the line API: the base of gauges, tickets, positions, orders and decisions.

The desk hands it rows by `show`; the panel compares what would be painted with what is, and repaints only rows that
differ, at most `RATE` times a second. The cursor stays with the row it was put on, by key: a row never slides under it
unseen. Called on the screen's event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from widgets.line import Line
from widgets.palette import Palette, palette

RowT = TypeVar("RowT")


class RowPanel(Widget, Generic[RowT], can_focus=True):
    """Rows under a title line, with a cursor.

    A subclass writes `head` and `row`, and `moment` where a row changes with time.
    """

    TITLE: ClassVar[str] = ""
    EMPTY: ClassVar[str] = ""
    """Said in place of rows when there are none."""
    RATE: ClassVar[float] = 4.0
    """Most repaints a second."""
    ROW_HEIGHT: ClassVar[int] = 1
    NEWEST_FIRST: ClassVar[bool] = False

    DEFAULT_CSS = """
    RowPanel { height: 1fr; min-height: 2; }
    """

    @dataclass
    class Chosen(Message):
        """The cursor came to another row, by a person or because its row went away."""

        panel_id: str
        key: str
        by_person: bool

    def __init__(self, *, id: str | None = None, now_ns: Callable[[], int] = lambda: 0) -> None:
        super().__init__(id=id)
        self.now_ns = now_ns
        """The engine's clock, as the desk knows it."""
        self.moved_at = 0.0
        """When the row under the cursor last changed or moved without a person's key, by the monotonic clock."""
        self._rows: dict[str, RowT] = {}
        self._keys: list[str] = []
        self._key = ""
        self._top = 0
        self._stale = False
        self._known = False
        """False until rows were shown: before that nobody knows that there are none."""
        self._painted: dict[int, tuple[object, list[Strip]]] = {}
        """Per visible row index: what its strips were made from, and the strips."""
        self._palette: Palette | None = None
        self._flushed_at = 0.0
        self._timer: Timer | None = None

    # What a subclass writes

    def head(self, line: Line, width: int, colors: Palette) -> None:
        """Write the captions after the title."""

    def row(self, key: str, row: RowT, width: int, colors: Palette) -> list[Line]:
        """The row's `ROW_HEIGHT` lines."""
        raise NotImplementedError

    def moment(self, row: RowT) -> object:
        """What of the time shows in this row: equal moments mean it looks the same."""
        return None

    # What the desk calls

    def show(self, rows: Iterable[tuple[str, RowT]]) -> None:
        """Take the rows, in order. The cursor keeps its key; if that is gone it goes to the row in its place."""
        before = len(self._rows)
        self._known = True
        self._rows = dict(rows)
        keys = list(self._rows)
        if self.NEWEST_FIRST:
            keys.reverse()
        if keys != self._keys:
            self._reorder(keys)
        if before != len(keys) and self.styles.is_auto_height:
            self.refresh(layout=True)
        self.repaint()

    def repaint(self) -> None:
        """Look again at every row soon, and repaint those that differ. Call it when time has passed."""
        if self._timer is None and self.is_attached:
            wait = max(0.001, 1 / self.RATE - (monotonic() - self._flushed_at))
            self._timer = self.set_timer(wait, self._flush)

    @property
    def key(self) -> str:
        """The key under the cursor; empty when there are no rows."""
        return self._key

    @property
    def selected(self) -> RowT | None:
        """The row under the cursor, as it is shown."""
        return self._rows.get(self._key)

    @property
    def keys(self) -> list[str]:
        """Keys from top to bottom."""
        return list(self._keys)

    def choose(self, key: str) -> None:
        """Put the cursor on a row; an unknown key changes nothing."""
        if key in self._rows and key != self._key:
            self._set_key(key, by_person=True)

    def move(self, rows: int) -> None:
        """Move the cursor by rows, as far as there are any."""
        if self._keys:
            index = self._keys.index(self._key) + rows
            self.choose(self._keys[min(max(index, 0), len(self._keys) - 1)])

    def page(self, pages: int) -> None:
        """Move the cursor by whole screens."""
        self.move(pages * max(1, self._room - 1))

    def first(self) -> None:
        """Move to the first row."""
        self.move(-len(self._keys))

    def last(self) -> None:
        """Move to the last row."""
        self.move(len(self._keys))

    @property
    def stale(self) -> bool:
        """True while the rows are no longer fed; they are shown in grey."""
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
        if self._palette is None:
            colors = palette(self.app.current_theme)
            self._palette = colors.greyed() if self._stale else colors
        return self._palette

    @property
    def _room(self) -> int:
        """Rows that fit under the title line."""
        return max(0, (self.size.height - 1) // self.ROW_HEIGHT)

    def _reorder(self, keys: list[str]) -> None:
        old_index = self._keys.index(self._key) if self._key in self._rows and self._key in self._keys else -1
        gone = self._keys.index(self._key) if self._key in self._keys and old_index < 0 else -1
        self._keys = keys
        if not keys:
            self._set_key("", by_person=False)
        elif gone >= 0:
            self._set_key(keys[min(gone, len(keys) - 1)], by_person=False)
        elif old_index < 0:
            self._set_key(keys[0], by_person=False)
        else:
            new_index = keys.index(self._key)
            if new_index != old_index:
                self.moved_at = monotonic()
                self._top = max(0, self._top + new_index - old_index)
        self._scroll()

    def _set_key(self, key: str, *, by_person: bool) -> None:
        if key == self._key:
            return
        self._key = key
        if not by_person:
            self.moved_at = monotonic()
        self._scroll()
        if by_person:
            self._flush()
        self.post_message(self.Chosen(self.id or "", key, by_person))

    def _scroll(self) -> None:
        room = self._room
        index = self._keys.index(self._key) if self._key in self._rows else 0
        top = min(max(self._top, index - room + 1), index)
        self._top = max(0, min(top, len(self._keys) - room))

    def _flush(self) -> None:
        """Compare, and repaint what differs."""
        self._timer = None
        self._flushed_at = monotonic()
        width = self.size.width
        if not width or not self.is_attached:
            return
        dirty = []
        for index in range(-1, self._room):
            old = self._painted.get(index)
            if self._strips(index) is not (old[1] if old else None):
                top = 0 if index < 0 else 1 + index * self.ROW_HEIGHT
                dirty.append(Region(0, top, width, 1 if index < 0 else self.ROW_HEIGHT))
        if dirty:
            self.refresh(*dirty)

    def _strips(self, index: int) -> list[Strip]:
        """Strips of the title (index −1) or of a visible row, made again only when what they show has changed."""
        width, focused = self.size.width, self.has_focus
        place = self._top + index
        made_from: object
        if index < 0:
            line = self._title(width)
            made_from, lines, ground = (line.segments, width), [line], self.inks.head_row
        elif place < len(self._keys):
            key = self._keys[place]
            row = self._rows[key]
            chosen = key == self._key
            made_from = (key, row, self.moment(row), chosen, focused, width)
            old = self._painted.get(index)
            if old is not None and old[0] == made_from:
                return old[1]
            lines = self.row(key, row, width, self.inks)
            ground = self._ground(chosen, focused)
        else:
            empty = self.EMPTY if index == 0 and self._known and not self._keys else ""
            made_from, lines, ground = (empty, width), [Line().field(f" {empty}", width, self.inks.muted)], Style()
        old = self._painted.get(index)
        if old is not None and old[0] == made_from:
            return old[1]
        base = self.inks.base + ground
        strips = [line.strip(width, base) for line in lines]
        height = 1 if index < 0 else self.ROW_HEIGHT
        strips += [Strip.blank(width, base)] * (height - len(strips))
        if old is not None and old[1] == strips:
            self._painted[index] = (made_from, old[1])
            return old[1]
        self._painted[index] = (made_from, strips)
        return strips

    def _ground(self, chosen: bool, focused: bool) -> Style:
        if not chosen:
            return Style()
        return self.inks.cursor_row if focused else self.inks.quiet_row

    def marker(self, key: str, colors: Palette) -> tuple[str, Style]:
        """The first cell of a row: says where the cursor is without any colour."""
        if key != self._key:
            return " ", colors.text
        return ("▌", colors.accent) if self.has_focus else ("▏", colors.muted)

    def _title(self, width: int) -> Line:
        line = Line()
        style = self.inks.title_focus if self.has_focus else self.inks.title
        line.add("▌" if self.has_focus else " ", style).add(self.TITLE, style)
        self.head(line, width, self.inks)
        return line

    def render_line(self, y: int) -> Strip:
        index, part = (-1, 0) if y == 0 else divmod(y - 1, self.ROW_HEIGHT)
        if index >= self._room and y > 0:
            return Strip.blank(self.size.width, self.inks.base)
        return self._strips(index)[part]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1 + max(1, len(self._keys)) * self.ROW_HEIGHT

    def _forget(self) -> None:
        self._palette = None
        self._painted.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._palette = None
        self._painted.clear()

    def on_resize(self) -> None:
        self._painted.clear()
        self._scroll()

    def on_focus(self) -> None:
        self._flush()

    def on_blur(self) -> None:
        self._flush()

    def on_click(self, event: events.Click) -> None:
        place = self._top + (event.y - 1) // self.ROW_HEIGHT
        if event.y > 0 and place < len(self._keys):
            self.choose(self._keys[place])

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1)
