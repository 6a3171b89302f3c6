"""The answers of a box can be clicked, by the rules that hold for their keys."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import Any

import pytest
from textual.events import MouseDown, MouseUp
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from desk.app import DeskApp
from desk.screens.box import Box
from desk.screens.edit import Edit
from engine.model.frames import Command
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.widgets.harness import until
from widgets.answer_row import AnswerRow


def row(box: Box[Any], key: str) -> AnswerRow:
    return next(each for each in box.query(AnswerRow) if each.key == key)


async def asked_by(pilot: Pilot[bool], app: DeskApp, key: str) -> Box[Any]:
    """The box that a key of the desk opens, painted, and a while ago."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, Box) and app.screen.resumed_at != inf)
    box = app.screen
    assert isinstance(box, Box)
    box.resumed_at = monotonic() - 60
    return box


async def button(pilot: Pilot[bool], kind: type[MouseDown | MouseUp], on: Widget, column: int = 3) -> None:
    """The left button as the terminal tells it: down and up on the same widget are a click."""
    x, y = on.region.x + column, on.region.y
    pilot.app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))
    await pilot.pause()


@pytest.mark.parametrize(
    ("key", "answer", "sent"),
    [
        ("K", "h", Command("kill", reason="kill switch at the desk")),
        ("m", "A", Command("mode", symbol="*", mode="auto")),
        ("n", "2", Command("reject", ticket="tkt-0001", reason="Already in the price")),
        ("F", "A", Command("flatten", symbol="*", reason="flattened at the desk")),
        ("q", "s", Command("stop", reason="stopped at the desk")),
    ],
)
async def test_a_click_on_an_answer_is_its_key(open_desk: Opener, key: str, answer: str, sent: Command) -> None:
    async with open_desk() as (pilot, app, engine):
        box = await asked_by(pilot, app, key)
        await pilot.click(row(box, answer), offset=(9, 0))
        await until(pilot, lambda: engine.commands == [sent])


@pytest.mark.parametrize("key", ["K", "n", "e", "q"])
async def test_a_click_on_esc_goes_back(open_desk: Opener, key: str) -> None:
    async with open_desk() as (pilot, app, engine):
        box = await asked_by(pilot, app, key)
        await pilot.click(row(box, "Esc"))
        await until(pilot, lambda: app.screen is app.main)
        assert engine.commands == []


async def test_own_words_are_typed_and_sent_with_the_mouse(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        box = await asked_by(pilot, app, "n")
        await pilot.click(row(box, "t"))
        await until(pilot, lambda: box.query_one(Input).has_focus)
        await pilot.click(row(box, "Enter"))
        assert app.screen is box, "a reason is required"
        await pilot.press("n", "o")
        await pilot.click(row(box, "Enter"))
        await until(pilot, lambda: engine.commands == [Command("reject", ticket="tkt-0001", reason="no")])


async def test_an_edit_is_asked_for_with_the_mouse(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        box = await asked_by(pilot, app, "e")
        assert isinstance(box, Edit)
        box.query_one("#quantity", Input).value = "12"
        await pilot.click(row(box, "Enter"))
        await until(pilot, lambda: [command.quantity for command in engine.commands] == ["12"])


async def test_real_money_is_sent_by_its_second_answer_only(open_desk: Opener) -> None:
    async with open_desk(made_up.snapshot(profile="live")) as (pilot, app, engine):
        box = await asked_by(pilot, app, "y")
        assert engine.commands == []
        await pilot.press("enter")
        assert app.screen is box
        await pilot.click(row(box, "Y"))
        await until(pilot, lambda: [command.verb for command in engine.commands] == ["confirm"])


async def test_a_box_that_is_not_painted_or_has_just_come_takes_no_click(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        box = await asked_by(pilot, app, "K")
        box.GUARD_S = 60.0  # type: ignore[misc]
        for since in (inf, monotonic()):
            box.resumed_at = since
            for answer in ("h", "f", "Esc"):
                await pilot.click(row(box, answer))
                assert app.screen is box
        assert engine.commands == []


async def test_a_click_that_began_before_the_box_or_the_focus_came_decides_nothing(open_desk: Opener) -> None:
    """The button went down on what stood there before, and comes up on an answer."""
    async with open_desk() as (pilot, app, engine):
        box = await asked_by(pilot, app, "K")
        halt = row(box, "h")
        box.GUARD_S = 0.0  # type: ignore[misc]
        await button(pilot, MouseDown, halt)
        box.focus_came_back()
        await button(pilot, MouseUp, halt)
        await button(pilot, MouseDown, row(box, "f"))
        await button(pilot, MouseUp, halt)
        assert app.screen is box and engine.commands == []
        await button(pilot, MouseDown, halt)
        await button(pilot, MouseUp, halt)
        await until(pilot, lambda: [command.verb for command in engine.commands] == ["kill"])


async def test_a_drag_and_another_button_decide_nothing(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        box = await asked_by(pilot, app, "K")
        halt = row(box, "h")
        await button(pilot, MouseDown, halt)
        await button(pilot, MouseUp, halt, column=12)
        await pilot.click(halt, button=3)
        await pilot.pause()
        assert app.screen is box and engine.commands == []


async def test_rows_that_moved_with_the_screen_take_no_click_at_once(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        box = await asked_by(pilot, app, "K")
        box.GUARD_S = 60.0  # type: ignore[misc]
        await pilot.resize_terminal(90, 30)
        await until(pilot, lambda: monotonic() - box.resumed_at < 60)
        await pilot.click(row(box, "h"))
        assert app.screen is box and engine.commands == []


async def test_a_second_click_on_an_answer_meets_no_key_of_the_bar(open_desk: Opener) -> None:
    """What stood under a box that a click has closed takes no click in the quarter second after it."""
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        main.GUARD_S = 60.0  # type: ignore[misc]
        main.focus_came()
        bar = main.query_one("#keybar")
        column = next(column for column, _, label, _ in bar.placed(120) if label == "pause")  # type: ignore[attr-defined]
        await pilot.click(bar, offset=(column, 0))
        assert engine.commands == []
        main.GUARD_S = 0.0  # type: ignore[misc]
        await pilot.click(bar, offset=(column, 0))
        await until(pilot, lambda: [command.verb for command in engine.commands] == ["pause"])
