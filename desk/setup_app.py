"""The guided setup of a first start: demo or setup, profile, watchlist, keys into the keyring, doctor.

The venues are asked whether they take the keys. A refused key stays in the keyring until another takes its place.
"""

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
from desk.checks_network import network_checks
from desk.onboarding import needed_keys, shipped_symbols, watchlist, write_config
from desk.screens.choice import Answer, Choice
from desk.screens.prompt import Prompt
from desk.themes import DARK, THEMES, variables
from engine import secrets
from engine.clock import SystemClock
from engine.config import Config, load
from engine.errors import DeskError
from engine.paths import Paths
from widgets.no_control import NoControl

_SAID = {
    secrets.X_BEARER_TOKEN: "X: the app's bearer token, to read posts",
    secrets.ALPACA_KEY_ID: "Alpaca: key id of the paper account, for prices and orders",
    secrets.ALPACA_SECRET_KEY: "Alpaca: secret key of the paper account",
}

_SYMBOLS = "Which symbols? Blanks between them; Ctrl+U clears."
_LEAVE = "leave; what was stored so far stays"
"""What Escape does at every question."""
_LINE = 62
"""Characters of a line in a dialog on a screen of 80 columns."""
_IN_THE_KEYRING = "in the keyring"
_MOST_CHECKS = 4
_KEYS_OF = {
    "x credentials": (secrets.X_BEARER_TOKEN,),
    "alpaca credentials": (secrets.ALPACA_KEY_ID, secrets.ALPACA_SECRET_KEY),
}
"""What is asked again when a check of the doctor fails."""


class SetupApp(App[str]):
    """Returns `demo`, `open` or `leave`. Escape leaves at any question; what was stored until then stays."""

    TITLE = "desk"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        *,
        store: Callable[[str, str, str], str] = secrets.store,
        keyring: Callable[[], str] = secrets.keyring_kind,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """`store` keeps a key: name, profile, value; it returns the keyring's kind or raises DeskError. `keyring` tells
        which it will be, or raises DeskError when there is none to keep a key in."""
        super().__init__()
        self._store = store
        self._keyring = keyring
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
        notes = {"configuration": str(path)}
        wanted = await self._keys_to_ask(profile)
        outcome = "" if wanted is not None else "leave"
        while not outcome:
            for name in wanted or ():
                before = notes.get(name, "")
                note = await self._key(name, profile, before if _kept(before) else "")
                if note is None:
                    self.exit("leave")
                    return
                notes[name] = note
            outcome, wanted = await self._doctor(profile, notes)
        self.exit(outcome)

    async def _keys_to_ask(self, profile: str) -> tuple[str, ...] | None:
        """Names of the keys to ask for: none without a keyring, so that nobody types one in vain. None when a person
        leaves."""
        try:
            await asyncio.to_thread(self._keyring)
        except DeskError as error:
            lines = [error.message, f"→ {error.remedy}", "Keys can be stored later: desk keys set."]
            chosen = await self._choose("No keyring to keep keys in", lines, Answer("g", "go", "go on without keys"))
            return () if chosen else None
        return needed_keys(profile)

    async def _choose(self, title: str, lines: Sequence[str], *answers: Answer) -> str:
        return await self.push_screen_wait(Choice(title, lines, answers, back=_LEAVE))

    async def _symbols(self) -> tuple[str, ...]:
        """The watchlist; asked again until it is one. Empty when a person leaves."""
        value, told = " ".join(shipped_symbols()), ""
        while True:
            asked = Prompt(
                _SYMBOLS, "TSLA NVDA AAPL", value=value, required=True, enter="take these", back=_LEAVE, told=told
            )
            text = await self.push_screen_wait(asked)
            if text is None:
                return ()
            try:
                return watchlist(text)
            except DeskError as error:
                value, told = text, error.message

    async def _key(self, name: str, profile: str, before: str) -> str | None:
        """Ask for a key and store it; what became of it, None when a person leaves. An empty answer stores nothing, and
        leaves a key that is there: `before` says what became of that."""
        if self._given(name):
            return "from the environment"
        title = f"{_SAID[name]}. It goes into the keyring, never into a file of the desk."
        enter = f"store it; an empty line: {'keep the one that is there' if before else 'later'}"
        told = ""
        while True:
            value = await self.push_screen_wait(Prompt(title, name, hidden=True, enter=enter, back=_LEAVE, told=told))
            if value is None:
                return None
            if not value:
                return before or f"not given; later: desk keys set {name}"
            try:
                kind = await asyncio.to_thread(self._store, name, profile, value)
            except DeskError as error:
                told = f"{error.message} → {error.remedy}"
            else:
                return f"{_IN_THE_KEYRING} ({kind})"

    def _given(self, name: str) -> bool:
        """Whether the environment has a key: it wins over the keyring."""
        return bool(self._environ.get(secrets.VARIABLES[name]))

    async def _doctor(self, profile: str, notes: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
        """The doctor's checks and what to do next: how the setup ends, or which keys are asked for again."""
        env = {**self._environ}

        def check() -> tuple[Config, list[checks.Check]]:
            loaded = load(profile=profile, env=env)
            return loaded.config, checks.local_checks(loaded, Paths.of(loaded.config), env, SystemClock().now_ns())

        again: tuple[str, ...] = ()
        missing = tuple(name for name in needed_keys(profile) if not (self._given(name) or _kept(notes.get(name, ""))))
        try:
            config, made = await asyncio.to_thread(check)
            asked = [] if missing else await self._ask_venues(config, env)
            bad = {check.name for check in asked if check.status == checks.FAIL}
            refused = (name for of, names in _KEYS_OF.items() if of in bad for name in names)
            again = tuple(name for name in refused if not self._given(name))
            told = _keys_in_short(made, missing, notes) if missing else made
            found = _in_short([check for check in asked if check.name in _KEYS_OF] + told + asked)
        except DeskError as error:
            found = str(error).split("\n")
        title = "Ready" if not again else "Nearly ready: a key was not taken"
        answers = [Answer("o", "open", "open the desk"), Answer("d", "demo", "show me the demo first")]
        if missing:
            title, again = "Nearly ready: keys are missing", tuple(name for name in missing if name in notes)
            found.append("The engine does not start without them. Once they are there: `desk`.")
            answers = [Answer("d", "demo", "show me the demo meanwhile")]
        if again:
            answers.insert(0, Answer("k", "keys", "enter what is missing" if missing else "enter that key again"))
        chosen = await self._choose(
            title,
            ["\n".join(_clipped(f"{name}: {note}") for name, note in notes.items()), "\n".join(found)],
            *answers,
        )
        return ("", again) if chosen == "keys" else (chosen or "leave", ())

    async def _ask_venues(self, config: Config, env: Mapping[str, str]) -> list[checks.Check]:
        """What `desk doctor` asks over the network; nothing when a person does not wait for it."""
        lines = ["Whether they are there and take the keys. The time limits of config.toml hold."]
        waiting = Choice("Asking the venues …", lines, (), back="go on without asking")
        asking = asyncio.ensure_future(network_checks(config, env))
        asked = asyncio.ensure_future(self.push_screen_wait(waiting))
        await asyncio.wait({asking, asked}, return_when=asyncio.FIRST_COMPLETED)
        if asked.done():
            asking.cancel()
            return []
        waiting.dismiss("")
        await asked
        return asking.result()


def _kept(note: str) -> bool:
    """Whether a note on a key says that it is in the keyring."""
    return note.startswith(_IN_THE_KEYRING)


def _keys_in_short(made: list[checks.Check], missing: Sequence[str], notes: Mapping[str, str]) -> list[checks.Check]:
    """The checks with one line for all missing keys that no note tells of: their variables."""
    others = [check for check in made if check.name.removeprefix("key ") not in missing]
    untold = [name for name in missing if name not in notes]
    if not untold:
        return others
    variables = ", ".join(secrets.VARIABLES[name] for name in untold)
    return [*others, checks.Check("keys", checks.FAIL, f"missing: {', '.join(untold)}", f"set {variables}")]


def _in_short(found: list[checks.Check]) -> list[str]:
    """How many checks are well, and the first that are not with what to do."""
    each = {check.name: check for check in found}
    bad = [check for check in each.values() if check.status != checks.OK]
    lines = [f"{len(each) - len(bad)} of {len(each)} checks are well; `desk doctor` tells them all"]
    for check in bad[:_MOST_CHECKS]:
        lines.append(f"{check.status} {check.name}: {check.found}" + (f" → {check.remedy}" if check.remedy else ""))
    return lines


def _clipped(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"


def run() -> str:
    """Ask on this terminal; `demo`, `open` or `leave`."""
    return SetupApp().run() or "leave"
