from __future__ import annotations

import re
from collections import Counter

import pytest

from desk.actions import ACTIONS, BY_ID, RESERVED, Action, bindings, key_bar
from desk.screens.main import Main


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_an_action_is_complete_and_the_screen_carries_it_out(action: Action) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z-]+", action.id)
    assert action.keys
    assert action.tooltip.endswith(".")
    assert callable(getattr(Main, f"action_{action.method}"))


def test_ids_verbs_and_keys_are_unique() -> None:
    assert len(BY_ID) == len(ACTIONS)
    assert max(Counter(action.verb for action in ACTIONS).values()) == 1
    assert max(Counter(key for action in ACTIONS for key in action.keys).values()) == 1


def test_no_key_means_something_to_the_terminal() -> None:
    assert not RESERVED & {key for action in ACTIONS for key in action.keys}
    assert not [key for action in ACTIONS for key in action.keys if key.startswith("ctrl+")]


def test_enter_never_decides() -> None:
    assert [action.id for action in ACTIONS if "enter" in action.keys] == ["ticket.detail"]


def test_no_binding_jumps_the_queue() -> None:
    assert not [binding for binding in bindings() if binding.priority]


def test_the_key_bar_ends_with_help() -> None:
    assert key_bar()[-1] == ("?", "help", "help")
