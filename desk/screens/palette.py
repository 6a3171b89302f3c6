"""The palette: every action of a view, found by its words. Enter runs it, except one that only its own key may do."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from desk.actions import BY_ID, in_view
from desk.screens.picker import Picker
from desk.screens.view import ViewScreen
from widgets.choices import Choices, Option


class Palette(Picker):
    """Runs the chosen action on the view it was opened over."""

    def __init__(self, view: ViewScreen) -> None:
        super().__init__()
        self._view = view
        keymap = view.desk.keymap
        self.choices = Choices(
            [
                Option(action.id, action.label, action.tooltip, keymap.written(action.id))
                for action in in_view(view.VIEW, looks_only=view.link.read_only)
                if not action.by_key_only and action.id != "desk.palette"
            ]
        )

    def compose(self) -> ComposeResult:
        yield from self.listed("what to do", 60)

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """What is typed narrows the list."""
        self.choices.narrow(event.value)

    @on(Input.Submitted)
    async def run(self) -> None:
        """Enter runs the action under the cursor; a second one, pressed before this list was gone, runs nothing."""
        if not self.is_current:
            return
        option = self.choices.selected
        self.dismiss()
        if option is not None:
            await self._view.run_action(BY_ID[option.id].method)
