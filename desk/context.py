"""What commands share: the configuration of the asked profile, where its files are, and answers in JSON."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from desk.address import Address

if TYPE_CHECKING:
    from engine.config import Config, Loaded
    from engine.paths import Paths

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class Number(click.FloatRange):
    """A number in a range, and one: `nan` compares with no bound."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


class GlobalOptions(NamedTuple):
    """`--profile`, `--config` and `--read-only`, as given."""

    profile: str | None
    config: str | None
    read_only: bool = False


class Context(NamedTuple):
    """The effective configuration and its files."""

    loaded: Loaded
    paths: Paths

    @property
    def config(self) -> Config:
        return self.loaded.config

    @property
    def profile(self) -> str:
        return self.loaded.config.engine.profile


def options(ctx: click.Context) -> GlobalOptions:
    """The global options of this call."""
    found = ctx.find_object(GlobalOptions)
    return found if found is not None else GlobalOptions(None, None)


_NAME = "desk.name"
"""Where click keeps the name of the engine that this call asks."""


def ask_by_name(ctx: click.Context, parameter: click.Parameter | None, name: str) -> str:
    """Keep the name of the engine that is asked, for what is told of it: the callback of every `--name`."""
    ctx.meta[_NAME] = name
    return name


def address(ctx: click.Context) -> Address:
    """Which engine this call asks, as it was given."""
    given = options(ctx)
    config = "" if given.config is None else str(Path(given.config).absolute())
    return Address(given.profile or "", config, ctx.meta.get(_NAME, ""))


def load_context(ctx: click.Context, *, only_engine: bool = False) -> Context:
    """Load the configuration for this call, all or only of [engine]. Raises ConfigError."""
    from engine.config import load, load_engine
    from engine.paths import Paths

    given = options(ctx)
    path = None if given.config is None else Path(given.config)
    loaded = (load_engine if only_engine else load)(path, profile=given.profile, env=os.environ)
    return Context(loaded, Paths.of(loaded.config))


def say_json(value: object) -> None:
    """Print a value as JSON in ASCII, which is the same JSON in whatever encoding the output has."""
    import msgspec

    from engine.journal.export import ascii_json

    click.echo(ascii_json(msgspec.json.encode(value).decode()))


def show(report: object, lines: Iterable[str], as_json: bool) -> None:
    """Print a report: as JSON, or the lines that say it."""
    if as_json:
        say_json(report)
    else:
        click.echo("\n".join(lines))
