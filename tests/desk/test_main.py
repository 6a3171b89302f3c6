"""The entry of the command `desk`: Ctrl-C at any moment ends it quietly."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK
from tests.program import REPLAYING, environment

INTERRUPTED_AT = """
import runpy
import sys


class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt


sys.meta_path.insert(0, CtrlC())
sys.argv = ["desk", "status"]
"""
BEGUN = {
    "the console script": "from desk.__main__ import main\nmain()\n",
    "python -m desk": "runpy.run_module('desk', run_name='__main__', alter_sys=True)\n",
}


@pytest.mark.parametrize("begun", BEGUN)
@pytest.mark.parametrize(
    "module", ["desk.command_line", "click", "engine.errors", "desk.commands.verbs", "tomllib", "desk.client"]
)
def test_ctrl_c_while_something_is_imported(home: Path, module: str, begun: str) -> None:
    code = INTERRUPTED_AT.format(module=module) + BEGUN[begun]
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment(home), cwd=home, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout, found.stderr.strip()) == (EXIT_INTERRUPTED, "", "")


SIGNALLED_AT = """
import os
import runpy
import sys


class Signal:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), {number:d})


sys.meta_path.insert(0, Signal())
sys.argv = ["desk", *{arguments!r}]
"""
PLAYING = ("autopilot", "--profile", "simulated")


@pytest.mark.parametrize("begun", BEGUN)
@pytest.mark.parametrize(
    ("module", "arguments", "number", "code"),
    [
        *(
            (module, PLAYING, number, EXIT_OK)
            for module in ("desk.command_line", "desk.commands.run", "engine.config", "engine.kernel.kernel")
            for number in (signal.SIGTERM, signal.SIGINT)
        ),
        ("click", ("replay",), signal.SIGINT, EXIT_INTERRUPTED),
        ("click", ("replay",), signal.SIGTERM, EXIT_FAILED),
        ("click", ("status",), signal.SIGINT, EXIT_INTERRUPTED),
        ("click", ("status",), signal.SIGTERM, -signal.SIGTERM),
    ],
)
def test_who_ends_an_engine_that_starts_gets_the_code_of_one_that_runs(
    home: Path, begun: str, module: str, arguments: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    """And its journal tells the start and the stop; a verb ends like any command."""
    program = SIGNALLED_AT.format(module=module, number=number, arguments=arguments) + BEGUN[begun]
    settings = {**REPLAYING, "DESK_REPLAY__SPEED": "1"} if arguments is PLAYING else {}
    found = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(home, settings), cwd=home, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (found.returncode, "Traceback" in found.stderr) == (code, False), found.stderr
    if arguments is PLAYING:
        assert f"stopped: {number.name}" in found.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_engine_by_itself_too(home: Path, number: signal.Signals) -> None:
    program = SIGNALLED_AT.format(module="engine.core_dumps", number=number, arguments=("--profile", "simulated"))
    begun = "runpy.run_module('engine', run_name='__main__', alter_sys=True)\n"
    found = subprocess.run(
        [sys.executable, "-c", program + begun], env=environment(home, {**REPLAYING, "DESK_REPLAY__SPEED": "1"}),
        cwd=home, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (found.returncode, "Traceback" in found.stderr) == (EXIT_OK, False), found.stderr
    assert f"stopped: {number.name}" in found.stderr


def test_nothing_is_imported_before_ctrl_c_can_be_taken() -> None:
    code = "import sys; before = set(sys.modules); import desk.__main__; print(*sorted(set(sys.modules) - before))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["desk", "desk.__main__"]
