"""The line that answers: what the last key did, and why not. Nothing here hides the rows above it."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.timer import Timer

from widgets.line import Line, wrap
from widgets.line_block import LineBlock

_MOST = 4
"""Lines that an answer takes at most: its remedy stands at its end."""


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
        self._fade: Timer | None = None

    @property
    def text(self) -> str:
        """What is said."""
        return self._text

    def say(self, text: str) -> None:
        """Something to know."""
        self._set("›", text)

    def done(self, text: str) -> None:
        """A command was carried out."""
        self._set("✓", text)

    def refused(self, text: str) -> None:
        """A command was refused, or not sent."""
        self._set("✗", text)

    def _set(self, sign: str, text: str) -> None:
        self._sign, self._text = sign, text
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
        if cell_len(self._text) <= room:
            return [line.field(self._text, room, colors.text)]
        first, *others = wrap(self._text, room, _MOST) or [""]
        more = [Line().gap(colors.text, line.cells).field(text, room, colors.text) for text in others]
        return [line.field(first, room, colors.text), *more]
