"""A real terminal: a tmux server of its own, with one shell in it. What stands on the screen is read back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

TMUX = shutil.which("tmux")
LIMIT_S = 40.0
POLL_S = 0.05

Condition = str | Callable[[str], object]


class Terminal:
    """One window of columns × rows. `close` it."""

    def __init__(self, folder: Path, size: tuple[int, int], environment: Mapping[str, str]) -> None:
        """`environment` is all that the shell knows; programs it starts run in `folder`."""
        self._server = str(folder / "tmux.sock")
        given = {name: value for name, value in environment.items() if name not in ("TMUX", "COLUMNS", "LINES")}
        self._environment = {**given, "PS1": "$ ", "LC_ALL": "C.UTF-8"}
        columns, rows = map(str, size)
        self._run(
            "-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, "-c", str(folder), "sh"
        )  # fmt: skip

    def _run(self, *arguments: str) -> str:
        assert TMUX is not None
        done = subprocess.run(
            [TMUX, "-u", "-S", self._server, *arguments],
            env=self._environment,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        return done.stdout

    def type(self, text: str) -> None:
        """Characters as a hand types them."""
        self._run("send-keys", "-l", text)

    def key(self, name: str) -> None:
        """One key by its tmux name."""
        self._run("send-keys", name)

    def paste(self, text: str) -> None:
        """A bracketed paste."""
        self._run("set-buffer", text)
        self._run("paste-buffer", "-p")

    def resize(self, columns: int, rows: int) -> None:
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self, *, styled: bool = False) -> str:
        """What stands on the screen, with its escape codes if asked."""
        return self._run("capture-pane", "-p", *(["-e"] if styled else []))

    def wait(self, condition: Condition, limit_s: float = LIMIT_S) -> str:
        """The screen once it shows a text or meets a condition. AssertionError with the screen when it does not."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            screen = self.screen()
            if _holds(condition, screen):
                return screen
            time.sleep(POLL_S)
        raise AssertionError(f"expected {condition!r} on the screen, found\n{self.screen()}")

    def press(self, key: str, condition: Condition, *, every_s: float = 1.5) -> str:
        """Press a key until it has had its effect: keys that come too soon after a change are ignored on purpose."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            self.key(key)
            again = min(end, time.monotonic() + every_s)
            while time.monotonic() < again:
                screen = self.screen()
                if _holds(condition, screen):
                    return screen
                time.sleep(POLL_S)
        raise AssertionError(f"expected {condition!r} after the key {key}, found\n{self.screen()}")

    def stall(self) -> None:
        """Stop reading what programs write, as a frozen terminal or a dead SSH connection does."""
        os.kill(self._pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Read again."""
        os.kill(self._pid, signal.SIGCONT)

    def close(self) -> None:
        """Close the window as a person does: whatever runs in it loses its terminal."""
        self._run("kill-server")

    @property
    def _pid(self) -> int:
        if not hasattr(self, "_server_pid"):
            self._server_pid = int(self._run("display-message", "-p", "#{pid}"))
        return self._server_pid


def _holds(condition: Condition, screen: str) -> object:
    return condition in screen if isinstance(condition, str) else condition(screen)
