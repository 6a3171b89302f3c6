"""The form in which an order is changed: it writes its figures as the ticket does, and says which are missing."""

from __future__ import annotations

import msgspec
from textual.widgets import Input

from desk.screens.edit import Edit, meaning
from engine.control.verbs import check_command
from engine.model import Side
from engine.model.frames import Command
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.widgets.harness import COLORS, text, until
from widgets.ticket_facts import TicketFacts
from widgets.ticket_order import order_lines


def test_what_an_edit_would_mean() -> None:
    draft = made_up.ticket().draft
    assert draft is not None
    assert meaning(draft, {})[0] == "order   26 @ 191.40  $4,973.80 at 191.30"
    assert meaning(draft, {"stop_price": None})[1] == "stop    a figure is missing"
    without = msgspec.structs.replace(draft, stop_price=None)
    assert meaning(without, {"stop_price": None})[1] == "stop    none"
    assert meaning(draft, {"quantity": None}) == ["A figure is missing.", "", ""]
    short = made_up.ticket(2, "META", Side.SELL).draft
    assert short is not None
    assert "+" in meaning(short, {})[2]


def test_an_edit_and_its_ticket_write_the_same_figures() -> None:
    ticket = made_up.ticket()
    assert ticket.draft is not None
    shown = text(order_lines(TicketFacts(ticket, None, made_up.account()), made_up.NOW, 1.0, 110, COLORS))
    for line in meaning(ticket.draft, {}):
        assert " ".join(line.split()[1:]) in " ".join(shown.split())


async def test_a_figure_takes_as_many_digits_as_the_engine(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        app.screen.GUARD_S = 0.0  # type: ignore[attr-defined]
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Edit))
        size = app.screen.query_one("#quantity", Input)
        size.value = ""
        await pilot.press(*"9" * 14, "full_stop", *"1" * 11, "full_stop", "x", "minus")
        assert size.value == "999999999999.111111111"
        assert not check_command(Command("edit", ticket="t", fingerprint="f", quantity=size.value))


async def test_what_is_typed_behind_a_key_that_goes_on_is_for_the_next_figure(open_desk: Opener) -> None:
    """All of it comes at once, as over a slow line."""
    async with open_desk() as (pilot, app, _):
        app.screen.GUARD_S = 0.0  # type: ignore[attr-defined]
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Edit) and isinstance(app.focused, Input))
        for key in ("1", "7", "tab", "1", "9", "0", "down", "3", "backspace", "2", "down", "4", "up", "down", "5"):
            app.simulate_key(key)
        size, limit, stop, target = app.screen.query(Input)
        await until(pilot, lambda: target.value == "5")
        assert [field.value for field in (size, limit, stop)] == ["17", "190", "2"]


async def test_an_order_without_a_target_is_edited_and_a_cleared_stop_is_not_sent(open_desk: Opener) -> None:
    shown = made_up.ticket()
    assert shown.draft is not None
    bare = msgspec.structs.replace(shown, draft=msgspec.structs.replace(shown.draft, target_price=None))
    async with open_desk(msgspec.structs.replace(made_up.snapshot(), tickets=(bare,))) as (pilot, app, engine):
        app.screen.GUARD_S = 0.0  # type: ignore[attr-defined]
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Edit))
        dialog = app.screen
        dialog.query_one("#stop_price", Input).value = ""
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert app.screen is dialog
        dialog.query_one("#stop_price", Input).value = "180"
        await pilot.press("enter")
        await until(pilot, lambda: engine.commands)
        assert engine.commands[0].stop_price == "180"
        assert engine.commands[0].target_price == ""
