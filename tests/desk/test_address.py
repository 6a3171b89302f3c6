"""What a person is told to type reaches the engine they asked."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
import pytest

from desk.address import AS_TYPED, BY_NAME, Address
from desk.command_line import COMMANDS, main_group
from desk.event_text import alert_text, feed_text
from desk.report import status_lines, ticket_lines
from desk.screens.choice import Choice
from engine.errors import EXIT_NO_ENGINE
from engine.model import Light
from engine.model.frames import Push, Reply
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.program import call
from tests.widgets.harness import painted, until

DEMO, LIVE = Address(name="demo"), Address("live", "/home/a b/desk.toml")


@pytest.mark.parametrize(
    ("address", "text", "told"),
    [
        (DEMO, "`desk resume --reason …` to trade", "`desk resume --reason … --name demo` to trade"),
        (DEMO, "`desk journal why ID`, `desk journal`", "`desk journal why ID --name demo`, `desk journal`"),
        (DEMO, "`desk config show`; `kill -USR1`", "`desk config show`; `kill -USR1`"),
        (DEMO, "open `desk`", "open `desk demo`"),
        (DEMO, "start it: `desk demo`", "start it: `desk demo`"),
        (DEMO, "`desk stop --name other`", "`desk stop --name other`"),
        (Address("live"), "`desk` or `desk arm`", "`desk --profile live` or `desk arm --profile live`"),
        (Address("live"), "`desk keys set a --profile paper`", "`desk keys set a --profile paper`"),
        (Address("paper"), "`desk demo`", "`desk demo`"),
        (LIVE, "`desk stop`", "`desk stop --profile live --config '/home/a b/desk.toml'`"),
        (AS_TYPED, "`desk stop`", "`desk stop`"),
    ],
)  # fmt: skip
def test_a_command_goes_to_the_engine_that_was_asked(address: Address, text: str, told: str) -> None:
    assert address.told(text) == told


def test_those_that_take_a_name_are_known() -> None:
    context = click.Context(main_group)
    found = set()
    for name in COMMANDS:
        command = main_group.get_command(context, name)
        below = command.commands.items() if isinstance(command, click.Group) else [("", command)]
        for word, each in below:
            assert each is not None
            if any("--name" in parameter.opts for parameter in each.params if isinstance(parameter, click.Option)):
                found.add(f"{name} {word}".strip())
    assert found == BY_NAME


def test_reports_repeat_it() -> None:
    snapshot = made_up.snapshot()
    alert = msgspec.structs.replace(made_up.alert(1), remedy="`desk resume --reason …`")
    feed = msgspec.structs.replace(snapshot.feeds[0], light=Light.DOWN, remedy="`desk doctor`, `desk stop`")
    snapshot = msgspec.structs.replace(snapshot, alerts=(alert,), feeds=(feed,))
    ticket = snapshot.tickets[0]
    assert f"  desk confirm {ticket.id} --fingerprint {ticket.fingerprint} --name demo" in ticket_lines(snapshot, DEMO)
    said = "\n".join(status_lines(snapshot, DEMO))
    assert "pending: `desk tickets --name demo`" in said
    assert "→ `desk resume --reason … --name demo`" in said
    assert "→ `desk doctor`, `desk stop --name demo`" in said
    assert "`desk resume --reason … --name demo`" in alert_text(alert, DEMO)
    assert "`desk stop --name demo`" in feed_text(feed, DEMO)


def test_an_error_repeats_it(home: Path) -> None:
    found = call(home, "arm", "1234", "--profile", "live")
    assert found.returncode == EXIT_NO_ENGINE
    assert "`desk --profile live` with a screen, `desk autopilot --profile live` without" in found.stderr
    own = home / "own.toml"
    own.write_text("")
    assert f"start one: `desk --config {own}` with" in call(home, "status", "--config", str(own)).stderr


@pytest.mark.parametrize("name", ["replay", "nope"])
def test_no_engine_of_that_name_is_no_reason_to_start_another(home: Path, name: str) -> None:
    found = call(home, "status", "--name", name)
    assert found.returncode == EXIT_NO_ENGINE
    assert "start one" not in found.stderr
    assert "→ `desk replay` runs as replay while it lasts" in found.stderr


async def test_the_desk_repeats_it_beside_the_key(open_desk: Opener) -> None:
    async with open_desk(size=(200, 60), address=DEMO) as (pilot, app, engine):
        main = app.main
        assert main is not None
        remedy = "`desk resume --reason …`"
        named = "`desk resume --reason … --name demo` (key p)"
        await engine.send(Push(rev=0, alert=msgspec.structs.replace(made_up.alert(1), remedy=remedy)))
        await until(pilot, lambda: named in "\n".join(painted(main.alerts)))
        engine.replies["reconcile"] = Reply(ok=False, text="not now", remedy=remedy)
        await pilot.press("R")
        await until(pilot, lambda: f"→ {named}" in main.line.text)
        await pilot.press("q")
        await until(pilot, lambda: app.screen.is_modal)
        assert isinstance(app.screen, Choice)
        assert "`desk demo` comes back to it" in app.screen._lines[0]


async def test_leaving_says_how_this_very_engine_is_come_back_to(open_desk: Opener) -> None:
    async with open_desk(size=(200, 60), address=Address(config="/x/own.toml")) as (pilot, app, _):
        await pilot.press("q")
        await until(pilot, lambda: app.screen.is_modal)
        assert isinstance(app.screen, Choice)
        profile = made_up.snapshot().status.profile
        assert f"`desk --profile {profile} --config /x/own.toml` comes back to it" in app.screen._lines[0]
