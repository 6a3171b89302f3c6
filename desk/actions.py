"""Every action of the desk, once: id, verb, keys, words. Key bindings, key bar, help and the palette come from here.

An id is stable: a keymap names it. `verb` is the word of the command line and, with underscores, of the screen's
`action_<verb>` method. No default key has a meaning to terminals, tmux or flow control.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from textual.binding import Binding


class Group(Enum):
    """Where help lists an action."""

    DECIDE = "Decide"
    ENGINE = "Engine"
    READ = "Read"
    MOVE = "Move"
    DESK = "Desk"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do here."""

    id: str
    verb: str
    keys: tuple[str, ...]
    """Textual key names, the first one is shown."""
    label: str
    """One or two words for the key bar."""
    tooltip: str
    """One sentence for help."""
    group: Group
    shown: bool = False
    """True when the key bar shows it."""

    @property
    def method(self) -> str:
        """Name of the screen's action: `confirm` is handled by `action_confirm`."""
        return self.verb.replace("-", "_")


ACTIONS: tuple[Action, ...] = (
    Action(
        "ticket.confirm", "confirm", ("y",), "confirm", "Send the selected ticket, as it is shown.", Group.DECIDE, True
    ),
    Action(
        "ticket.reject", "reject", ("n",), "reject", "Reject the selected ticket, with a reason.", Group.DECIDE, True
    ),
    Action(
        "ticket.detail",
        "detail",
        ("d", "enter"),
        "detail",
        "Show the ticket in full: evidence, controls, money.",
        Group.DECIDE,
        True,
    ),
    Action(
        "symbol.mode", "mode", ("m",), "mode", "Who decides: a person, the autopilot or nobody.", Group.ENGINE, True
    ),
    Action(
        "engine.pause", "pause", ("p",), "pause", "Pause trading; again to resume, with a reason.", Group.ENGINE, True
    ),
    Action(
        "engine.kill",
        "kill",
        ("K",),
        "KILL",
        "HALT: cancel working entries, keep protective exits; or flatten everything.",
        Group.ENGINE,
        True,
    ),
    Action(
        "engine.flatten", "flatten", ("F",), "flatten", "Close the selected position, or all of them.", Group.ENGINE
    ),
    Action("order.cancel", "cancel", ("x",), "cancel", "Cancel the selected order.", Group.ENGINE),
    Action("engine.reconcile", "reconcile", ("R",), "reconcile", "Compare with the venue now.", Group.ENGINE),
    Action(
        "alert.acknowledge", "acknowledge", ("a",), "acknowledge", "Acknowledge the alert that is shown.", Group.ENGINE
    ),
    Action("protection.lift", "lift", ("U",), "unlock", "Lift a protection, with a reason.", Group.ENGINE),
    Action("feed.filter", "filter", ("f",), "filter", "Show only posts that match.", Group.READ, True),
    Action("feed.search", "search", ("slash",), "search", "Find words in the posts.", Group.READ, True),
    Action("feed.older", "search-older", ("full_stop",), "older hit", "Go to the next older hit.", Group.READ),
    Action("feed.newer", "search-newer", ("comma",), "newer hit", "Go to the next newer hit.", Group.READ),
    Action("move.up", "up", ("up", "k"), "up", "Move up a row.", Group.MOVE),
    Action("move.down", "down", ("down", "j"), "down", "Move down a row.", Group.MOVE),
    Action(
        "move.left", "previous-pane", ("left", "h", "shift+tab"), "previous pane", "Go to the pane before.", Group.MOVE
    ),
    Action("move.right", "next-pane", ("right", "l", "tab"), "next pane", "Go to the next pane.", Group.MOVE),
    Action("move.first", "first", ("g", "home"), "first", "Go to the first row.", Group.MOVE),
    Action("move.last", "last", ("G", "end"), "last", "Go to the last row; the feed follows again.", Group.MOVE),
    Action("move.page-up", "page-up", ("pageup",), "page up", "Move up a page.", Group.MOVE),
    Action("move.page-down", "page-down", ("pagedown",), "page down", "Move down a page.", Group.MOVE),
    Action("move.tickets", "tickets", ("t",), "tickets", "Go to the tickets.", Group.MOVE),
    Action("desk.quit", "quit", ("q",), "quit", "Leave; asks whether the engine stays.", Group.DESK, True),
    Action("desk.help", "help", ("question_mark",), "help", "Show every key.", Group.DESK, True),
)
"""In the order of key bar and help."""

BY_ID = {action.id: action for action in ACTIONS}

RESERVED = frozenset(f"ctrl+{key}" for key in ("c", "h", "i", "j", "m", "s", "q", "z", "o", "left_square_bracket"))
"""Keys that terminals, tmux or flow control take for themselves."""

_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
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
}


def key_name(key: str) -> str:
    """A key as people write it."""
    return _NAMES.get(key, key)


def bindings(ids: Iterable[str] | None = None) -> list[Binding]:
    """Textual bindings of the actions, all of them or those named."""
    chosen = ACTIONS if ids is None else [BY_ID[id] for id in ids]
    return [
        Binding(
            ",".join(action.keys),
            action.method,
            action.label,
            tooltip=action.tooltip,
            id=action.id,
            show=action.shown,
            group=Binding.Group(action.group.value),
        )
        for action in chosen
    ]


def key_bar(ids: Iterable[str] | None = None) -> list[tuple[str, str, str]]:
    """Key as written, label and method of the actions named, or of all that the key bar shows."""
    chosen = [action for action in ACTIONS if action.shown] if ids is None else [BY_ID[id] for id in ids]
    return [(key_name(action.keys[0]), action.label, action.method) for action in chosen]
