"""A box over a view that asks: its answers have keys, and each can be clicked, by the same rules."""

from __future__ import annotations

from textual import on
from textual.screen import ModalScreen, ScreenResultType

from desk.screens.closes_once import ClosesOnce
from desk.screens.guarded import Guarded
from widgets.answer_row import AnswerRow


class Box(Guarded[ScreenResultType], ClosesOnce[ScreenResultType], ModalScreen[ScreenResultType]):
    """Nothing answers it before it is painted, nor in the quarter second after that, after the terminal got the focus
    back, or after its rows moved with the size of the screen."""

    CSS_PATH = "dialog.tcss"

    def on_mount(self) -> None:
        self.not_seen_yet()

    def on_resize(self) -> None:
        self.focus_came_back()

    @on(AnswerRow.Clicked)
    def clicked(self, event: AnswerRow.Clicked) -> None:
        """A click that was under way when the box came, or the focus, was meant for what stood there before."""
        event.stop()
        if self.stood_at(event.pressed_at):
            self.give(event.key)

    def give(self, key: str) -> None:
        """Do what the answer with this key does. A subclass says what."""
        raise NotImplementedError
