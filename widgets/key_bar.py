"""The bottom line: the keys that work here, each with its label. A click on one does the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from widgets.line import Line
from widgets.line_block import LineBlock


class KeyBar(LineBlock):
    """Keys from left to right, as many as fit; the last one (help) always does."""

    DEFAULT_CSS = """
    KeyBar { height: 1; }
    """

    @dataclass
    class Pressed(Message):
        """A key of the bar was clicked."""

        action: str

    def __init__(self, keys: Sequence[tuple[str, str, str]], *, id: str | None = None) -> None:
        """`keys` are (key as written, label, action), most important first."""
        super().__init__(id=id)
        self._keys = tuple(keys)

    def placed(self, width: int) -> list[tuple[int, str, str, str]]:
        """(column, key, label, action) of each key that fits."""
        if not self._keys:
            return []
        *rest, last = self._keys
        room = width - len(last[0]) - len(last[1]) - 3
        placed, column = [], 1
        for key, label, action in rest:
            size = len(key) + len(label) + 3
            if column + size > room:
                break
            placed.append((column, key, label, action))
            column += size
        placed.append((column, *last))
        return placed

    def lines(self, width: int) -> list[Line]:
        colors = self.inks
        line = Line()
        for column, key, label, _ in self.placed(width):
            line.gap(colors.text, column - line.cells)
            line.add(key, colors.accent)
            line.add(f" {label}", colors.muted)
        return [line]

    def on_click(self, event: events.Click) -> None:
        for column, key, label, action in self.placed(self.size.width):
            if column <= event.x < column + len(key) + len(label) + 1:
                self.post_message(self.Pressed(action))
                return
