"""A terminal that only listens: a pseudo-terminal with one program on it, and every byte that the program wrote."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60.0
QUIET_S = 0.3
"""A program that has written nothing for this long has drawn what it will."""

_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])", re.DOTALL)
"""One control sequence (ECMA-48 5.4): CSI; OSC, DCS, SOS, PM or APC up to its end; any other escape."""


class RawTerminal:
    """Columns × rows. `close` it, or use it as a context; what runs on it then loses its terminal."""

    def __init__(
        self, command: Sequence[str], size: tuple[int, int] = (120, 40), environment: Mapping[str, str] | None = None
    ) -> None:
        self._controller, terminal = pty.openpty()
        self._resize(terminal, *size)
        self.modes = termios.tcgetattr(terminal)
        """How the terminal stood before the program began."""
        self.terminal = terminal
        self.written = b""
        """Every byte since the beginning."""
        self.process = subprocess.Popen(
            command,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - nothing else runs in threads yet
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def send(self, keys: str | bytes) -> None:
        """Write to the program as a keyboard does."""
        os.write(self._controller, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, columns: int, rows: int) -> None:
        """Another size; the program is told by SIGWINCH."""
        self._resize(self._controller, columns, rows)

    def wait(self, words: str, since: int = 0) -> int:
        """Read until the program has written some words after the `since`-th byte; how many bytes there are then."""
        end = time.monotonic() + LIMIT_S
        while words.encode() not in (seen := plain(self.written[since:])):
            left_s = end - time.monotonic()
            assert left_s > 0 and self._read(left_s), f"expected {words!r}, found {seen[-500:]!r}"
        return len(self.written)

    def rest(self) -> int:
        """Read until the program writes nothing any more; how many bytes there are then."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end and self._read(QUIET_S):
            pass
        return len(self.written)

    def ended(self) -> int:
        """Read until the program has ended; its exit code."""
        end = time.monotonic() + LIMIT_S
        while self.process.poll() is None and time.monotonic() < end:
            self._read(0.1)
        while self._read(0.0):
            pass
        assert self.process.returncode is not None, f"it still runs: {plain(self.written)[-500:]!r}"
        return self.process.returncode

    def hang_up(self) -> None:
        """The window is closed: the system sends SIGHUP to what runs in it."""
        os.close(self.terminal)
        os.close(self._controller)
        self._controller = self.terminal = -1

    def close(self) -> None:
        """End the program and give the pseudo-terminal back."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._controller >= 0:
            self.hang_up()

    def _read(self, wait_s: float) -> bool:
        """Take in what has been written; False when nothing came within the time."""
        ready, _, _ = select.select([self._controller], [], [], max(0.0, wait_s))
        if ready:
            self.written += os.read(self._controller, 1 << 16)
        return bool(ready)

    @staticmethod
    def _resize(descriptor: int, columns: int, rows: int) -> None:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def sequences(written: bytes) -> list[bytes]:
    """Every control sequence, in order."""
    return _SEQUENCE.findall(written)


def plain(written: bytes) -> bytes:
    """What is left of it to be read."""
    return _SEQUENCE.sub(b"", written)
