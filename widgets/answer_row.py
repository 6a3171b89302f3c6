"""One answer of a box: its key and what it does. A click on it asks for what the key does; the box decides whether that
was meant."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from time import monotonic

from textual import events
from textual.content import Content
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import Static

from widgets.no_control import visible

_LEFT = 1


class AnswerRow(Static):
    """Takes no focus: no Enter answers it. A click counts where it began, and one whose pointer moved on is none."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    AnswerRow { height: auto; }
    """

    @dataclass
    class Clicked(Message):
        """The left button was pressed and released on an answer."""

        key: str
        pressed_at: float
        """When it was pressed, by the monotonic clock."""

    def __init__(self, key: str, text: str, *, grave: bool = False, cells: int = 5) -> None:
        """`key` as it is written, in so many `cells`; a `grave` answer is one to think about."""
        style = "bold $ink-grave" if grave else "bold $ink-loud"
        super().__init__(Content.assemble((f" {visible(key):<{cells}}", style), visible(text)), classes="answer")
        self.key = key
        self._pressed_at = inf
        self._pressed_where = Offset()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._pressed_at = monotonic() if event.button == _LEFT else inf
        self._pressed_where = event.offset

    def on_click(self, event: events.Click) -> None:
        pressed_at, self._pressed_at = self._pressed_at, inf
        if pressed_at != inf and event.offset == self._pressed_where:
            self.post_message(self.Clicked(self.key, pressed_at))
