"""The reading views on a fake engine and a real journal: what they show, what their keys do."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.timer import Timer
from textual.widgets import Static

from desk.screens.feeds import FeedsView
from desk.screens.journal import JournalView
from desk.screens.orders import OrdersView
from desk.screens.risk import RiskView
from desk.screens.story import StoryView
from desk.screens.told import Told
from desk.screens.view import ViewScreen
from engine.model import DisplayText, Fill, Light, LimitUse, Role, TradingState
from engine.model.frames import Frame, Push
from engine.model.state import NotCovered
from tests.desk import made_up
from tests.desk.asked import asked
from tests.desk.conftest import Opener
from tests.desk.journaled import TOLD, write_day, written
from tests.desk.screens.on_view import answer, view_of
from tests.widgets.harness import painted, until

replace = msgspec.structs.replace
TROUBLE = replace(made_up.snapshot(), alerts=(made_up.alert(1), made_up.alert(2)), protections=(made_up.protection(),))


async def test_risk_shows_limits_locks_states_and_alerts(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(TROUBLE, paths=write_day(tmp_path)) as (pilot, app, engine):
        await pilot.press("6")
        view = view_of(app, RiskView)
        assert isinstance(view, RiskView)
        await until(pilot, lambda: view.states.rows)
        await pilot.pause(0.3)
        assert "order_rate" in painted(view.limits)[1]
        assert "60%" in painted(view.limits)[1]
        assert "META" in painted(view.locks)[1]
        assert "30:00" in painted(view.locks)[1]
        assert "HALTED" in painted(view.states)[1]
        assert "check the network" in painted(view.alerts)[2]
        await pilot.press("a")
        await until(pilot, lambda: [command.verb for command in engine.commands] == ["acknowledge"])
        await until(pilot, lambda: len(view.alerts.rows) == 1)
        await engine.send(Frame(rev=0, status=made_up.status(state=TradingState.HALTED), protections=()))
        await until(pilot, lambda: not view.locks.rows)
        for pane, words in (
            ("limits", "used"),
            ("locks", ""),
            ("alerts", "check the network"),
            ("states", "by person"),
        ):
            view.query_one(f"#{pane}").focus()
            await pilot.press("enter")
            if words:
                assert isinstance(app.screen, Told)
                assert words in "\n".join(str(each.render()) for each in app.screen.query(Static))
                await pilot.press("enter")
            else:
                assert view.line.text == "There is nothing here to open."
            assert app.screen is view


async def test_orders_and_fills_and_cancelling_one(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, engine):
        await pilot.press("5")
        view = view_of(app, OrdersView)
        assert isinstance(view, OrdersView)
        assert len(view.orders.rows) == 2
        working = view.orders.rows[0]
        await pilot.press("x")
        await asked(pilot)
        await pilot.press("c")
        await until(pilot, lambda: [command.verb for command in engine.commands] == ["cancel"])
        assert engine.commands[0].order == working.client_order_id
        await pilot.press("j", "x")
        assert "has ended" in view.line.text
        fill = Fill("e1", "desk-tkt-0001-e1", "TSLA", working.side, working.quantity, working.quantity, working.filled,
                    made_up.NOW, "sig-0001", Role.ENTRY)  # fmt: skip
        await engine.send(Push(rev=0, fill=fill))
        await until(pilot, lambda: view.fills.rows)
        await pilot.press("tab", "enter")
        story = view_of(app, StoryView)
        assert isinstance(story, StoryView)
        await until(pilot, lambda: story.text.texts)


async def test_feeds_show_health_cost_and_past_lights(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, engine):
        await pilot.press("7")
        view = view_of(app, FeedsView)
        assert isinstance(view, FeedsView)
        await until(pilot, lambda: view.history.rows and view.setup.texts)
        await pilot.pause(0.3)
        text = "\n".join(painted(view.feeds))
        assert "$6.20 of $20.00" in text
        assert "reconnects 0" in text
        assert "silent for 20 s" in "\n".join(painted(view.history))
        assert "scorers vader 1" in view.setup.texts
        await until(pilot, lambda: view.setup.title == "SET UP, 3 RULES")
        assert "● active x rule desk:TSLA+1:3f9a01bc, 55 of 1,024 characters, covers TSLA NVDA" in view.setup.texts
        assert "  refused: a quote is not closed" in view.setup.texts
        assert "· foreign x rule weather, 12 of 1,024 characters" in view.setup.texts
        await until(pilot, lambda: "score 0.10/0.60" in "\n".join(painted(view.figures)))
        lacks = NotCovered(
            DisplayText("desk:A:1"), ("AMD",), DisplayText("refused by X: no such operator"), "correct it"
        )
        await engine.send(Frame(rev=0, feeds=(replace(made_up.feeds()[0], not_covered=(lacks,)),)))
        await until(pilot, lambda: "  → correct it" in view.setup.texts)
        assert view.setup.texts[0] == "✗ x does not cover AMD: rule desk:A:1 refused by X: no such operator"
        down = replace(made_up.feeds()[0], light=Light.REFUSED, detail="401", remedy="set the key", dropped=7,
                       gap_from_ns=made_up.NOW, gap_to_ns=made_up.NOW)  # fmt: skip
        await engine.send(Frame(rev=0, feeds=(down,)))
        await until(pilot, lambda: "✗ refused" in "\n".join(painted(view.feeds)))
        text = "\n".join(painted(view.feeds))
        assert "dropped 7" in text
        assert "401  missing 11:45:30 to 11:45:30  → set the key" in text


async def test_the_journal_is_searched_and_tells_stories(open_desk: Opener, tmp_path: Path) -> None:
    paths = write_day(tmp_path)
    async with open_desk(paths=paths) as (pilot, app, _):
        await pilot.press("9")
        view = view_of(app, JournalView)
        assert isinstance(view, JournalView)
        await until(pilot, lambda: view.hits.rows)
        assert not paths.journal.with_name("simulated.journal.search").exists()
        await pilot.press("slash")
        await answer(pilot, "suppliers $TSLA @delta")
        await until(pilot, lambda: view.hits.note.startswith("4 with"))
        assert TOLD in view.hits.rows[0].text
        await until(pilot, lambda: any("post 90" in line for line in view.record.texts))
        await pilot.press("slash")
        await answer(pilot, "nothing says this")
        await until(pilot, lambda: view.hits.note.startswith("0 with"))
        await pilot.press("slash")
        await answer(pilot, "kind:decision")
        await until(pilot, lambda: len(view.hits.rows) == 3)
        await pilot.press("enter")
        assert isinstance(app.screen, StoryView)
        await pilot.press("1")
        assert app.screen is app.main


async def test_a_story_that_the_journal_does_not_tell_is_not_waited_for(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, _):
        app.show_story("no-such-id")
        await until(pilot, lambda: isinstance(app.screen, StoryView) and app.screen.text.texts)
        story = view_of(app, StoryView)
        assert isinstance(story, StoryView)
        assert [line.strip() for line in story.text.texts if line.strip()] == ["The journal does not tell it."]
        assert "found 'no-such-id'" in story.line.text


async def test_the_newest_records_follow_until_one_is_read(
    open_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.screens.journal._RELIST_S", 0.0)
    paths = write_day(tmp_path)
    async with open_desk(paths=paths) as (pilot, app, engine):
        await pilot.press("9")
        view = view_of(app, JournalView)
        assert isinstance(view, JournalView)
        await until(pilot, lambda: view.hits.rows)
        ticket = made_up.ticket(7, "NVDA")

        async def told(number: int) -> None:
            with written(paths) as journal:
                journal.append("ticket", f"{ticket.id}-{number}", ticket, made_up.NOW)
            status = made_up.status()
            seq = status.journal_seq + number
            await engine.send(Frame(rev=0, status=msgspec.structs.replace(status, journal_seq=seq)))
            await until(pilot, lambda: app.link.mirror.status and app.link.mirror.status.journal_seq == seq)

        await told(1)
        await until(pilot, lambda: view.hits.rows[0].key == f"{ticket.id}-1")
        assert view.hits.key == view.hits.keys[0]
        await pilot.press("down", "down")
        chosen = view.hits.key
        await until(pilot, lambda: view.record.title == f"RECORD {chosen}")
        await told(2)
        view.beat()
        await pilot.pause(0.1)
        assert view.hits.key == chosen
        assert view.hits.rows[0].key == f"{ticket.id}-1"
        await pilot.press("g")
        await until(pilot, lambda: view.hits.rows[0].key == f"{ticket.id}-2")


@pytest.mark.parametrize("key", list("456789"))
async def test_without_a_journal_a_view_says_so_and_stays(open_desk: Opener, key: str) -> None:
    async with open_desk() as (pilot, app, _):
        await pilot.press(key, "enter", "down", "up", "G", "g", "tab", "c")
        await pilot.pause(0.1)
        assert app.is_running
        await pilot.press("escape")
        while isinstance(app.screen, StoryView):
            await pilot.press("escape")
        if app.screen is not app.main:
            await pilot.press("escape")
        assert app.screen is app.main


async def test_a_lost_engine_shows_in_every_view(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("6")
        view = view_of(app, RiskView)
        assert isinstance(view, RiskView)
        await engine.stop()
        await until(pilot, lambda: view.limits.stale)
        await engine.start()
        await until(pilot, lambda: not view.limits.stale)


async def test_two_limits_of_one_control_are_two_rows_the_tightest_first(open_desk: Opener, tmp_path: Path) -> None:
    limits = (
        LimitUse("order_rate", Decimal(5), Decimal(5), "per minute"),
        LimitUse("order_rate", Decimal(6), Decimal(30), "per day"),
        LimitUse("gross_exposure", Decimal("740740.73"), Decimal("1234567.89"), "USD"),
    )
    status = replace(made_up.status(), limits=limits)
    async with open_desk(replace(made_up.snapshot(), status=status), paths=write_day(tmp_path), size=(80, 24)) as (
        pilot,
        app,
        _engine,
    ):
        await pilot.press("6")
        view = view_of(app, RiskView)
        assert isinstance(view, RiskView)
        await until(pilot, lambda: len(view.limits.rows) == 3)
        await until(pilot, lambda: "5 of 5 per minute" in painted(view.limits)[1])
        assert "100%" in painted(view.limits)[1]
        assert "740,741 of 1,234,568 USD" in painted(view.limits)[2]
        assert "6 of 30 per day" in painted(view.limits)[3]


async def test_every_figure_of_the_engine_is_reached_on_a_small_screen(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path), size=(80, 24)) as (pilot, app, _engine):
        await pilot.press("7")
        view = view_of(app, FeedsView)
        assert isinstance(view, FeedsView)
        view.figures.focus()
        await until(pilot, lambda: app.focused is view.figures)
        await pilot.press("z")
        await until(pilot, lambda: any("reconciled" in line for line in painted(view.figures)))
        await until(pilot, lambda: any("match and guards 0.04/0.20 ms" in line for line in painted(view.figures)))


@pytest.mark.parametrize("key", ["", "2", "3", "4", "5", "6", "7", "8", "9"])
async def test_a_view_begins_once(open_desk: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Two timers for one thing look twice as often as was meant."""
    begun: list[tuple[int, str]] = []
    mounted, set_interval = ViewScreen.mounted, ViewScreen.set_interval

    def count(view: ViewScreen) -> None:
        begun.append((id(view), "mounted"))
        mounted(view)

    def time(view: ViewScreen, seconds: float, each: Callable[[], Any], **options: Any) -> Timer:
        begun.append((id(view), each.__name__))
        return set_interval(view, seconds, each, **options)

    monkeypatch.setattr(ViewScreen, "mounted", count)
    monkeypatch.setattr(ViewScreen, "set_interval", time)
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, _):
        if key:
            await pilot.press(key)
            await until(pilot, lambda: app.screen is not app.main)
        shown = app.screen
        await until(pilot, lambda: (id(shown), "mounted") in begun)
        await pilot.pause(0.1)
        assert sorted(begun) == sorted(set(begun))
