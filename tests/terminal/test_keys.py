"""Every key of the desk through a real terminal: tmux and flow control take none, each asks for its own action."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.actions import ACTIONS, NAMES
from desk.views import VIEWS
from tests.engine.kernel.process import until
from tests.terminal.raw import ROOT
from tests.terminal.test_raw import fake
from tests.terminal.tmux import TMUX, Terminal

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.timeout(240),
    pytest.mark.skipif(TMUX is None, reason="tmux is not installed"),
]

TMUX_NAMES = {
    "pageup": "PPage", "pagedown": "NPage", "shift+tab": "BTab", "semicolon": "\\;",
    **{name: name.capitalize() for name in ("up", "down", "left", "right", "enter", "home", "end", "tab", "escape")},
}  # fmt: skip


def presses() -> Iterator[tuple[str, str, str]]:
    """View, key and what it runs: every key once, where it means something first; a view's own key opens it."""
    opening, before = {f"view.{view.id}" for view in VIEWS}, VIEWS[0].id
    for view in VIEWS:
        yield before, view.key, f"app.view('{view.id}')"
        before = view.id
        for action in ACTIONS:
            home = next(each.id for each in VIEWS if action.is_in(each.id))
            if home == view.id and action.id not in opening:
                yield from ((view.id, key, action.method) for key in action.keys)


def test_every_key_arrives_and_asks_for_its_action(tmp_path: Path) -> None:
    log, told = tmp_path / "keys.log", []
    with fake() as engine:
        terminal = Terminal(engine.socket.parent, (120, 40), {**os.environ, "PYTHONPATH": str(ROOT)})
        try:
            arguments = [sys.executable, "-m", "tests.terminal.key_log", str(engine.socket), str(log)]
            terminal.type(f"{shlex.join(arguments)}\n")
            terminal.wait("2 pending")
            for view, key, runs in presses():
                terminal.key(TMUX_NAMES.get(key) or NAMES.get(key, key))
                told.append(f"{view} {runs}")
                until(lambda: log.exists() and len(log.read_text().splitlines()) >= len(told), f"{key} in {view}")
                assert log.read_text().splitlines() == told, key
        finally:
            terminal.close()
    assert {key for _, key, _ in presses()} == {key for action in ACTIONS for key in action.keys}
