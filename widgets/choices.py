"""A list to choose from, narrowed by words: what the palette and the theme choice show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual import events
from textual.message import Message

from widgets.line import Line
from widgets.line_block import LineBlock


class Option(NamedTuple):
    """One thing to choose."""

    id: str
    name: str
    words: str = ""
    """A sentence beside the name; it is searched too."""
    keys: str = ""
    """Its keys, at the right end."""


class Choices(LineBlock):
    """Options with a cursor. Every word typed must stand in an option's name or sentence; names that begin so come
    first."""

    DEFAULT_CSS = """
    Choices { height: 1fr; }
    """
    RATE = 30.0

    @dataclass
    class Chosen(Message):
        """A click has put the cursor on an option."""

        id: str

    def __init__(self, options: Sequence[Option], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._options = tuple(options)
        self._shown = self._options
        self._at = 0

    @property
    def selected(self) -> Option | None:
        """The option under the cursor; None when nothing matches."""
        return self._shown[self._at] if self._at < len(self._shown) else None

    @property
    def shown(self) -> tuple[Option, ...]:
        """The options that match, best first."""
        return self._shown

    def narrow(self, typed: str) -> None:
        """Show only what holds every word; an empty text shows all."""
        words = typed.lower().split()
        found = [option for option in self._options if all(word in _said(option) for word in words)]
        if words:
            found.sort(key=lambda option: not option.name.lower().startswith(words[0]))
        self._shown, self._at, self._top = tuple(found), 0, 0
        self.repaint(now=True)

    def choose(self, id: str) -> None:
        """Put the cursor on an option; an unknown id changes nothing."""
        places = [at for at, option in enumerate(self._shown) if option.id == id]
        if places:
            self.move(places[0] - self._at)

    def move(self, rows: int) -> None:
        """Move the cursor by rows, and the window with it."""
        self._at = max(0, min(self._at + rows, len(self._shown) - 1))
        height = max(1, self.size.height)
        self._top = max(0, min(max(self._top, self._at - height + 1), self._at))
        self.repaint(now=True)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        place = self._top + event.y
        if place < len(self._shown):
            self.move(place - self._at)
            self.post_message(self.Chosen(self._shown[place].id))

    def lines(self, width: int) -> list[Line]:
        colors = self.inks
        if not self._shown:
            return [Line().add(" Nothing is called that.", colors.muted)]
        name_width = 2 + max(len(option.name) for option in self._options)
        name_width = min(name_width, width // 2 if any(option.words for option in self._options) else width - 2)
        lines = []
        for at, option in enumerate(self._shown):
            line = Line().add("▌" if at == self._at else " ", colors.accent)
            style = colors.title_focus if at == self._at else colors.strong
            line.field(option.name, name_width, style)
            keys = f" {option.keys} "
            line.field(option.words, width - line.cells - len(keys), colors.muted)
            lines.append(line.right(keys, width - line.cells, colors.accent))
        return lines


def _said(option: Option) -> str:
    return f"{option.name} {option.words}".lower()
