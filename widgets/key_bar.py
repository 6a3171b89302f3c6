"""The bottom line: the keys that work here, each with its label. A click on one does the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from widgets.line import Line
from widgets.line_block import LineBlock

ALWAYS = "kill"
"""The action whose key a narrow screen shows before any other."""


def _cells(entry: tuple[str, str, str]) -> int:
    """What a key takes, with the blanks behind it."""
    key, label, _ = entry
    return len(key) + len(label) + 3


class KeyBar(LineBlock):
    """Keys from left to right, as many as fit; the last one (help) always does, and before all others what stops
    trading: the narrowest screen begins with it."""

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
        self._first: tuple[str, ...] = ()
        self._without: frozenset[str] = frozenset()
        self._resting = False

    def rest(self, resting: bool) -> None:
        """Name no key while keys go elsewhere: to what stands over the view."""
        if resting != self._resting:
            self._resting = resting
            self.repaint(now=True)

    def relabel(self, action: str, label: str) -> None:
        """Write an action's key with another label from now on; an unknown action changes nothing."""
        keys = tuple((key, label if each == action else before, each) for key, before, each in self._keys)
        if keys != self._keys:
            self._keys = keys
            self.repaint()

    def lead(self, first: Sequence[str], without: Collection[str] = ()) -> None:
        """Begin with these actions from now on, and leave those out: what the pane under the hand can and cannot do."""
        if (tuple(first), frozenset(without)) != (self._first, self._without):
            self._first, self._without = tuple(first), frozenset(without)
            self.repaint()

    @property
    def keys(self) -> list[tuple[str, str, str]]:
        """(key, label, action), most important first, as they stand now."""
        shown = [entry for entry in self._keys if entry[2] not in self._without]
        return sorted(
            shown, key=lambda entry: self._first.index(entry[2]) if entry[2] in self._first else len(self._first)
        )

    def placed(self, width: int) -> list[tuple[int, str, str, str]]:
        """(column, key, label, action) of each key that fits."""
        if self._resting or not self.keys:
            return []
        *rest, last = self.keys
        room = width - len(last[0]) - len(last[1]) - 3
        placed, column = [], 1
        before = [action for _, _, action in rest].index(ALWAYS) if any(entry[2] == ALWAYS for entry in rest) else -1
        if 1 + sum(map(_cells, rest[: before + 1])) > room:
            rest.sort(key=lambda entry: entry[2] != ALWAYS)
        for key, label, action in rest:
            size = _cells((key, label, action))
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
