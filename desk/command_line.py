"""What `desk` does: a table of verbs, each loaded only when it is used, so that `desk --help` is instant."""

from __future__ import annotations

import gc
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

import click

from desk.context import GlobalOptions, address
from engine.core_dumps import forbid_core_dumps
from engine.errors import EXIT_FAILED, EXIT_INTERRUPTED, DeskError
from engine.memory import out_of_memory
from engine.streams import open_closed_streams

STARTING = 100_000
"""New objects before garbage is looked for. What is imported stays: going through it again and again would take a
sixteenth of the time to the first frame. What runs on sets its own."""

COMMANDS: dict[str, tuple[str, str]] = {
    "open": ("desk.commands.run:open_desk", "Attach to the engine, or start one (what `desk` alone does)"),
    "demo": ("desk.commands.run:demo", "A made-up trading day on a simulated venue: no keys, no network"),
    "autopilot": ("desk.commands.run:autopilot", "Run the engine headless and let it trade by itself"),
    "replay": ("desk.commands.run:replay", "Run a recording through the whole engine on a simulated venue"),
    "evaluate": ("desk.commands.evaluate:evaluate", "How good the scores are: labelled sets, and prices"),
    "train": ("desk.commands.train:train", "A model of your own for the scorer linear, from your labels"),
    "status": ("desk.commands.verbs:status", "What the engine is doing, and whether it may trade"),
    "follow": ("desk.commands.follow:follow", "One plain line per event: for pipes, logs and screen readers"),
    "tickets": ("desk.commands.verbs:tickets", "Pending tickets with their verdicts"),
    "confirm": ("desk.commands.verbs:confirm", "Confirm a ticket as it was shown"),
    "approve": ("desk.commands.verbs:confirm", "The same as confirm"),
    "reject": ("desk.commands.verbs:reject", "Reject a ticket, with a reason"),
    "edit": ("desk.commands.verbs:edit", "Change size, limit, stop or target of a ticket within the controls"),
    "mode": ("desk.commands.verbs:mode", "Set who decides for a symbol: confirm, auto, off"),
    "why": ("desk.commands.why:why", "Why a symbol does not trade: every gate that fails, the first on top"),
    "pause": ("desk.commands.verbs:pause", "Take no new risk until resumed"),
    "resume": ("desk.commands.verbs:resume", "Trade again, with a reason"),
    "kill": ("desk.commands.verbs:kill", "Halt trading: cancel entries, keep protective exits"),
    "flatten": ("desk.commands.verbs:flatten", "Close one position, or all"),
    "cancel": ("desk.commands.verbs:cancel", "Cancel one of our working orders"),
    "reconcile": ("desk.commands.verbs:reconcile", "Compare orders and positions with the venue now"),
    "acknowledge": ("desk.commands.verbs:acknowledge", "Acknowledge an alert"),
    "protections": ("desk.commands.protections:protections", "List protections, or lift one with a reason"),
    "arm": ("desk.commands.verbs:arm", "Arm live trading by the account number's last four characters"),
    "speed": ("desk.commands.verbs:speed", "Play a recording faster or slower while it runs"),
    "stop": ("desk.commands.verbs:stop", "Stop the engine; protective exits stay at the venue"),
    "serve": ("desk.commands.serve:serve", "The desk of a simulated or paper engine in a browser on this machine"),
    "ledger": ("desk.commands.ledger:ledger", "What every decision was worth, marked to the market after it"),
    "journal": ("desk.commands.journal:journal", "Show, verify and export the audit journal, or ask it why"),
    "guard": ("desk.commands.guard:guard", "Why a post weighs what it weighs: rings, copies, caps"),
    "models": ("desk.commands.models:models", "Transformer models on this machine: pull, list, bench"),
    "keys": ("desk.commands.keys:keys", "Store API keys in the keyring"),
    "config": ("desk.commands.config:config", "Write, show and check the configuration"),
    "doctor": ("desk.commands.doctor:doctor", "Check configuration, keys, clock, disk, sockets and endpoints"),
}
"""Verb → where it is defined, and its line in `desk --help`."""

ENGINES = ("autopilot", "replay")
"""Verbs that are an engine themselves, and take signals as one: what comes before it can waits until then."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, and whose global options may stand anywhere."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = COMMANDS.get(cmd_name)
        if found is None:
            return None
        module, _, name = found[0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for arg in args:
            if not arg.isascii() and any("\ud800" <= character <= "\udfff" for character in arg):
                found = arg.encode(errors="replace").decode()
                raise click.UsageError(f"Expected arguments in UTF-8, found {found!r}.", ctx)
        return super().parse_args(ctx, global_first(args))

    def invoke(self, ctx: click.Context) -> object:
        """Carry the command out; what an error tells to type is for the engine that was asked."""
        try:
            return super().invoke(ctx)
        except DeskError as error:
            error.remedy = address(ctx).told(error.remedy)
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, COMMANDS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"No such command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


GLOBAL_OPTIONS = ("--profile", "--config")
GLOBAL_FLAGS = ("--read-only",)


def global_first(args: Sequence[str]) -> list[str]:
    """Moves --profile, --config and --read-only, wherever they stand before a `--`, to the front."""
    front: list[str] = []
    rest: list[str] = []
    queue = list(args)
    while queue:
        arg = queue.pop(0)
        if arg == "--":
            rest.extend([arg, *queue])
            break
        if arg in GLOBAL_OPTIONS:
            front.append(arg)
            if queue:
                front.append(queue.pop(0))
        elif arg in GLOBAL_FLAGS or arg.startswith(tuple(f"{option}=" for option in GLOBAL_OPTIONS)):
            front.append(arg)
        else:
            rest.append(arg)
    return front + rest


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--profile", metavar="NAME", help="simulated, paper or live; paper unless config.toml says otherwise.")
@click.option("--config", metavar="FILE", help="Use this configuration file.")
@click.option("--read-only", is_flag=True, help="Only look: whatever would change something is refused by the engine.")
@click.version_option(package_name="desk", message="desk %(version)s")
@click.pass_context
def main_group(ctx: click.Context, profile: str | None, config: str | None, read_only: bool) -> None:
    """A terminal trading desk for people who trade on what is being said.

    `desk` attaches to the profile's engine, or starts one. `desk demo` needs no keys and no network.
    """
    if ctx.invoked_subcommand not in ENGINES:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1})
    if config == "":
        raise click.BadParameter("expected the name of a file, found nothing", param_hint="--config")
    ctx.obj = GlobalOptions(profile, config, read_only)
    if ctx.invoked_subcommand is None:
        from desk.commands.run import open_desk

        ctx.invoke(open_desk)


def run() -> NoReturn:
    """Carry out the command line: prints errors with their remedy, no traceback, and exits with a documented code."""
    gc.set_threshold(STARTING)
    open_closed_streams()
    forbid_core_dumps()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # In an encoding that lacks a character a line with ? in its place still tells; a traceback does not.
        sys.stdout.reconfigure(errors="replace")
    try:
        code = main_group.main(prog_name="desk", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except DeskError as error:
        _end(error)
    except (MemoryError, RuntimeError) as error:
        told = out_of_memory(error)
        if told is None:
            raise
        _end(told)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_FAILED)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"desk: {place}could not read or write: {error.strerror or error}", err=True)
        click.echo("→ look at the disk, and at where the output goes", err=True)
        # What is still to be written cannot be: it must not fail a second time at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(EXIT_FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _end(error: DeskError) -> NoReturn:
    """Say what an error says, and exit with its code."""
    from engine.text import display_text

    for line in f"desk: {error}".split("\n"):
        click.echo(display_text(line), err=True)
    sys.exit(error.exit_code)
