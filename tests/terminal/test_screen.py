"""The desk in a real terminal (tmux), attached to a made-up engine in another process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.tmux import TMUX, Terminal

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(TMUX is None, reason="tmux is not installed"),
]


class Opener:
    """Opens terminals and engines, and ends them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "engine.sock"
        self._terminals: list[Terminal] = []
        self._engines: list[subprocess.Popen[str]] = []

    def __call__(self, size: tuple[int, int] = (120, 40), environment: str = "", *options: str) -> Terminal:
        self.engine(*options)
        terminal = Terminal(self._folder, size, os.environ)
        self._terminals.append(terminal)
        desk = f"{sys.executable} -m tests.desk.fake_engine --socket {self._socket} --desk"
        terminal.type(f"cd {ROOT} && {environment} {desk}; echo left with $?\n")
        return terminal

    def engine(self, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.desk.fake_engine", "--socket", str(self._socket), *options]
        engine = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._engines.append(engine)
        assert engine.stdout is not None
        assert "listening" in engine.stdout.readline()
        return engine

    def kill_engine(self) -> None:
        engine = self._engines.pop()
        engine.kill()
        engine.communicate()

    def close(self) -> None:
        for terminal in self._terminals:
            terminal.close()
        while self._engines:
            self.kill_engine()


@pytest.fixture
def open_terminal() -> Iterator[Opener]:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        opener = Opener(Path(folder))
        yield opener
        opener.close()


def test_from_start_to_a_position_and_back_to_the_shell(open_terminal: Opener) -> None:
    terminal = open_terminal((120, 40))
    terminal.wait(lambda screen: "● ACTIVE" in screen and "▲ BUY  TSLA" in screen)
    time.sleep(0.3)  # the guard: keys this soon after a ticket came are ignored on purpose
    terminal.type("y")
    terminal.wait("✓ BUY 26 TSLA: accepted")
    screen = terminal.wait(lambda screen: re.search(r"TSLA +26 +191\.30", screen))
    assert "● filled" in screen
    terminal.type("q")
    terminal.wait("leave the desk; the engine stays")
    screen = terminal.press("q", "left with 0")
    assert "GAUGES" not in screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_nothing_is_torn_at_any_size(open_terminal: Opener, size: tuple[int, int]) -> None:
    terminal = open_terminal(size)
    lines = terminal.wait(lambda screen: "▲ BUY  TSLA" in screen and "? help" in screen).splitlines()
    assert len(lines) == size[1]
    assert lines[-1].startswith(" y confirm")
    heads = [line for line in lines if line.lstrip(" ▌").startswith(("GAUGES", "TICKETS", "POSTS"))]
    assert len(heads) == 3


def test_a_paste_confirms_nothing(open_terminal: Opener) -> None:
    terminal = open_terminal((120, 40))
    terminal.wait("▲ BUY  TSLA")
    time.sleep(0.3)  # the guard
    terminal.paste("y\ny\n")
    terminal.type("?")
    terminal.wait("Reject the selected ticket")
    terminal.key("Escape")
    screen = terminal.wait(lambda screen: "DECIDE" not in screen)
    assert "2 pending" in screen
    assert "accepted" not in screen


def test_it_follows_the_terminals_size(open_terminal: Opener) -> None:
    terminal = open_terminal((200, 60), "", "--rate", "200")
    terminal.wait("CONTROLS")
    terminal.resize(80, 24)
    terminal.wait(lambda screen: "CONTROLS" not in screen and "? help" in screen.splitlines()[-1])
    terminal.resize(120, 40)
    terminal.wait(lambda screen: "POSITIONS" in screen and "ORDERS" in screen)


def test_a_killed_engine_is_said_and_a_new_one_is_found(open_terminal: Opener) -> None:
    terminal = open_terminal((120, 40))
    terminal.wait("● ACTIVE")
    open_terminal.kill_engine()
    terminal.wait("ENGINE LOST")
    open_terminal.engine()
    terminal.wait("● ACTIVE")


def test_without_colour_there_is_no_hue(open_terminal: Opener) -> None:
    terminal = open_terminal((120, 40), "NO_COLOR=1")
    terminal.wait("▼-0.19")
    for red, green, blue in re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", terminal.screen(styled=True)):
        assert red == green == blue
    for number in re.findall(r"[34]8;5;(\d+)", terminal.screen(styled=True)):
        assert int(number) in (0, 7, 8, 15, 16, 59, 102, 145, 188, 231, *range(232, 256))


def test_sixteen_colours_are_enough(open_terminal: Opener) -> None:
    terminal = open_terminal((80, 24), "TEXTUAL_COLOR_SYSTEM=standard")
    screen = terminal.wait("▲ BUY  TSLA")
    assert "▌▲ BUY" in screen
    assert not re.search(r"[34]8;[25];", terminal.screen(styled=True))


def test_a_pipe_is_not_a_terminal() -> None:
    script = "from desk.terminal import require_terminal; require_terminal()"
    done = subprocess.run(
        [sys.executable, "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=ROOT,
        env=os.environ | {"TERM": "xterm"},
    )  # fmt: skip
    assert "is not one" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_a_ticket_is_opened_edited_and_confirmed(open_terminal: Opener) -> None:
    terminal = open_terminal((80, 24))
    terminal.wait("2 pending")
    terminal.key("2")
    terminal.wait(lambda screen: "26 @ 191.40" in screen and "CONTROLS" in screen and "Esc back" in screen)
    terminal.press("e", "Edit BUY TSLA")
    terminal.wait("26 @ 191.40  $4,973.80 at 191.30")
    terminal.key("BSpace")
    terminal.wait("A figure is missing.")
    terminal.type("12")
    terminal.wait("12 @ 191.40  $2,295.60 at 191.30")
    terminal.key("Enter")
    terminal.wait(lambda screen: "EDITED" in screen and "12 @ 191.40  $2,295.60 at 191.30" in screen)
    terminal.press("y", "CONFIRMED by person")
