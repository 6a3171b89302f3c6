"""The command `desk` as a person runs it: a process of its own, with its own directories and nothing of this one's."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
"""Recordings and specifications that are not part of the project; absent outside of its workshop."""

REPLAYING = {"DESK_FEEDS__POSTS": "replay", "DESK_FEEDS__PRICES": "replay"}
"""Settings that let the simulated profile play a recording."""


def environment(home: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without settings of the desk, with its files under `home`, and `settings`."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("DESK_")},
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "PYTHONPATH": str(ROOT),
        "DESK_ENGINE__STATE_DIR": str(home),
        "DESK_ENGINE__RUNTIME_DIR": str(home / "run"),
        **(settings or {}),
    }


def command(*arguments: str) -> list[str]:
    """The command line of `desk` with these arguments."""
    return [sys.executable, "-m", "desk", *arguments]


def desk(
    home: Path,
    *arguments: str,
    settings: Mapping[str, str] | None = None,
    typed: str = "",
    limit_s: float = 60.0,
) -> subprocess.CompletedProcess[str]:
    """Run `desk` to its end, with `typed` on its standard input; what it wrote and its exit code."""
    return subprocess.run(
        command(*arguments),
        env=environment(home, settings),
        cwd=home,
        input=typed,
        capture_output=True,
        encoding="utf-8",
        timeout=limit_s,
        check=False,
    )


def call(home: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The same as `desk`, inside this process: for the many calls of one test. Not from a running event loop."""
    from desk.__main__ import main

    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        mock.patch.dict(os.environ, environment(home, settings), clear=True),
        mock.patch.object(sys, "argv", ["desk", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        held = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
    assert isinstance(code, int)
    return subprocess.CompletedProcess(list(arguments), code, out.getvalue(), err.getvalue())


_DRIVING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Controls other than the newline, bidirectional and invisible marks, lone surrogates."""


def driving(text: str) -> str:
    """The first thing in it that a terminal would obey or hide, with what stands around it; empty when it is clean."""
    found = _DRIVING.search(text)
    return repr(text[max(0, found.start() - 60) : found.end() + 20]) if found else ""


def clean(text: str) -> bool:
    """Whether a terminal would only write it."""
    return not driving(text)
