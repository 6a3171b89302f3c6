"""The palette: every action of the view but those that only their own key may do; Enter runs what the cursor is on."""

from __future__ import annotations

from desk.actions import BY_ID, in_view
from desk.screens.help import Help
from desk.screens.palette import Palette
from tests.desk.conftest import Opener
from tests.widgets.harness import until


async def test_it_offers_the_views_actions_and_never_a_confirmation(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        assert isinstance(app.screen, Palette)
        offered = {option.id for option in app.screen.choices.shown}
        assert "ticket.confirm" not in offered and "desk.palette" not in offered
        assert offered == {each.id for each in in_view("desk") if not each.by_key_only} - {"desk.palette"}


async def test_words_find_an_action_and_enter_runs_it(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        screen = app.screen
        assert isinstance(screen, Palette)
        await pilot.press(*"help")
        await until(pilot, lambda: screen.choices.selected is not None and screen.choices.selected.id == "desk.help")
        assert screen.choices.selected is not None
        assert screen.choices.selected.words == BY_ID["desk.help"].tooltip
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Help))


async def test_what_matches_nothing_runs_nothing(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        asked = len(engine.commands)
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        await pilot.press(*"zzzz", "enter")
        await until(pilot, lambda: not isinstance(app.screen, Palette))
        assert app.screen is app.main and len(engine.commands) == asked
