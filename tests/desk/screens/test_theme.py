"""The choice of a theme: seen while it is gone through, kept by Enter, undone by Esc."""

from __future__ import annotations

from desk.screens.theme import ThemeChoice
from tests.desk.conftest import Opener
from tests.widgets.harness import until


async def test_each_theme_is_seen_and_esc_goes_back(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        before = app.theme
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, ThemeChoice))
        screen = app.screen
        assert isinstance(screen, ThemeChoice)
        await until(pilot, lambda: screen.choices.selected is not None and screen.choices.selected.id == before)
        await pilot.press("down")
        assert app.theme != before, "the desk is seen in it at once"
        assert screen.choices.selected is not None and app.theme == screen.choices.selected.id
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, ThemeChoice))
        assert app.theme == before


async def test_the_desks_own_stand_first_and_typing_narrows_and_enter_keeps(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, ThemeChoice))
        screen = app.screen
        assert isinstance(screen, ThemeChoice)
        names = [option.name for option in screen.choices.shown]
        own = [name for name in names if name.startswith("desk-")]
        assert own and names[: len(own)] == own and set(names) == set(app.available_themes)
        await pilot.press(*"light")
        assert all("light" in option.name for option in screen.choices.shown)
        await until(pilot, lambda: "light" in app.theme)
        chosen = app.theme
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, ThemeChoice))
        assert (app.theme, app.settings.theme) == (chosen, chosen)
        assert app.main is not None


async def test_what_was_typed_and_erased_narrows_nothing(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, ThemeChoice))
        screen = app.screen
        assert isinstance(screen, ThemeChoice)
        every = len(screen.choices.shown)
        await pilot.press(*"nord")
        await until(pilot, lambda: app.theme == "nord" and len(screen.choices.shown) < every)
        await pilot.press(*["backspace"] * 4)
        await until(pilot, lambda: len(screen.choices.shown) == every)
        assert screen.choices.selected is not None and screen.choices.selected.id == app.theme == "nord"
