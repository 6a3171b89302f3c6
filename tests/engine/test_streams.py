"""Programs that are started with standard streams closed: nothing of theirs gets those numbers."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.kernel.process import EngineProcess, ending
from tests.program import REPLAYING, command, environment

CLOSED = [closed for size in (1, 2, 3) for closed in itertools.combinations((0, 1, 2), size)]


def shell(arguments: list[str], closed: tuple[int, ...]) -> list[str]:
    """The same command with those streams closed."""
    return ["sh", "-c", 'exec "$@" ' + " ".join(f"{number}>&-" for number in closed), "sh", *arguments]


@pytest.mark.parametrize("closed", CLOSED, ids=str)
def test_every_number_leads_to_the_null_device(closed: tuple[int, ...]) -> None:
    code = (
        "import os, sys\n"
        "from engine.streams import open_closed_streams\n"
        "open_closed_streams()\n"
        "null = os.stat(os.devnull)\n"
        f"assert all(os.path.samestat(os.fstat(number), null) for number in {closed!r})\n"
        "assert os.open('.', os.O_RDONLY) > 2\n"
        "sys.stdin.read(), print('x', flush=True), print('y', file=sys.stderr, flush=True)\n"
    )
    arguments = shell([sys.executable, "-c", code], closed)
    found = subprocess.run(
        arguments, cwd=Path(__file__).parents[2], input="", capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert (found.stdout, found.stderr) == ("" if 1 in closed else "x\n", "" if 2 in closed else "y\n")


@pytest.mark.parametrize("arguments", [("keys", "list"), ("journal", "show"), ("follow",)], ids=str)
def test_a_verb_with_closed_streams_is_no_traceback(home: Path, arguments: tuple[str, ...]) -> None:
    found = subprocess.run(
        shell(command(*arguments), (0, 1)), env=environment(home), cwd=home, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in found.stderr
    assert found.returncode in (0, 3, 6)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are not to be seen here")
@pytest.mark.timeout(120)
def test_an_engines_log_goes_into_no_file_of_its_own(home: Path) -> None:
    """Started by a daemon without streams: its lock must hold its pid, and not log lines."""
    engine = EngineProcess(home, env={**REPLAYING, "DESK_REPLAY__SPEED": "1"})
    engine.program = tuple(shell(list(engine.program), (0, 1, 2)))
    with ending(engine):
        engine.start()
        assert engine.process is not None
        pid = engine.process.pid
        for number in (0, 1, 2):
            assert Path(f"/proc/{pid}/fd/{number}").readlink() == Path(os.devnull)
        told = (home / "run" / "simulated.lock").read_text().splitlines()
        assert told == [str(pid), str(home / "simulated-replay.journal")]
        assert engine.stop() == 0
