"""The verbs that talk to a running engine: what each key of the desk does, from any shell.

Every one takes `--json`; exit codes are those of `engine.errors`: 0 done, 1 refused, 3 no engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from desk.by_signal import throw
from desk.commands.engines import asking, beside, explained
from desk.context import address, ask_by_name, load_context, options, say_json
from engine.errors import EXIT_FAILED, EXIT_USAGE, ConfigError, DeskError
from engine.model.frames import Command, Reply

if TYPE_CHECKING:
    from desk.address import Address
    from desk.client import Client
    from engine.model.frames import Snapshot
    from engine.paths import Paths

CALMING = frozenset({"kill", "pause", "flatten", "cancel", "stop"})
"""Verbs that only take risk away: no mistake in the configuration keeps them from a running engine."""

LONGEST_SYMBOL = 40
AS_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print JSON instead of text.")
NAME = click.Option(["--name"], default="", callback=ask_by_name, help="An engine on its own journal: demo, replay.")
REASON = click.Option(["--reason"], required=True, help="Why: it is journaled.")


def ticker(ctx: click.Context, parameter: click.Parameter, given: str) -> str:
    """A symbol as the watchlist writes it: `tsla` and `$TSLA` are TSLA. Raises BadParameter for what is none."""
    symbol = given.strip().removeprefix("$").upper()
    if len(symbol) > LONGEST_SYMBOL:
        raise click.BadParameter(f"expected a symbol such as TSLA, found {len(symbol)} characters")
    return symbol


SYMBOL = click.Argument(["symbol"], callback=ticker)


def _fingerprint(ctx: click.Context, parameter: click.Parameter, given: str) -> str:
    """What was seen. Raises UsageError, with where it is shown, when it is not said."""
    if not given:
        where = address(ctx).command("desk tickets")
        raise click.UsageError(f"expected --fingerprint, found none: `{where}` shows it beside each ticket", ctx)
    return given


def _fingerprinted(what: str) -> click.Option:
    return click.Option(
        ["--fingerprint"], default="", callback=_fingerprint, help=f"The one `desk tickets` shows: {what} what you saw."
    )


def command_verb(name: str, description: str, *params: click.Parameter, send: Callable[..., Command]) -> click.Command:
    """A verb that sends one command: `send` makes it of the values of `params`, by name."""

    @click.pass_context
    def run(ctx: click.Context, /, as_json: bool, name: str, **given: object) -> None:
        ask(ctx, send(**given), as_json, name)

    return click.Command(name, callback=run, params=[*params, AS_JSON, NAME], help=description)


def view_verb(
    name: str,
    description: str,
    *,
    lines: Callable[[Snapshot, Address], list[str]],
    part: Callable[[Snapshot], object],
    none: str,
) -> click.Command:
    """A verb that shows a part of the snapshot: `lines` for a person (`none` when there are none), `part` in JSON."""

    @click.pass_context
    def run(ctx: click.Context, /, as_json: bool, name: str) -> None:
        snapshot = snapshot_of(ctx, name)
        if as_json:
            say_json(part(snapshot))
        else:
            say(lines(snapshot, address(ctx)) or [none])

    return click.Command(name, callback=run, params=[AS_JSON, NAME], help=description)


def ask(ctx: click.Context, command: Command, as_json: bool, name: str = "") -> None:
    """Send a command, print the reply, exit with 1 when it was refused."""
    kill = command.verb == "kill"
    try:
        paths = paths_of(ctx, name, urgent=command.verb in CALMING)
    except ConfigError as error:
        if kill:
            raise _other_ways(error, "KILL in the engine's runtime directory") from error
        raise
    try:
        reply = asyncio.run(_send(_client(ctx, paths), command))
    except DeskError as error:
        if not kill:
            raise explained(error, paths) from error
        looks_only = options(ctx).read_only
        thrown = None if looks_only else asyncio.run(throw(paths, error, flatten=command.flatten))
        if thrown is None:
            raise _other_ways(error, str(paths.kill_file), beside(paths)) from error
        reply = thrown
    if as_json:
        say_json(reply)
    else:
        remedy = address(ctx).told(reply.remedy)
        say([reply.text, *(f"  {line}" for line in reply.difference), *([f"→ {remedy}"] if remedy else [])])
    if not reply.ok:
        ctx.exit(EXIT_FAILED)


def _other_ways(error: DeskError, kill_file: str, others: str = "") -> DeskError:
    """The same error for somebody who must halt trading, and whom the socket has not heard."""
    from desk.other_ways import other_ways

    mend = error.remedy if error.exit_code == EXIT_USAGE else ""  # what is in the way of the socket is in that of KILL
    remedy = "; ".join(part for part in (others, mend, other_ways(kill_file)) if part)
    return DeskError(error.message, where=error.where, remedy=remedy, exit_code=error.exit_code)


def say(lines: Iterable[str], *, err: bool = False) -> None:
    """Print lines; whatever stands in them, a terminal only writes it."""
    from engine.text import display_text

    for line in lines:
        click.echo(display_text(line, limit=len(line)), err=err)


def client_of(ctx: click.Context, name: str) -> Client:
    """The control socket's client for this call's profile, or for the engine of that name."""
    return _client(ctx, paths_of(ctx, name))


def paths_of(ctx: click.Context, name: str, *, urgent: bool = False) -> Paths:
    """The files of this call's engine, or of the engine of that name.

    Raises ConfigError when the configuration is wrong. Where it is `urgent`, [engine] alone need be right: an engine
    that runs goes on with what it read before, and must be reached. What is wrong is told all the same.
    """
    from engine.paths import Paths

    try:
        return Paths.of(load_context(ctx).config, name)
    except ConfigError as error:
        if not urgent:
            raise
        found = Paths.of(load_context(ctx, only_engine=True).config, name)
        say([*f"desk: {error}".split("\n"), f"asking the engine at {found.socket} all the same"], err=True)
        return found


def _client(ctx: click.Context, paths: Paths) -> Client:
    from desk.client import Client

    return Client(paths.view_socket if options(ctx).read_only else paths.socket)


def snapshot_of(ctx: click.Context, name: str) -> Snapshot:
    """The running engine's snapshot. Raises DeskError (exit code 3) when none runs."""
    paths = paths_of(ctx, name)
    with asking(paths):
        return asyncio.run(_ask_snapshot(_client(ctx, paths)))


async def _send(client: Client, command: Command) -> Reply:
    async with client:
        return await client.command(command)


async def _ask_snapshot(client: Client) -> Snapshot:
    async with client:
        return await client.snapshot()


def _edit(ticket: str, fingerprint: str, size: str, limit: str, stop: str, target: str) -> Command:
    if not (size or limit or stop or target):
        raise click.UsageError("give at least one of --size, --limit, --stop and --target")
    return Command(
        "edit",
        ticket=ticket,
        fingerprint=fingerprint,
        quantity=size,
        limit_price=limit,
        stop_price=stop,
        target_price=target,
    )


def _kill(reason: str, flatten: bool) -> Command:
    """With as much of its reason as the engine takes: a kill must not be refused for its words."""
    from engine.control.verbs import TEXT_LIMIT

    return Command("kill", reason=reason[:TEXT_LIMIT], flatten=flatten)


def _status_lines(snapshot: Snapshot, to: Address) -> list[str]:
    from desk.report import status_lines

    return status_lines(snapshot, to)


def _ticket_lines(snapshot: Snapshot, to: Address) -> list[str]:
    from desk.report import ticket_lines

    return ticket_lines(snapshot, to)


status = view_verb(
    "status",
    "What the engine is doing, and whether it may trade.",
    lines=_status_lines,
    part=lambda snapshot: snapshot,
    none="",
)
tickets = view_verb(
    "tickets",
    "Pending tickets with their verdicts, oldest first.",
    lines=_ticket_lines,
    part=lambda snapshot: snapshot.tickets,
    none="no ticket is pending",
)
confirm = command_verb(
    "confirm",
    "Confirm a ticket as it was shown; refused with the difference when it no longer is.",
    click.Argument(["ticket"]),
    _fingerprinted("approve"),
    send=lambda ticket, fingerprint: Command("confirm", ticket=ticket, fingerprint=fingerprint),
)
reject = command_verb(
    "reject",
    "Reject a ticket, with a reason.",
    click.Argument(["ticket"]),
    REASON,
    send=lambda ticket, reason: Command("reject", ticket=ticket, reason=reason),
)
edit = command_verb(
    "edit",
    "Change size, limit, stop or target of a ticket within the controls; it then has a new fingerprint.",
    click.Argument(["ticket"]),
    _fingerprinted("edit"),
    click.Option(["--size"], default="", help="Shares or coins."),
    click.Option(["--limit"], default="", help="Limit price."),
    click.Option(["--stop"], default="", help="Stop price."),
    click.Option(["--target"], default="", help="Target price."),
    send=_edit,
)
mode = command_verb(
    "mode",
    "Set who decides for SYMBOL ('*' for all): a person, the autopilot, nobody.",
    SYMBOL,
    click.Argument(["mode"], type=click.Choice(["confirm", "auto", "off"])),
    send=lambda symbol, mode: Command("mode", symbol=symbol, mode=mode),
)
pause = command_verb(
    "pause", "Take no new risk until resumed.", REASON, send=lambda reason: Command("pause", reason=reason)
)
resume = command_verb(
    "resume",
    "Trade again; leaving HALTED needs the reason, and it is journaled.",
    REASON,
    send=lambda reason: Command("resume", reason=reason),
)
kill = command_verb(
    "kill",
    "Halt trading now: cancel working entries, keep protective exits, or flatten when asked.",
    click.Option(["--reason"], default="kill switch", help="Why: it is journaled."),
    click.Option(["--flatten"], is_flag=True, help="Close every position too."),
    send=_kill,
)
flatten = command_verb(
    "flatten",
    "Close the position in SYMBOL, or in '*' all.",
    SYMBOL,
    REASON,
    send=lambda symbol, reason: Command("flatten", symbol=symbol, reason=reason),
)
cancel = command_verb(
    "cancel",
    "Cancel one of our working orders, by its client order id.",
    click.Argument(["order"]),
    send=lambda order: Command("cancel", order=order),
)
reconcile = command_verb(
    "reconcile",
    "Compare orders, fills and positions with the venue now.",
    send=lambda: Command("reconcile"),
)
acknowledge = command_verb(
    "acknowledge",
    "Acknowledge an alert by its id.",
    click.Argument(["alert"]),
    send=lambda alert: Command("acknowledge", alert=alert),
)
arm = command_verb(
    "arm",
    "Arm live trading: SUFFIX is the last four characters of the account number that `desk status` shows.",
    click.Argument(["suffix"]),
    send=lambda suffix: Command("arm", reason=suffix),
)
speed = command_verb(
    "speed",
    "Play a recording at another SPEED from now on: recorded seconds per second, or faster, slower.",
    click.Argument(["speed"]),
    send=lambda speed: Command("speed", speed=speed),
)
stop = command_verb(
    "stop", "Stop the engine. Positions and protective exits stay at the venue.", send=lambda: Command("stop")
)
