"""Whether the desk can draw here at all. Asked by the command line before Textual is imported."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from engine.errors import EXIT_USAGE, DeskError

_HEADLESS = "`desk autopilot` runs without a screen; `desk status --json` tells how it stands"


def require_terminal(
    *,
    environ: Mapping[str, str] | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> None:
    """Return when keyboard and screen are a terminal that can be drawn on.

    Raises DeskError (exit code 2) for a pipe, a file, or `TERM` unset or `dumb`: escape codes must not end there; and
    for another encoding than UTF-8. Textual draws on standard error.
    """
    environ = os.environ if environ is None else environ
    for name, stream in (
        ("standard input", stdin or sys.stdin),
        ("standard output", stdout or sys.stdout),
        ("standard error", stderr or sys.stderr),
    ):
        if not stream.isatty():
            raise DeskError(f"expected a terminal, {name} is not one", remedy=_HEADLESS, exit_code=EXIT_USAGE)
    term = environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        raise DeskError(
            f"expected a terminal that can be drawn on, found TERM={term or '(not set)'}",
            remedy=f"set TERM (for example xterm-256color); or {_HEADLESS}",
            exit_code=EXIT_USAGE,
        )
    encoding = (stderr or sys.stderr).encoding
    if codecs.lookup(encoding).name != "utf-8":
        raise DeskError(
            f"expected a terminal in UTF-8, found {encoding}: bars and posts could not be drawn",
            remedy="LC_ALL=C.UTF-8 desk …, where the terminal itself takes UTF-8; `desk follow` writes in any encoding",
            exit_code=EXIT_USAGE,
        )


def terminal_stands(stdin: TextIO | None = None) -> bool:
    """Whether the keyboard is a terminal, now. It is no longer one after its window or its SSH session has gone."""
    stdin = stdin or sys.__stdin__
    return stdin is not None and not stdin.closed and stdin.isatty()


def frames_per_second(setting: str, environ: Mapping[str, str] | None = None) -> float:
    """Most feed repaints a second: `auto` is 15 locally and 5 over SSH; a number is kept within 1 to 60.

    Raises DeskError when the setting is neither.
    """
    environ = os.environ if environ is None else environ
    if setting == "auto":
        return 5.0 if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY") else 15.0
    try:
        fps = float(setting)
    except ValueError:
        raise DeskError(
            f"expected `auto` or a number, found {setting!r}",
            where="screen.fps",
            remedy="set it to `auto`",
            exit_code=EXIT_USAGE,
        ) from None
    return min(60.0, max(1.0, fps)) if fps == fps else 15.0
