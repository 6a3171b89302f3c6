"""The corpus in every view and every dialog at once: nothing executes, crashes, leaves its columns or reaches the
terminal.

Which there are is read off the package: one that is added and that no stop of the tour opens fails the first test.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

import desk.screens
from desk.app import DeskApp
from desk.screens import reading
from desk.screens.box import Box
from desk.screens.closes_once import ClosesOnce
from desk.screens.finding import Finding
from desk.screens.guarded import Guarded
from desk.screens.picker import Picker
from desk.screens.reading import ReadingView
from desk.screens.sharing import Sharing
from desk.screens.verbs import VerbScreen
from desk.screens.view import ViewScreen
from tests.desk.drawn import shows_engine
from tests.desk.tour import DIALOGS, VIEWS, Stop, leave, settled, visit
from tests.hostile import poisoned_desk
from tests.hostile.poison import driving
from tests.widgets.harness import until

SIZE = (120, 48)
STOPS = (
    *VIEWS,
    *DIALOGS,
    Stop("in full", ("6", "enter")),
)
BASES: frozenset[type[Screen[Any]]] = frozenset(
    {Box, ClosesOnce, Guarded, Sharing, VerbScreen, ViewScreen, Finding, ReadingView, Picker}
)
"""What views are made of; none of them is shown by itself."""


def screens(kind: type[Screen[Any]]) -> set[type[Screen[Any]]]:
    """A class and everything that is made of it."""
    return {kind}.union(*map(screens, kind.__subclasses__()))


def check(app: DeskApp, where: str) -> None:
    """No control reaches the terminal, no link or action is in a style, no line leaves its columns."""
    strips = app.screen._compositor.render_strips()
    for strip in strips:
        segments = [segment for segment in strip if not segment.control]
        assert not list(driving("".join(segment.text for segment in segments))), where
        for segment in segments:
            assert not (segment.style and segment.style.link), where
            assert not any(key.startswith("@") for key in (segment.style.meta if segment.style else {})), where
    assert {strip.cell_length for strip in strips} == {app.size.width}, where


@pytest.mark.timeout(300)
async def test_every_view_and_every_dialog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in pkgutil.iter_modules(desk.screens.__path__):
        importlib.import_module(f"desk.screens.{module.name}")
    ours = {kind for kind in screens(Screen) if kind.__module__.startswith("desk.")}
    monkeypatch.setattr(reading, "BEAT_S", 3600.0)
    app = poisoned_desk.app(tmp_path)
    seen: set[type[Screen[Any]]] = set()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: shows_engine(app) and app.link.attached)
        await settled(pilot, app)
        for stop in STOPS:
            await visit(pilot, app, stop)
            seen.add(type(app.screen))
            check(app, stop.name)
            if isinstance(app.screen, ViewScreen):
                await through(pilot, app, stop)
            await leave(pilot, app)
    assert ours - BASES == seen


async def through(pilot: Pilot[bool], app: DeskApp, stop: Stop) -> None:
    """Every pane of a view, from its first row to its last."""
    view = app.screen
    assert isinstance(view, ViewScreen)
    for _ in view.panes:
        await pilot.press("tab")
        for key in ("end", "home"):
            await pilot.press(key)
            await settled(pilot, app)
            check(app, f"{stop.name}, {key}")
