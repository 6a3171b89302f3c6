"""Which engine a person asks, in the words they asked by. A command that they are told repeats them: typed as it
stands, it reaches the same engine."""

from __future__ import annotations

import re
import shlex
from typing import Final, NamedTuple

_COMMAND = re.compile(r"`(desk(?: [^`]*)?)`")
BY_NAME: Final = frozenset(
    {
        *("status", "follow", "tickets", "confirm", "approve", "reject", "edit", "mode", "why", "pause", "resume"),
        *("kill", "flatten", "cancel", "reconcile", "acknowledge", "arm", "speed", "stop", "serve", "ledger"),
        *("protections list", "protections lift", "guard why", "config apply"),
        *("journal show", "journal verify", "journal export", "journal backup", "journal why"),
    }
)
"""Commands that take --name."""


class Address(NamedTuple):
    """What of `--profile`, `--config` and `--name` was given; `demo` is the name of what `desk demo` runs."""

    profile: str = ""
    config: str = ""
    name: str = ""

    def told(self, text: str) -> str:
        """A text, with every command in it, `desk …`, to this engine."""
        return _COMMAND.sub(lambda found: f"`{self.command(found[1])}`", text) if any(self) else text

    def command(self, command: str) -> str:
        """A command to this engine: `desk status` is `desk status --name demo`. What it names itself stays."""
        verb, _, below = command.removeprefix("desk").strip().partition(" ")
        if not verb and self.name == "demo":
            command, verb = "desk demo", "demo"
        given = {"--profile": "" if verb == "demo" else self.profile, "--config": self.config}
        if verb in BY_NAME or f"{verb} {below.partition(' ')[0]}" in BY_NAME:
            given["--name"] = self.name
        words = [f"{option} {shlex.quote(value)}" for option, value in given.items() if value and option not in command]
        return " ".join((command, *words))


AS_TYPED: Final = Address()
"""No option was given: every command stays as it is."""
