"""Where the cursor of a panel stands: on a key, never on a place. No screen in it."""

from __future__ import annotations

from enum import Enum


class Shift(Enum):
    """What new rows did to the row under the cursor."""

    NONE = "none"
    MOVED = "moved"
    """The same row stands elsewhere."""
    REPLACED = "replaced"
    """Its row went away: another one is under the cursor now."""


class RowCursor:
    """The keys of the rows from top to bottom, the key under the cursor, and the window that shows it."""

    __slots__ = ("key", "keys", "room", "top")

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.key = ""
        """The key under the cursor; empty when there are no rows."""
        self.top = 0
        """Index of the first row in view."""
        self.room = 1
        """Rows that fit."""

    @property
    def index(self) -> int:
        """Place of the cursor; 0 when there are no rows."""
        return self.keys.index(self.key) if self.key in self.keys else 0

    def take(self, keys: list[str], *, on_top: bool = False) -> Shift:
        """Take new rows. The cursor keeps its key; if that is gone, it goes to the row in its place.

        With `on_top` a cursor on the first row stays on the first row. A window that begins with the first row does so
        for as long as it shows the cursor.
        """
        before, index = self.key, self.index
        self.keys = keys
        if on_top and index == 0 and keys:
            self.key, self.top = keys[0], 0
            return Shift.NONE if self.key == before else Shift.REPLACED
        if before in keys:
            moved = keys.index(before) - index
            self.top = max(0, self.top + moved) if self.top else 0
            self.scroll()
            return Shift.MOVED if moved else Shift.NONE
        self.key = keys[min(index, len(keys) - 1)] if keys else ""
        self.scroll()
        return Shift.NONE if self.key == before else Shift.REPLACED

    def move(self, rows: int) -> str:
        """The key that many rows away, as far as there are any."""
        if not self.keys:
            return ""
        return self.keys[min(max(self.index + rows, 0), len(self.keys) - 1)]

    def scroll(self) -> None:
        """Bring the cursor into view, and no empty rows where there are others to show."""
        index = self.index
        top = min(max(self.top, index - self.room + 1), index)
        self.top = max(0, min(top, len(self.keys) - self.room))
