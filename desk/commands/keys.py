"""`desk keys set | list | remove`: API keys in the keyring. A value is asked for hidden and never shown again."""

from __future__ import annotations

import os
import sys

import click

from desk.context import AS_JSON, load_context, say_json
from engine import secrets
from engine.errors import EXIT_FAILED, EXIT_USAGE, DeskError

NAME = click.argument("name", type=click.Choice(tuple(secrets.VARIABLES)))


@click.group()
def keys() -> None:
    """Store API keys in the system keyring.

    X's bearer token is shared by all profiles; Alpaca's keys are kept per profile (--profile paper or live).
    Environment variables win over the keyring.
    """


@keys.command(name="set")
@NAME
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the value from standard input instead of asking.")
@click.pass_context
def set_(ctx: click.Context, name: str, from_stdin: bool) -> None:
    """Store a key. The value is asked for without showing it."""
    profile = load_context(ctx).profile
    secrets.keyring_kind()  # where there is none, nobody types a key for nothing
    value = sys.stdin.buffer.readline(secrets.LONGEST + 2).decode("ascii", "replace") if from_stdin else _asked(name)
    kind = secrets.store(name, profile, value)
    click.echo(f"stored {secrets.SERVICE}/{secrets.account(name, profile)} in {kind}")
    if os.environ.get(secrets.VARIABLES[name]):
        click.echo(f"note: {secrets.VARIABLES[name]} is set and wins over the keyring", err=True)


def _asked(name: str) -> str:
    """What is typed when asked for a key. Raises DeskError where it could not be typed unseen."""
    import getpass
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return str(click.prompt(name, hide_input=True, prompt_suffix=" (hidden): "))
        except getpass.GetPassWarning as warning:
            raise DeskError(
                "expected a terminal to ask for the key on, found none",
                remedy=f"hand it over on standard input: `desk keys set {name} --stdin`",
                exit_code=EXIT_USAGE,
            ) from warning


@keys.command(name="list")
@AS_JSON
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """Say where each key of the profile comes from; never what it is."""
    profile = load_context(ctx).profile
    found = secrets.listing(profile, os.environ)
    if as_json:
        say_json({"profile": profile, "keys": found})
        return
    for listed in found:
        click.echo(f"{listed.name:<18} {listed.source:<12} {listed.detail}")


@keys.command()
@NAME
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Take a key out of the keyring."""
    profile = load_context(ctx).profile
    account = f"{secrets.SERVICE}/{secrets.account(name, profile)}"
    if not secrets.remove(name, profile):
        click.echo(f"{account} is not in the keyring")
        ctx.exit(EXIT_FAILED)
    click.echo(f"removed {account}")
