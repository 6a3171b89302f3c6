"""Screens too small for everything: what is not seen is not decided, and every answer of a dialog can be read."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from desk.screens.choice import Choice
from desk.screens.prompt import Prompt
from desk.screens.ticket import TicketView
from desk.screens.verbs import REASONS
from tests.desk.conftest import Opener
from tests.widgets.harness import painted, until
from widgets.answer_row import AnswerRow
from widgets.key_bar import KeyBar


@pytest.mark.parametrize("size", [(30, 10), (80, 6)])
async def test_a_ticket_without_room_on_the_screen_is_not_decided(open_desk: Opener, size: tuple[int, int]) -> None:
    async with open_desk(size=size) as (pilot, app, engine):
        main = app.main
        assert main is not None
        assert main.focused is main.tickets
        for key in ("y", "n", "e"):
            main.line.say("")
            await pilot.press(key)
            await until(pilot, lambda: "no room" in main.line.text)
            assert app.screen is main
        assert engine.commands == []
        await pilot.resize_terminal(40, 12)
        await until(pilot, lambda: not main.may_decide())
        await pilot.press("y")
        await until(pilot, lambda: [command.verb for command in engine.commands] == ["confirm"])


@pytest.mark.parametrize("size", [(40, 10), (40, 12), (80, 10), (80, 15), (120, 12), (200, 12)])
async def test_on_few_lines_the_ticket_under_the_cursor_is_seen_whole(open_desk: Opener, size: tuple[int, int]) -> None:
    """Also while an answer takes two lines, and on the gauges, the posts or the book."""
    async with open_desk(size=size) as (pilot, app, engine):
        main = app.main
        assert main is not None
        assert not main.may_decide()
        for pane in (main.gauges, main.feed, main.positions, main.orders, main.decisions, main.tickets):
            main.go(pane)
            await until(pilot, lambda pane=pane: app.focused is pane and pane.region.height)
            await until(pilot, lambda pane=pane: app.screen.region.contains_region(pane.region))
            assert "BUY  TSLA" in painted(main.tickets)[1] and "bps" in painted(main.tickets)[2]
        main.line.refused("word " * (size[0] // 4))
        await until(pilot, lambda: main.line.size.height > 1)
        await until(pilot, lambda: not main.may_decide())
        await pilot.press("down")
        await until(pilot, lambda: "SELL META" in painted(main.tickets)[1])
        assert main.ticket is not None and main.ticket.id == engine.state.tickets[1].id
        assert not main.may_decide()


@pytest.mark.parametrize(("size", "decided"), [((20, 5), False), ((30, 8), False), ((40, 10), True), ((80, 12), True)])
async def test_a_ticket_in_full_is_decided_where_its_figures_are_seen(
    open_desk: Opener, size: tuple[int, int], decided: bool
) -> None:
    async with open_desk(size=size) as (pilot, app, engine):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TicketView) and app.screen.order.size.height)
        view = app.screen
        assert isinstance(view, TicketView)
        view.GUARD_S = 0.0  # type: ignore[misc]
        await pilot.pause(0.1)
        await pilot.press("y")
        if decided:
            await until(pilot, lambda: [command.verb for command in engine.commands] == ["confirm"])
        else:
            await until(pilot, lambda: view.line.text.startswith("Size, limit, stop and target"))
            await pilot.resize_terminal(80, 24)
            await pilot.pause(0.1)
            assert engine.commands == []
            await pilot.press("y")
            await until(pilot, lambda: [command.verb for command in engine.commands] == ["confirm"])


async def test_a_ticket_whose_order_a_zoom_hides_is_not_decided(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TicketView) and app.screen.order.size.height)
        view = app.screen
        assert isinstance(view, TicketView)
        view.GUARD_S = 0.0  # type: ignore[misc]
        await pilot.press("z")
        await pilot.pause(0.1)
        await pilot.press("y")
        await until(pilot, lambda: "z brings it back" in view.line.text)
        assert engine.commands == []
        await pilot.press("z")
        await pilot.pause(0.1)
        await pilot.press("y")
        await until(pilot, lambda: [command.verb for command in engine.commands] == ["confirm"])


@pytest.mark.parametrize("size", [(30, 8), (40, 10), (40, 12), (80, 12), (80, 15)])
@pytest.mark.parametrize("key", ["K", "q", "F"])
async def test_every_answer_of_a_dialog_stands_on_the_screen(
    open_desk: Opener, size: tuple[int, int], key: str
) -> None:
    async with open_desk(size=size) as (pilot, app, _):
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, Choice))
        answers = list(app.screen.query(AnswerRow))
        assert len(answers) > 2
        await until(pilot, lambda: all(app.screen.region.contains_region(answer.region) for answer in answers))
        dialog = app.screen.query_one("#dialog")
        await until(pilot, lambda: all(dialog.content_region.contains_region(answer.region) for answer in answers))
        said = [static for static in app.screen.query(Static) if static.display]
        assert any("Held:" in str(each.content) for each in said)
        await pilot.press(*["pagedown"] * 9)
        await until(pilot, lambda: dialog.scroll_y == dialog.max_scroll_y)


@pytest.mark.parametrize("size", [(30, 10), (40, 10), (40, 12)])
async def test_every_reason_to_reject_stands_on_the_screen(open_desk: Opener, size: tuple[int, int]) -> None:
    async with open_desk(size=size) as (pilot, app, _):
        await app.push_screen(Prompt("Reject BUY 26 TSLA @ 191.40", "reason", picks=REASONS, required=True))
        await until(pilot, lambda: len(app.screen.query(AnswerRow)) > len(REASONS))
        picks = list(app.screen.query(AnswerRow))[: len(REASONS) + 1]
        await until(pilot, lambda: all(pick.region.height for pick in picks))
        dialog = app.screen.query_one("#dialog")
        await until(pilot, lambda: all(dialog.content_region.contains_region(pick.region) for pick in picks))


async def test_the_last_answer_of_a_dialog_scrolls_into_view(open_desk: Opener) -> None:
    async with open_desk(size=(40, 10)) as (pilot, app, engine):
        await pilot.press("K")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        last = list(app.screen.query(Static))[-1]
        assert not app.screen.region.contains_region(last.region)
        await pilot.press("pagedown")
        await until(pilot, lambda: app.screen.region.contains_region(last.region))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert engine.commands == []


@pytest.mark.parametrize("small", [(30, 8), (60, 12)])
async def test_a_dialog_on_a_screen_that_grew_again_hides_no_answer(open_desk: Opener, small: tuple[int, int]) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press("K")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        dialog = app.screen.query_one("#dialog")
        await until(pilot, lambda: dialog.region)
        before = dialog.region
        await pilot.resize_terminal(*small)
        await until(pilot, lambda: dialog.show_vertical_scrollbar)
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: dialog.region == before and not dialog.show_vertical_scrollbar)


async def test_the_key_bar_begins_with_what_the_pane_under_the_hand_can_do(open_desk: Opener) -> None:
    """At 80 columns no bar named `F` or `x`, and on every pane it named the keys that decide a ticket."""
    begins = {"positions": "F flatten", "orders": "x cancel", "gauges": "m mode", "feed": "f filter"}
    async with open_desk(size=(80, 24)) as (pilot, app, _):
        main = app.main
        assert main is not None
        bar = main.query_one(KeyBar)
        await until(pilot, lambda: painted(bar)[0].startswith(" y confirm  n reject"))
        for pane in (main.positions, main.orders, main.gauges, main.feed):
            main.go(pane)
            await until(pilot, lambda pane=pane: painted(bar)[0].startswith(f" {begins[pane.id or '']}"))  # type: ignore[misc]
            assert "confirm" not in painted(bar)[0]
            assert {"K KILL", "? help"} <= {entry.strip() for entry in painted(bar)[0].split("  ")}
        await pilot.press("t")
        await until(pilot, lambda: painted(bar)[0].startswith(" y confirm  n reject"))


async def test_a_long_answer_brings_no_scroll_bar_over_the_smallest_screen(open_desk: Opener) -> None:
    """It took two columns from every line, and with them the trading state."""
    async with open_desk(size=(20, 5)) as (pilot, app, _):
        assert app.main is not None
        app.main.line.refused("pause: no engine answers, nothing was sent")
        await until(pilot, lambda: app.main and app.main.line.size.height > 1)
        assert app.main.bar.size.width == 20
        assert "● ACTIVE" in painted(app.main.bar)[0]
