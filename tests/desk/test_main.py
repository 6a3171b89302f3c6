"""The entry of the command `desk`: Ctrl-C at any moment ends it quietly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EXIT_INTERRUPTED
from tests.program import environment

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


def test_nothing_is_imported_before_ctrl_c_can_be_taken() -> None:
    code = "import sys; before = set(sys.modules); import desk.__main__; print(*sorted(set(sys.modules) - before))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["desk", "desk.__main__"]
