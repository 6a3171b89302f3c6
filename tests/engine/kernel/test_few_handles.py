"""An engine that may open few files, and programs that leak connections to it: it is heard all the same."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.errors import EXIT_OK
from engine.model import TradingState
from engine.paths import view_socket
from tests.engine.kernel.process import EngineProcess, until
from tests.program import call

FILES = 128


@pytest.fixture
def leaks() -> Iterator[ExitStack]:
    with ExitStack() as closed:
        yield closed


def leak(path: Path, leaks: ExitStack) -> None:
    """Twice as many connections as files."""
    for _ in range(FILES):
        connection = leaks.enter_context(socket.socket(socket.AF_UNIX))
        connection.settimeout(10)
        connection.connect(str(path))


def test_a_kill_gets_through_by_its_socket(engine: EngineProcess, leaks: ExitStack) -> None:
    """asyncio had taken as many as wait in one turn, and where handles ended it tried and logged without end."""
    engine.start()
    assert engine.process is not None
    resource.prlimit(engine.process.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
    for path in (engine.socket, view_socket(engine.socket)):
        leak(path, leaks)
    until(engine._answers, "those that are silent for a second to make way")
    killed = call(engine.home, "kill", "--profile", "simulated", settings=engine.env)
    assert killed.returncode == EXIT_OK and killed.stdout.startswith("HALTED: entries are being cancelled")
    assert engine.snapshot().status.state is TradingState.HALTED
    assert len(list(Path(f"/proc/{engine.process.pid}/fd").iterdir())) < FILES * 3 // 4
    assert "out of system resource" not in engine.log


def test_where_handles_end_it_goes_on_once_there_are_some(engine: EngineProcess, leaks: ExitStack) -> None:
    engine.start()
    assert engine.process is not None
    soft, hard = resource.prlimit(engine.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(engine.process.pid, resource.RLIMIT_NOFILE, (3, hard))
    connection = leaks.enter_context(socket.socket(socket.AF_UNIX))
    connection.connect(str(engine.socket))
    until(lambda: "out of system resource" in engine.log, "the end of its handles")
    resource.prlimit(engine.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
    until(engine._answers, "its socket again")
    assert engine.log.count("out of system resource") < 20
