"""`desk config init | show | check | apply`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from desk.commands.verbs import command_verb
from desk.context import load_context, options
from engine.errors import EXIT_FAILED, EXIT_USAGE, DeskError
from engine.model.frames import Command


@click.group()
def config() -> None:
    """Write, show and check the configuration."""


@config.command()
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.pass_context
def init(ctx: click.Context, force: bool) -> None:
    """Write the documented defaults to your configuration file."""
    from engine.config import shipped_path, user_path

    given = options(ctx).config
    target = Path(given) if given else user_path()
    if target.exists() and not force:
        raise DeskError(
            "expected no file yet, found one", where=str(target), remedy="edit it, or overwrite it with --force"
        )
    draft = target.with_name(f"{target.name}.new")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            draft.write_bytes(shipped_path().read_bytes())
            draft.chmod(0o600)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise DeskError(
            f"expected to write the defaults, found: {error.strerror or error}",
            where=str(target),
            remedy="name a file in a directory of yours with --config, on a disk with space",
            exit_code=EXIT_USAGE,
        ) from error
    click.echo(str(target))


@config.command(short_help="Show what is in force, or the documented defaults.")
@click.option("--defaults", is_flag=True, help="The documented defaults, with their comments.")
@click.pass_context
def show(ctx: click.Context, defaults: bool) -> None:
    """Show the effective configuration as JSON, or the documented defaults."""
    import msgspec

    from engine.config import shipped_path
    from engine.control.wire import encoded

    if defaults:
        click.echo(shipped_path().read_text(encoding="utf-8"), nl=False)
        return
    loaded = load_context(ctx).loaded
    click.echo(msgspec.json.format(encoded(loaded.config), indent=2).decode())


config.add_command(
    command_verb(
        "apply",
        "Let the engine apply what the alert config:confirm lists.",
        click.Argument(["fingerprint"]),
        send=lambda fingerprint: Command("apply", fingerprint=fingerprint),
    )
)


@config.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Check every value and name; warn of limits that can never bite."""
    from desk.checks_names import everyday_keywords, refuse_unknown_names, unknown_theme
    from desk.keymap import Keymap
    from engine.risk import check_limits

    context = load_context(ctx)
    Keymap(context.config.keys, context.loaded.path)
    refuse_unknown_names(context.loaded)
    click.echo(
        f"ok: profile {context.profile}, {len(context.config.watchlist)} symbols, configuration {context.loaded.hash}"
    )
    click.echo(f"file: {context.loaded.path or 'shipped defaults'}")
    overlays = sorted(name for name in os.environ if name.startswith("DESK_") and "__" in name)
    if overlays:
        click.echo(f"environment: {', '.join(overlays)}")
    theme = unknown_theme(context.config)
    warnings = [*check_limits(context.config), *everyday_keywords(context.config), *([theme] if theme else [])]
    for warning in warnings:
        click.echo(f"warning: {warning}")
    if warnings:
        ctx.exit(EXIT_FAILED)
