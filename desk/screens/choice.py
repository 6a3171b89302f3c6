"""A question with keys for answers: kill, quit, mode, flatten. Enter answers nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from desk.screens.box import Box
from engine.model.base import Value
from widgets.answer_row import AnswerRow
from widgets.no_control import visible

KEYS = "123456789bcdefghijklmnopqrtuvwxyz"
"""Keys of answers that are a list of things, in order; without those that other answers of such a dialog have."""
ESC = "Esc"
"""How Escape is written in every box."""
BACK = "back, nothing is done"
"""What Escape does in a dialog that says nothing else."""


class Answer(Value, frozen=True, gc=False):
    """One answer: the key that gives it, its id, what it does, and whether it is one to think about."""

    key: str
    id: str
    text: str
    grave: bool = False


class Choice(Box[str]):
    """Dismisses with the id of the answer, or an empty text when a person goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-8)", "Page up", show=False),
        Binding("pagedown", "scroll(8)", "Page down", show=False),
    ]

    def __init__(
        self, title: str, lines: Sequence[str], answers: Sequence[Answer], *, alarm: bool = False, back: str = BACK
    ) -> None:
        """`back` says what Escape does."""
        super().__init__()
        self._back = back
        self._title, self._lines, self._answers, self._alarm = title, tuple(lines), tuple(answers), alarm

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="-alarm" if self._alarm else ""):
            yield Static(Content(visible(self._title)), id="title")
            yield from (_line(line, "line") for line in self._lines)
            for answer in self._answers:
                yield AnswerRow(answer.key, answer.text, grave=answer.grave)
            yield AnswerRow(ESC, self._back)
            yield from (_line(line, "told") for line in self._lines)
            every = [*((answer.key, answer.text) for answer in self._answers), (ESC, self._back)]
            yield _line("\n".join(f"{key}: {text}" for key, text in every), "told")

    def on_key(self, event: events.Key) -> None:
        """The answers' keys are known only now, so they are looked up here."""
        if any(event.character == answer.key for answer in self._answers):
            event.stop()
            if not self.too_soon(self.resumed_at):
                self.give(event.character or "")

    def give(self, key: str) -> None:
        self.dismiss(next((answer.id for answer in self._answers if answer.key == key), ""))

    def action_scroll(self, lines: int) -> None:
        """A small screen shows the dialog in part."""
        self.query_one("#dialog").scroll_relative(y=lines, animate=False)

    def action_back(self) -> None:
        self.dismiss("")


def _line(text: str, kind: str) -> Static:
    return Static(Content("\n".join(map(visible, text.split("\n")))), classes=kind)
