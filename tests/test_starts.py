"""What somebody waits for imports what it needs and no more: a package that creeps in costs every start."""

from __future__ import annotations

import subprocess
import sys

import pytest

HELP = """\
import runpy, sys
sys.argv = ["desk", "--help"]
try:
    runpy.run_module("desk", run_name="__main__")
except SystemExit:
    pass
"""
FIRST_FRAME = "import desk.app"
HEADLESS = "import engine.kernel.kernel"
VALUES = {"clock", "config", "errors", "model", "paths"}
"""Rooms that make no process heavy."""
LATER = {"ctypes", "importlib.metadata", "sqlite3"}
"""What only data, a secret or the journal needs."""
ROOMS = {HELP: {"core_dumps", "errors", "memory", "streams"}, FIRST_FRAME: VALUES}


def loaded(code: str) -> set[str]:
    """Names of the modules in memory after `code` has run in a process of its own."""
    tell = "import sys; print('\\nloaded:', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize(
    ("code", "packages"),
    [
        pytest.param(HELP, {"click"}, id="desk --help"),
        pytest.param(
            FIRST_FRAME, {"msgspec", "platformdirs", "rich", "textual", "typing_extensions"}, id="first frame"
        ),
        pytest.param(HEADLESS, {"msgspec", "typing_extensions"}, id="headless start"),
    ],
)
def test_a_start_imports_only(code: str, packages: set[str]) -> None:
    modules = loaded(code) - loaded("")
    ours = {name for name in modules if name.partition(".")[0] in ("desk", "engine", "widgets")}
    assert ours
    foreign = {name.partition(".")[0] for name in modules - ours} - sys.stdlib_module_names
    assert {name for name in foreign if not name.startswith("_")} <= packages
    assert "multiprocessing" not in modules
    if code in ROOMS:
        assert {name.split(".")[1] for name in ours if name.startswith("engine.")} <= ROOMS[code]
        assert not LATER & modules
