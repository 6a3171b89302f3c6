from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.actions import ACTIONS, BY_ID, RESERVED, in_view
from desk.app import DeskApp
from desk.client import Client
from desk.keymap import Keymap
from desk.views import VIEWS
from engine.config import ScreenConfig, load
from engine.errors import ConfigError


def written(tmp_path: Path, text: str) -> Keymap:
    path = tmp_path / "config.toml"
    path.write_text(f"[engine]\nprofile = 'simulated'\n\n[keys]\n{text}\n")
    loaded = load(path, env={})
    return Keymap(loaded.config.keys, loaded.path)


def test_without_a_table_the_defaults_stand() -> None:
    keymap = Keymap()
    assert keymap.keys == {action.id: action.keys for action in ACTIONS}
    assert keymap.textual() == {}


@pytest.mark.parametrize(
    ("text", "id", "keys"),
    [
        ('ticket.confirm = "Y"', "ticket.confirm", ("Y",)),
        ('"ticket.confirm" = ["Y", "ctrl+y"]', "ticket.confirm", ("Y", "ctrl+y")),
        ('desk.help = "!"', "desk.help", ("exclamation_mark",)),
        ('desk.zoom = ["F11", "PgUp"]\nmove.page-up = "u"', "desk.zoom", ("f11", "pageup")),
        ("order.cancel = []", "order.cancel", ()),
        ('move.up = "Space"', "move.up", ("space",)),
        ('move.up = "ctrl+K"', "move.up", ("ctrl+k",)),
    ],
)
def test_a_key_is_written_as_people_write_it(tmp_path: Path, text: str, id: str, keys: tuple[str, ...]) -> None:
    assert written(tmp_path, text).keys[id] == keys


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('ticket.confirm = "n"', ("ticket.confirm", "ticket.reject", "n,", "config.toml:5")),
        ('desk.zoom = "3"', ("desk.zoom", "view.symbol", "config.toml:5")),
        ('ticket.confrim = "Y"', ("ticket.confrim", "did you mean ticket.confirm?", "config.toml:5")),
        ('ticket.confirm = "Enter"', ("Enter never confirms",)),
        ("desk.quit = []", ("must always be reachable",)),
        ("engine.kill = []", ("must always be reachable",)),
        ('move.up = "ctrl+s"', ("flow control",)),
        ('move.up = "wibble"', ("wibble",)),
        ('move.up = "hyper+x"', ("hyper+x",)),
        ('move.up = ""', ("found ''",)),
    ],
)
def test_what_cannot_be_is_refused_with_file_key_and_ids(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, text)
    for word in words:
        assert word in str(caught.value)


def test_two_actions_may_swap_their_keys(tmp_path: Path) -> None:
    keymap = written(tmp_path, 'ticket.confirm = "n"\nticket.reject = "y"')
    assert (keymap.first("ticket.confirm"), keymap.first("ticket.reject")) == ("n", "y")


def test_the_same_key_in_views_that_never_meet_is_fine(tmp_path: Path) -> None:
    assert written(tmp_path, 'symbol.next = "n"').first("symbol.next") == "n"


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(list(BY_ID)), st.sampled_from(list(string.ascii_letters + string.punctuation))))
def test_whatever_is_asked_it_is_refused_or_every_view_has_one_action_a_key(table: dict[str, str]) -> None:
    try:
        keymap = Keymap(table)
    except ConfigError:
        return
    for view in VIEWS:
        keys = [key for action in in_view(view.id) for key in keymap.keys[action.id]]
        assert len(keys) == len(set(keys))
        assert not RESERVED & set(keys)


async def test_the_keys_in_force_are_those_of_key_bar_help_and_screen(tmp_path: Path) -> None:
    keymap = written(tmp_path, 'desk.help = "H"\nmove.up = ["up", "i"]')
    app = DeskApp(lambda: Client(tmp_path / "none.sock"), ScreenConfig(), keymap=keymap)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.1)
        await pilot.press("question_mark")
        await pilot.pause(0.1)
        assert app.screen is app.main
        assert app.main is not None
        assert ("H", "help", "help") in [tuple(key) for key in app.main.key_bar()._keys]
        await pilot.press("H")
        await pilot.pause(0.1)
        assert app.screen is not app.main
