"""A list over the view, narrowed by what is typed: the palette and the choice of a theme."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from desk.screens.closes_once import ClosesOnce
from widgets.choices import Choices
from widgets.still_input import StillInput


class Picker(ClosesOnce[None], ModalScreen[None]):
    """Arrows and pages move in the list, Esc leaves. What Enter does is its own."""

    CSS_PATH = "palette.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "move(-10)", "Page up", show=False),
        Binding("pagedown", "move(10)", "Page down", show=False),
    ]

    choices: Choices

    def listed(self, placeholder: str, max_length: int) -> ComposeResult:
        """The line to type in, above the list."""
        with Vertical(id="palette"):
            yield StillInput(placeholder=placeholder, max_length=max_length, select_on_focus=False)
            yield self.choices

    def action_move(self, rows: int) -> None:
        self.choices.move(rows)

    def action_back(self) -> None:
        self.dismiss()
