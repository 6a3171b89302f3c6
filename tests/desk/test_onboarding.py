"""The first start: when it asks, what it writes, and that a key goes into the keyring and nowhere else."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import keyring
import keyring.backends.fail
import keyring.errors
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from desk import onboarding
from desk.onboarding import config_text, first_start, shipped_symbols, watchlist, write_config
from desk.screens.choice import Choice
from desk.screens.prompt import Prompt
from desk.setup_app import SetupApp
from engine.config import load, shipped_path, user_path
from engine.errors import ConfigError, CredentialsError, DeskError
from engine.paths import Paths
from tests.desk.asked import takes_keys
from tests.hostile.corpus import CORPUS
from tests.keyrings import Memory, remembering
from tests.program import environment
from tests.venues.alpaca import AlpacaSimulator
from tests.venues.x import RULES, XSimulator
from tests.venues.x.faults import Refusal
from tests.widgets.harness import until
from widgets.no_control import REPLACEMENT

KEY = "AAAA-this-is-a-key-4711"
ALPACA_URLS = ("trading_url", "data_url", "trading_stream_url", "data_stream_url")


class PlaintextKeyring(Memory):
    """Stands for one of keyrings.alt, which is told by its module."""


PlaintextKeyring.__module__ = "keyrings.alt.file"


@pytest.fixture
def alone(home: Path) -> dict[str, str]:
    """A home in which nothing is set up."""
    inherited = {name: value for name, value in environment(home).items() if not name.startswith("DESK_")}
    return {**inherited, "XDG_STATE_HOME": str(home / "state")}


def test_it_asks_only_when_nothing_is_set_up(alone: dict[str, str]) -> None:
    with mock.patch.dict(os.environ, alone, clear=True):
        assert first_start(alone, None)
        assert not first_start(alone, "config.toml")
        assert not first_start({**alone, "DESK_ENGINE__PROFILE": "paper"}, None)
        assert not first_start({**alone, "DESK_X_BEARER_TOKEN": "x"}, None)
        user_path().parent.mkdir(parents=True)
        user_path().symlink_to("nowhere.toml")
        assert not first_start(alone, None)
        user_path().unlink()
        write_config("paper", ("TSLA",))
        assert not first_start(alone, None)
        with pytest.raises(DeskError, match="found one"):
            write_config("paper", ("TSLA",))


def test_nothing_is_left_of_a_configuration_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="found 'BRK-B'"):
        write_config("paper", ("BRK-B",), tmp_path / "config.toml")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["TSLA", " $tsla, nvda;BTC/USD  TSLA ", "BRK.B", "C3AI"])
def test_symbols(text: str) -> None:
    found = watchlist(text)
    assert len(set(found)) == len(found)
    assert all(symbol == symbol.upper() for symbol in found)


@pytest.mark.parametrize("text", ["", "  ", "TS LA!", "=1+1", "toolongname", "1A", "A/B/C", "BRK-B"])
def test_what_is_no_watchlist_is_refused_in_words(text: str) -> None:
    """At once, not by the configuration that would be written of it after the last question."""
    with pytest.raises(DeskError, match="expected 1 to 50 symbols"):
        watchlist(text)


@pytest.mark.parametrize("text", CORPUS.values())
def test_a_hostile_watchlist_is_refused_or_plain(text: str) -> None:
    try:
        found = watchlist(text)
    except DeskError as error:
        assert "expected 1 to 50 symbols" in error.message
    else:
        assert all(symbol.isascii() for symbol in found)


@settings(max_examples=40)
@given(
    st.lists(
        st.from_regex(r"\$?[A-Za-z][A-Za-z0-9]{0,4}([./-][A-Za-z]{1,3})?", fullmatch=True), min_size=1, max_size=12
    ),
    st.sampled_from(onboarding.PROFILES),
)
def test_every_watchlist_that_is_taken_makes_a_configuration_that_loads(typed: list[str], profile: str) -> None:
    try:
        symbols = watchlist(" ".join(typed))
    except DeskError:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text(config_text(shipped_path().read_text(encoding="utf-8"), profile, symbols), encoding="utf-8")
        config = load(path, env={}).config
    assert (config.symbols, config.engine.profile) == (symbols, profile)


def test_no_keyring_is_asked_where_an_engine_has_kept_a_journal(alone: dict[str, str]) -> None:
    class Asked(Memory):
        def get_password(self, service: str, username: str) -> str | None:
            raise AssertionError("the keyring was asked")

    with mock.patch.dict(os.environ, alone, clear=True), remembering():
        assert first_start(alone, None)
        keyring.set_keyring(Asked())
        state = Paths.of(load(shipped_path(), env={}).config).state_dir
        state.mkdir(parents=True)
        (state / "paper.journal").touch()
        assert not first_start(alone, None)


def test_the_shipped_symbols_keep_their_words(tmp_path: Path) -> None:
    path = write_config("simulated", (*shipped_symbols()[:2], "GME"), tmp_path / "config.toml")
    config = load(path, env={}).config
    shipped = load(shipped_path(), env={}).config
    assert config.watchlist[:2] == shipped.watchlist[:2]
    assert config.watchlist[2].symbol == "GME"
    assert config.engine.profile == "simulated"
    assert path.stat().st_mode & 0o777 == 0o600


async def answer(pilot: Pilot[str], text: str) -> None:
    """Answer the question that is asked next with this text."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Prompt) and isinstance(pilot.app.focused, Input))
    pilot.app.screen.query_one(Input).value = text
    await pressed(pilot, "enter")


async def choose(pilot: Pilot[str], key: str) -> None:
    """Press the key of an answer to the choice that is shown next, once it takes keys."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Choice) and takes_keys(pilot.app.screen))
    await pressed(pilot, key)


async def pressed(pilot: Pilot[str], key: str) -> None:
    """Press a key that answers what is shown, until something else is, or nothing any more."""
    shown = pilot.app.screen
    await pilot.press(key)
    await until(pilot, lambda: pilot.app.screen is not shown or pilot.app.return_value is not None)


def said(app: SetupApp) -> str:
    return "\n".join(str(static.render()) for static in app.screen.query(Static))


async def test_the_whole_way(alone: dict[str, str], home: Path) -> None:
    kept: dict[str, str] = {}

    def store(name: str, profile: str, value: str) -> str:
        if value == "bad":
            raise CredentialsError("expected a key, found blanks", remedy="paste it again")
        kept[f"{name}@{profile}"] = value
        return "test keyring"

    with mock.patch.dict(os.environ, alone, clear=True):
        app = SetupApp(store=store, keyring=str, environ=alone)
        async with app.run_test(size=(80, 24)) as pilot:
            await choose(pilot, "s")
            await choose(pilot, "p")
            await answer(pilot, "tsla, what?!")
            await until(pilot, lambda: "found 'WHAT?!'" in said(app))
            assert "Which symbols?" in said(app) and REPLACEMENT not in said(app)
            await answer(pilot, "TSLA GME")
            await until(pilot, lambda: app.screen.query(Input))
            assert app.screen.query_one(Input).password
            await answer(pilot, "bad")
            await until(pilot, lambda: "paste it again" in said(app))
            assert "It goes into the keyring" in said(app), "which key it is"
            await answer(pilot, KEY)
            await answer(pilot, f"{KEY}-id")
            await answer(pilot, "")
            text = await said_on_the_screen(pilot, "alpaca_secret_key: not given")
            assert "x_bearer_token: in the keyring (test keyring)" in text
            assert "checks are well" in text
            assert KEY not in text
            assert app.screen.query_one("#dialog").region.height < 24
            assert "open the desk" not in text, "it would end at the key that is missing"
            await choose(pilot, "k")
            await until(pilot, lambda: "alpaca_secret_key" in said(app) or "secret key" in said(app))
            await answer(pilot, "")
            await said_on_the_screen(pilot, "enter what is missing")
            await choose(pilot, "d")
        assert app.return_value == "demo"
        assert load(env={}).config.symbols == ("TSLA", "GME")
    assert kept == {"x_bearer_token@paper": KEY, "alpaca_key_id@paper": f"{KEY}-id"}
    for path in home.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(("keys", "outcome"), [(("d",), "demo"), (("escape",), "leave"), (("s", "escape"), "leave")])
async def test_other_ways(alone: dict[str, str], home: Path, keys: tuple[str, ...], outcome: str) -> None:
    with mock.patch.dict(os.environ, alone, clear=True):
        app = SetupApp(environ=alone)
        async with app.run_test(size=(80, 24)) as pilot:
            for key in keys:
                await choose(pilot, key)
        assert app.return_value == outcome
    assert not (home / "config" / "desk").exists()


async def test_it_is_read_at_eighty_columns(alone: dict[str, str]) -> None:
    with mock.patch.dict(os.environ, alone, clear=True):
        app = SetupApp(environ=alone)
        async with app.run_test(size=(80, 24)) as pilot:
            await said_on_the_screen(pilot, "no keys, no network")
            assert "show me the demo" in said(app)


async def test_escape_leaves_at_a_key_and_what_was_written_stays(alone: dict[str, str], home: Path) -> None:
    with mock.patch.dict(os.environ, alone, clear=True):
        app = SetupApp(store=lambda *_: "test keyring", keyring=str, environ=alone)
        async with app.run_test(size=(80, 24)) as pilot:
            await choose(pilot, "s")
            await choose(pilot, "p")
            await answer(pilot, "TSLA")
            await until(pilot, lambda: isinstance(app.screen, Prompt) and "bearer token" in said(app))
            assert "leave; what was stored so far stays" in said(app)
            await pilot.press("escape")
            await until(pilot, lambda: app.return_value == "leave")
        assert not first_start(alone, None)


@asynccontextmanager
async def at_the_keys(alone: dict[str, str], **how: Any) -> AsyncIterator[tuple[Pilot[str], SetupApp]]:
    """The setup of a paper desk, where its keys are asked for."""
    with mock.patch.dict(os.environ, alone, clear=True):
        app = SetupApp(environ=alone, **how)
        async with app.run_test(size=(80, 24)) as pilot:
            await choose(pilot, "s")
            await choose(pilot, "p")
            await answer(pilot, "TSLA")
            yield pilot, app


async def said_on_the_screen(pilot: Pilot[str], words: str) -> str:
    """Everything that stands on the screen once it says these words; no key is ever in it."""
    app = pilot.app
    assert isinstance(app, SetupApp)
    await until(pilot, lambda: words in said(app))
    drawn = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
    assert KEY not in drawn + said(app)
    return said(app)


async def test_a_key_that_a_venue_refuses_is_named_and_entered_again(alone: dict[str, str]) -> None:
    async with XSimulator() as x, AlpacaSimulator() as venue:
        here = {**alone, "DESK_X__BASE_URL": x.url}
        here |= {f"DESK_ALPACA__{name.upper()}": str(getattr(venue, name)) for name in ALPACA_URLS}
        x.refuse(RULES, Refusal(403, b'{"title": "Forbidden"}'))
        with remembering() as memory:
            async with at_the_keys(here) as (pilot, app):
                for status, token, key_id in ((403, x.token, venue.key_id), (401, f"{KEY}-x", "")):
                    for value in (token, key_id, f"{KEY}-secret"):
                        await answer(pilot, value)
                    text = await said_on_the_screen(pilot, "Nearly ready: a key was not taken")
                    assert re.search(f"fail x credentials: .*{status}", text)
                    assert f"alpaca credentials: {venue.trading_url}/v2/account refused the keys (401)" in text
                    assert "\ufffd" not in text
                    assert memory.held["desk", "alpaca_secret_key@paper"] == f"{KEY}-secret"
                    await choose(pilot, "k")
                    await until(pilot, lambda: "an empty line: keep the one that is there" in said(app))
                for value in (x.token, "", venue.secret_key):
                    await answer(pilot, value)
                await until(pilot, lambda: said(app).startswith("Ready"))
                assert "alpaca_key_id: in the keyring" in said(app)
                assert "enter that key again" not in said(app)
                await choose(pilot, "o")
        assert app.return_value == "open"
        assert set(memory.held.values()) == {x.token, venue.key_id, venue.secret_key}


async def test_without_a_network_the_keys_are_kept_and_it_says_what_did_not_answer(alone: dict[str, str]) -> None:
    closed = "http://127.0.0.1:9"
    here = {**alone, "DESK_X__BASE_URL": closed}
    here |= {f"DESK_ALPACA__{name.upper()}": closed.replace("http", "ws" if "stream" in name else "http")
             for name in ALPACA_URLS}  # fmt: skip
    with remembering() as memory:
        async with at_the_keys(here) as (pilot, app):
            for _ in range(3):
                await answer(pilot, KEY)
            text = await said_on_the_screen(pilot, "a key was not taken")
            assert "check the network" in text
            await choose(pilot, "d")
        assert app.return_value == "demo"
        assert set(memory.held.values()) == {KEY}


async def test_a_person_does_not_wait_for_the_venues(alone: dict[str, str]) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    silent = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    here = {**alone, "DESK_X__BASE_URL": silent, "DESK_ALPACA__TRADING_URL": silent, "DESK_ALPACA__DATA_URL": silent}
    with remembering():
        async with at_the_keys(here) as (pilot, app):
            for _ in range(3):
                await answer(pilot, KEY)
            await said_on_the_screen(pilot, "Asking the venues")
            await pilot.press("escape")
            assert "in the keyring" in await said_on_the_screen(pilot, "Ready")
            await pilot.press("escape")
            await until(pilot, lambda: app.return_value == "leave")
    listening.close()


@pytest.mark.parametrize("kind", [keyring.backends.fail.Keyring, PlaintextKeyring])
async def test_without_a_safe_keyring_no_key_is_asked_for(alone: dict[str, str], kind: type) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(kind())
    try:
        async with at_the_keys(alone) as (pilot, app):
            text = await said_on_the_screen(pilot, "No keyring to keep keys in")
            assert "install a keyring (GNOME Keyring, KWallet, macOS Keychain), or set DESK_X_BEARER_TOKEN" in text
            await choose(pilot, "g")
            text = await said_on_the_screen(pilot, "Nearly ready: keys are missing")
            assert "set DESK_X_BEARER_TOKEN, DESK_ALPACA_KEY_ID, DESK_ALPACA_SECRET_KEY" in text
            assert "open the desk" not in text
            dialog = app.screen.query_one("#dialog")
            assert dialog.virtual_size.height <= dialog.size.height, "an answer is out of sight"
            await choose(pilot, "d")
        assert app.return_value == "demo"
    finally:
        keyring.set_keyring(before)


async def test_a_locked_keyring_and_a_malformed_key_are_said_and_asked_again(alone: dict[str, str]) -> None:
    class Locked(Memory):
        def set_password(self, service: str, username: str, password: str) -> None:
            raise keyring.errors.KeyringLocked("Failed to unlock the collection!")

    with remembering() as memory:
        async with at_the_keys(alone) as (pilot, app):
            for wrong in (f'"{KEY}"', f"Bearer {KEY}", f"{KEY}\u200b", KEY[:4] + "é"):
                await answer(pilot, wrong)
                await said_on_the_screen(pilot, "copy it again, without line breaks or quotes")
            keyring.set_keyring(Locked())
            await answer(pilot, KEY)
            await said_on_the_screen(pilot, "found KeyringLocked → unlock or install a keyring")
            keyring.set_keyring(memory)
            app.screen.query_one(Input).post_message(events.Paste(f"\n  {KEY}\nand more of the page\n"))
            await until(pilot, lambda: len(app.screen.query_one(Input).value) == len(KEY) + 2)
            await pilot.press("enter")
            await until(pilot, lambda: memory.held == {("desk", "x_bearer_token"): KEY})
            await pilot.press("escape")
            await until(pilot, lambda: app.return_value == "leave")


async def test_it_can_be_gone_through_on_a_tiny_terminal(alone: dict[str, str]) -> None:
    with mock.patch.dict(os.environ, alone, clear=True):
        app = SetupApp(store=lambda *_: "test keyring", keyring=str, environ=alone)
        async with app.run_test(size=(40, 10)) as pilot:
            await choose(pilot, "s")
            await choose(pilot, "s")
            for text in ("TSLA", KEY, "", ""):
                await until(pilot, lambda: isinstance(app.screen, Prompt) and app.screen.query(Input))
                field = app.screen.query_one(Input)
                await until(pilot, lambda field=field: app.screen.region.contains_region(field.region))  # type: ignore[misc]
                await answer(pilot, text)
            await until(pilot, lambda: isinstance(app.screen, Choice))
            await choose(pilot, "d")
        assert app.return_value == "demo"
