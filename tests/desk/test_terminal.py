from __future__ import annotations

import io
import os
import pty
from collections.abc import Iterator
from typing import TextIO

import pytest

from desk.terminal import frames_per_second, require_terminal
from engine.errors import EXIT_USAGE, DeskError


@pytest.fixture
def tty() -> Iterator[TextIO]:
    controller, terminal = pty.openpty()
    with os.fdopen(terminal, "r", encoding="utf-8") as stream:
        yield stream
    os.close(controller)


def test_a_terminal_is_accepted(tty: TextIO) -> None:
    require_terminal(environ={"TERM": "xterm-256color"}, stdin=tty, stdout=tty, stderr=tty)


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_be_drawn_on_is_refused(tty: TextIO, term: str) -> None:
    with pytest.raises(DeskError, match="TERM=") as caught:
        require_terminal(environ={"TERM": term}, stdin=tty, stdout=tty, stderr=tty)
    assert caught.value.exit_code == EXIT_USAGE
    assert "desk autopilot" in caught.value.remedy


def test_a_pipe_is_refused_at_either_end(tty: TextIO) -> None:
    for stdin, stdout, name in ((io.StringIO(), tty, "input"), (tty, io.StringIO(), "output")):
        with pytest.raises(DeskError, match=f"standard {name} is not one"):
            require_terminal(environ={"TERM": "xterm"}, stdin=stdin, stdout=stdout)


@pytest.mark.parametrize(
    ("setting", "environ", "fps"),
    [
        ("auto", {}, 15),
        ("auto", {"SSH_CONNECTION": "1"}, 5),
        ("30", {}, 30),
        ("500", {}, 60),
        ("0", {}, 1),
        ("nan", {}, 15),
    ],
)
def test_frames_per_second(setting: str, environ: dict[str, str], fps: float) -> None:
    assert frames_per_second(setting, environ) == fps


def test_a_rate_that_is_not_one_is_refused() -> None:
    with pytest.raises(DeskError, match="expected `auto` or a number, found 'fast'"):
        frames_per_second("fast", {})


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_in_another_encoding_is_refused(tty: TextIO, encoding: str) -> None:
    """What it lacks would be written as \\u25cf, six cells for one, in the middle of the screen."""
    with (
        os.fdopen(os.dup(tty.fileno()), "w", encoding=encoding) as other,
        pytest.raises(DeskError, match="in UTF-8, found") as caught,
    ):
        require_terminal(environ={"TERM": "xterm"}, stdin=tty, stdout=tty, stderr=other)
    assert caught.value.exit_code == EXIT_USAGE
    assert "LC_ALL=C.UTF-8" in caught.value.remedy and "desk follow" in caught.value.remedy
