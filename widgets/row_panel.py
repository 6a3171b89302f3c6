"""A panel of rows on the line API: the base of gauges, tickets, positions, orders and decisions.

The desk hands it rows by `show`; the panel compares what would be painted with what is, and repaints only rows that
differ, at most `RATE` times a second. The cursor stays with the row it was put on, by key: a row never slides under it
unseen. Called on the screen's event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from widgets.copied import COPIED_WIDTH, copied
from widgets.inked import wait_s
from widgets.line import Line
from widgets.painted_rows import PaintedRows
from widgets.palette import Palette
from widgets.row_cursor import RowCursor, Shift
from widgets.title import titled
from widgets.wheel import Wheel

RowT = TypeVar("RowT")


class RowPanel(Wheel, Generic[RowT], can_focus=True):
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
    """Rows come at the top, and the cursor stays there while no hand is on the panel."""

    DEFAULT_CSS = """
    RowPanel { height: 1fr; min-height: 2; }
    """

    @dataclass
    class Chosen(Message, bubble=False):
        """The cursor came to another row, by a person or because its row went away. Told to the screen, and to nobody
        on the way to it: the row is painted meanwhile."""

        panel_id: str
        key: str

    def __init__(self, *, id: str | None = None, now_ns: Callable[[], int] = lambda: 0) -> None:
        super().__init__(id=id)
        self.now_ns = now_ns
        """The engine's clock, as the desk knows it."""
        self.moved_at = 0.0
        """When the row under the cursor last changed or moved without a person's key, by the monotonic clock."""
        self._rows: dict[str, RowT] = {}
        self._cursor = RowCursor()
        self._known = False
        """False until rows were shown: before that nobody knows that there are none."""
        self._kept = PaintedRows()
        self._flushed_at = 0.0

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
        keys = list(self._rows)[:: -1 if self.NEWEST_FIRST else 1]
        shift = self._cursor.take(keys, on_top=self.NEWEST_FIRST and not self.has_focus)
        if shift is not Shift.NONE:
            self.moved_at = monotonic()
        if shift is Shift.REPLACED:
            self._tell_chosen()
        if before != len(keys) and self.styles.is_auto_height:
            self.refresh(layout=True)
        self.repaint()

    def repaint(self) -> None:
        """Look again at every row soon, and repaint those that differ. Call it when time has passed."""
        if self._timer is None and self.is_attached:
            self._timer = self.set_timer(wait_s(self.RATE, self._flushed_at, monotonic()), self._flush)

    @property
    def key(self) -> str:
        """The key under the cursor; empty when there are no rows."""
        return self._cursor.key

    @property
    def selected(self) -> RowT | None:
        """The row under the cursor, as it is shown."""
        return self._rows.get(self._cursor.key)

    @property
    def rows(self) -> list[RowT]:
        """Rows from top to bottom."""
        return [self._rows[key] for key in self._cursor.keys]

    def copied(self) -> str:
        """The row under the cursor as text; empty when there is none."""
        row = self.selected
        return "" if row is None else copied(self.row(self.key, row, COPIED_WIDTH, self.inks))

    @property
    def keys(self) -> list[str]:
        """Keys from top to bottom."""
        return list(self._cursor.keys)

    def places(self) -> list[tuple[int, str]]:
        """(line of the widget, key) of each row in view, top to bottom."""
        top, room = self._cursor.top, self._cursor.room
        return [(1 + at * self.ROW_HEIGHT, key) for at, key in enumerate(self._cursor.keys[top : top + room])]

    def choose(self, key: str) -> None:
        """Put the cursor on a row; an unknown key changes nothing."""
        if key in self._rows and key != self._cursor.key:
            before, top = self._cursor.index, self._cursor.top
            self._cursor.key = key
            self._cursor.scroll()
            moved = self._cursor.top != top
            self._paint(range(self._cursor.room) if moved else (before - top, self._cursor.index - top))
            self._tell_chosen()

    def _tell_chosen(self) -> None:
        if self.is_attached:
            self.screen.post_message(self.Chosen(self.id or "", self.key))

    def move(self, rows: int) -> None:
        """Move the cursor by rows, as far as there are any."""
        self.choose(self._cursor.move(rows))

    def page(self, pages: int) -> None:
        """Move the cursor by whole screens."""
        self.move(pages * max(1, self._cursor.room - 1))

    def first(self) -> None:
        """Move to the first row."""
        self.move(-len(self._cursor.keys))

    def last(self) -> None:
        """Move to the last row."""
        self.move(len(self._cursor.keys))

    # How it paints

    def _flush(self) -> None:
        self._timer = None
        self._flushed_at = monotonic()
        self._paint(range(-1, self._cursor.room))

    def _paint(self, indexes: Iterable[int]) -> None:
        """Compare the title (index −1) and rows in view, and repaint those that differ."""
        width = self.size.width
        if not width or not self.is_attached or self._out_of_sight():
            return
        dirty = []
        for index in indexes:
            old = self._kept.get(index)
            if self._strips(index, width) is not old:
                top = 0 if index < 0 else 1 + index * self.ROW_HEIGHT
                dirty.append(Region(0, top, width, 1 if index < 0 else self.ROW_HEIGHT))
        if dirty:
            self.refresh(*dirty)

    def _strips(self, index: int, width: int) -> list[Strip]:
        """Strips of the title (index −1) or of a visible row, made again only when what they show has changed."""
        focused, kept = self.has_focus, self._kept
        if index < 0:
            line, ground = self._title(width), self.inks.base + self.inks.head_row
            return kept.strips(index, (line.segments, width), lambda: [line], width, 1, ground)
        place = self._cursor.top + index
        if place < len(self._cursor.keys):
            key = self._cursor.keys[place]
            row, chosen = self._rows[key], key == self._cursor.key
            made_from = (key, row, self.moment(row), chosen, focused, width)
            make = partial(self.row, key, row, width, self.inks)
            ground = self.inks.ground(chosen=chosen, focused=focused)
            return kept.strips(index, made_from, make, width, self.ROW_HEIGHT, ground)
        empty = self.EMPTY if index == 0 and self._known and not self._cursor.keys else ""
        said = Line().field(f" {empty}", width, self.inks.muted)
        return kept.strips(index, (empty, width), lambda: [said], width, self.ROW_HEIGHT, self.inks.base)

    def marker(self, key: str, colors: Palette) -> tuple[str, Style]:
        """The first cell of a row: says where the cursor is without any colour."""
        if key != self._cursor.key:
            return " ", colors.text
        return ("▌", colors.accent) if self.has_focus else ("▏", colors.muted)

    def _title(self, width: int) -> Line:
        line = titled(self.TITLE, self.inks, focused=self.has_focus)
        self.head(line, width, self.inks)
        return line

    def strip(self, y: int, size: Size) -> Strip:
        index, part = (-1, 0) if y == 0 else divmod(y - 1, self.ROW_HEIGHT)
        if index >= self._cursor.room and y > 0:
            return Strip.blank(size.width, self.inks.base)
        strips = self._kept.get(index)
        if strips is None or strips[part].cell_length != size.width:
            strips = self._strips(index, size.width)
        return strips[part]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1 + max(1, len(self._cursor.keys)) * self.ROW_HEIGHT

    def forget_painted(self) -> None:
        self._kept.forget()

    def on_resize(self) -> None:
        self._cursor.room = max(1, (self.size.height - 1) // self.ROW_HEIGHT)
        self._cursor.scroll()
        self._kept.forget()
        self.refresh()

    def on_focus(self) -> None:
        self._flush()

    def on_blur(self) -> None:
        self._flush()

    def on_click(self, event: events.Click) -> None:
        place = self._cursor.top + (event.y - 1) // self.ROW_HEIGHT
        if event.y > 0 and place < len(self._cursor.keys):
            self.choose(self._cursor.keys[place])
