"""What is made of the table of actions: Textual bindings, key bar, names of keys. Help, palette and docs use it too."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding

from desk.action import Action, Group
from desk.action_table import ACTIONS, KEY_BAR
from desk.views import VIEWS

__all__ = [
    "ACTIONS",
    "BY_ID",
    "COMMANDS",
    "DECIDES",
    "NAMES",
    "RESERVED",
    "Action",
    "Group",
    "bindings",
    "in_view",
    "key_bar",
    "key_name",
]

BY_ID = {action.id: action for action in ACTIONS}

RESERVED = frozenset(
    f"ctrl+{key}" for key in ("a", "b", "c", "h", "i", "j", "m", "q", "s", "z", "o", "left_square_bracket")
) | {"alt+left_square_bracket", "alt+shift+o"}
"""Keys that terminals, tmux, screen or flow control take for themselves. The last two begin what other keys send."""

NAMES = {
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "colon": ":",
    "semicolon": ";",
    "plus": "+",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "enter": "Enter",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "escape": "Esc",
    "space": "Space",
    "backspace": "Backspace",
    "delete": "Del",
    "insert": "Ins",
}
"""Keys that are not written as Textual names them."""


def key_name(key: str) -> str:
    """A key as people write it."""
    return NAMES.get(key, key.upper() if key[:1] == "f" and key[1:].isdigit() else key)


COMMANDS = frozenset(action.method for action in ACTIONS if action.commands)
"""What Textual runs of the actions that command the engine."""


DECIDES = tuple(action.method for action in ACTIONS if action.group is Group.DECIDE)
"""What Textual runs of the actions that decide a ticket."""


def in_view(view: str, *, looks_only: bool = False) -> list[Action]:
    """The actions that a view carries out, in order; of a desk that `looks_only` without those that command."""
    return [action for action in ACTIONS if action.is_in(view) and not (looks_only and action.commands)]


def bindings(view: str, *, also: tuple[str, ...] = ()) -> list[Binding]:
    """Textual bindings of a view's actions, by their default keys; the app lays the person's keymap over them.

    `also` names further actions by id, for a screen over the views that is no view of its own.
    """
    return [
        Binding(
            ",".join(action.keys),
            action.method,
            action.label,
            tooltip=action.tooltip,
            id=action.id,
            show=action.id in KEY_BAR,
            group=Binding.Group(action.group.value),
        )
        for action in (*in_view(view), *(BY_ID[id] for id in also))
    ]


def key_bar(
    view: str,
    keys: Mapping[str, tuple[str, ...]] | None = None,
    *,
    also: tuple[str, ...] = (),
    looks_only: bool = False,
) -> list[tuple[str, str, str]]:
    """Key as written, label and what it runs, of the actions that a view's key bar takes, help the last of them.

    `keys` are the keys in force by action id; the defaults where it says nothing. An action without a key is left out.
    `also` as for `bindings`, `looks_only` as for `in_view`.
    """
    taken = [
        (BY_ID[id], (keys or {}).get(id, BY_ID[id].keys))
        for id in (*KEY_BAR, "desk.help")
        if (BY_ID[id].is_in(view) or id in also) and not (looks_only and BY_ID[id].commands)
    ]
    bar = []
    for action, first in taken:
        if action.id == "desk.palette":
            bar += _views(keys or {})
        if first:
            bar.append((key_name(first[0]), action.label, action.method))
    return bar


def _views(keys: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str, str]]:
    """One entry for all views, from the first one's key to the last one's; a click finds one by its words."""
    first, last = (keys.get(f"view.{view.id}", (view.key,)) for view in (VIEWS[0], VIEWS[-1]))
    return [(f"{key_name(first[0])}-{key_name(last[0])}", "views", "app.palette")] if first and last else []
