from __future__ import annotations

import re
from collections import Counter

import pytest

from desk.action import EVERYWHERE
from desk.actions import ACTIONS, BY_ID, RESERVED, Action, Group, bindings, in_view, key_bar
from desk.app import DeskApp
from desk.views import VIEW_BY_ID, VIEWS, View
from widgets.key_bar import KeyBar

each_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.id)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_an_action_is_complete_and_every_view_that_names_it_carries_it_out(action: Action) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z-]+", action.id)
    assert action.keys
    assert action.tooltip.endswith(".")
    for view in VIEWS if action.views == EVERYWHERE else [VIEW_BY_ID[id] for id in action.views]:
        owner = DeskApp if action.app_call else view.load()
        name = action.method.removeprefix("app.").partition("(")[0]
        assert callable(getattr(owner, f"action_{name}")), view.id


@each_view
def test_a_view_names_itself_and_binds_its_own_actions(view: View) -> None:
    screen = view.load()
    assert view.id == screen.VIEW
    bound = {binding.id for bindings in screen._merged_bindings.key_to_bindings.values() for binding in bindings}
    assert {action.id for action in in_view(view.id)} <= bound


def test_ids_and_verbs_are_unique() -> None:
    assert len(BY_ID) == len(ACTIONS)
    assert max(Counter(action.verb for action in ACTIONS).values()) == 1


@each_view
def test_in_a_view_no_two_actions_share_a_key(view: View) -> None:
    assert max(Counter(key for action in in_view(view.id) for key in action.keys).values()) == 1


def test_no_key_means_something_to_the_terminal() -> None:
    assert not RESERVED & {key for action in ACTIONS for key in action.keys}
    assert not [key for action in ACTIONS for key in action.keys if key.startswith("ctrl+")]


def test_enter_never_decides() -> None:
    assert not [action.id for action in ACTIONS if "enter" in action.keys and action.group is Group.DECIDE]


def test_no_binding_jumps_the_queue() -> None:
    assert not [binding for view in VIEWS for binding in bindings(view.id) if binding.priority]


@each_view
def test_the_key_bar_ends_with_help(view: View) -> None:
    assert key_bar(view.id)[-1] == ("?", "help", "help")


@each_view
@pytest.mark.parametrize("columns", [80, 120, 200])
def test_what_stops_trading_is_in_every_key_bar_and_decisions_come_first(view: View, columns: int) -> None:
    placed = [action for _, _, _, action in KeyBar(key_bar(view.id)).placed(columns)]
    assert {"kill", "pause", "help"} <= set(placed)
    assert ("leave" in placed) == (view.id != "desk")
    assert ("quit" in placed) == (view.id == "desk")
    if BY_ID["ticket.confirm"].is_in(view.id):
        assert [action for action in placed if action != "leave"][:4] == ["confirm", "reject", "kill", "pause"]


@each_view
def test_a_wider_key_bar_adds_keys_and_moves_none(view: View) -> None:
    narrow, middle, wide = (KeyBar(key_bar(view.id)).placed(columns) for columns in (80, 120, 200))
    assert narrow[:-1] == middle[: len(narrow) - 1]
    assert middle[:-1] == wide[: len(middle) - 1]
    assert len(narrow) < len(middle) < len(wide)


@each_view
def test_the_kill_switch_is_in_the_narrowest_key_bar(view: View) -> None:
    for columns in range(18, 200):
        placed = KeyBar(key_bar(view.id)).placed(columns)
        assert {"kill", "help"} <= {action for _, _, _, action in placed}
        column, key, label, _ = placed[-1]
        assert column + len(key) + len(label) + 1 <= columns


def test_an_action_whose_key_was_taken_away_is_not_in_the_key_bar() -> None:
    assert "filter" not in [action for _, _, action in key_bar("desk", {"feed.filter": ()})]
    assert ("Y", "confirm", "confirm") in key_bar("desk", {"ticket.confirm": ("Y",)})
