"""A lost engine: what it fed turns grey in every view, and takes its colours again when it is back."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.screens.choice import Choice
from desk.screens.guarded import GUARD_S
from desk.views import VIEWS
from engine.paths import Paths
from tests.desk.conftest import Opener
from tests.widgets.harness import until
from widgets.alert_bar import AlertBar
from widgets.inked import Inked
from widgets.key_bar import KeyBar
from widgets.status_bar import StatusBar
from widgets.status_line import StatusLine


@pytest.mark.parametrize(("key", "greys"), [("1", 7), ("2", 4), ("3", 4), ("4", 3), ("6", 4)])
async def test_every_view_turns_grey_when_it_is_no_longer_fed(open_desk: Opener, key: str, greys: int) -> None:
    async with open_desk(size=(200, 60)) as (pilot, app, engine):
        await pilot.press(key)
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == VIEWS[int(key) - 1].id)
        panes = [
            pane
            for pane in app.screen.walk_children(Inked)
            if not isinstance(pane, StatusBar | StatusLine | KeyBar | AlertBar)
        ]
        assert len(panes) == greys
        await until(pilot, lambda: not any(pane.stale for pane in panes))
        await engine.stop()
        await until(pilot, lambda: all(pane.stale for pane in panes))
        await engine.start()
        await until(pilot, lambda: not any(pane.stale for pane in panes))


async def test_the_kill_key_says_what_still_halts_an_engine_that_is_gone(open_desk: Opener, tmp_path: Path) -> None:
    paths = Paths("demo", tmp_path, tmp_path)
    async with open_desk(size=(200, 60), paths=paths) as (pilot, app, engine):
        await engine.stop()
        await until(pilot, lambda: not app.link.attached)
        await pilot.press("K")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        await pilot.pause(GUARD_S)
        await pilot.press("h")
        main = app.main
        assert main is not None
        await until(pilot, lambda: "nothing was sent → touch" in main.line.text)
        assert str(paths.kill_file) in main.line.text
