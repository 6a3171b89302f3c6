"""The answers of a box can be clicked, by the rules that hold for their keys."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import Any

import pytest
from msgspec.structs import replace
from textual.events import MouseDown, MouseUp
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from desk.app import DeskApp
from desk.screens.box import Box
from desk.screens.edit import Edit
from desk.screens.ticket import TicketView
from engine.model import DecisionKind, Ticket
from engine.model.frames import Command, Push
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.desk.fake_engine import FakeEngine
from tests.widgets.harness import until
from widgets.answer_row import AnswerRow
from widgets.key_bar import KeyBar


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


def meanwhile(box: Box[Any]) -> str:
    """What a box has said since it was opened."""
    return "".join(str(line.render()) for line in box.query("#meanwhile"))


async def end(engine: FakeEngine, ticket: Ticket) -> None:
    """Another desk confirms a ticket."""
    await engine.send(Push(rev=0, ticket=ticket, decision=made_up.decision(ticket, DecisionKind.CONFIRMED)))


@pytest.mark.parametrize(("key", "answer"), [("n", ("1",)), ("e", ("7", "enter"))])
async def test_a_box_about_a_ticket_says_that_another_desk_decided_it(
    open_desk: Opener, key: str, answer: tuple[str, ...]
) -> None:
    async with open_desk() as (pilot, app, engine):
        box = await asked_by(pilot, app, key)
        await end(engine, engine.state.tickets[0])
        await until(pilot, lambda: meanwhile(box).startswith("✗ Too late: it is confirmed by person since "))
        assert app.screen is box, "what is typed on must not go to the keys below"
        box.resumed_at = monotonic() - 60
        await pilot.press(*answer)
        await until(pilot, lambda: app.screen is app.main)
        await until(pilot, lambda: app.line.text.startswith("Too late, nothing was sent: it is confirmed by person"))
        assert engine.commands == []


async def test_a_box_says_that_the_order_is_another_by_now(open_desk: Opener) -> None:
    async with open_desk(made_up.snapshot("live")) as (pilot, app, engine):
        first = engine.state.tickets[0]
        changed = replace(first, revision=first.revision + 1, fingerprint="f" * 16)
        box = await asked_by(pilot, app, "y")
        await engine.send(Push(rev=0, ticket=changed))
        await until(pilot, lambda: meanwhile(box) == "✗ The order has changed meanwhile: go back and look at it.")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        box = await asked_by(pilot, app, "n")
        await engine.send(Push(rev=0, ticket=replace(changed, revision=9, fingerprint="e" * 16)))
        await until(pilot, lambda: app.link.mirror.tickets[first.id].revision == 9)
        await pilot.pause(0.1)
        assert not meanwhile(box), "it is rejected whatever its figures are"


async def test_a_decided_ticket_says_so_to_the_key_and_offers_none(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TicketView) and app.screen.ticket)
        view = app.screen
        assert isinstance(view, TicketView)
        bar = view.query_one(KeyBar)
        assert "confirm" in {action for _, _, action in bar.keys}
        await end(engine, engine.state.tickets[0])
        await until(pilot, lambda: not {"confirm", "reject", "edit"} & {action for _, _, action in bar.keys})
        await pilot.press("y")
        assert view.line.text.startswith("There is nothing to decide: it is confirmed by person since ")
