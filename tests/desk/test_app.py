"""The desk against an engine on a real socket: what it shows, what its keys send."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from time import monotonic

import msgspec
import pytest
from textual import events
from textual.geometry import Region

from desk.address import Address
from desk.app import DeskApp
from desk.client import Client
from desk.screens.ticket import TicketView
from desk.screens.verbs import PAUSE_REASON, REASONS
from desk.screens.view import ViewScreen
from engine.config import ScreenConfig
from engine.model import DecisionKind, DisplayText, Level, Mode, TradingState
from engine.model.frames import Command, Frame, Goodbye, Push, Reply
from tests.desk import made_up
from tests.desk.asked import asked
from tests.desk.conftest import Opener
from tests.desk.drawn import shows_engine
from tests.desk.fake_engine import fake_engine
from tests.hostile.corpus import CORPUS
from tests.widgets.harness import painted, until
from widgets.key_bar import KeyBar
from widgets.no_control import visible


async def test_the_screen_shows_what_the_engine_told(open_desk: Opener) -> None:
    async with open_desk() as (_, app, _):
        main = app.main
        assert main is not None
        assert "SIMULATED" in painted(main.bar)[0]
        assert "TSLA" in painted(main.gauges)[1]
        assert "▲ BUY  TSLA" in painted(main.tickets)[1]
        assert any("AAPL" in line for line in painted(main.feed))
        assert "NVDA" in painted(main.positions)[1]
        assert "○ working" in painted(main.orders)[1]


async def test_confirm_sends_the_fingerprint_that_was_shown(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        ticket = engine.state.tickets[0]
        await pilot.press("y")
        await until(pilot, lambda: engine.commands)
        assert engine.commands == [Command(verb="confirm", ticket=ticket.id, fingerprint=ticket.fingerprint)]
        main = app.main
        assert main is not None
        await until(pilot, lambda: "BUY 26 TSLA: accepted" in main.line.text)
        await until(pilot, lambda: ticket.id not in main.tickets.keys and "TSLA" in main.positions.keys)
        await until(pilot, lambda: "● filled" in "".join(painted(main.orders)))


async def test_a_ticket_tells_before_the_key_that_its_price_has_gone_too_far(open_desk: Opener) -> None:
    async with open_desk(size=(80, 24)) as (pilot, app, engine):
        main = app.main
        assert main is not None
        assert "now 191.40    ▲ +5/20 bps " in painted(main.tickets)[2]
        await engine.send(Frame(rev=0, symbols=(msgspec.structs.replace(made_up.symbol_row("TSLA"), price="191.69"),)))
        await until(pilot, lambda: "✗ +21/20 bps" in painted(main.tickets)[2])
        assert "! confirm is refused, then shown anew" in painted(main.tickets)[2]
        await engine.send(Frame(rev=0, status=msgspec.structs.replace(engine.state.status, drift_bps=Decimal(30))))
        await until(pilot, lambda: "▲ +20/30 bps" in painted(main.tickets)[2])
        await engine.send(Frame(rev=0, status=made_up.status(state=TradingState.REDUCING)))
        await until(pilot, lambda: "! REDUCING now: confirm is refused" in painted(main.tickets)[2])


async def test_a_key_right_after_the_row_moved_is_ignored(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        main.GUARD_S = 30.0  # type: ignore[misc]
        first = engine.state.tickets[0]
        ended = made_up.decision(first, DecisionKind.EXPIRED, "clock")
        await engine.send(Push(rev=0, ticket=first, decision=ended))
        await until(pilot, lambda: main.tickets.key != first.id)
        await pilot.press("y")
        assert "Ignored" in main.line.text
        await pilot.press("n")
        assert engine.commands == []
        assert app.screen is main


async def test_a_key_right_after_the_focus_came_back_is_ignored(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        main.GUARD_S = 30.0  # type: ignore[misc]
        main.tickets.moved_at = monotonic() - 60
        app.post_message(events.AppFocus())
        await pilot.pause()
        await pilot.press("y")
        assert "the focus had just come here" in main.line.text
        assert engine.commands == []


async def test_neither_enter_nor_a_pasted_y_confirms(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        app.post_message(events.Paste("y\ny\n"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TicketView))
        await pilot.press("enter")
        app.post_message(events.Paste("y\n"))
        await pilot.pause()
        assert engine.commands == []


@pytest.mark.parametrize(
    "key", ["n", "e", "m", "K", "F", "f", "slash", "colon", "semicolon", "question_mark", "T", "q"]
)
async def test_what_is_typed_on_after_a_key_that_asks_decides_nothing(open_desk: Opener, key: str) -> None:
    async with open_desk() as (pilot, app, engine):
        characters = {"slash": "/", "colon": ":", "semicolon": ";", "question_mark": "?"}
        for name in (key, *"yypyR"):
            app.post_message(events.Key(name, characters.get(name, name)))
        await until(pilot, lambda: app.screen is not app.main)
        await pilot.pause(0.1)
        assert engine.commands == []


async def test_a_decision_needs_the_tickets_to_be_in_focus(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        await pilot.press("tab")
        await until(pilot, lambda: main.focused is main.gauges)
        await pilot.press("y")
        assert "Press t" in main.line.text
        await pilot.press("t")
        await until(pilot, lambda: main.focused is main.tickets)
        await pilot.press("y")
        await until(pilot, lambda: engine.commands)


async def test_a_refused_confirmation_shows_the_difference_and_the_new_ticket(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        main = app.main
        assert main is not None
        new = made_up.ticket(1, revision=2, note="price moved 31 bps")
        engine.replies["confirm"] = Reply(
            ok=False, text="not as seen", difference=("limit 191.40 → 191.50",), ticket=new
        )
        await pilot.press("y")
        await until(pilot, lambda: "limit 191.40 → 191.50" in main.line.text)
        await until(pilot, lambda: "price moved 31 bps" in "".join(painted(main.tickets)))
        engine.replies.clear()
        await pilot.press("y")
        await until(pilot, lambda: len(engine.commands) == 2)
        assert engine.commands[1].fingerprint == new.fingerprint


@pytest.mark.parametrize("typed", [False, True])
async def test_reject_asks_for_a_reason(open_desk: Opener, typed: bool) -> None:
    async with open_desk() as (pilot, _, engine):
        await pilot.press("n")
        await asked(pilot)
        await pilot.press(*(("t", "o", "l", "d", "enter") if typed else ("2",)))
        await until(pilot, lambda: engine.commands)
        reason = "old" if typed else REASONS[1]
        typed_reason = "old" if typed else reason
        assert engine.commands == [Command(verb="reject", ticket=engine.state.closed[-1][0].id, reason=typed_reason)]


async def test_what_is_typed_behind_the_key_that_asks_for_words_is_words(open_desk: Opener) -> None:
    """All of it comes at once, as over a slow line; by themselves the digits pick a reason."""
    async with open_desk() as (pilot, app, engine):
        await pilot.press("n")
        await asked(pilot)
        for key in ("t", "1", "0", "t", "o", "1", "backspace", "o", "n", "e", "enter"):
            app.simulate_key(key)
        await until(pilot, lambda: engine.commands)
        assert engine.commands[0].reason == "10toone"


async def test_the_kill_switch_needs_a_second_key(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("K", "escape")
        await pilot.pause()
        assert engine.commands == []
        for key, flatten in (("h", False), ("f", True)):
            await pilot.press("K")
            await asked(pilot)
            await pilot.press(key)
            await until(pilot, lambda: engine.commands)
            command = engine.commands.pop()
            assert (command.verb, command.flatten) == ("kill", flatten)
            assert command.reason
        main = app.main
        assert main is not None
        await until(pilot, lambda: " HALTED " in painted(main.bar)[0])


async def test_resume_asks_why_and_pause_does_not(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("p")
        await until(pilot, lambda: app.link.mirror.status and app.link.mirror.status.state is not TradingState.ACTIVE)
        await pilot.press("p")
        await asked(pilot)
        await pilot.press("enter", "o", "k", "enter")
        await until(pilot, lambda: len(engine.commands) == 2)
        assert engine.commands == [
            Command(verb="pause", reason=PAUSE_REASON), Command(verb="resume", reason="ok"),
        ]  # fmt: skip


async def test_mode_of_one_symbol_and_of_all(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        for key, symbol, mode in (("a", "TSLA", Mode.AUTO), ("O", "*", Mode.OFF)):
            await pilot.press("m")
            await asked(pilot)
            await pilot.press(key)
            await until(pilot, lambda: engine.commands)
            assert engine.commands.pop() == Command(verb="mode", symbol=symbol, mode=mode.value)
        main = app.main
        assert main is not None
        await until(pilot, lambda: " off " in painted(main.gauges)[1])


async def test_live_money_needs_a_second_key(open_desk: Opener) -> None:
    async with open_desk(made_up.snapshot("live")) as (pilot, _, engine):
        await pilot.press("y")
        await asked(pilot)
        await pilot.press("y")
        assert engine.commands == []
        await pilot.press("Y")
        await until(pilot, lambda: engine.commands)
        assert engine.commands[0].verb == "confirm"


async def test_an_alert_is_acknowledged(open_desk: Opener) -> None:
    snapshot = msgspec.structs.replace(made_up.snapshot(), alerts=(made_up.alert(),))
    async with open_desk(snapshot) as (pilot, app, engine):
        main = app.main
        assert main is not None
        assert "WARNING" in painted(main.alerts)[0]
        await pilot.press("a")
        await until(pilot, lambda: main.alerts.top is None)
        assert engine.commands == [Command(verb="acknowledge", alert="alert-1")]


@pytest.mark.parametrize("key", ["1", "6"])
async def test_an_alert_that_has_just_come_is_not_acknowledged_by_a_key_for_another(
    open_desk: Opener, key: str
) -> None:
    snapshot = msgspec.structs.replace(made_up.snapshot(), alerts=(made_up.alert(),))
    async with open_desk(snapshot) as (pilot, app, engine):
        await pilot.press(key)
        view = app.screen
        assert isinstance(view, ViewScreen)
        view.GUARD_S = 60.0  # type: ignore[misc]
        pane = view.query_one("#alerts")
        worse = made_up.alert(2, Level.CRITICAL)
        await engine.send(Push(rev=0, alert_gone="alert-1"))
        await engine.send(Push(rev=0, alert=worse))
        await until(pilot, lambda: list(app.link.mirror.alerts) == [worse.id])
        await until(pilot, lambda: "CRITICAL" in "".join(painted(pane)).upper())
        await pilot.press("a")
        await until(pilot, lambda: "another alert" in view.line.text)
        assert engine.commands == []
        view.GUARD_S = 0.0  # type: ignore[misc]
        await pilot.press("a")
        await until(pilot, lambda: engine.commands == [Command(verb="acknowledge", alert=worse.id)])


async def test_a_lost_engine_is_said_and_the_desk_attaches_again(socket: Path) -> None:
    async with fake_engine(socket) as engine:
        app = DeskApp(lambda: Client(socket), ScreenConfig(fps="60"))
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: shows_engine(app))
            main = app.main
            assert main is not None
            await engine.stop()
            await until(pilot, lambda: "ENGINE LOST" in painted(main.bar)[0])
            await until(pilot, lambda: main.tickets.stale and main.feed.stale)
            main.GUARD_S = 0.0  # type: ignore[misc]
            await pilot.press("y")
            assert "nothing was sent" in main.line.text
            await engine.start()
            await until(pilot, lambda: "● ACTIVE" in painted(main.bar)[0])
            assert not main.tickets.stale


async def test_a_gap_in_the_revisions_attaches_again(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        engine.rev += 5
        await engine.send(Frame(rev=0, positions=()))
        await until(pilot, lambda: app.link.mirror.rev == engine.rev)
        assert app.link.mirror.positions


async def test_no_engine_at_all_is_said_at_once(socket: Path) -> None:
    app = DeskApp(lambda: Client(socket), ScreenConfig())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.main and "no engine answers" in painted(app.main.bar)[0])


async def test_an_orderly_end_is_told_as_one_with_what_to_do(open_desk: Opener) -> None:
    async with open_desk(address=Address(name="demo")) as (pilot, app, engine):
        main = app.main
        assert main is not None
        await engine.send(Goodbye(rev=0, reason="stopped by a person"))
        await engine.stop()
        await until(pilot, lambda: "ENGINE STOPPED" in painted(main.bar)[0])
        assert "stopped by a person → `desk demo` starts it again" in painted(main.bar)[0]
        await pilot.press("y")
        assert main.line.text == "The engine has stopped: nothing was sent."
        await engine.start()
        await until(pilot, lambda: "● ACTIVE" in painted(main.bar)[0])


@pytest.mark.parametrize(("key", "stops"), [("q", False), ("s", True)])
async def test_quit_asks_whether_the_engine_stays(open_desk: Opener, key: str, stops: bool) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("q")
        await asked(pilot)
        await pilot.press(key)
        await until(pilot, lambda: app.return_value is not None)
        assert app.return_value is stops
        assert [command.verb for command in engine.commands] == (["stop"] if stops else [])


async def test_detail_follows_its_ticket_and_decides_it(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, TicketView))
        detail = app.screen
        assert isinstance(detail, TicketView)
        detail.GUARD_S = 0.0  # type: ignore[misc]
        await engine.send(Push(rev=0, ticket=made_up.ticket(1, revision=2)))
        await until(pilot, lambda: detail.ticket and detail.ticket.revision == 2)
        await pilot.press("n")
        await asked(pilot)
        await pilot.press("1")
        await until(pilot, lambda: engine.commands)
        await until(pilot, lambda: "REJECTED" in painted(detail.order)[0])
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_every_pane_can_be_reached_and_seen(open_desk: Opener, size: tuple[int, int]) -> None:
    async with open_desk(size=size) as (pilot, app, _):
        main = app.main
        assert main is not None
        for pane in (main.gauges, main.feed, main.positions, main.orders, main.decisions, main.tickets):
            await pilot.press("tab")
            await until(pilot, lambda pane=pane: main.focused is pane and pane.size.height >= 2)
            assert Region(0, 0, *size).contains_region(pane.region)


async def test_hostile_posts_and_tickets_reach_no_terminal(open_desk: Opener) -> None:
    async with open_desk(size=(120, 40)) as (pilot, app, engine):
        rows, tickets = [], []
        for number, text in enumerate(CORPUS.values()):
            clean = text.encode("utf-8", "replace").decode()
            foreign = DisplayText(clean)
            rows.append(msgspec.structs.replace(made_up.post(number), text=foreign, author=foreign, symbols=(clean,)))
            evidence = (msgspec.structs.replace(made_up.ticket().signal.evidence[0], text=foreign, author=foreign),)
            signal = msgspec.structs.replace(made_up.ticket().signal, evidence=evidence, symbol=clean)
            tickets.append(msgspec.structs.replace(made_up.ticket(500 + number), signal=signal))
        await engine.send(Frame(rev=0, posts=tuple(rows)))
        for ticket in tickets:
            await engine.send(Push(rev=0, ticket=ticket))
        main = app.main
        assert main is not None
        await until(pilot, lambda: len(main.tickets.keys) > len(CORPUS))
        for key in ("G", "d", "n", "escape", "escape"):
            await pilot.press(key)
            await pilot.pause()
            for strip in app.screen._compositor.render_strips():
                assert visible(strip.text) == strip.text
        assert engine.commands == []


async def test_the_key_bar_is_that_of_the_pane_under_the_hand(open_desk: Opener) -> None:
    """A pane may tell that it had got the focus after another one has it."""
    async with open_desk(size=(80, 24)) as (pilot, app, _):
        main = app.main
        assert main is not None and main.focused is main.tickets
        main.post_message(events.DescendantFocus(main.orders))
        await pilot.pause()
        assert main.query_one(KeyBar).keys[0][2] == "confirm"
        assert not main.has_class("in-orders")
