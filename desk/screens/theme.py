"""The choice of a theme: the desk is seen in each that is gone through; Enter keeps it, Esc goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from desk.screens.picker import Picker
from widgets.choices import Choices, Option

if TYPE_CHECKING:
    from desk.app import DeskApp


class ThemeChoice(Picker):
    """Every theme there is by name, the desk's own first."""

    def compose(self) -> ComposeResult:
        names = sorted(self.app.available_themes, key=lambda name: (not name.startswith("desk-"), name))
        self._before = self.app.theme
        self.choices = Choices([Option(name, name) for name in names])
        yield from self.listed("theme", 40)

    def on_mount(self) -> None:
        self.call_after_refresh(self.choices.choose, self._before)

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """What is typed narrows the list; nothing typed any more lists them all, on the one that is seen."""
        self.choices.narrow(event.value)
        if event.value:
            self._try()
        else:
            self.choices.choose(self.app.theme)

    @on(Input.Submitted)
    def keep(self) -> None:
        """Enter keeps the theme that is seen."""
        self.dismiss()
        cast("DeskApp", self.app).keep_theme()

    def action_move(self, rows: int) -> None:
        super().action_move(rows)
        self._try()

    @on(Choices.Chosen)
    def _try(self) -> None:
        """Show the desk in the theme under the cursor."""
        if self.choices.selected is not None:
            self.app.theme = self.choices.selected.id

    def action_back(self) -> None:
        self.app.theme = self._before
        super().action_back()
