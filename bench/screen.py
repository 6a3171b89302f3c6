"""The desk in a pseudo-terminal, fed by a made-up engine: what the screen costs and how fast its keys are.

Two real processes: an engine that sends frames over a Unix socket, and the desk drawing 200×50 on a pty that this
process drains. Keys are written to the pty every 40 ms.
`key` is key written → its action entered; `key_to_paint` is key written → its effect seen in the output.
Run it alone: `python -m bench.screen`.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import Final

import psutil

COLUMNS, ROWS = 200, 50
POSTS_PER_S: Final = 1_000
LOAD_S: Final = 5.0
IDLE_S: Final = 5.0
_KEY_EVERY_S = 0.04
_START_LIMIT_S = 20.0
_KEYS = (b"j", b"GOOG"), (b"k", b"TSLA")
"""Keys that move the cursor in the gauges, and the row each brings it to."""
_FRAME = re.compile(rb"\x1b\[\?2026h")
"""Textual begins every frame with a synchronised update where the terminal says it can."""
_ROOT = Path(__file__).resolve().parents[1]


class Terminal:
    """A desk on a pty; everything it writes is read here."""

    def __init__(self, socket: Path) -> None:
        self.controller, terminal = pty.openpty()
        fcntl.ioctl(self.controller, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        environment.pop("SSH_CONNECTION", None)
        self.entered, entered = os.pipe()
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.screen", str(socket), str(entered)],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            pass_fds=(entered,),
            cwd=_ROOT,
            env=environment,
        )
        os.close(terminal)
        os.close(entered)
        self._watch = psutil.Process(self.process.pid)

    def read(self, seconds: float) -> bytes:
        """What comes within `seconds`; returns at the first piece."""
        ready, _, _ = select.select([self.controller], [], [], max(0.0, seconds))
        return os.read(self.controller, 1 << 16) if ready else b""

    def read_until(self, mark: bytes, limit_s: float) -> float:
        """Seconds until `mark` was written. Raises TimeoutError when it was not within `limit_s`."""
        began, seen = time.perf_counter(), b""
        while (passed := time.perf_counter() - began) < limit_s:
            seen = (seen + self.read(limit_s - passed))[-(1 << 18) :]
            if mark in seen:
                return time.perf_counter() - began
        raise TimeoutError(f"expected {mark!r} on the screen within {limit_s:g} s, found {seen[-200:]!r}")

    def drain(self, seconds: float) -> bytes:
        """Everything written within `seconds`."""
        end, pieces = time.perf_counter() + seconds, []
        while (left := end - time.perf_counter()) > 0:
            pieces.append(self.read(left))
        return b"".join(pieces)

    def cpu_s(self) -> float:
        """Processor time the desk has used."""
        used = self._watch.cpu_times()
        return float(used.user + used.system)

    def memory_mb(self) -> float:
        """Resident memory."""
        return float(self._watch.memory_info().rss) / 2**20

    def close(self) -> None:
        """End the desk."""
        self.process.kill()
        self.process.wait()
        os.close(self.controller)
        os.close(self.entered)


def run() -> dict[str, float]:
    """Figures of one run of about 15 s: start, CPU share, key latencies, bytes, idle frames."""
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        socket = Path(folder) / "engine.sock"
        engine = subprocess.Popen(
            [
                sys.executable, "-m", "tests.desk.fake_engine", "--socket", str(socket), "--rate", str(POSTS_PER_S),
                "--seconds", str(LOAD_S + 1.5), "--tickets", "0", "--then-idle",
            ],
            cwd=_ROOT, stdout=subprocess.PIPE,
        )  # fmt: skip
        try:
            assert engine.stdout is not None
            engine.stdout.readline()
            terminal = Terminal(socket)
            try:
                return _measure(terminal)
            finally:
                terminal.close()
        finally:
            engine.kill()
            engine.wait()


def _measure(terminal: Terminal) -> dict[str, float]:
    terminal.read_until(b"GAUGES", _START_LIMIT_S)
    first_paint = time.perf_counter() - terminal.started
    terminal.read_until(b"SIMULATED", _START_LIMIT_S)
    attached = time.perf_counter() - terminal.started
    terminal.drain(0.5)
    memory_before = terminal.memory_mb()
    loaded = _under_load(terminal)
    memory_after = terminal.memory_mb()
    terminal.drain(2.0)
    cpu = terminal.cpu_s()
    idle = terminal.drain(IDLE_S)
    return {
        "start_to_first_paint_ms": round(first_paint * 1000),
        "start_to_data_ms": round(attached * 1000),
        **loaded,
        "memory_mb": round(memory_after, 1),
        "memory_growth_mb": round(memory_after - memory_before, 1),
        "idle_frames_5s": len(_FRAME.findall(idle)) if _FRAME.search(idle) else float(bool(idle)),
        "idle_bytes_5s": len(idle),
        "idle_cpu_pct": round((terminal.cpu_s() - cpu) / IDLE_S * 100, 2),
    }


def _under_load(terminal: Terminal) -> dict[str, float]:
    """The cursor goes down and up the gauges while posts pour in; a key is answered when its row shows the mark."""
    os.write(terminal.controller, b"l")
    terminal.drain(0.5)
    cpu, began = terminal.cpu_s(), time.perf_counter()
    latencies, entered, size = [], [], 0
    while time.perf_counter() - began < LOAD_S:
        key, symbol = _KEYS[len(latencies) % 2]
        mark = re.compile(rb"\xe2\x96\x8c(?:\x1b\[[0-9;]*m)*" + symbol)
        size += len(terminal.drain(_KEY_EVERY_S))
        os.write(terminal.controller, key)
        pressed, seen = time.perf_counter(), b""
        while not mark.search(seen) and time.perf_counter() - pressed < 2.0:
            seen += terminal.read(0.5)
        latencies.append((time.perf_counter() - pressed) * 1000)
        entered.append((struct.unpack("d", os.read(terminal.entered, 8))[0] - pressed) * 1000)
        size += len(seen)
    seconds = time.perf_counter() - began
    return {
        "posts_per_s": POSTS_PER_S,
        "cpu_pct": round((terminal.cpu_s() - cpu) / seconds * 100, 1),
        "keys": len(latencies),
        "key_p50_ms": _quantile(entered, 0.50),
        "key_p99_ms": _quantile(entered, 0.99),
        "key_to_paint_p50_ms": _quantile(latencies, 0.50),
        "key_to_paint_p99_ms": _quantile(latencies, 0.99),
        "kb_per_s": round(size / seconds / 1000, 1),
    }


def _quantile(values: list[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))], 1)


def _desk(socket: Path, entered: int) -> None:
    """The desk itself, in its own process: it tells the harness when the action of a key began."""
    from desk.app import run as run_desk
    from engine.config.schema import ScreenConfig
    from widgets.gauges import Gauges

    move = Gauges.move

    def timed(gauges: Gauges, rows: int) -> None:
        os.write(entered, struct.pack("d", time.perf_counter()))
        move(gauges, rows)

    Gauges.move = timed  # type: ignore[method-assign]
    run_desk(socket, ScreenConfig(fps="15"))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _desk(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        print(json.dumps(run(), indent=2))
