from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.actions import ACTIONS, BY_ID, RESERVED, in_view
from desk.app import DeskApp
from desk.client import Client
from desk.keymap import Keymap
from desk.screens.help import Help
from desk.screens.prompt import Prompt
from desk.views import VIEWS
from engine.config import ScreenConfig, load
from engine.errors import ConfigError
from tests.desk import made_up
from tests.widgets.harness import painted, until


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
        ('move.up = "Ctrl+Space"', "move.up", ("ctrl+@",)),
        ('desk.zoom = "shift+y"', "desk.zoom", ("Y",)),
        ('desk.zoom = "shift+ctrl+left"', "desk.zoom", ("ctrl+shift+left",)),
        ('desk.zoom = "Alt+K"', "desk.zoom", ("alt+shift+k",)),
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
        ('ticket.confirm = "j"', ("ticket.confirm", "move.down", "in the desk view")),
        ('ticket.confirm = "semicolon"', ("ticket.confirm", "move.jump")),
        ('desk.zoom = "ctrl+left"\ndesk.copy = "Ctrl+Left"', ("desk.zoom", "desk.copy")),
        ('desk.zoom = "alt+shift+z"\ndesk.copy = "shift+alt+z"', ("desk.zoom", "desk.copy")),
        ('move.up = "ctrl+shift+k"', ("every terminal",)),
        ('move.up = "shift+1"', ("write the character that shift gives",)),
        ('move.up = "alt+["', ("terminals, tmux",)),
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


KEYS = [*string.ascii_letters, *string.punctuation, "tab", "escape", "enter", "f5", "ctrl+e", "alt+x", "space", "up"]


@given(st.dictionaries(st.sampled_from(list(BY_ID)), st.lists(st.sampled_from(KEYS), max_size=2), max_size=12))
def test_textual_runs_for_each_key_what_the_keymap_says(table: dict[str, list[str]]) -> None:
    """Of every view: swapped keys, keys taken away, and those that Textual's own screens know too."""
    try:
        keymap = Keymap(table)
    except ConfigError:
        return
    laid = DeskApp._normalize_keymap(keymap.textual())
    for view in VIEWS:
        bound = view.load()._merged_bindings.copy()  # type: ignore[union-attr]
        bound.apply_keymap(laid)
        wanted = {key: action.id for action in in_view(view.id) for key in keymap.keys[action.id]}
        found = {key: bindings[0].id for key, bindings in bound.key_to_bindings.items()}
        assert {key: found[key] for key in wanted} == wanted
        assert not {key for key, id in found.items() if id} - set(wanted) - {"no-key"}


async def test_an_action_without_a_key_has_none_at_the_screen(tmp_path: Path) -> None:
    keymap = written(tmp_path, "engine.flatten = []\ndesk.zoom = []\nfeed.search = 'F'")
    app = DeskApp(lambda: Client(tmp_path / "none.sock"), ScreenConfig(), keymap=keymap)
    async with app.run_test(size=(120, 40)) as pilot:
        assert app.main is not None
        await pilot.press("z")
        assert app.main._zoomed is None
        await pilot.press("F")
        assert isinstance(app.screen, Prompt)
        assert (keymap.said("desk.zoom"), keymap.said("feed.search")) == (": zoom", "F")


async def test_help_is_closed_by_the_keys_in_force_and_by_escape(tmp_path: Path) -> None:
    keymap = written(
        tmp_path, 'desk.help = "H"\ndesk.quit = "Q"\nview.leave = "x"\norder.cancel = []\nmove.up = ["q", "up"]'
    )
    app = DeskApp(lambda: Client(tmp_path / "none.sock"), ScreenConfig(), keymap=keymap)
    async with app.run_test(size=(120, 40)) as pilot:
        for key in ("H", "Q", "x", "escape"):
            await pilot.press("H")
            assert isinstance(app.screen, Help)
            await pilot.press("q", "question_mark")
            assert isinstance(app.screen, Help), "q goes up here, and ? means nothing"
            await pilot.press(key)
            assert app.screen is app.main


async def test_what_is_said_names_the_keys_in_force(tmp_path: Path) -> None:
    keymap = written(
        tmp_path,
        'move.tickets = "L"\nmove.last = "B"\nfeed.older = "ctrl+n"\nmove.right = "right"\n'
        'ticket.confirm = "Y"\nalert.acknowledge = "A"',
    )
    app = DeskApp(lambda: Client(tmp_path / "none.sock"), ScreenConfig(), keymap=keymap)
    async with app.run_test(size=(80, 24)) as pilot:
        main = app.main
        assert main is not None
        main.GUARD_S = 0.0  # type: ignore[misc]
        await until(pilot, lambda: main.focused is main.tickets)
        main.feed.focus()
        await until(pilot, lambda: main.focused is main.feed)
        assert main.may_decide().startswith("Press L to go to the tickets")
        main.tickets.show([("tkt-0001", made_up.ticket())])
        main.alerts.show([made_up.alert()])
        await pilot.pause(0.2)
        assert painted(main.tickets)[0].endswith("Y confirm  n reject  d detail ")
        assert "A acknowledge" in painted(main.alerts)[0]
        main.feed.push([made_up.post(number) for number in range(3)])
        main.feed.stand()
        main.feed.hint = "orders 2"
        await pilot.pause(0.2)
        assert "B follow" in painted(main.feed)[0]
        await pilot.press("B")
        await pilot.pause(0.2)
        assert "→: orders 2" in painted(main.feed)[0]
        assert main.search_hint == "words; ctrl+n older hit, , newer hit"


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_what_flow_control_and_habit_send_does_not_leave(tmp_path: Path, key: str) -> None:
    app = DeskApp(lambda: Client(tmp_path / "none.sock"), ScreenConfig(), keymap=written(tmp_path, 'desk.quit = "Q"'))
    async with app.run_test(size=(120, 40)) as pilot:
        assert app.main is not None
        await pilot.press(key)
        assert app.is_running
        assert app.return_code is None
        assert not app._exit
        if key == "ctrl+c":
            assert app.main.line.text == "Q leaves the desk; K halts trading."
            await pilot.press("3", key)
            assert app.screen.line.text == "Esc goes back; K halts trading."  # type: ignore[attr-defined]


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
