"""Searching a journal that takes minutes to index: it tells how far it is, can be ended, and is left at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from desk.app import DeskApp
from desk.indexing import Told
from desk.screens import reading
from desk.screens.journal import JournalView
from desk.screens.posts import PostsView
from tests.desk.conftest import Opener
from tests.desk.journaled import write_day
from tests.desk.screens.on_view import answer, view_of
from tests.widgets.harness import painted, until


class Slow:
    """Stands for the process that indexes: it tells once, and goes on until it is called off or let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started = self.ended = 0
        self.go_on = asyncio.Event()
        monkeypatch.setattr(reading, "FEW", 0)
        monkeypatch.setattr(reading, "bring_up", self.bring_up)

    async def bring_up(self, journal: Path, told: Told) -> None:
        self.started += 1
        told(1_230_000, 3_000_000)
        try:
            await self.go_on.wait()
        finally:
            self.ended += 1


async def searching(pilot: Pilot[bool], app: DeskApp, words: str) -> JournalView:
    """The journal view, waiting for its index."""
    await pilot.press("9")
    view = view_of(app, JournalView)
    assert isinstance(view, JournalView)
    await until(pilot, lambda: view.hits.keys)
    await pilot.press("slash")
    await answer(pilot, words)
    await until(pilot, lambda: "indexing 41%" in painted(view.hits)[0])
    return view


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_long_search_tells_how_far_it_is_and_is_ended_by_the_key_that_leaves(
    open_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    slow = Slow(monkeypatch)
    async with open_desk(paths=write_day(tmp_path), size=size) as (pilot, app, _):
        view = await searching(pilot, app, "spring")
        assert "Esc ends it: indexing 41% of 3,000,000" in painted(view.hits)[0]
        before = view.hits.keys
        await pilot.press("down", "down")
        assert view.hits.key == before[2]
        await pilot.press("escape")
        await until(pilot, lambda: slow.ended)
        assert app.screen is view
        assert "The search was ended" in view.line.text
        await until(pilot, lambda: "the newest" in painted(view.hits)[0])
        assert (view.hits.keys, view.query_text) == (before, "")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_the_hits_come_when_the_index_is_there(
    open_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, _):
        view = await searching(pilot, app, "spring")
        slow.go_on.set()
        await until(pilot, lambda: "4 with spring" in painted(view.hits)[0])
        assert slow.started == 1
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_another_search_takes_the_place_of_one_that_waits(
    open_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, _):
        view = await searching(pilot, app, "spring")
        await pilot.press("slash")
        app.screen.query_one("Input").value = ""  # type: ignore[attr-defined]
        await answer(pilot, "tesla")
        await until(pilot, lambda: (slow.started, slow.ended) == (2, 1))
        await pilot.press("escape")
        await until(pilot, lambda: slow.ended == 2)
        await until(pilot, lambda: "the newest" in painted(view.hits)[0])


@pytest.mark.parametrize("key", ["1", "4"])
async def test_going_elsewhere_ends_a_search(
    open_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    slow = Slow(monkeypatch)
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, _):
        await searching(pilot, app, "spring")
        await pilot.press(key)
        await until(pilot, lambda: slow.ended)


async def test_an_authors_record_tells_how_far_its_index_is(
    open_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, _):
        await pilot.press("4", "up", "enter")
        view = view_of(app, PostsView)
        assert isinstance(view, PostsView)
        await until(pilot, lambda: "41% of 3,000,000" in "".join(view.author.texts))
        await pilot.press("escape")
        await until(pilot, lambda: slow.ended)
