"""Which view a desk is on, and answers to what it asks for."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Input

from desk.app import DeskApp
from desk.screens.prompt import Prompt
from tests.widgets.harness import until


async def answer(pilot: Pilot[bool], text: str) -> None:
    """Answer the prompt that is open with this text."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Prompt) and isinstance(pilot.app.focused, Input))
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")


def view_of(app: DeskApp, kind: type) -> object:
    assert isinstance(app.screen, kind), app.screen
    return app.screen
