"""A program of ours that crashes leaves no core file, whatever the shell allows."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CRASH = "import os, resource; {}; print(resource.getrlimit(resource.RLIMIT_CORE)[0], flush=True); os.abort()"


def crash(folder: Path, first: str) -> tuple[int, str]:
    """Run it with core files allowed; the signal that ended it and what it printed."""

    def allow() -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    done = subprocess.run(
        [sys.executable, "-c", CRASH.format(first)], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=allow, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return -done.returncode, done.stdout.strip()


@pytest.mark.parametrize("first", [
    "from engine.core_dumps import forbid_core_dumps; forbid_core_dumps()",
    "import engine.__main__",
])  # fmt: skip
def test_no_core_file_is_left(tmp_path: Path, first: str) -> None:
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("this system allows no core files at all")
    assert crash(tmp_path, first) == (signal.SIGABRT, "1")
    assert list(tmp_path.iterdir()) == []
