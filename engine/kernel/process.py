"""The engine as a process: arguments, lock, signals, exit codes. No terminal, no screen code.

SIGTERM and SIGINT stop it gracefully, SIGHUP is survived (a closing terminal must not touch trading), SIGUSR1 throws
the kill switch, also where it comes while the engine still starts.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine import secrets
from engine.config import Config, Loaded, environment, load, user_path
from engine.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_JOURNAL, EXIT_OK, EXIT_USAGE, DeskError, JournalError
from engine.kernel.leaving import run_loop
from engine.kernel.lock import EngineLock, keep
from engine.kernel.logs import STDERR, set_up
from engine.kernel.notify import Notifier
from engine.kernel.watch import tell_where_it_hangs
from engine.memory import check_memory, out_of_memory
from engine.paths import Paths, free_bytes

if TYPE_CHECKING:
    from engine.kernel.kernel import Kernel

log = logging.getLogger(__name__)

HELD = {signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1}
"""Signals that would end the process at once, and mean otherwise to an engine: until it can take them, and once it
does not any more, they wait."""

ROOM = 1 << 20
"""Bytes that must be free on the journal's disk for a start: less is gone before the first order has an answer."""

KEEP_S = 1.0
"""How often it is looked whether the lock is still there."""

SWITCH_INTERVAL_S = 0.0002
"""How long a thread may hold the interpreter when another asks for it: an order's way through the journal's and the
venue's threads asks a dozen times."""
REPLAY_SWITCH_INTERVAL_S = 0.005
"""The same in a replay as fast as possible, where nobody waits for a venue: each switch costs both threads."""


def main(argv: Sequence[str]) -> int:
    """`python -m engine`. Returns the exit code; `--ready-fd` is told `ready`, or why it could not start."""
    parser = argparse.ArgumentParser(prog="python -m engine", description="The desk's engine process.")
    parser.add_argument("--profile", help="simulated, paper or live")
    parser.add_argument("--config", type=Path, help="configuration file")
    parser.add_argument("--name", default="", help="name of its files, when not the profile's")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="overrides")
    parser.add_argument("--fresh", action="store_true", help="begin a new journal: what a replay does anyway")
    parser.add_argument("--ready-fd", type=int, help="write `ready` here once the socket answers")
    given = parser.parse_args(argv)
    ready = None if given.ready_fd is None else os.fdopen(given.ready_fd, "w", encoding="utf-8")

    def say(words: str) -> None:
        """Tell who started this; that one may be gone, with its terminal, and the engine stays."""
        if ready is not None:
            with suppress(BrokenPipeError):
                ready.write(words)
                ready.flush()
            with suppress(BrokenPipeError):
                ready.close()

    signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    try:
        loaded = reader_of(given.config, given.profile, given.overrides)()
        again = reader_of(given.config, loaded.config.engine.profile, given.overrides)
        paths = Paths.of(loaded.config, given.name)
        return run_engine(loaded, paths, fresh=given.fresh, again=again, on_ready=lambda: say("ready\n"))
    except (DeskError, MemoryError, RuntimeError) as error:
        told = error if isinstance(error, DeskError) else out_of_memory(error)
        if told is None:
            raise
        log.critical("%s", told)
        if ready is not None and not ready.closed:
            say(f"{told}")
        else:
            print(f"desk: {told}", file=sys.stderr)
        return told.exit_code


def reader_of(path: Path | None, profile: str | None, overrides: Sequence[str]) -> Callable[[], Loaded]:
    """Reads the configuration as it is asked for now, each time anew from its file. Raises DeskError.

    An engine stays what it was started as: what it reads again, it reads for the profile it has.
    """
    env = environment(overrides)
    settings = {name: value for name, value in env.items() if name not in secrets.VARIABLES.values()}
    said = tuple(override.partition("=")[0] for override in overrides)
    return lambda: msgspec.structs.replace(load(path, profile=profile, env=settings), said=said)


def run_engine(
    loaded: Loaded,
    paths: Paths,
    *,
    fresh: bool = False,
    stop_at_end: bool = False,
    arm: str = "",
    again: Callable[[], Loaded] | None = None,
    on_ready: Callable[[], None] | None = None,
    on_end: Callable[[Kernel, str], None] | None = None,
) -> int:
    """Run one engine in this process until it is stopped. Returns the exit code; raises DeskError before it is up.

    `again` reads the configuration once more as `loaded` was read: then its file is watched while the engine runs.
    `on_end` is called with the Kernel and why it stops after the loop, before the stop: for reports. With `stop_at_end`
    a recording that was not played whole is a failure.
    """
    check_memory()
    config, paths = loaded.config, _where_it_is(paths)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    set_up(config.engine.log_format, config.engine.log_level)
    faulthandler.enable(STDERR)
    lock = EngineLock(paths.lock, paths.journal)
    try:
        paths.create()
        lock.acquire()
        _check_recording(config, paths)
        if fresh or "replay" in config.feeds.posts:
            _remove_journal(config, paths)
        _check_room(paths.journal.parent)
        gc.disable()  # until `quiet_collector`: what a start builds stays, and is large when the journal is long
        return run_loop(_serve(loaded, paths, lock, stop_at_end, arm, again, on_ready, on_end))
    finally:
        gc.enable()
        lock.release()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def read_secrets(profile: str) -> Callable[[str], str]:
    """A reader of secrets for one profile: environment first, then the keyring.

    What the environment holds is taken out of it: no child of the engine and no `ps` sees it after this.
    """
    given = secrets.take(os.environ)

    def read_one(name: str) -> str:
        return secrets.read(name, profile, {**os.environ, **given})

    return read_one


def switch_interval_s(config: Config) -> float:
    """How long a thread of this engine may hold the interpreter."""
    as_fast_as_possible = "replay" in config.feeds.posts and not config.replay.speed
    return REPLAY_SWITCH_INTERVAL_S if as_fast_as_possible else SWITCH_INTERVAL_S


async def _serve(
    loaded: Loaded,
    paths: Paths,
    lock: EngineLock,
    stop_at_end: bool,
    arm: str,
    again: Callable[[], Loaded] | None,
    on_ready: Callable[[], None] | None,
    on_end: Callable[[Kernel, str], None] | None,
) -> int:
    from engine.feeds.replay import CalledOff
    from engine.kernel.kernel import Kernel

    gc.freeze()  # what was imported stays
    config, path = loaded.config, loaded.path or user_path()
    sys.setswitchinterval(switch_interval_s(config))
    loop = asyncio.get_running_loop()
    built: list[Kernel] = []
    _listen(loop, built)
    # What the control socket needs. Half of it is OpenSSL reading certificates, which another core can do meanwhile.
    socket_ready = loop.run_in_executor(None, import_module, "aiohttp.web")
    kernel = Kernel(
        config,
        paths,
        read_secret=read_secrets(config.engine.profile),
        stop_at_end=stop_at_end,
        arm=arm,
        said=loaded.said,
    )
    built.append(kernel)
    notifier = Notifier(os.environ)
    kernel.guard(tell_where_it_hangs(), "hanging")
    kernel.guard(keep(lock, KEEP_S), "lock")
    try:
        await kernel.start()
        await kernel.journal.commit()  # an engine that cannot record its start is not up
        await socket_ready
        log.info(
            "engine %s up: profile %s, pid %d, socket %s", paths.name, config.engine.profile, os.getpid(), paths.socket
        )
        if on_ready is not None:
            on_ready()
        if again is not None:
            kernel.reload_from(path, loaded.version, again)
        notifier.tell(READY="1", STATUS=kernel.heartbeat_line())
        kernel.guard(notifier.run(kernel.heartbeat_line, lambda: kernel.deciding), "notify")
        reason = await kernel.run()
        if on_end is not None:
            on_end(kernel, reason)
    except CalledOff as error:
        if stop_at_end:
            error.exit_code = _called_off(error.reason)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
        notifier.tell(STOPPING="1", STATUS="stopping")
        await kernel.stop()
    log.info("engine %s stopped: %s", paths.name, reason)
    return _exit_code(kernel, reason, replaying="replay" in config.feeds.posts, whole=stop_at_end)


def _listen(loop: asyncio.AbstractEventLoop, built: Sequence[Kernel]) -> None:
    """Take signals for the engine, once it is `built`. They are held back no longer while it is: threads and processes
    that a package begins would hold them back for ever."""

    def stop(name: str) -> None:
        for kernel in built:
            kernel.stop_soon(name)

    def kill() -> None:
        for kernel in built:
            kernel.throw_kill("signal", "SIGUSR1")

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, signal.Signals(number).name)
    loop.add_signal_handler(signal.SIGHUP, log.warning, "SIGHUP: the terminal is gone, the engine stays")
    loop.add_signal_handler(signal.SIGUSR1, kill)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)


def _exit_code(kernel: Kernel, reason: str, *, replaying: bool, whole: bool) -> int:
    """What an engine that has stopped ends with. `whole`: a recording was to be played to its end.

    Whoever runs a replay has little else that says how it went; where a person stops an engine whose trading has
    failed, that was done as asked.
    """
    from engine.kernel.loop import ENDED

    if kernel.journal.failure is not None:
        return EXIT_JOURNAL
    if kernel.broken or (replaying and kernel.dealing.failed):
        return EXIT_FAILED
    if replaying and whole and reason != ENDED:
        return _called_off(reason)
    return EXIT_OK


def _called_off(reason: str) -> int:
    return EXIT_INTERRUPTED if reason == signal.SIGINT.name else EXIT_FAILED


def _where_it_is(paths: Paths) -> Paths:
    """The same paths, with the journal's own where a link stands in its place: its log and its anchor are beside it."""
    with suppress(OSError, RuntimeError):  # links in a circle, which the journal will tell
        if paths.journal.is_symlink():
            return msgspec.structs.replace(paths, journal_file=paths.journal.resolve())
    return paths


def _check_room(directory: Path) -> None:
    """Raises JournalError where the journal's disk is so full that it would fail within moments of the start."""
    free = free_bytes(directory)
    if free is not None and free < ROOM:
        raise JournalError(
            f"expected at least {ROOM >> 10:,} KiB free for the journal, found {free >> 10:,}",
            where=str(directory),
            remedy="free some space on its disk (`df`), then start again; nothing of the journal may be deleted",
        )


def _check_recording(config: Config, paths: Paths) -> None:
    """Raises DeskError for a replay of the very journal that is written: it would be removed, or never end."""
    recording = Path(config.replay.path).expanduser()
    if "replay" not in config.feeds.posts or not config.replay.path:
        return
    with suppress(OSError):
        if recording.samefile(paths.journal):
            raise DeskError(
                "expected a recording, found the journal that this replay writes itself",
                where=str(recording),
                remedy="copy it, with the -wal beside it, and replay the copy; or name another file with --journal",
                exit_code=EXIT_USAGE,
            )


def _remove_journal(config: Config, paths: Paths) -> None:
    """Make way for the journal of a replay, which begins anew each time: appended to, it would tell its day twice.

    Raises DeskError where it is no replay's, by the configuration or by what it holds, and JournalError where that
    cannot be read: what was traded is never thrown away.
    """
    if "replay" not in config.feeds.posts:
        raise DeskError(
            "expected --fresh for a replay only, found feeds that are no recording",
            where=str(paths.journal),
            remedy="leave --fresh out; to begin a new journal, move this one away with its anchor",
            exit_code=EXIT_USAGE,
        )
    from engine.journal.faults import explain
    from engine.journal.opening import check_files

    check_files(paths.journal)
    if found := _not_replayed(paths.journal):
        raise DeskError(
            f"expected the journal of an earlier replay, which this one would begin anew, found {found}",
            where=str(paths.journal),
            remedy="move it away, with its anchor and the -wal beside it; or replay under another name",
            exit_code=EXIT_USAGE,
        )
    try:
        for suffix in ("", "-wal", "-shm", ".anchor"):
            paths.journal.with_name(paths.journal.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise explain(error, paths.journal, "begin it anew") from error


def _not_replayed(journal: Path) -> str:
    """What a journal holds besides replays, in words; empty where there is nothing that would be lost."""
    if not journal.exists() or not journal.stat().st_size:
        return ""
    from engine.journal.reader import NotCurrent, Reader
    from engine.model.records import Started

    try:
        reader = Reader(journal)
    except NotCurrent as error:
        if error.empty:
            return ""
        raise
    with reader:
        for record in reader.records(kinds=("started",)):
            began = record.value()
            if isinstance(began, Started) and began.feeds != ("replay",):
                return f"what an engine on {', '.join(began.feeds)} recorded"
    return ""
