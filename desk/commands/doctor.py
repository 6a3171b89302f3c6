"""`desk doctor`: is everything in place, and what to do where it is not."""

from __future__ import annotations

import asyncio
import os

import click
from msgspec.structs import replace

from desk.context import AS_JSON, address, load_context
from engine.errors import EXIT_FAILED, ConfigError


@click.command()
@AS_JSON
@click.option("--offline", is_flag=True, help="Ask no other machine.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool, offline: bool) -> None:
    """Check configuration, keys, clock, disk, sockets and endpoints. Exit code 1 when a check fails."""
    from desk import checks
    from desk.checks_scorers import check_scorers
    from engine.clock import SystemClock

    try:
        context = load_context(ctx)
    except ConfigError as error:
        found = [checks.Check("config", checks.FAIL, f"{error.where}: {error.message}", error.remedy)]
    else:
        now_ns = SystemClock().now_ns()
        found = checks.local_checks(context.loaded, context.paths, os.environ, now_ns)
        found += check_scorers(context.config, context.paths, now_ns)
        found += asyncio.run(checks.check_answer(context.paths))
        if not offline:
            from desk.checks_network import network_checks

            found += asyncio.run(network_checks(context.config, os.environ))
    found = [replace(check, remedy=address(ctx).told(check.remedy)) for check in found]
    click.echo(checks.as_json(found) if as_json else "\n".join(checks.lines(found)))
    if any(check.status == checks.FAIL for check in found):
        ctx.exit(EXIT_FAILED)
