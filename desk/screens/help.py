"""Every key and what it does, from the registry of actions."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from desk.actions import ACTIONS, Group, key_name


class Help(ModalScreen[None]):
    """The key table; any of Esc, q and ? closes it."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "Close", show=False)]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="keys"):
            for group in Group:
                yield Static(Content(group.value), classes="group")
                for action in ACTIONS:
                    if action.group is group:
                        keys = " ".join(key_name(key) for key in action.keys)
                        yield Static(
                            Content.assemble(
                                (f" {keys:<18}", "bold $accent"), (f"{action.verb:<15}", "bold"), action.tooltip
                            ),
                            classes="key",
                        )
            yield Static(
                Content("A key is ignored for a quarter second after its row moved. Enter never confirms. Esc closes."),
                classes="group",
            )
