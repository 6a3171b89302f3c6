"""The choice of a theme: the desk is seen in each that is gone through; Enter keeps it, Esc goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from widgets.choices import Choices, Option
from widgets.still_input import StillInput

if TYPE_CHECKING:
    from desk.app import DeskApp


class ThemeChoice(ModalScreen[None]):
    """Every theme there is by name, the desk's own first."""

    CSS_PATH = "palette.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "move(-10)", "Page up", show=False),
        Binding("pagedown", "move(10)", "Page down", show=False),
    ]

    def compose(self) -> ComposeResult:
        names = sorted(self.app.available_themes, key=lambda name: (not name.startswith("desk-"), name))
        self._before = self.app.theme
        self.choices = Choices([Option(name, name) for name in names])
        with Vertical(id="palette"):
            yield StillInput(placeholder="theme", max_length=40, select_on_focus=False)
            yield self.choices

    def on_mount(self) -> None:
        self.call_after_refresh(self.choices.choose, self._before)

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """What is typed narrows the list."""
        if event.value:
            self.choices.narrow(event.value)
            self._try()

    @on(Input.Submitted)
    def keep(self) -> None:
        """Enter keeps the theme that is seen."""
        self.dismiss()
        cast("DeskApp", self.app).keep_theme()

    def action_move(self, rows: int) -> None:
        self.choices.move(rows)
        self._try()

    def action_back(self) -> None:
        self.app.theme = self._before
        self.dismiss()

    def _try(self) -> None:
        if self.choices.selected is not None:
            self.app.theme = self.choices.selected.id
