from __future__ import annotations

import asyncio
from math import inf
from time import monotonic

import pytest
from msgspec.structs import replace
from textual import events
from textual.pilot import Pilot

from desk.screens.choice import Answer, Choice
from desk.screens.guarded import GUARD_S, Guarded
from desk.screens.prompt import Prompt
from tests.desk import made_up
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


async def hold(pilot: Pilot[bool], key: str) -> None:
    """Hold a key as a hand does that is in no hurry: it comes again after two thirds of a second, then 30 times."""
    await pilot.press(key)
    await asyncio.sleep(0.66)
    for _ in range(30):
        pilot.app.simulate_key(key)
        await asyncio.sleep(0.03)
    await pilot.pause()


async def test_a_key_that_is_held_confirms_no_ticket_that_nobody_saw(open_desk: Opener) -> None:
    """The second ticket comes under the hand while the key is still down; so do the new figures of a refused one."""
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        main.GUARD_S = GUARD_S  # type: ignore[misc]
        first, second = engine.state.tickets
        changed = replace(first, revision=first.revision + 1, fingerprint="f" * 16)
        engine.state = replace(engine.state, tickets=(changed, second))
        await hold(pilot, "y")
        assert [command.fingerprint for command in engine.commands] == [first.fingerprint]
        assert "held down" in main.line.text
        await asyncio.sleep(4 * GUARD_S)
        await hold(pilot, "y")
        assert [command.fingerprint for command in engine.commands] == [first.fingerprint, changed.fingerprint]
        assert main.ticket is not None and main.ticket.id == second.id
        await asyncio.sleep(4 * GUARD_S)
        await pilot.press("y")
        await until(pilot, lambda: len(engine.commands) == 3)


async def test_a_key_for_a_ticket_that_was_gone_to_is_no_held_one(open_desk: Opener) -> None:
    """Down and `y` right after a confirmation mean the next ticket; what slides under the hand must be read first."""
    three = made_up.snapshot(tickets=3)
    async with open_desk(three) as (pilot, app, engine):
        main = app.main
        assert main is not None
        first, second, third = three.tickets
        await pilot.press("y")
        await until(pilot, lambda: main.ticket is not None and main.ticket.id == second.id)
        main.GUARD_S = GUARD_S  # type: ignore[misc]
        app.simulate_key("j")
        await asyncio.sleep(1.2 * GUARD_S)
        main.acted("confirm")
        app.simulate_key("y")
        await until(pilot, lambda: len(engine.commands) == 2)
        assert [command.ticket for command in engine.commands] == [first.id, third.id]
        await until(pilot, lambda: main.ticket is not None and main.ticket.id == second.id)
        await asyncio.sleep(1.2 * GUARD_S)
        main.acted("confirm")
        await pilot.press("y")
        assert len(engine.commands) == 2 and "held down" in main.line.text


async def test_the_wheel_says_nothing_of_a_key_that_is_held(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        second = engine.state.tickets[1]
        await pilot.press("y")
        await until(pilot, lambda: main.ticket is not None and main.ticket.id == second.id)
        main.GUARD_S = GUARD_S  # type: ignore[misc]
        main.tickets.move(1)
        await asyncio.sleep(1.2 * GUARD_S)
        main.acted("confirm")
        await pilot.press("y")
        assert len(engine.commands) == 1 and "held down" in main.line.text


async def test_a_reason_given_holds_no_other_key_back(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        second = engine.state.tickets[1]
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        app.screen.resumed_at = 0.0  # type: ignore[attr-defined]
        await pilot.press("1")
        await until(pilot, lambda: main.ticket is not None and main.ticket.id == second.id)
        main.resumed_at = main.tickets.moved_at = 0.0
        main.GUARD_S = 60.0  # type: ignore[misc]
        await pilot.press("y")
        await until(pilot, lambda: [command.verb for command in engine.commands] == ["reject", "confirm"])


async def test_a_key_that_is_held_acknowledges_one_alert(open_desk: Opener) -> None:
    two = replace(made_up.snapshot(), alerts=(made_up.alert(1), made_up.alert(2)))
    async with open_desk(two) as (pilot, app, engine):
        main = app.main
        assert main is not None and main.alerts.top is not None
        main.GUARD_S = GUARD_S  # type: ignore[misc]
        await hold(pilot, "a")
        assert [command.verb for command in engine.commands] == ["acknowledge"]


@pytest.mark.parametrize(("key", "verb"), [("R", "reconcile"), ("p", "pause")])
async def test_a_key_that_is_held_asks_the_engine_once(open_desk: Opener, key: str, verb: str) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        main.GUARD_S = GUARD_S  # type: ignore[misc]
        await hold(pilot, key)
        assert [command.verb for command in engine.commands] == [verb]
        assert app.screen is main and "held down" in main.line.text
        await asyncio.sleep(1.2 * GUARD_S)
        main.resumed_at = 0.0
        await pilot.press("y")
        await until(pilot, lambda: [command.verb for command in engine.commands] == [verb, "confirm"])
