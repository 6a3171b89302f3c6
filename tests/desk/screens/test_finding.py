"""Filter and search in posts: the same words do the same on the main screen and in the posts view."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from desk.screens.finding import Finding
from desk.screens.prompt import Prompt
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.desk.screens.on_view import answer
from tests.widgets.harness import until


@asynccontextmanager
async def finding(open_desk: Opener, key: str) -> AsyncIterator[tuple[Pilot[bool], Finding]]:
    """The main screen, or with its key a view over it, with sixty posts."""
    async with open_desk() as (pilot, app, _):
        if key:
            await pilot.press(key)
            await until(pilot, lambda: app.screen is not app.main)
        view = app.screen
        assert isinstance(view, Finding)
        await until(pilot, lambda: len(view.feed.kept) == 60)
        yield pilot, view


@pytest.mark.parametrize("key", ["", "4"])
async def test_a_filter_hides_the_others_until_it_is_empty(open_desk: Opener, key: str) -> None:
    async with finding(open_desk, key) as (pilot, view):
        await pilot.press("f")
        await answer(pilot, "@deltahedge")
        await until(pilot, lambda: view.focused is view.feed and view.feed.filter_text == "@deltahedge")
        assert 0 < len(view.feed.posts) < 60
        assert {str(post.author) for post in view.feed.posts} == {"deltahedge"}
        await pilot.press("f")
        await until(pilot, lambda: isinstance(pilot.app.screen, Prompt))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is view)
        assert view.feed.filter_text == "@deltahedge", "Esc leaves it as it is"
        await pilot.press("f")
        await answer(pilot, "")
        await until(pilot, lambda: len(view.feed.posts) == 60)


@pytest.mark.parametrize("key", ["", "4"])
async def test_a_search_goes_from_hit_to_hit_and_says_when_there_is_none(open_desk: Opener, key: str) -> None:
    async with finding(open_desk, key) as (pilot, view):
        await pilot.press("slash")
        await answer(pilot, "walked over the keyboard")
        await until(pilot, lambda: view.focused is view.feed and not view.feed.following)
        first = view.feed.selected
        assert first is not None and made_up.TEXTS[5][:6] in str(first.text)
        view.action_search_older()
        second = view.feed.selected
        assert second is not None and int(second.id) < int(first.id) and "keyboard" in str(second.text)
        view.action_search_newer()
        assert view.feed.selected == first
        view.action_search_newer()
        assert view.line.text == "No further hit that way. / starts a search."
        await pilot.press("slash")
        await answer(pilot, "said by nobody")
        await until(pilot, lambda: view.line.text == "No post here says 'said by nobody'.")
