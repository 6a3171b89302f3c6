"""The guided setup of a first start: demo or setup, profile, watchlist, keys into the keyring, doctor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import work
from textual.app import App
from textual.binding import BindingType
from textual.filter import LineFilter

from desk import checks
from desk.onboarding import needed_keys, shipped_symbols, watchlist, write_config
from desk.screens.choice import Answer, Choice
from desk.screens.prompt import Prompt
from desk.themes import DARK, THEMES, variables
from engine import secrets
from engine.clock import SystemClock
from engine.config import load
from engine.errors import DeskError
from engine.paths import Paths
from widgets.no_control import NoControl

_SAID = {
    secrets.X_BEARER_TOKEN: "X: the app's bearer token, to read posts",
    secrets.ALPACA_KEY_ID: "Alpaca: key id of the paper account, for prices and orders",
    secrets.ALPACA_SECRET_KEY: "Alpaca: secret key of the paper account",
}

_LEAVE = "leave; what was stored so far stays"
"""What Escape does at every question."""
_LINE = 62
"""Characters of a line in a dialog on a screen of 80 columns."""
_MOST_CHECKS = 4


class SetupApp(App[str]):
    """Returns `demo`, `open` or `leave`. Escape leaves at any question; what was stored until then stays."""

    TITLE = "desk"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        *,
        store: Callable[[str, str, str], str] = secrets.store,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """`store` keeps a key: name, profile, value; it returns the keyring's kind or raises DeskError."""
        super().__init__()
        self._store = store
        self._environ = environ
        self._no_control = NoControl()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name

    def get_css_variables(self) -> dict[str, str]:
        return super().get_css_variables() | variables(self.current_theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._no_control]

    def on_mount(self) -> None:
        self._ask()

    @work
    async def _ask(self) -> None:
        """The questions, in order."""
        begin = await self._choose(
            "Welcome to the desk",
            ["Nothing is set up yet. The demo is a made-up trading day on a simulated venue: no keys, no network."],
            Answer("d", "demo", "show me the demo"),
            Answer("s", "setup", "set it up: profile, watchlist, keys, checks (two minutes)"),
        )
        if begin != "setup":
            self.exit(begin or "leave")
            return
        profile = await self._choose(
            "Whose money?",
            ["Live trading is not offered here: it takes its own profile, its own keys and a typed confirmation."],
            Answer("s", "simulated", "simulated: real posts and prices, a venue inside the desk"),
            Answer("p", "paper", "paper: real posts and prices, Alpaca's paper account"),
        )
        symbols = await self._symbols() if profile else ()
        if not profile or not symbols:
            self.exit("leave")
            return
        try:
            path = write_config(profile, symbols)
        except DeskError as error:
            await self._choose("The configuration could not be written", str(error).split("\n"))
            self.exit("leave")
            return
        notes = [f"Configuration: {path}"]
        for name in needed_keys(profile):
            note = await self._key(name, profile)
            if note is None:
                self.exit("leave")
                return
            notes.append(note)
        self.exit(await self._doctor(profile, notes) or "leave")

    async def _choose(self, title: str, lines: Sequence[str], *answers: Answer) -> str:
        return await self.push_screen_wait(Choice(title, lines, answers, back=_LEAVE))

    async def _symbols(self) -> tuple[str, ...]:
        """The watchlist; asked again until it is one. Empty when a person leaves."""
        title, value = "Which symbols?", " ".join(shipped_symbols())
        while True:
            text = await self.push_screen_wait(
                Prompt(title, "TSLA NVDA AAPL", value=value, required=True, enter="take these", back=_LEAVE)
            )
            if text is None:
                return ()
            try:
                return watchlist(text)
            except DeskError as error:
                title, value = f"Which symbols? {error.message}", text

    async def _key(self, name: str, profile: str) -> str | None:
        """Ask for a key and store it; what became of it, None when a person leaves. An empty answer stores nothing."""
        if self._environ.get(secrets.VARIABLES[name]):
            return f"{name}: from the environment"
        title = f"{_SAID[name]}. It goes into the keyring, never to disk."
        while True:
            asked = Prompt(title, name, hidden=True, enter="store it; an empty line: later", back=_LEAVE)
            value = await self.push_screen_wait(asked)
            if value is None:
                return None
            if not value:
                return f"{name}: not given; later: desk keys set {name}"
            try:
                kind = await asyncio.to_thread(self._store, name, profile, value)
            except DeskError as error:
                title = f"{error.message}. {error.remedy}."
            else:
                return f"{name}: in the keyring ({kind})"

    async def _doctor(self, profile: str, notes: list[str]) -> str:
        """The checks that need no network, and what to do next."""
        env = {**self._environ}

        def check() -> list[checks.Check]:
            loaded = load(profile=profile, env=env)
            return checks.local_checks(loaded, Paths.of(loaded.config), env, SystemClock().now_ns())

        try:
            found = _in_short(await asyncio.to_thread(check))
        except DeskError as error:
            found = str(error).split("\n")
        missing = any("not given" in note for note in notes)
        return await self._choose(
            "Ready" if not missing else "Nearly ready: keys are missing",
            ["\n".join(_clipped(note) for note in notes), "\n".join(_clipped(line) for line in found)],
            Answer("o", "open", "open the desk"),
            Answer("d", "demo", "show me the demo first"),
        )


def _in_short(found: list[checks.Check]) -> list[str]:
    """How many checks are well, and the first that are not."""
    bad = [check for check in found if check.status != checks.OK]
    lines = [f"{len(found) - len(bad)} of {len(found)} checks are well; `desk doctor` says what to do about the rest"]
    return lines + [f"{check.status} {check.name}: {check.found}" for check in bad[:_MOST_CHECKS]]


def _clipped(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"


def run() -> str:
    """Ask on this terminal; `demo`, `open` or `leave`."""
    return SetupApp().run() or "leave"
