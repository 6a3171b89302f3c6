"""Opening views, moving in them, zoom, palette, theme, compact: by keys, on a fake engine."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from desk import app as desk_app
from desk import views
from desk.screens.edit import Edit
from desk.screens.palette import Palette
from desk.screens.symbol import SymbolView
from desk.screens.theme import ThemeChoice
from desk.screens.ticket import TicketView
from desk.views import VIEWS
from engine.model import TradingState
from engine.model.frames import Command, Frame, Push
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.widgets.harness import painted, until

ROOT = Path(desk_app.__file__).parents[1]


def test_no_import_is_left_for_later_once_all_is_loaded() -> None:
    """A desk that runs while its code is upgraded reads none of the new code: all of it has been read by then."""
    told = "import sys, desk.app; from desk.views import load_all; load_all(); print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.split())
    late = set()
    for module in loaded:
        path = ROOT / Path(*module.split(".")).with_suffix(".py")
        if module.split(".")[0] in ("desk", "widgets") and path.exists():
            for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    for node in ast.walk(function):
                        if isinstance(node, ast.ImportFrom) and node.module:
                            late.add((module, node.module))
    ours = {(by, name) for by, name in late if name.split(".")[0] in ("desk", "engine", "widgets")}
    assert ("desk.screens.view", "desk.screens.help") in ours
    assert {(by, name) for by, name in ours if name not in loaded} == set()
    assert all(view.screen.partition(":")[0] in loaded for view in VIEWS)


async def test_views_and_their_styles_are_loaded_when_the_desk_has_come_up(
    open_desk: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_app, "_LOAD_AFTER_S", 0.01)
    settled: list[bool] = []
    async with open_desk(on_loaded=lambda: settled.append(True)) as (pilot, app, _):
        await until(pilot, lambda: len(settled) == 2)
        sheets = {str(sheet) for sheet in (ROOT / "desk" / "screens").glob("*.tcss")}
        assert sheets and all(app.stylesheet.has_source(sheet) for sheet in sheets)
        await pilot.press("4")
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == "posts")


async def test_a_view_that_can_no_longer_be_loaded_is_said_and_ends_nothing(
    open_desk: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(size=(200, 60)) as (pilot, app, engine):
        gone = {view.id: msgspec.structs.replace(view, screen="desk.screens.gone:Gone") for view in VIEWS}
        moved = msgspec.structs.replace(VIEWS[2], screen="desk.screens.symbol:Gone")
        monkeypatch.setattr(desk_app, "VIEW_BY_ID", gone | {"symbol": moved})
        for key, why in (("4", "ModuleNotFoundError: No module named 'desk.screens.gone'"), ("3", "has no Gone")):
            await pilot.press(key)
            await until(pilot, lambda why=why: app.main and why in app.main.line.text)
            assert app.main is app.screen
            assert "leave the desk and open it again" in app.main.line.text
        monkeypatch.setattr(views, "_LATE", ("desk.gone",))
        app.main.line.say("")
        app._load_views()
        await until(pilot, lambda: app.main and "No module named 'desk.gone'" in app.main.line.text)
        await pilot.press("p")
        await until(pilot, lambda: engine.commands)


def unguarded(screen: object) -> None:
    screen.GUARD_S = 0.0  # type: ignore[attr-defined]


async def test_every_view_opens_from_every_other_and_leaves_to_the_desk(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        for view in (*VIEWS[1:], VIEWS[1], VIEWS[0]):
            await pilot.press(view.key)
            await until(pilot, lambda view=view: getattr(app.screen, "VIEW", "") == view.id)
            assert len(app.screen_stack) == (1 if view.id == "desk" else 2)
        await pilot.press("3", "escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_the_ticket_view_shows_what_a_decision_needs_and_sends_what_was_seen(open_desk: Opener) -> None:
    async with open_desk(size=(160, 50)) as (pilot, app, engine):
        ticket = engine.state.tickets[0]
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TicketView))
        view = app.screen
        assert isinstance(view, TicketView)
        unguarded(view)
        await until(pilot, lambda: engine.asked)
        await until(pilot, lambda: "finbert" in "\n".join(painted(view.order)))
        order = "\n".join(painted(view.order))
        for words in ("26 @ 191.40", "-5.0%", "2.0× the risk", "0.00% → 4.96% of 10%", "raw +0.53", "72% kept"):
            assert words in order
        assert ticket.fingerprint in order
        await until(pilot, lambda: "10:46" in painted(view.chart)[-1])
        await pilot.press("y")
        await until(pilot, lambda: engine.commands)
        assert engine.commands == [Command("confirm", ticket=ticket.id, fingerprint=ticket.fingerprint)]
        await until(pilot, lambda: "CONFIRMED by person" in painted(view.order)[0])
        await pilot.press("y")
        await pilot.pause(0.1)
        assert len(engine.commands) == 1


async def test_an_edit_asks_for_what_changed_and_the_new_fingerprint_is_what_is_confirmed(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        seen = engine.state.tickets[0]
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TicketView))
        view = app.screen
        assert isinstance(view, TicketView)
        unguarded(view)
        await until(pilot, lambda: view.ticket)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Edit))
        await pilot.press("end", "backspace", "backspace", "1", "2", "down", "down", "end", "backspace", "9", "enter")
        await until(pilot, lambda: engine.commands)
        asked = Command("edit", ticket=seen.id, fingerprint=seen.fingerprint, quantity="12", stop_price="181.89")
        assert engine.commands == [asked]
        await until(pilot, lambda: "EDITED" in painted(view.order)[0])
        edited = engine.state.tickets[0]
        assert edited.fingerprint != seen.fingerprint
        await pilot.press("y")
        await until(pilot, lambda: len(engine.commands) == 2)
        assert engine.commands[1] == Command("confirm", ticket=seen.id, fingerprint=edited.fingerprint)


async def test_an_edit_of_nothing_and_an_edit_that_is_left_ask_nothing(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TicketView) and app.screen.ticket)
        unguarded(app.screen)
        emptied = ("end", "backspace", "backspace", "enter", "escape")
        for keys in (("enter",), ("7", "escape"), emptied):
            await pilot.press("e")
            await until(pilot, lambda: isinstance(app.screen, Edit))
            await pilot.press(*keys)
            await until(pilot, lambda: isinstance(app.screen, TicketView))
        assert engine.commands == []


async def test_a_key_right_after_the_ticket_changed_is_ignored(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TicketView) and app.screen.ticket)
        view = app.screen
        assert isinstance(view, TicketView)
        view.GUARD_S = 3600.0  # type: ignore[misc]
        await engine.send(Push(rev=0, ticket=msgspec.structs.replace(made_up.ticket(revision=2), id=view.subject)))
        await until(pilot, lambda: view.ticket and view.ticket.revision == 2)
        await pilot.press("y", "n", "e")
        await pilot.pause(0.1)
        assert isinstance(app.screen, TicketView)
        assert "Ignored" in view.line.text
        assert engine.commands == []


async def test_with_real_money_a_second_key_is_needed_in_the_ticket_view_too(open_desk: Opener) -> None:
    async with open_desk(made_up.snapshot("live")) as (pilot, app, engine):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TicketView) and app.screen.ticket)
        unguarded(app.screen)
        await pilot.press("y")
        await until(pilot, lambda: not isinstance(app.screen, TicketView))
        assert engine.commands == []
        await pilot.press("y", "enter")
        await pilot.pause(0.4)
        assert engine.commands == []
        await pilot.press("Y")
        await until(pilot, lambda: engine.commands)
        assert engine.commands[0].verb == "confirm"


async def test_the_symbol_view_says_why_first_and_turns_to_the_next_symbol(open_desk: Opener) -> None:
    async with open_desk(size=(160, 50)) as (pilot, app, engine):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, SymbolView))
        view = app.screen
        assert isinstance(view, SymbolView)
        await until(pilot, lambda: "gates fail" in painted(view.gates)[0])
        assert "shift change" in painted(view.gates)[1]
        first = view.subject
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: view.subject != first and view.subject in engine.asked)
        await until(pilot, lambda: view.subject in painted(view.gauge)[1])
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: view.subject == first)
        await until(pilot, lambda: first in "\n".join(painted(view.feed)))
        assert not [line for line in painted(view.feed)[1:] if "NVDA  " in line[:24]]


async def test_an_engine_that_does_not_answer_leaves_grey_figures_and_says_so(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, SymbolView))
        view = app.screen
        assert isinstance(view, SymbolView)
        await until(pilot, lambda: "gates fail" in painted(view.gates)[0])
        await engine.stop()
        await until(pilot, lambda: not app.link.attached)
        view.ask()
        await until(pilot, lambda: view.gates.stale)


@pytest.mark.parametrize("view", ["2", "3"])
async def test_zoom_gives_one_pane_the_body_and_leave_gives_it_back(open_desk: Opener, view: str) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press(view)
        await pilot.pause(0.2)
        screen = app.screen
        pane = screen.pane  # type: ignore[attr-defined]
        before = pane.region
        await pilot.press("z")
        await until(pilot, lambda: pane.region.width == 120 and pane.region.height >= before.height)
        others = [other for other in screen.panes if other is not pane]  # type: ignore[attr-defined]
        assert not [other for other in others if other.display and other.region.height and other.is_on_screen]
        await pilot.press("z")
        await until(pilot, lambda: pane.region == before)


async def test_tab_moves_the_zoom_along(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        main = app.main
        assert main is not None
        await pilot.press("z", "tab")
        await until(pilot, lambda: main.focused is main.gauges and main.gauges.region.width == 120)


async def test_keys_that_come_together_each_start_where_the_one_before_has_gone(open_desk: Opener) -> None:
    """What a slow line delivers in one piece, and what a quick hand types."""
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        await until(pilot, lambda: main.focused is main.tickets)
        before = main.tickets.key
        for key in ("tab", "tab", "up", "up"):
            app.simulate_key(key)
        await until(pilot, lambda: main.focused is main.feed and not main.feed.following)
        assert main.feed.selected is not None and main.feed.selected.id == main.feed.posts[-3].id
        assert main.tickets.key == before
        for key in ("shift+tab", "down", "tab", "tab"):
            app.simulate_key(key)
        await until(pilot, lambda: main.focused is main.positions)
        assert main.gauges.key == "GOOG"
        main.GUARD_S = 3600.0  # type: ignore[misc]
        for key in ("t", "y"):
            app.simulate_key(key)
        await until(pilot, lambda: main.focused is main.tickets and "Ignored" in main.line.text)
        assert engine.commands == []


async def test_the_palette_finds_by_words_and_runs_but_never_confirms(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        palette = app.screen
        assert isinstance(palette, Palette)
        assert "ticket.confirm" not in {option.id for option in palette.choices.shown}
        await pilot.press(*"reconcile", "enter")
        await until(pilot, lambda: engine.commands)
        assert engine.commands == [Command("reconcile")]
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        await pilot.press("z", "z", "z", "enter")
        await until(pilot, lambda: app.screen is app.main)


async def test_a_theme_is_seen_while_it_is_chosen_and_kept_or_given_back(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        before = app.theme
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, ThemeChoice))
        await pilot.press(*"nord")
        await until(pilot, lambda: app.theme == "nord")
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == before)
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, ThemeChoice))
        await pilot.press(*"gruvbox", "enter")
        await until(pilot, lambda: app.screen is app.main)
        assert app.theme == app.settings.theme == "gruvbox"


async def test_compact_makes_room_in_every_view(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press("v")
        await until(pilot, lambda: app.screen.has_class("-compact") and not app.main.query_one("#keybar").display)  # type: ignore[union-attr]
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, SymbolView) and app.screen.has_class("-compact"))
        await pilot.press("v")
        await until(pilot, lambda: not app.screen.has_class("-compact"))


async def test_a_ticket_is_edited_where_it_stands_on_the_desk_too(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Edit))
        await pilot.press("9", "enter")
        await until(pilot, lambda: engine.commands)
        assert engine.commands[0].quantity == "9"
        await until(pilot, lambda: app.screen is app.main and "9 @ 191.40" in "\n".join(painted(app.main.tickets)))


async def test_what_is_covered_paints_nothing_and_is_right_when_it_is_seen_again(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, SymbolView))
        assert not main.is_current
        assert app.screen.is_current
        row = msgspec.structs.replace(made_up.symbol_row("NVDA"), price="777.77")
        await engine.send(Frame(rev=0, symbols=(row,)))
        await until(pilot, lambda: app.link.mirror.symbols["NVDA"].price == "777.77")
        await pilot.pause(0.3)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is main)
        await until(pilot, lambda: any("777.77" in strip.text for strip in app.screen._compositor.render_strips()))
        await pilot.press("question_mark")
        await pilot.pause(0.1)
        assert app.screen is not main
        assert main.is_current


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 30), (120, 40), (160, 45), (200, 60)])
async def test_posts_and_tickets_have_room_at_every_size(open_desk: Opener, size: tuple[int, int]) -> None:
    async with open_desk(size=size) as (pilot, app, _):
        assert app.main is not None
        await pilot.pause()
        assert app.main.feed.size.height >= 5
        assert app.main.tickets.size.height >= 5
        assert app.main.gauges.size.height >= 5


async def test_what_a_view_covers_is_painted_when_it_is_seen_again(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        await pilot.press("6")
        await until(pilot, lambda: app.screen is not main)
        before = "\n".join(strip.text for strip in main.bar._strips)
        row = msgspec.structs.replace(made_up.symbol_row("TSLA", 3), price="404.04")
        status = made_up.status(state=TradingState.REDUCING, state_reason="day's loss")
        await engine.send(Frame(rev=0, status=status, symbols=(row,)))
        await until(pilot, lambda: app.link.mirror.symbols["TSLA"].price == "404.04")
        await until(pilot, lambda: main.gauges._behind and main.bar._behind)
        assert "\n".join(strip.text for strip in main.bar._strips) == before
        await pilot.press("escape")
        await until(pilot, lambda: "404.04" in "\n".join(painted(main.gauges)))
        await until(pilot, lambda: " REDUCING " in painted(main.bar)[0])
        assert not main.gauges._behind
