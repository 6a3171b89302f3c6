"""Starts an engine in the background, in its own session, so that it outlives this terminal."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from engine.config import PROFILES
from engine.errors import EXIT_ALREADY_RUNNING, EXIT_FAILED, DeskError
from engine.kernel.lock import holder
from engine.paths import Paths

READY = b"ready"
"""What a started engine writes to its ready pipe; anything else it writes is why it could not start."""

LOG_LIMIT = 16 << 20
"""Bytes of a log past which the next start begins a new one; of those before it the last is kept."""

START_LIMIT_S = 30.0
"""Longest an engine may take to open its socket."""


class Starting:
    """An engine that is starting. `wait` returns when its socket answers, or raises with its own words."""

    def __init__(self, process: subprocess.Popen[bytes], ready: int, paths: Paths) -> None:
        self._process = process
        self._ready = ready
        self._paths = paths

    @property
    def pid(self) -> int:
        """Process id of the engine that was started."""
        return self._process.pid

    def wait(self, limit_s: float = START_LIMIT_S) -> None:
        """Block until the engine is ready, or another desk's was quicker: then that is the one to attach to.

        Raises DeskError with the engine's reason when it is not.
        """
        said = b""
        deadline = time.monotonic() + limit_s
        try:
            while not said.startswith(READY):
                left = deadline - time.monotonic()
                readable, _, _ = select.select([self._ready], [], [], max(0.0, left))
                if not readable:
                    raise DeskError(
                        f"expected the engine (pid {self.pid}) within {limit_s:.0f} s, found it still starting",
                        where=str(self._paths.log),
                        remedy="look at its log; `desk status` tells when it is up",
                    )
                chunk = os.read(self._ready, 65536)
                if not chunk:
                    break
                said += chunk
        finally:
            os.close(self._ready)
        if said.startswith(READY):
            return
        code = self._process.wait()
        if code == EXIT_ALREADY_RUNNING and holder(self._paths.lock) is not None:
            return
        words = said.decode("utf-8", "replace").strip() or f"it ended with code {code} before its socket was open"
        message, _, remedy = words.partition("\n→ ")
        raise DeskError(
            message, remedy=remedy or f"its log is {self._paths.log}", exit_code=code if code > 0 else EXIT_FAILED
        )


def start_engine(paths: Paths, arguments: list[str]) -> Starting:
    """Start `python -m engine` with these arguments, detached from the terminal; its log goes to `paths.log`."""
    paths.create()
    with suppress(OSError):  # one that cannot be put aside grows on
        if paths.log.stat().st_size > LOG_LIMIT:
            paths.log.replace(paths.log.with_name(f"{paths.log.name}.1"))
    reader, writer = os.pipe()
    log = os.open(paths.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine", "--ready-fd", str(writer), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(writer,),
            start_new_session=True,
            cwd="/",
        )
    finally:
        os.close(writer)
        os.close(log)
    return Starting(process, reader, paths)


def engine_arguments(
    *, profile: str, config: Path | None, name: str = "", overrides: tuple[str, ...] = ()
) -> list[str]:
    """Command-line arguments of `python -m engine`; `overrides` are `section.key=value` settings."""
    assert profile in PROFILES
    arguments = ["--profile", profile]
    if config is not None:
        arguments += ["--config", str(config.absolute())]
    if name:
        arguments += ["--name", name]
    for override in overrides:
        arguments += ["--set", override]
    return arguments
