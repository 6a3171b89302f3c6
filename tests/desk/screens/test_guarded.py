from __future__ import annotations

from math import inf
from time import monotonic

import pytest
from textual import events

from desk.screens.choice import Answer, Choice
from desk.screens.guarded import GUARD_S, Guarded
from desk.screens.prompt import Prompt
from tests.desk.conftest import Opener
from tests.widgets.harness import until


@pytest.mark.parametrize("kind", [Choice, Prompt])
async def test_the_focus_that_comes_back_does_not_make_a_dialog_seen(
    open_desk: Opener, kind: type[Choice] | type[Prompt]
) -> None:
    async with open_desk() as (pilot, app, _):
        asked = Choice("Sure?", [], [Answer("y", "yes", "yes")]) if kind is Choice else Prompt("Why?", "", picks=["so"])
        app.push_screen(asked)
        await until(pilot, lambda: asked.resumed_at != inf)
        assert monotonic() - asked.resumed_at < 60
        asked.resumed_at = inf  # not painted yet, on a machine that is busy
        app.post_message(events.AppFocus())
        await pilot.pause()
        assert asked.resumed_at == inf
        await pilot.press("y" if kind is Choice else "1")
        assert app.screen is asked
        asked.resumed_at = monotonic() - GUARD_S
        app.post_message(events.AppFocus())
        await until(pilot, lambda: monotonic() - asked.resumed_at < GUARD_S)


async def test_every_screen_on_which_a_key_decides_is_guarded(open_desk: Opener) -> None:
    async with open_desk() as (_, app, _engine):
        assert all(isinstance(screen, Guarded) for screen in app.screen_stack)
        assert issubclass(Choice, Guarded)
        assert issubclass(Prompt, Guarded)
