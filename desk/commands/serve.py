"""`desk serve`: the desk of a simulated or paper engine in a browser on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import click

from desk.commands.engines import asking
from desk.commands.verbs import NAME
from desk.context import load_context, options
from engine.errors import EXIT_USAGE, DeskError


@click.pass_context
def _serve(ctx: click.Context, /, port: int, with_commands: bool, name: str) -> None:
    from desk import serve as web_desk
    from desk.client import Client
    from engine import secrets
    from engine.paths import Paths

    context = load_context(ctx)
    if context.profile not in web_desk.PROFILES:
        raise _not_served(context.profile)
    paths = Paths.of(context.config, name) if name else context.paths
    acts = with_commands and not options(ctx).read_only
    arguments = ["--profile", context.profile, "--name", name]
    if options(ctx).config is not None:
        arguments += ["--config", str(Path(str(options(ctx).config)).absolute())]
    secrets.take(os.environ)
    command = web_desk.served_command(arguments + ([] if acts else ["--read-only"]))
    with asking(paths):
        ctx.exit(asyncio.run(_run(Client(paths.view_socket), port, command, f"desk {context.profile}", acts)))


def _not_served(profile: str) -> DeskError:
    from desk.serve import PROFILES

    return DeskError(
        f"expected a profile among {', '.join(PROFILES)}, found {profile}: real money stays in the terminal",
        remedy="desk serve --profile paper",
        exit_code=EXIT_USAGE,
    )


async def _run(client: object, port: int, command: str, title: str, acts: bool) -> int:
    from aiohttp import web

    from desk.client import Client
    from desk.serve import PROFILES, Door, application, listen

    assert isinstance(client, Client)
    async with client:
        profile = (await client.snapshot()).status.profile
    if profile not in PROFILES:
        raise _not_served(profile)
    with listen(port) as listening:
        door = Door(listening.getsockname()[1])
        runner = web.AppRunner(await application(door, command, title), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        click.echo(door.address)
        click.echo(
            f"{'it may decide and command' if acts else 'view-only'}; the address works once; Ctrl+C ends it", err=True
        )
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        try:
            await stopped.wait()
        finally:
            await runner.cleanup()
    return 0


serve = click.Command(
    "serve",
    callback=_serve,
    params=[
        click.Option(
            ["--port"], type=click.IntRange(0, 65535), default=0, show_default="any free one", help="Port on loopback."
        ),
        click.Option(["--with-commands"], is_flag=True, help="Let the page decide and command, not only look."),
        NAME,
    ],
    help="Show the desk of a running simulated or paper engine in a browser on this machine.\n\n"
    "Only on loopback, by an address that works once, and only to look unless --with-commands is given. A live engine "
    "is never served. Needs `.venv/bin/pip install 'desk[web]'`.",
)
