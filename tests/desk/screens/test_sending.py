"""What was asked of the engine goes out and is told of, wherever the person has gone meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from textual.widgets import Input

from desk.app import DeskApp
from desk.screens.choice import Choice
from desk.screens.palette import Palette
from desk.screens.ticket import TicketView
from desk.screens.view import ViewScreen
from engine.model.frames import Command, Push, Reply
from tests.desk.conftest import Opener
from tests.widgets.harness import until
from widgets.key_bar import KeyBar


def held_back(app: DeskApp) -> Callable[[], None]:
    """Commands wait on their way out, as they do for a connection or a busy screen, until this is called."""
    client, go = app.link._client, asyncio.Event()
    send = client.command

    async def wait(command: Command) -> Reply:
        await go.wait()
        return await send(command)

    client.command = wait  # type: ignore[method-assign]
    return go.set


@pytest.mark.parametrize("leave", ["escape", "1", "4"])
async def test_a_confirmation_is_sent_though_its_view_is_left_at_once(open_desk: Opener, leave: str) -> None:
    async with open_desk() as (pilot, app, engine):
        go = held_back(app)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TicketView))
        view = app.screen
        assert isinstance(view, TicketView)
        view.GUARD_S = 0.0  # type: ignore[misc]
        app.simulate_key("y")
        app.simulate_key(leave)
        await until(pilot, lambda: app.screen is not view and not view.is_attached)
        go()
        await until(pilot, lambda: bool(engine.commands))
        assert [command.verb for command in engine.commands] == ["confirm"]


async def test_the_kill_switch_is_sent_though_its_view_is_left_at_once(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        go = held_back(app)
        await pilot.press("6")
        view = app.screen
        await pilot.press("K")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        app.screen.resumed_at = 0.0  # type: ignore[attr-defined]
        app.simulate_key("h")
        app.simulate_key("escape")
        app.simulate_key("escape")
        await until(pilot, lambda: app.screen is app.main and not view.is_attached)
        go()
        await until(pilot, lambda: bool(engine.commands))
        assert [command.verb for command in engine.commands] == ["kill"]


async def test_an_answer_that_comes_after_its_view_was_left_is_said_where_the_person_is(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        go = held_back(app)
        engine.replies["reconcile"] = Reply(ok=False, text="the venue does not answer")
        await pilot.press("6", "R", "5", "question_mark")
        await until(pilot, lambda: not isinstance(app.screen, ViewScreen))
        go()
        below = app.screen_stack[-2]
        assert isinstance(below, ViewScreen) and below.VIEW == "orders"
        await until(pilot, lambda: below.line.text == "the venue does not answer")


async def test_a_theme_chosen_over_a_view_is_said_there(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press("4", "T")
        await until(pilot, lambda: not isinstance(app.screen, ViewScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ViewScreen))
        assert isinstance(app.screen, ViewScreen) and app.screen.VIEW == "posts"
        assert app.screen.line.text.startswith("Theme ")


async def test_an_answer_does_not_bring_back_a_ticket_that_has_changed_since(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        seen = engine.state.tickets[0]
        older = msgspec.structs.replace(seen, revision=2, note="older")
        newer = msgspec.structs.replace(seen, revision=3, note="newer", fingerprint="f" * 16)
        engine.replies["confirm"] = Reply(ok=False, text="not as seen", ticket=older)
        go = held_back(app)
        await pilot.press("y")
        await engine.send(Push(rev=0, ticket=newer))
        await until(pilot, lambda: app.link.mirror.tickets[seen.id].revision == 3)
        go()
        await until(pilot, lambda: app.main is not None and app.main.line.text == "not as seen")
        assert app.link.mirror.tickets[seen.id] == newer


async def test_an_edit_that_is_refused_asks_nothing_where_the_person_has_gone_on(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        engine.replies["edit"] = Reply(ok=False, text="not edited", difference=("R02 rejects",))
        await pilot.press("e")
        await until(pilot, lambda: not isinstance(app.screen, ViewScreen))
        app.screen.query_one("#quantity", Input).value = "30"
        go = held_back(app)
        await pilot.press("enter", "4")
        await until(pilot, lambda: isinstance(app.screen, ViewScreen) and app.screen.VIEW == "posts")
        posts = app.screen
        go()
        await until(pilot, lambda: bool(engine.commands))
        assert isinstance(posts, ViewScreen)
        await until(pilot, lambda: "R02 rejects" in posts.line.text)
        await pilot.pause()
        assert app.screen is posts


async def test_a_key_of_the_bar_that_is_clicked_twice_opens_one_dialog(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        view = app.screen
        for _ in range(2):
            view.post_message(KeyBar.Pressed("kill"))
        await until(pilot, lambda: isinstance(app.screen, Choice))
        await pilot.pause(0.1)
        assert app.screen_stack[:-1] == [view]


async def test_enter_twice_in_the_palette_does_it_once(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, Palette) and isinstance(app.focused, Input))
        await pilot.press(*"reconcile")
        for _ in range(2):
            app.simulate_key("enter")
        await until(pilot, lambda: app.screen is app.main and bool(engine.commands))
        await pilot.pause(0.1)
        assert [command.verb for command in engine.commands] == ["reconcile"]
