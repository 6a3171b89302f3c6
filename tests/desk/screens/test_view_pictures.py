"""The reading views as pictures, at three sizes, on one made-up day. Look at a changed one before accepting it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from desk.app import DeskApp
from desk.screens.reading import ReadingView
from engine.config.schema import ScreenConfig
from tests.desk import made_up
from tests.desk.journaled import paths_of, write_day
from tests.desk.test_pictures import SIZES, StillClient, still
from tests.widgets.harness import until

SNAPSHOT = msgspec.structs.replace(
    made_up.snapshot(), alerts=(made_up.alert(1), made_up.alert(2)), protections=(made_up.protection(),)
)
ASKED = {"risk": "states", "feeds": "history", "ledger": "rows", "journal": "hits"}
"""Panes that are filled from the journal."""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("day")
    write_day(folder)
    return folder


def opened(*keys: str) -> Callable[[Pilot[bool]], Awaitable[None]]:
    async def run(pilot: Pilot[bool]) -> None:
        app = pilot.app
        assert isinstance(app, DeskApp)
        await until(pilot, lambda: app.main and app.main.bar.shows_engine)
        await still(pilot)
        for key in keys:
            await pilot.press(key)
        view = app.screen
        assert isinstance(view, ReadingView)
        asked = getattr(view, ASKED.get(view.VIEW, ""), None)
        if asked is not None:
            await until(pilot, lambda: asked.rows)
        if view.VIEW == "posts":
            await until(pilot, lambda: any("in this journal" in line for line in view.post.texts))  # type: ignore[attr-defined]
        await still(pilot)

    return run


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    "keys",
    [("4", "up", "enter"), ("5",), ("6",), ("7",), ("8",), ("9",)],
    ids=["posts", "orders", "risk", "feeds", "ledger", "journal"],
)
def test_view(snap_compare: Any, day: Path, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    client = StillClient(SNAPSHOT)
    config = ScreenConfig(fps="60")
    app = DeskApp(lambda: client, config, seconds=lambda: 0.0, paths=paths_of(day))
    assert snap_compare(app, terminal_size=size, run_before=opened(*keys))
