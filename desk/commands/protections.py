"""`desk protections list | lift`."""

from __future__ import annotations

import click

from desk.commands.verbs import AS_JSON, NAME, REASON, ask, say, snapshot_of
from engine.model.frames import Command


@click.group()
def protections() -> None:
    """Temporary locks: what is locked, why, until when."""


@protections.command(name="list")
@AS_JSON
@NAME
@click.pass_context
def list_(ctx: click.Context, as_json: bool, name: str) -> None:
    """Protections in force."""
    import msgspec

    from desk.report import protection_lines

    snapshot = snapshot_of(ctx, name)
    if as_json:
        click.echo(msgspec.json.encode(snapshot.protections).decode())
    else:
        say(protection_lines(snapshot) or ["no protection is in force"])


@protections.command()
@click.argument("protection")
@REASON
@AS_JSON
@NAME
@click.pass_context
def lift(ctx: click.Context, protection: str, reason: str, as_json: bool, name: str) -> None:
    """Lift a protection before its end, with a reason that is journaled."""
    ask(ctx, Command("lift", protection=protection, reason=reason), as_json, name)
