"""The palette: every action of a view, found by its words. Enter runs it, except one that only its own key may do."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from desk.actions import BY_ID, in_view
from desk.screens.view import ViewScreen
from widgets.choices import Choices, Option
from widgets.still_input import StillInput


class Palette(ModalScreen[None]):
    """Runs the chosen action on the view it was opened over."""

    CSS_PATH = "palette.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "move(-10)", "Page up", show=False),
        Binding("pagedown", "move(10)", "Page down", show=False),
    ]

    def __init__(self, view: ViewScreen) -> None:
        super().__init__()
        self._view = view
        keymap = view.desk.keymap
        self.choices = Choices(
            [
                Option(action.id, action.label, action.tooltip, keymap.written(action.id))
                for action in in_view(view.VIEW)
                if not action.by_key_only and action.id != "desk.palette"
            ]
        )

    def compose(self) -> ComposeResult:
        with Vertical(id="palette"):
            yield StillInput(placeholder="what to do", max_length=60, select_on_focus=False)
            yield self.choices

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """What is typed narrows the list."""
        self.choices.narrow(event.value)

    @on(Input.Submitted)
    async def run(self) -> None:
        """Enter runs the action under the cursor."""
        option = self.choices.selected
        self.dismiss()
        if option is not None:
            await self._view.run_action(BY_ID[option.id].method)

    def action_move(self, rows: int) -> None:
        self.choices.move(rows)

    def action_back(self) -> None:
        self.dismiss()
