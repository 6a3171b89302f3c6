"""The desk in a pseudo-terminal, every view in turn: what the screen costs and how fast its keys are.

Two real processes: a source of frames that speaks the control socket's protocol (`bench.screen_source`), and the desk,
200×50 on a pty that this process drains and types on. Each view is opened with its own key and then asked to move its
cursor every 40 to 80 ms while posts pour in, at 1,000 and 10,000 posts/s with 5, 50 and 500 symbols. Then the load
ends, and each view is left alone, with nothing pending.

`key` is key written → its action entered. `paint` is key written → the row it chose seen in the output, on the desk.
A frame is one synchronised update, as Textual writes them where the terminal says it can.

`python -m bench.screen` takes about six minutes and prints a line per view; `--quick` takes one. Run it alone.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import random
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

COLUMNS, ROWS = 200, 50
RATES: Final = (1_000, 10_000)
"""Posts a second."""
SYMBOLS: Final = (5, 50, 500)
VIEWS: Final = {
    "desk": b"1", "ticket": b"2", "symbol": b"3", "posts": b"4", "orders": b"5", "risk": b"6", "feeds": b"7",
    "ledger": b"8", "journal": b"9", "help": b"?",
}  # fmt: skip
"""Views with the key that opens each; help stands over the last."""
_LOAD_S, _QUICK_LOAD_S = 2.5, 1.0
"""Seconds each view is watched under load."""
_IDLE_S, _QUICK_IDLE_S = 5.0, 2.5
"""Seconds each view is left alone; the desk itself always for five, as its budget says."""
_KEY_AFTER_S = (0.04, 0.08)
"""Between two keys, drawn anew for each: at a steady pace they would keep in step with the frames, 15 a second, and all
of a view's keys would come in the same moment of a frame."""
_START_LIMIT_S = 30.0
_ROW = re.compile(rb"\xe2\x96\x8c(?:\x1b\[[0-9;]*m)*(\w+)")
"""The mark of a focused panel's cursor, and the word behind it."""
_FRAME = re.compile(rb"\x1b\[\?2026h")
_ASKS = b"\x1b[?2026$p"
"""The desk asks whether the terminal can show a frame at once."""
_CAN = b"\x1b[?2026;2$y"
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Seen:
    """One view, watched for a while. Times in ms, shares in percent of one core."""

    view: str
    posts_per_s: int
    symbols: int
    cpu_pct: float
    frames_per_s: float
    kb_per_s: float
    keys: tuple[float, ...]
    """Key written → action entered, each."""
    paints: tuple[float, ...] = ()
    """Key written → its row seen, each; only on the desk."""

    def line(self) -> str:
        """The row of the printed table."""
        return (
            f"{self.posts_per_s:>7,} {self.symbols:>7} {self.view:<8} {self.cpu_pct:>6.1f} {self.frames_per_s:>8.1f}"
            f" {self.kb_per_s:>7.0f} {quantile(self.keys, 0.5):>8.1f} {quantile(self.keys, 0.99):>8.1f}"
        )


HEAD: Final = "posts/s symbols view      CPU %  frames/s    KB/s  key p50  key p99"


class Terminal:
    """A desk on a pty; everything it writes is read here."""

    def __init__(self, folder: Path) -> None:
        self.controller, terminal = pty.openpty()
        fcntl.ioctl(self.controller, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        environment.pop("SSH_CONNECTION", None)
        self.entered, entered = os.pipe()
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.screen", "--desk", str(folder), str(entered)],
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

    def write(self, keys: bytes) -> None:
        """Type."""
        os.write(self.controller, keys)

    def read(self, seconds: float) -> bytes:
        """What comes within `seconds`; returns at the first piece. Answers what a terminal is asked."""
        ready, _, _ = select.select([self.controller], [], [], max(0.0, seconds))
        if not ready:
            return b""
        found = os.read(self.controller, 1 << 16)
        if _ASKS in found:
            self.write(_CAN)
        return found

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

    def action_at(self, limit_s: float) -> tuple[float | None, bytes]:
        """When the next key's action was entered, and what was written meanwhile; None when it was not in time."""
        end, pieces = time.perf_counter() + limit_s, []
        while (left := end - time.perf_counter()) > 0:
            ready, _, _ = select.select([self.controller, self.entered], [], [], left)
            if self.controller in ready:
                pieces.append(self.read(0))
            if self.entered in ready:
                found: float = struct.unpack("d", os.read(self.entered, 8))[0]
                return found, b"".join(pieces)
        return None, b"".join(pieces)

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


def run(*, quick: bool = False, told: bool = False) -> dict[str, float]:
    """Figures of one run: those of the desk at 1,000 posts/s with 5 symbols by plain names, the worst of every view
    under `every_view_*`, each view's own under `<posts/s>_<symbols>_<view>_*`. `told` prints a line per view."""
    found: list[Seen] = []
    figures: dict[str, float] = {}
    if told:
        print(HEAD)
    cases = [(rate, symbols) for symbols in SYMBOLS for rate in RATES]
    for rate, symbols in (cases[0], cases[-1]) if quick else cases:
        seen, more = _case(rate, symbols, quick=quick, idle=(rate, symbols) == cases[-1])
        found += seen
        figures = more | figures
        if told:
            print("\n".join(each.line() for each in seen), flush=True)
    return figures | _figures(found)


def _figures(found: list[Seen]) -> dict[str, float]:
    desk = next(each for each in found if each.view == "desk")
    figures = {
        "posts_per_s": float(desk.posts_per_s),
        "cpu_pct": desk.cpu_pct,
        "keys": float(len(desk.keys)),
        "key_p50_ms": quantile(desk.keys, 0.5),
        "key_p99_ms": quantile(desk.keys, 0.99),
        "key_to_paint_p50_ms": quantile(desk.paints, 0.5),
        "key_to_paint_p99_ms": quantile(desk.paints, 0.99),
        "kb_per_s": desk.kb_per_s,
        "frames_per_s": desk.frames_per_s,
        "every_view_cpu_pct": max(each.cpu_pct for each in found),
        "every_view_key_p50_ms": max(quantile(each.keys, 0.5) for each in found),
        "every_view_key_p99_ms": quantile([key for each in found for key in each.keys], 0.99),
        "every_view_frames_per_s": max(each.frames_per_s for each in found),
    }
    for each in found:
        name = f"{each.posts_per_s}_{each.symbols}_{each.view}"
        figures |= {
            f"{name}_cpu_pct": each.cpu_pct,
            f"{name}_key_p50_ms": quantile(each.keys, 0.5),
            f"{name}_key_p99_ms": quantile(each.keys, 0.99),
            f"{name}_frames_per_s": each.frames_per_s,
        }
    return figures


def _case(rate: int, symbols: int, *, quick: bool, idle: bool) -> tuple[list[Seen], dict[str, float]]:
    """One desk at one rate: how it starts, every view under load and, where asked, what it costs when all is quiet."""
    from tests.desk.journaled import write_day

    with tempfile.TemporaryDirectory(prefix="desk-") as name:
        folder = Path(name)
        write_day(folder)
        source = subprocess.Popen(
            [
                sys.executable, "-m", "bench.screen_source", "--socket", str(folder / "engine.sock"),
                "--symbols", str(symbols), "--rate", str(rate),
            ],
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert source.stdin is not None
        assert source.stdout is not None
        try:
            source.stdout.readline()
            terminal = Terminal(folder)
            try:
                terminal.read_until(b"GAUGES", _START_LIMIT_S)
                painted = time.perf_counter() - terminal.started
                terminal.read_until(b"SIMULATED", _START_LIMIT_S)
                figures: dict[str, float] = {
                    "start_to_first_paint_ms": round(painted * 1000.0),
                    "start_to_data_ms": round((time.perf_counter() - terminal.started) * 1000.0),
                }
                terminal.drain(1.0)
                before = terminal.memory_mb()
                source.stdin.write(b"go\n")
                source.stdin.flush()
                seconds = _QUICK_LOAD_S if quick else _LOAD_S
                found = [_watch(terminal, view, rate, symbols, seconds) for view in VIEWS]
                figures |= {
                    "memory_mb": round(terminal.memory_mb(), 1),
                    "memory_growth_mb": round(terminal.memory_mb() - before, 1),
                }
                source.stdin.write(b"stop\n")
                source.stdin.flush()
                if idle:
                    figures |= _idle(terminal, _QUICK_IDLE_S if quick else _IDLE_S)
                return found, figures
            finally:
                terminal.close()
        finally:
            source.stdin.close()
            source.kill()
            source.wait()


def _open(terminal: Terminal, view: str) -> None:
    """Open a view with its key, and wait until it stands."""
    if view == "desk":
        terminal.write(b"1")
        terminal.drain(0.3)
        terminal.write(b"l")
    else:
        terminal.write(VIEWS[view])
    terminal.drain(0.7)


def _watch(terminal: Terminal, view: str, rate: int, symbols: int, seconds: float) -> Seen:
    """The cursor goes down and up in one view while posts pour in."""
    _open(terminal, view)
    cpu, began = terminal.cpu_s(), time.perf_counter()
    keys: list[float] = []
    paints: list[float] = []
    written: list[bytes] = []
    pauses = random.Random(view)
    while time.perf_counter() - began < seconds:
        written.append(terminal.drain(pauses.uniform(*_KEY_AFTER_S)))
        key, row = ((b"j", b"GOOG"), (b"k", b"TSLA"))[len(keys) % 2]
        pressed = time.perf_counter()
        terminal.write(key)
        at, seen = terminal.action_at(2.0)
        keys.append(2000.0 if at is None else (at - pressed) * 1000)
        if view == "desk":
            while row not in _ROW.findall(seen) and time.perf_counter() - pressed < 2.0:
                seen += terminal.read(0.5)
            paints.append((time.perf_counter() - pressed) * 1000)
        written.append(seen)
    passed, output = time.perf_counter() - began, b"".join(written)
    used = terminal.cpu_s() - cpu
    if view == "help":
        terminal.write(b"\x1b")
        terminal.drain(0.5)
    return Seen(
        view, rate, symbols, round(used / passed * 100, 1), round(len(_FRAME.findall(output)) / passed, 1),
        round(len(output) / passed / 1000, 1), tuple(keys), tuple(paints),
    )  # fmt: skip


def _idle(terminal: Terminal, seconds: float) -> dict[str, float]:
    """What each view costs when nothing comes; the desk for five seconds, as its budget says."""
    terminal.write(b"1")
    terminal.drain(2.5)
    figures: dict[str, float] = {}
    frames, shares = [], []
    for view in VIEWS:
        _open(terminal, view)
        terminal.drain(0.8)
        cpu, watched = terminal.cpu_s(), 5.0 if view == "desk" else seconds
        output = terminal.drain(watched)
        shares.append((terminal.cpu_s() - cpu) / watched * 100)
        frames.append(len(_FRAME.findall(output)) / watched * 5)
        if view == "desk":
            figures = {
                "idle_frames_5s": float(len(_FRAME.findall(output))),
                "idle_bytes_5s": float(len(output)),
                "idle_cpu_pct": round(shares[-1], 2),
            }
        figures[f"idle_{view}_cpu_pct"], figures[f"idle_{view}_frames_5s"] = round(shares[-1], 2), round(frames[-1], 1)
    return figures | {"every_view_idle_cpu_pct": round(max(shares), 2), "every_view_idle_frames_5s": max(frames)}


def quantile(values: list[float] | tuple[float, ...], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))], 1) if values else 0.0


def _desk(folder: Path, entered: int) -> None:
    """The desk itself, in its own process: it tells the harness when the action of a key began."""
    from desk.app import run as run_desk
    from desk.screens.help import Help
    from desk.screens.view import ViewScreen
    from engine.config import ScreenConfig
    from tests.desk.journaled import paths_of

    for screen in (ViewScreen, Help):
        for name in ("action_down", "action_up"):
            setattr(screen, name, _telling(getattr(screen, name), entered))
    run_desk(folder / "engine.sock", ScreenConfig(fps="15"), paths=paths_of(folder))


def _telling(action: object, entered: int) -> object:
    """The action, which first writes the time down."""

    def told(screen: object) -> None:
        os.write(entered, struct.pack("d", time.perf_counter()))
        action(screen)  # type: ignore[operator]

    return told


def main() -> None:
    """Print a line per view, then every figure as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.screen", description="Measure every view in a terminal.")
    parser.add_argument("--quick", action="store_true", help="only the least and the most, shorter looks")
    parser.add_argument("--desk", nargs=2, metavar=("FOLDER", "PIPE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.desk:
        _desk(Path(given.desk[0]), int(given.desk[1]))
    else:
        print(json.dumps(run(quick=given.quick, told=True), indent=2))


if __name__ == "__main__":
    main()
