"""The line that answers: what the last key did, and why not. Nothing here hides the rows above it."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.timer import Timer

from widgets.line import Line, wrap
from widgets.line_block import LineBlock

_MOST = 4
"""Lines that an answer takes at most. Where they do not hold all of it, the remedy stands whole under what does."""


class StatusLine(LineBlock):
    """Words with a sign: ✓ done, ✗ refused, › said. One line, and more while an answer stands that is longer."""

    RATE: ClassVar[float] = 30.0
    STAYS_S: ClassVar[float] = 30.0
    """How long an answer stands before it could be taken for news."""

    DEFAULT_CSS = """
    StatusLine { height: auto; min-height: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sign = ""
        self._text = ""
        self._remedy = ""
        self._fade: Timer | None = None

    @property
    def text(self) -> str:
        """What is said, with the remedy."""
        return " → ".join(filter(None, (self._text, self._remedy)))

    def say(self, text: str) -> None:
        """Something to know."""
        self._set("›", text)

    def done(self, text: str) -> None:
        """A command was carried out."""
        self._set("✓", text)

    def refused(self, text: str, remedy: str = "") -> None:
        """A command was refused, or not sent; and what to do about it."""
        self._set("✗", text, remedy)

    def _set(self, sign: str, text: str, remedy: str = "") -> None:
        self._sign, self._text, self._remedy = sign if text else "", text, remedy
        self.repaint(now=True)
        if self._fade is not None:
            self._fade.stop()
        self._fade = self.set_timer(self.STAYS_S, self.clear) if text else None

    def clear(self) -> None:
        """Say nothing."""
        self._set("", "")

    def lines(self, width: int) -> list[Line]:
        colors = self.inks
        style = {"✓": colors.up, "✗": colors.down}.get(self._sign, colors.accent)
        line = Line().add(f" {self._sign} " if self._sign else "", style)
        room = max(1, width - line.cells)
        if cell_len(self.text) <= room:
            return [line.field(self.text, room, colors.text)]
        first, *others = self._wrapped(room) or [""]
        more = [Line().gap(colors.text, line.cells).field(text, room, colors.text) for text in others]
        return [line.field(first, room, colors.text), *more]

    def _wrapped(self, room: int) -> list[str]:
        whole = wrap(self.text, room, _MOST + 1)
        if len(whole) <= _MOST or not self._remedy:
            return wrap(self.text, room, _MOST)
        remedy = wrap(f"→ {self._remedy}", room, _MOST - 1)
        return wrap(self._text, room, _MOST - len(remedy)) + remedy
