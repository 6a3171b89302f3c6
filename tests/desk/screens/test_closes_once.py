"""Keys that come faster than a screen goes: the second Escape of two closes nothing more, and ends no desk."""

from __future__ import annotations

import pytest

from desk.screens.help import Help
from desk.screens.view import ViewScreen
from tests.desk.conftest import Opener
from tests.widgets.harness import until


@pytest.mark.parametrize("key", ["question_mark", "colon", "slash", "f", "K"])
async def test_escape_twice_at_once_closes_a_dialog_and_no_more(open_desk: Opener, key: str) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press(key)
        await until(pilot, lambda: app.screen is not app.main)
        for _ in range(3):
            app.simulate_key("escape")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.pause()
        assert app.screen is app.main and app.is_running


async def test_help_left_twice_leaves_the_view_below(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press("4")
        view = app.screen
        assert isinstance(view, ViewScreen) and view is not app.main
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        shown = app.screen
        assert isinstance(shown, Help)
        shown.action_close()
        shown.action_close()
        await until(pilot, lambda: app.screen is view)
        await pilot.pause()
        assert app.screen is view
