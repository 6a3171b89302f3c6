"""The table of actions: every thing a person can do, in the order of help and documentation; and the key bar's.

No default key has a meaning to terminals, tmux or flow control, and in no view do two actions share one.
"""

from __future__ import annotations

from desk.action import EVERYWHERE, Action, Group
from desk.views import VIEWS

_BESIDE = tuple(view.id for view in VIEWS if view.id != "desk")
"""Every view but the desk itself."""
_WITH_ROWS = ("desk", "posts", "orders", "risk", "feeds", "ledger", "journal")
_WITH_SYMBOL = ("desk", "ticket", "symbol")
_WITH_TICKET = ("desk", "ticket")


def _decide(id: str, verb: str, keys: str, label: str, tooltip: str, *, by_key_only: bool = False) -> Action:
    views = _WITH_TICKET
    return Action(id, verb, tuple(keys.split()), label, tooltip, Group.DECIDE, views, by_key_only=by_key_only)


def _engine(id: str, verb: str, keys: str, label: str, tooltip: str, views: tuple[str, ...] = EVERYWHERE) -> Action:
    return Action(id, verb, tuple(keys.split()), label, tooltip, Group.ENGINE, views)


def _read(id: str, verb: str, keys: str, label: str, tooltip: str, views: tuple[str, ...] = ("desk",)) -> Action:
    return Action(id, verb, tuple(keys.split()), label, tooltip, Group.READ, views)


def _move(id: str, verb: str, keys: str, label: str, tooltip: str, views: tuple[str, ...] = EVERYWHERE) -> Action:
    return Action(id, verb, tuple(keys.split()), label, tooltip, Group.MOVE, views)


def _desk(
    id: str,
    verb: str,
    keys: str,
    label: str,
    tooltip: str,
    views: tuple[str, ...] = EVERYWHERE,
    *,
    app_call: str = "",
) -> Action:
    return Action(id, verb, tuple(keys.split()), label, tooltip, Group.DESK, views, app_call)


_VIEWS = tuple(
    Action(
        f"view.{view.id}",
        f"view-{view.id}",
        (view.key,),
        view.title,
        view.tooltip,
        Group.VIEWS,
        EVERYWHERE,
        app_call=f"app.view('{view.id}')",
    )
    for view in VIEWS
)

ACTIONS: tuple[Action, ...] = (
    _decide("ticket.confirm", "confirm", "y", "confirm", "Send the selected ticket, as it is shown.", by_key_only=True),
    _decide("ticket.reject", "reject", "n", "reject", "Reject the selected ticket, with a reason."),
    _decide("ticket.edit", "edit", "e", "edit", "Change size, limit, stop or target within the controls."),
    _read("desk.open", "open", "d enter", "detail", "Show what is under the cursor in full.", _WITH_ROWS),
    _engine("symbol.mode", "mode", "m", "mode", "Who decides: a person, the autopilot or nobody.", _WITH_SYMBOL),
    _engine("engine.pause", "pause", "p", "pause", "Pause trading; again to resume, with a reason."),
    _engine(
        "engine.kill",
        "kill",
        "K",
        "KILL",
        "HALT: cancel working entries, keep protective exits; or flatten everything.",
    ),
    _engine("engine.flatten", "flatten", "F", "flatten", "Close the selected position, another or all.", _WITH_SYMBOL),
    _engine("order.cancel", "cancel", "x", "cancel", "Cancel the selected order.", ("desk", "orders")),
    _engine("engine.reconcile", "reconcile", "R", "reconcile", "Compare with the venue now."),
    _engine(
        "alert.acknowledge", "acknowledge", "a", "acknowledge", "Acknowledge the alert that is shown.", ("desk", "risk")
    ),
    _engine("protection.lift", "lift", "U", "unlock", "Lift a protection, with a reason."),
    _engine("replay.faster", "faster", "plus", "faster", "Play the recording faster; a live feed has no speed."),
    _engine("replay.slower", "slower", "minus", "slower", "Play the recording slower."),
    _read("feed.filter", "filter", "f", "filter", "Show only rows that match.", ("desk", "posts", "ledger")),
    _read("feed.search", "search", "slash", "search", "Find words in what is shown.", ("desk", "posts", "journal")),
    _read("feed.older", "search-older", "full_stop", "older hit", "Go to the next older hit.", ("desk", "posts")),
    _read("feed.newer", "search-newer", "comma", "newer hit", "Go to the next newer hit.", ("desk", "posts")),
    _read(
        "author.mute",
        "mute",
        "M",
        "mute",
        "Hide an author's posts on this desk, or show them again; moods and signals count them as before.",
        ("posts",),
    ),
    _move("move.up", "up", "up k", "up", "Move up a row."),
    _move("move.down", "down", "down j", "down", "Move down a row."),
    _move("move.left", "previous-pane", "left h shift+tab", "previous pane", "Go to the pane before."),
    _move("move.right", "next-pane", "right l tab", "next pane", "Go to the next pane."),
    _move("move.first", "first", "g home", "first", "Go to the first row."),
    _move("move.last", "last", "G end", "last", "Go to the last row; the feed follows again."),
    _move("move.page-up", "page-up", "pageup", "page up", "Move up a page."),
    _move("move.page-down", "page-down", "pagedown", "page down", "Move down a page."),
    _move("symbol.next", "next-symbol", "right_square_bracket", "next symbol", "Go to the next symbol.", ("symbol",)),
    _move(
        "symbol.previous",
        "previous-symbol",
        "left_square_bracket",
        "symbol before",
        "Go to the symbol before.",
        ("symbol",),
    ),
    _move("move.tickets", "tickets", "t", "tickets", "Go to the tickets.", ("desk",)),
    _move("move.jump", "jump", "semicolon", "jump", "Label every row and pane: the next key goes there."),
    *_VIEWS,
    _desk("view.leave", "leave", "escape q", "back", "Leave this view for the one under it.", _BESIDE),
    _desk("desk.copy", "copy", "c", "copy", "Copy the row under the cursor."),
    _desk("desk.export", "export", "E", "export", "Write the rows of this pane to a file: CSV, JSON or Parquet."),
    _desk("desk.screenshot", "screenshot", "S", "picture", "Save this screen as a picture (SVG)."),
    _desk("desk.zoom", "zoom", "z", "zoom", "Give the pane the whole screen; again to give it back."),
    _desk("desk.compact", "compact", "v", "compact", "Compact: bars make room for rows."),
    _desk("desk.theme", "theme", "T", "theme", "Choose a theme; it is remembered.", app_call="app.choose_theme"),
    _desk("desk.palette", "palette", "colon", "palette", "Find an action by its words.", app_call="app.palette"),
    _desk("desk.quit", "quit", "q", "quit", "Leave; asks whether the engine stays.", ("desk",)),
    _desk("desk.help", "help", "question_mark", "help", "Show every key."),
)
"""In the order of help."""

KEY_BAR: tuple[str, ...] = (
    "view.leave",
    "ticket.confirm",
    "ticket.reject",
    "engine.kill",
    "engine.pause",
    "ticket.edit",
    "desk.open",
    "desk.quit",
    "desk.palette",
    "alert.acknowledge",
    "author.mute",
    "feed.filter",
    "feed.search",
    "symbol.mode",
    "order.cancel",
    "engine.flatten",
    "symbol.next",
    "desk.zoom",
    "desk.copy",
    "desk.export",
    "move.jump",
    "protection.lift",
    "engine.reconcile",
    "desk.theme",
    "desk.screenshot",
)
"""Ids in the order in which a view's key bar takes them, the most important first, as far as its width goes. Help, the
last in every bar, tells them all."""
