"""The verbs that talk to a running engine: what each key of the desk does, from any shell.

Every one takes `--json`; exit codes are those of `engine.errors`: 0 done, 1 refused, 3 no engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from desk.context import load_context
from engine.errors import EXIT_FAILED
from engine.model.frames import Command, Reply

if TYPE_CHECKING:
    from desk.client import Client
    from engine.model.frames import Snapshot

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
REASON = click.option("--reason", required=True, help="Why: it is journaled.")
NAME = click.option("--name", default="", hidden=True, help="An engine on its own journal, such as demo.")


def ask(ctx: click.Context, command: Command, as_json: bool, name: str = "") -> None:
    """Send a command, print the reply, exit with 1 when it was refused."""
    import msgspec

    reply = asyncio.run(_send(client_of(ctx, name), command))
    if as_json:
        click.echo(msgspec.json.encode(reply).decode())
    else:
        say([reply.text, *(f"  {line}" for line in reply.difference), *([f"→ {reply.remedy}"] if reply.remedy else [])])
    if not reply.ok:
        ctx.exit(EXIT_FAILED)


def say(lines: Iterable[str]) -> None:
    """Print lines; whatever stands in them, a terminal only writes it."""
    from engine.text import display_text

    for line in lines:
        click.echo(display_text(line, limit=len(line)))


def client_of(ctx: click.Context, name: str) -> Client:
    """The control socket's client for this call's profile, or for the engine of that name."""
    from desk.client import Client
    from engine.paths import Paths

    context = load_context(ctx)
    return Client(Paths.of(context.config, name).socket if name else context.paths.socket)


def snapshot_of(ctx: click.Context, name: str) -> Snapshot:
    """The running engine's snapshot. Raises DeskError (exit code 3) when none runs."""
    return asyncio.run(_ask_snapshot(client_of(ctx, name)))


async def _send(client: Client, command: Command) -> Reply:
    async with client:
        return await client.command(command)


async def _ask_snapshot(client: Client) -> Snapshot:
    async with client:
        return await client.snapshot()


@click.command()
@AS_JSON
@NAME
@click.pass_context
def status(ctx: click.Context, as_json: bool, name: str) -> None:
    """What the engine is doing, and whether it may trade."""
    import msgspec

    from desk.report import status_lines

    snapshot = snapshot_of(ctx, name)
    if as_json:
        click.echo(msgspec.json.encode(snapshot).decode())
    else:
        say(status_lines(snapshot))


@click.command()
@AS_JSON
@NAME
@click.pass_context
def tickets(ctx: click.Context, as_json: bool, name: str) -> None:
    """Pending tickets with their verdicts, oldest first."""
    import msgspec

    from desk.report import ticket_lines

    snapshot = snapshot_of(ctx, name)
    if as_json:
        click.echo(msgspec.json.encode(snapshot.tickets).decode())
    else:
        say(ticket_lines(snapshot) or ["no ticket is pending"])


@click.command()
@click.argument("ticket")
@click.option("--fingerprint", required=True, help="The fingerprint that `desk tickets` shows: approve what you saw.")
@AS_JSON
@NAME
@click.pass_context
def confirm(ctx: click.Context, ticket: str, fingerprint: str, as_json: bool, name: str) -> None:
    """Confirm a ticket as it was shown; refused with the difference when it no longer is."""
    ask(ctx, Command("confirm", ticket=ticket, fingerprint=fingerprint), as_json, name)


@click.command()
@click.argument("ticket")
@REASON
@AS_JSON
@NAME
@click.pass_context
def reject(ctx: click.Context, ticket: str, reason: str, as_json: bool, name: str) -> None:
    """Reject a ticket, with a reason."""
    ask(ctx, Command("reject", ticket=ticket, reason=reason), as_json, name)


@click.command()
@click.argument("symbol")
@click.argument("mode", type=click.Choice(["confirm", "auto", "off"]))
@AS_JSON
@NAME
@click.pass_context
def mode(ctx: click.Context, symbol: str, mode: str, as_json: bool, name: str) -> None:
    """Set who decides for SYMBOL ('*' for all): a person, the autopilot, nobody."""
    ask(ctx, Command("mode", symbol=symbol, mode=mode), as_json, name)


@click.command()
@REASON
@AS_JSON
@NAME
@click.pass_context
def pause(ctx: click.Context, reason: str, as_json: bool, name: str) -> None:
    """Take no new risk until resumed."""
    ask(ctx, Command("pause", reason=reason), as_json, name)


@click.command()
@REASON
@AS_JSON
@NAME
@click.pass_context
def resume(ctx: click.Context, reason: str, as_json: bool, name: str) -> None:
    """Trade again; leaving HALTED needs the reason, and it is journaled."""
    ask(ctx, Command("resume", reason=reason), as_json, name)


@click.command()
@click.option("--reason", default="kill switch", help="Why: it is journaled.")
@click.option("--flatten", is_flag=True, help="Close every position too.")
@AS_JSON
@NAME
@click.pass_context
def kill(ctx: click.Context, reason: str, flatten: bool, as_json: bool, name: str) -> None:
    """Halt trading now: cancel working entries, keep protective exits, or flatten when asked."""
    ask(ctx, Command("kill", reason=reason, flatten=flatten), as_json, name)


@click.command()
@click.argument("symbol")
@REASON
@AS_JSON
@NAME
@click.pass_context
def flatten(ctx: click.Context, symbol: str, reason: str, as_json: bool, name: str) -> None:
    """Close the position in SYMBOL, or in '*' all."""
    ask(ctx, Command("flatten", symbol=symbol, reason=reason), as_json, name)


@click.command()
@click.argument("order")
@AS_JSON
@NAME
@click.pass_context
def cancel(ctx: click.Context, order: str, as_json: bool, name: str) -> None:
    """Cancel one of our working orders, by its client order id."""
    ask(ctx, Command("cancel", order=order), as_json, name)


@click.command()
@AS_JSON
@NAME
@click.pass_context
def reconcile(ctx: click.Context, as_json: bool, name: str) -> None:
    """Compare orders, fills and positions with the venue now."""
    ask(ctx, Command("reconcile"), as_json, name)


@click.command()
@click.argument("alert")
@AS_JSON
@NAME
@click.pass_context
def acknowledge(ctx: click.Context, alert: str, as_json: bool, name: str) -> None:
    """Acknowledge an alert by its id."""
    ask(ctx, Command("acknowledge", alert=alert), as_json, name)


@click.command()
@click.argument("suffix")
@AS_JSON
@NAME
@click.pass_context
def arm(ctx: click.Context, suffix: str, as_json: bool, name: str) -> None:
    """Arm live trading: SUFFIX is the last four characters of the account number that `desk status` shows."""
    ask(ctx, Command("arm", reason=suffix), as_json, name)


@click.command()
@AS_JSON
@NAME
@click.pass_context
def stop(ctx: click.Context, as_json: bool, name: str) -> None:
    """Stop the engine. Positions and protective exits stay at the venue."""
    ask(ctx, Command("stop"), as_json, name)
