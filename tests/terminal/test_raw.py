"""What a terminal may do to a desk, byte by byte: sizes under open dialogs, hang-ups, stops, kills, poor terminals."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desk.client import Client
from desk.screens.guarded import GUARD_S
from engine.model.frames import Snapshot
from tests.terminal.raw import ROOT, RawTerminal, plain

pytestmark = pytest.mark.timeout(240)

ESCAPE = "\x1b[27u"
DIALOGS = {
    "n": "in your own words",
    "e": "Edit BUY TSLA",
    "K": "KILL SWITCH",
    "m": "Who decides?",
    "f": "Show only posts",
    "/": "Find in posts",
    ":": "Reject the selected",
    "T": "desk-light",
    "?": "DECIDE",
    "q": "Leave the desk?",
    "2": "CONTROLS",
    "3": "WHY NO TRADE",
    "6": "PROTECTIONS",
}
"""Keys that open something over the desk, and what it says."""


class Fake:
    """A made-up engine in another process, and desks on it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.socket = folder / "engine.sock"
        self.command = [sys.executable, "-m", "tests.desk.fake_engine", "--socket", str(self.socket)]
        self.process = subprocess.Popen([*self.command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert "listening" in self.process.stdout.readline()

    def desk(
        self, size: tuple[int, int] = (120, 40), *options: str, deaf: bool = False, **environment: str
    ) -> RawTerminal:
        """A desk on a terminal; a `deaf` one gets no SIGHUP, as under nohup."""
        before = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"] if deaf else []
        return RawTerminal([*before, *self.command, "--desk", *options], size, environment)

    def told(self) -> Snapshot:
        """What the engine answers: it is well, and this is what came of it."""

        async def ask() -> Snapshot:
            async with Client(self.socket) as client:
                return await client.snapshot()

        return asyncio.run(ask())


@contextmanager
def fake(*options: str) -> Iterator[Fake]:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        engine = Fake(Path(folder), *options)
        try:
            yield engine
        finally:
            engine.process.kill()
            engine.process.communicate()


@pytest.mark.slow
def test_whatever_is_open_follows_the_terminals_size_while_posts_come() -> None:
    with fake("--rate", "50") as engine, engine.desk() as terminal:
        since = decidable(terminal)
        for key, says in DIALOGS.items():
            terminal.send(key)
            since = terminal.wait(says, since)
            for size in ((20, 5), (200, 60), (1, 1), (120, 40)):
                terminal.resize(*size)
                if size[0] > 100:
                    since = terminal.wait(says, since)
            terminal.send(ESCAPE)
            since = terminal.wait("GAUGES", since)
            time.sleep(2 * GUARD_S)  # keys this soon after the focus came back are ignored on purpose
        assert terminal.process.poll() is None
        seen = engine.told()
        assert (len(seen.tickets), len(seen.closed)) == (2, 3), "nothing was decided"


@pytest.mark.parametrize("deaf", [False, True])
@pytest.mark.parametrize("key", ["K", "e"])
def test_a_window_that_is_closed_over_a_dialog_takes_the_desk_with_it_and_nothing_else(key: str, deaf: bool) -> None:
    with fake() as engine, engine.desk(deaf=deaf) as terminal:
        since = decidable(terminal)
        terminal.send(key)
        terminal.wait(DIALOGS[key], since)
        terminal.hang_up()
        terminal.process.wait(60)
        seen = engine.told()
        assert (len(seen.tickets), len(seen.closed)) == (2, 3)
        assert seen.status.state.value == "active"


@pytest.mark.parametrize("how", ["signal", "key", "key over a dialog"])
def test_a_desk_that_is_stopped_gives_the_terminal_back_and_takes_it_again(how: str) -> None:
    with fake() as engine, engine.desk() as terminal:
        since = decidable(terminal)
        if how == "key over a dialog":
            terminal.send("e")
            terminal.wait(DIALOGS["e"], since)
        since = terminal.rest()
        if how == "signal":
            os.kill(terminal.process.pid, signal.SIGTSTP)
        else:
            terminal.send("\x1a")
        _, state = os.waitpid(terminal.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(state)
        since, stopped = terminal.rest(), terminal.written[since:]
        assert b"\x1b[?1049l" in stopped and b"\x1b[?25h" in stopped, "the shell's screen, with its cursor"
        assert b"\x1b[?2004l" in stopped and b"\x1b[?1000l" in stopped, "paste and mouse are the shell's"
        assert termios.tcgetattr(terminal.terminal)[3] == terminal.modes[3], "what is typed is seen"
        os.kill(terminal.process.pid, signal.SIGCONT)
        since = terminal.wait("GAUGES", since)
        if how == "key over a dialog":
            terminal.send(ESCAPE)
            terminal.rest()
        terminal.send("?")
        terminal.wait("DECIDE", since)
        leave(terminal)


def test_ctrl_z_gives_the_shell_back_though_another_program_started_the_desk() -> None:
    """As `make demo` does: the shell waits for that program, which waits for the desk."""
    with fake() as engine:
        command = shlex.join(["sh", "-c", '"$@"; :', "sh", *engine.command, "--desk"])
        with RawTerminal(["bash", "--norc", "-i"], environment={"PS1": "shell$ "}) as terminal:
            since = terminal.wait("shell$ ")
            terminal.send(f"{command}\n")
            since = terminal.wait("2 pending", since)
            since = terminal.rest()
            terminal.send("\x1a")
            since = terminal.wait("shell$ ", since)
            terminal.send("fg\n")
            since = terminal.wait("GAUGES", since)
            terminal.send("?")
            terminal.wait("DECIDE", since)


def test_a_desk_that_is_killed_leaves_its_engine_well() -> None:
    with fake("--rate", "50") as engine:
        with engine.desk() as terminal:
            terminal.wait("2 pending")
            terminal.process.kill()
            terminal.process.wait()
        before = engine.told().status.posts
        with engine.desk() as terminal:
            terminal.wait("2 pending")
            assert engine.told().status.posts > before


@pytest.mark.parametrize("term", ["vt100", "linux"])
def test_a_poor_terminal_gets_no_more_than_it_has(term: str) -> None:
    """No true colour where it is not announced; the picture is whole, and all is put back."""
    with fake() as engine, engine.desk((80, 24), TERM=term, COLORTERM="") as terminal:
        terminal.wait("2 pending")
        terminal.rest()
        assert not re.search(rb"[34]8;2;", terminal.written)
        leave(terminal)
        assert terminal.written.rfind(b"\x1b[?1049l") > terminal.written.rfind(b"\x1b[?1049h") >= 0
        assert termios.tcgetattr(terminal.terminal) == terminal.modes


def test_the_mouse_is_the_terminals_where_it_shall_be() -> None:
    """It is asked for unless the configuration says no; every key does what it did."""
    asked = re.compile(rb"\x1b\[\?100[0236][;0-9]*h")
    with fake() as engine:
        for options, wanted in (((), True), (("--no-mouse",), False)):
            with engine.desk((80, 24), *options) as terminal:
                terminal.wait("2 pending")
                terminal.rest()
                assert bool(asked.search(terminal.written)) is wanted
                leave(terminal)


def test_what_is_pasted_into_a_line_is_one_line_and_sends_nothing() -> None:
    with fake() as engine, engine.desk() as terminal:
        since = terminal.wait("2 pending")
        terminal.send("t")
        for key, asks in (("f", "Show only posts"), ("e", "Edit BUY TSLA"), ("n", "in your own words")):
            terminal.rest()
            terminal.send(key)
            since = terminal.wait(asks, since)
            terminal.send(b"\x1b[200~y\r\ny\r\n1\r\n\x1b]0;owned\x07\x1b[201~")
            terminal.rest()
            terminal.send(ESCAPE)
            since = terminal.wait("GAUGES", since)
        seen = engine.told()
        assert (len(seen.tickets), len(seen.closed)) == (2, 3)
        assert b"owned\x07" not in terminal.written
        leave(terminal)


def test_an_escape_in_a_paste_presses_no_key() -> None:
    """tmux hands pasted escapes on as they are."""
    with fake() as engine, engine.desk() as terminal:
        decidable(terminal)
        for pasted in (b"\x1b]0;y\x07y\ry\r", b"\x1by", b"\x1b[Ay\x1b", b"\x1b[201~y"):
            terminal.send(b"\x1b[200~" + pasted + b"\x1b[201~")
            terminal.rest()
            time.sleep(2 * GUARD_S)
        seen = engine.told()
        assert (len(seen.tickets), len(seen.closed)) == (2, 3), "a paste has decided"
        assert b"Leave the desk?" not in terminal.written
        leave(terminal)


def decidable(terminal: RawTerminal) -> int:
    """Until tickets take keys: this soon after a row has moved they are ignored on purpose."""
    since = terminal.wait("2 pending")
    time.sleep(2 * GUARD_S)
    return since


def leave(terminal: RawTerminal) -> None:
    """Quit; the engine stays."""
    terminal.send(ESCAPE)
    since = terminal.rest()
    terminal.send("q")
    terminal.wait("Leave the desk?", since)
    terminal.rest()
    terminal.send("q")
    assert terminal.ended() == 0, plain(terminal.written)[-500:]
