"""Every key and what it does, from the registry of actions."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from desk.actions import ACTIONS, Group, bindings, key_name
from widgets.key_table import KeyTable

_NOTE = (
    "A key on a ticket is ignored for a quarter second after the ticket moved, changed or got the focus. "
    "Enter never confirms. Esc closes."
)
_BOUND = ("move.up", "move.down", "move.page-up", "move.page-down")


class Help(ModalScreen[None]):
    """The key table; any of Esc, q and ? closes it."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(_BOUND),
        Binding("escape,q,question_mark", "close", "Close", show=False),
    ]

    def compose(self) -> ComposeResult:
        yield KeyTable(
            {
                group.value: [
                    (" ".join(key_name(key) for key in action.keys), action.verb, action.tooltip)
                    for action in ACTIONS
                    if action.group is group
                ]
                for group in Group
            },
            _NOTE,
        )

    def action_close(self) -> None:
        self.dismiss()

    def action_up(self) -> None:
        self.query_one(KeyTable).scroll_lines(-1)

    def action_down(self) -> None:
        self.query_one(KeyTable).scroll_lines(1)

    def action_page_up(self) -> None:
        self.query_one(KeyTable).scroll_lines(-10)

    def action_page_down(self) -> None:
        self.query_one(KeyTable).scroll_lines(10)
