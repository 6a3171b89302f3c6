"""Real engine processes for tests: started like a supervisor would, asked over the real socket, always ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from desk.client import Client
from engine.errors import DeskError
from engine.model.frames import Command, Reply, Snapshot
from tests.program import REPLAYING

ROOT = Path(__file__).resolve().parents[3]


class EngineProcess:
    """One `desk autopilot`-like engine in its own directory."""

    def __init__(self, home: Path, *, profile: str = "simulated", env: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.profile = profile
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DESK_")},
            "DESK_ENGINE__STATE_DIR": str(home),
            "DESK_ENGINE__RUNTIME_DIR": str(home / "run"),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "",
            **(env or {}),
        }
        self.program: tuple[str, ...] = (sys.executable, "-m", "engine")
        """What is run; `--profile` and the arguments of `start` follow."""
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.home / "run" / f"{self.profile}.sock"

    @property
    def journal(self) -> Path:
        replay = "-replay" if self.env.get("DESK_FEEDS__POSTS") == "replay" else ""
        return self.home / f"{self.profile}{replay}.journal"

    @property
    def kill_file(self) -> Path:
        return self.home / "run" / "KILL"

    @property
    def log(self) -> str:
        return (self.home / "test.log").read_text(encoding="utf-8", errors="replace")

    def start(self, *arguments: str, wait: bool = True) -> EngineProcess:
        """Start `python -m engine`; with `wait`, return once its socket answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "test.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.program, "--profile", self.profile, *arguments],
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if wait:
            until(lambda: self._answers() or self._died(), f"the engine's socket\n{self.log}")
        return self

    def _died(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the engine ended with {self.process.returncode}:\n{self.log}")
        return False

    def _answers(self) -> bool:
        if not self.socket.exists():
            return False
        with contextlib.suppress(DeskError):
            self.snapshot()
            return True
        return False

    def snapshot(self) -> Snapshot:
        async def ask() -> Snapshot:
            async with Client(self.socket) as client:
                return await client.snapshot()

        return asyncio.run(ask())

    def command(self, command: Command) -> Reply:
        async def ask() -> Reply:
            async with Client(self.socket) as client:
                return await client.command(command)

        return asyncio.run(ask())

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, limit_s: float = 15.0) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(limit_s)

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)


@contextlib.contextmanager
def ending(engine: EngineProcess) -> Iterator[EngineProcess]:
    """Whatever happens, the process is gone after."""
    try:
        yield engine
    finally:
        if engine.process is not None and engine.process.poll() is None:
            engine.kill()


def until(condition: Callable[[], object], what: str, limit_s: float = 20.0) -> None:
    """Wait for a condition of a real process; fail by name."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit_s:.0f} s for {what}")
        time.sleep(0.05)


def replaying(home: Path, recording: Path, speed: float) -> EngineProcess:
    """An engine on a simulated venue that plays a recording."""
    return EngineProcess(home, env={**once(recording), "DESK_REPLAY__SPEED": str(speed)})


def once(recording: Path) -> dict[str, str]:
    """Settings that play a recording as fast as possible."""
    return {**REPLAYING, "DESK_REPLAY__PATH": str(recording), "DESK_REPLAY__SPEED": "0"}
