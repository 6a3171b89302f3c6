"""How long a person waits: for help, for a desk that attaches to a running engine, for a desk that starts its engine.

Each is a fresh process, on a pseudo-terminal where there is a screen, timed from its start: `first paint` is the first
panel drawn, `data` the profile's name in the status bar, which comes with the engine's snapshot.

python -m bench.start
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from bench.machine import empty_interpreter_ms

REPEATS: Final = 5
COLUMNS, ROWS = 200, 50
FIRST_PAINT: Final = b"GAUGES"
DATA: Final = b"SIMULATED"
LIMIT_S: Final = 30.0
_ROOT = Path(__file__).resolve().parents[1]


def environment(home: Path) -> dict[str, str]:
    """This process's environment with the desk's files under `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DESK_", "SSH_", "XDG_"))}
    return kept | {
        "HOME": str(home),
        "DESK_ENGINE__STATE_DIR": str(home),
        "DESK_ENGINE__RUNTIME_DIR": str(home / "run"),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LC_ALL": "C.UTF-8",
    }


def timed(arguments: list[str], home: Path) -> float:
    """Milliseconds a command without a screen takes."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=_ROOT, env=environment(home), check=True, stdout=subprocess.DEVNULL
    )
    return (time.perf_counter() - began) * 1000


def desk(home: Path) -> dict[str, float]:
    """Milliseconds until `desk demo` has drawn, and until it shows data. The desk is killed; its engine stays."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(controller, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "desk", "demo"],
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True, cwd=_ROOT, env=environment(home),
    )  # fmt: skip
    os.close(terminal)
    try:
        seen = b""
        found: dict[str, float] = {}
        while len(found) < 2:
            left = LIMIT_S - (time.perf_counter() - began)
            if not select.select([controller], [], [], max(0.0, left))[0]:
                raise TimeoutError(f"expected a desk within {LIMIT_S:.0f} s, found {seen[-300:]!r}")
            seen += os.read(controller, 1 << 16)
            for name, mark in (("first_paint_ms", FIRST_PAINT), ("data_ms", DATA)):
                if name not in found and mark in seen:
                    found[name] = (time.perf_counter() - began) * 1000
        return found
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def stop_engine(home: Path) -> None:
    """End the demo's engine and wait until it is gone."""
    with suppress(FileNotFoundError, ValueError, ProcessLookupError):
        pid = int((home / "run" / "demo.lock").read_text(encoding="utf-8").split()[0])
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + LIMIT_S
        while (home / "run" / "demo.sock").exists() and time.monotonic() < deadline:
            time.sleep(0.02)


def run(repeats: int = REPEATS) -> dict[str, float]:
    """Best of repeats, in milliseconds; the CPU time of an empty interpreter beside them."""
    rows: list[dict[str, float]] = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(prefix="bench-start") as directory:
            home = Path(directory)
            row = {
                "empty_interpreter_ms": empty_interpreter_ms(),
                "help_ms": timed(["-m", "desk", "--help"], home),
            }
            try:
                row |= {f"cold_{name}": value for name, value in desk(home).items()}
                row |= {f"attach_{name}": value for name, value in desk(home).items()}
            finally:
                stop_engine(home)
            rows.append(row)
    return {name: min(row[name] for row in rows) for name in rows[0]}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
