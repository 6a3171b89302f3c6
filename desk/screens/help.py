"""Every key and what it does, from the table of actions."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from desk.actions import BY_ID, Group, bindings, in_view
from desk.keymap import Keymap
from desk.screens.closes_once import ClosesOnce
from widgets.key_table import KeyTable

_NOTE = (
    "Esc closes. Enter never confirms. "
    "A key on a ticket is ignored for a quarter second after the ticket moved, changed or got the focus; "
    "one that is held down decides once."
)
_LOOKS_ONLY = "Esc closes. This desk is read-only: what decides or commands the engine has no key here."
_MOVES = {f"move.{where}" for where in ("up", "down", "page-up", "page-down", "first", "last")}
_CLOSE = [BY_ID[id] for id in ("desk.help", "desk.quit", "view.leave")]


class Help(ClosesOnce[None], ModalScreen[None]):
    """The keys of one view as they are in force; the keys that leave a view or the desk close it, and so do its own."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for binding in bindings("help") if binding.id in _MOVES),
        *(Binding(",".join(action.keys), "close", action.label, id=action.id, show=False) for action in _CLOSE),
    ]

    def __init__(self, view: str, keymap: Keymap, *, looks_only: bool = False) -> None:
        """A desk that `looks_only` shows no key that commands the engine."""
        super().__init__()
        self._actions, self._keymap = in_view(view, looks_only=looks_only), keymap
        self._note = _LOOKS_ONLY if looks_only else _NOTE

    def compose(self) -> ComposeResult:
        yield KeyTable(
            {
                group.value: [
                    (self._keymap.written(action.id), action.label, action.tooltip)
                    for action in self._actions
                    if action.group is group
                ]
                for group in Group
                if any(action.group is group for action in self._actions)
            },
            self._note,
        )

    def on_key(self, event: events.Key) -> None:
        """Escape closes whatever the keymap says. It is no binding: Textual drops those that share a key with one of
        the keymap's."""
        if event.key == "escape":
            event.stop()
            self.action_close()

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

    def action_first(self) -> None:
        self.query_one(KeyTable).scroll_lines(-1_000)

    def action_last(self) -> None:
        self.query_one(KeyTable).scroll_lines(1_000)
