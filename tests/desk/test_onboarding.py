"""The first start: when it asks, what it writes, and that a key goes into the keyring and nowhere else."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Input, Static

from desk import onboarding
from desk.onboarding import config_text, first_start, shipped_symbols, watchlist, write_config
from desk.screens.choice import Choice
from desk.screens.prompt import Prompt
from desk.setup_app import SetupApp
from engine.config import load, shipped_path
from engine.errors import CredentialsError, DeskError
from tests.hostile.corpus import CORPUS
from tests.program import environment
from tests.widgets.harness import until

KEY = "AAAA-this-is-a-key-4711"


@pytest.fixture
def alone(home: Path) -> dict[str, str]:
    """A home in which nothing is set up."""
    return {name: value for name, value in environment(home).items() if not name.startswith("DESK_")}


def test_it_asks_only_when_nothing_is_set_up(alone: dict[str, str]) -> None:
    with mock.patch.dict(os.environ, alone, clear=True):
        assert first_start(alone, None)
        assert not first_start(alone, "config.toml")
        assert not first_start({**alone, "DESK_ENGINE__PROFILE": "paper"}, None)
        assert not first_start({**alone, "DESK_X_BEARER_TOKEN": "x"}, None)
        write_config("paper", ("TSLA",))
        assert not first_start(alone, None)
        with pytest.raises(DeskError, match="found one"):
            write_config("paper", ("TSLA",))


@pytest.mark.parametrize("text", ["TSLA", " $tsla, nvda;BTC/USD  TSLA ", "BRK.B"])
def test_symbols(text: str) -> None:
    found = watchlist(text)
    assert len(set(found)) == len(found)
    assert all(symbol == symbol.upper() for symbol in found)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "TS LA!", "=1+1", "toolongname", *CORPUS.values(), " ".join(["A" * n for n in range(1, 7)] * 1) + " 1"],
)
def test_what_is_no_watchlist_is_refused_in_words(text: str) -> None:
    try:
        found = watchlist(text)
    except DeskError as error:
        assert "expected 1 to 50 symbols" in error.message
    else:
        assert all(symbol.isascii() for symbol in found)


@given(
    st.lists(st.from_regex(r"[A-Z]{1,5}(/[A-Z]{3})?", fullmatch=True), min_size=1, max_size=12, unique=True),
    st.sampled_from(onboarding.PROFILES),
)
def test_every_watchlist_makes_a_configuration_that_loads(symbols: list[str], profile: str) -> None:
    text = config_text(shipped_path().read_text(encoding="utf-8"), profile, symbols)
    table = tomllib.loads(text)
    assert [row["symbol"] for row in table["watchlist"]] == symbols
    assert table["engine"]["profile"] == profile
    assert {"simulated", "paper", "live"} <= table["profile"].keys()


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
    await until(pilot, lambda: isinstance(pilot.app.screen, Prompt) and pilot.app.screen.query(Input))
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await pilot.pause(0.05)


async def choose(pilot: Pilot[str], key: str) -> None:
    """Press the key of an answer to the choice that is shown next."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
    await pilot.pause(0.3)
    await pilot.press(key)
    await pilot.pause(0.05)


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
            await answer(pilot, "TSLA GME")
            await until(pilot, lambda: app.screen.query(Input))
            assert app.screen.query_one(Input).password
            await answer(pilot, "bad")
            await until(pilot, lambda: "paste it again" in said(app))
            await answer(pilot, KEY)
            await answer(pilot, f"{KEY}-id")
            await answer(pilot, "")
            await until(pilot, lambda: isinstance(app.screen, Choice))
            text = said(app)
            assert "alpaca_secret_key: not given" in text
            assert "x_bearer_token: in the keyring (test keyring)" in text
            assert "checks are well" in text
            assert KEY not in text
            assert app.screen.query_one("#dialog").region.height < 24
            await choose(pilot, "o")
        assert app.return_value == "open"
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
            await until(pilot, lambda: isinstance(app.screen, Choice))
            assert "no keys, no network" in said(app)
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
