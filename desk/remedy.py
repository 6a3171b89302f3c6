"""What a remedy says at the desk: beside each command, the key that does the same here."""

from __future__ import annotations

import re

from desk.action import Group
from desk.actions import ACTIONS, BY_ID
from desk.keymap import Keymap

_COMMAND = re.compile(r"`desk ([a-z-]+)[^`]*`")
_SAME = {"resume": "engine.pause", "stop": "desk.quit"}
"""Actions that do what a command of another name does."""
_BY_COMMAND = {action.verb: action for action in ACTIONS if action.group in (Group.DECIDE, Group.ENGINE)} | {
    command: BY_ID[id] for command, id in _SAME.items()
}


def with_keys(remedy: str, keymap: Keymap, view: str) -> str:
    """The remedy, with the key in force behind each command that has one in this view: `desk reconcile` (key R)."""

    def named(command: re.Match[str]) -> str:
        action = _BY_COMMAND.get(command[1])
        key = keymap.first(action.id) if action is not None and action.is_in(view) else ""
        return f"{command[0]} (key {key})" if key else command[0]

    return _COMMAND.sub(named, remedy)
