"""The verbs that run something: the desk, the demo, the autopilot, a replay."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from desk.context import AS_JSON, Number, address, ask_by_name, load_context, options, show
from engine.errors import EXIT_USAGE, ConfigError, DeskError

if TYPE_CHECKING:
    from engine.config import Loaded
    from engine.kernel.kernel import Kernel
    from engine.paths import Paths

SPEED = Number(min=0, max=10**15)
"""Recorded seconds per second, as many as the configuration takes; 0 as fast as possible."""


def _new_york(ctx: click.Context, parameter: click.Parameter, given: str) -> str:
    """A time to begin at, refused before anything is started. Raises ConfigError."""
    if given and given != parameter.default:
        from engine.feeds.replay import start_ns

        try:
            start_ns(given, 0)
        except ConfigError as error:
            raise ConfigError(error.message, where="--start", remedy="for example --start 09:25") from error
    return given


MODE = click.option(
    "--mode", type=click.Choice(["auto", "confirm", "off"]), default="auto", show_default=True, help="Who decides."
)


@click.command(name="open")
@click.pass_context
def open_desk(ctx: click.Context) -> None:
    """Attach to the profile's engine, or start one; on quit you are asked whether it stays.

    The very first start, with nothing set up, asks a few questions or shows the demo.
    """
    from desk.launch import engine_arguments
    from desk.onboarding import first_start
    from desk.terminal import require_terminal

    require_terminal()
    given = options(ctx).config
    if first_start(os.environ, given) and options(ctx).profile is None and not options(ctx).read_only:
        from desk.setup_app import run as set_up

        chosen = set_up()
        if chosen == "demo":
            ctx.invoke(demo, speed=20.0, start="09:31")
        if chosen != "open":
            ctx.exit(0)
    context = load_context(ctx)
    arguments = engine_arguments(profile=context.profile, config=None if given is None else Path(given))
    ctx.exit(_attach_or_start(context.loaded, context.paths, arguments, ctx))


@click.command()
@click.option(
    "--speed", default=20.0, type=SPEED, show_default=True, help="1 as it happened, 20 a minute in three seconds."
)
@click.option(
    "--start",
    default="09:31",
    show_default=True,
    callback=_new_york,
    help="Fast-forward to this New York time, then pace.",
)
@click.pass_context
def demo(ctx: click.Context, speed: float, start: str) -> None:
    """A made-up trading day on a simulated venue: no keys, no network, nothing kept.

    Its watchlist and limits are the documented defaults, whatever config.toml says; keys and looks are yours.
    """
    from desk.launch import engine_arguments
    from desk.terminal import require_terminal
    from engine.config import environment, load, shipped_path
    from engine.paths import Paths

    require_terminal()
    ask_by_name(ctx, None, "demo")
    settings = (*REPLAY_SETTINGS, *DEMO_SETTINGS, f"replay.speed={speed:g}", f"replay.start={start}")
    given = options(ctx).config
    own = load(None if given is None else Path(given), profile="simulated", env=environment(settings))
    paths = Paths.of(own.config, "demo")
    overrides = (*settings, f"engine.state_dir={paths.state_dir}", f"engine.runtime_dir={paths.runtime_dir}")
    arguments = engine_arguments(profile="simulated", config=shipped_path(), name="demo", overrides=overrides)
    ctx.exit(_attach_or_start(own, paths, [*arguments, "--fresh"], ctx))


@click.command()
@MODE
@click.option("--arm", default="", metavar="SUFFIX", help="Live only: the account number's last four characters.")
@click.option("--log-format", type=click.Choice(["text", "json"]), help="How log lines look.")
@click.option("--stop-at-end", is_flag=True, help="Stop when a recording has ended.")
@click.pass_context
def autopilot(ctx: click.Context, mode: str, arm: str, log_format: str | None, stop_at_end: bool) -> None:
    """Run the same engine with no terminal; SIGTERM or `desk stop` ends it."""
    from engine.kernel.process import reader_of, run_engine
    from engine.paths import Paths

    overrides = [f"tickets.mode={mode}"] + ([f"engine.log_format={log_format}"] if log_format else [])
    given = options(ctx)
    path = None if given.config is None else Path(given.config)
    loaded = reader_of(path, given.profile, overrides)()
    again = reader_of(path, loaded.config.engine.profile, overrides)
    if loaded.config.engine.profile == "live" and not arm:
        raise DeskError(
            "expected --arm with the account number's last four characters for the live profile, found none",
            remedy="desk autopilot --profile live --arm 1234",
            exit_code=EXIT_USAGE,
        )
    ctx.exit(run_engine(loaded, Paths.of(loaded.config), stop_at_end=stop_at_end, arm=arm, again=again))


@click.command()
@click.argument("recording", required=False, default="")
@click.option("--speed", default=0.0, type=SPEED, show_default=True, help="0 as fast as possible, 1 as it happened.")
@click.option("--start", default="", callback=_new_york, help="Fast-forward to this New York time (HH:MM) or instant.")
@MODE
@click.option("--journal", type=click.Path(path_type=Path), help="Write the journal to this new file.")
@AS_JSON
@click.pass_context
def replay(
    ctx: click.Context, recording: str, speed: float, start: str, mode: str, journal: Path | None, as_json: bool
) -> None:
    """Run RECORDING (a file or directory; the demo day when none) through the whole engine, on a simulated venue.

    The same recording gives the byte-identical journal at any speed. Without --journal it is `replay.journal` in the
    state directory, new each time.
    """
    import msgspec

    from desk.replay_report import report_lines, report_of
    from engine.config import environment, load
    from engine.kernel.lock import holder
    from engine.kernel.process import run_engine
    from engine.paths import Paths

    if any(character < " " or character == "\x7f" for character in recording):
        raise click.BadParameter(f"expected a path without control characters, found {recording!r}")
    overrides = [
        *REPLAY_SETTINGS,
        f"replay.speed={speed:g}",
        f"replay.start={start}",
        f"replay.path={Path(recording).absolute() if recording else ''}",
        f"tickets.mode={mode}",
        "engine.log_level=warning",
    ]
    given = options(ctx).config
    loaded = load(None if given is None else Path(given), profile="simulated", env=environment(overrides))
    paths = Paths.of(loaded.config, "replay")
    if holder(paths.lock) is not None:
        paths = Paths.of(loaded.config, f"replay-{os.getpid()}")
    if journal is not None:
        paths = msgspec.structs.replace(paths, journal_file=_new_journal(journal.absolute()))

    def tell(kernel: Kernel, reason: str) -> None:
        report = report_of(kernel, reason)
        show(report, report_lines(report), as_json)

    ctx.exit(run_engine(loaded, paths, fresh=True, stop_at_end=True, on_end=tell))


REPLAY_SETTINGS = ("feeds.posts=replay", "feeds.prices=replay", "broker.name=simulated")
"""What turns the simulated profile into a replay."""


DEMO_SETTINGS = (
    "tickets.ttl_s=600",
    "tickets.drift_bps=100",
    "strategy.shift.expires_s=600",
    "replay.deciding_speed=5",
)
"""The demo's day passes faster than people read: its tickets wait ten of its minutes, two of ours
since it slows down for them, and its prices may move further meanwhile."""


def _new_journal(path: Path) -> Path:
    """A path at which a journal can be begun, its directory made. Raises DeskError."""
    if path.suffix != ".journal":
        raise DeskError(
            f"expected a name ending in .journal, found {path.name}",
            where="--journal",
            remedy=f"--journal {path.with_suffix('.journal').name}",
            exit_code=EXIT_USAGE,
        )
    if path.exists():
        raise DeskError(
            "expected no such file yet, found one: a journal is never overwritten",
            where=f"--journal {path}",
            remedy="name a new file, or move this one away",
            exit_code=EXIT_USAGE,
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DeskError(
            f"expected a directory for the journal, found {error.strerror}",
            where=f"--journal {path}",
            remedy="name a file in a directory of yours",
            exit_code=EXIT_USAGE,
        ) from error
    return path


def _attach_or_start(loaded: Loaded, paths: Paths, arguments: list[str], ctx: click.Context) -> int:
    """Open the desk on a running engine, or start one first; the desk shows its first frame meanwhile.

    `loaded` says how it looks and what its keys are.
    """
    from desk import app
    from desk.keymap import Keymap
    from desk.launch import start_engine
    from engine import secrets
    from engine.kernel.lock import holder

    keymap = Keymap(loaded.config.keys, loaded.path)
    paths.create()
    read_only = options(ctx).read_only
    start = holder(paths.lock) is None and (not read_only or paths.name == "demo")
    starting = start_engine(paths, arguments) if start else None
    secrets.take(os.environ)  # the engine has them, a screen needs none
    return app.run(
        paths.view_socket if read_only else paths.socket,
        loaded.config.screen,
        keymap=keymap,
        settings_path=paths.state_dir / "screen.json",
        paths=paths,
        address=address(ctx),
        read_only=read_only,
        starting=None if starting is None else starting.wait,
    )
