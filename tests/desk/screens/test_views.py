"""The reading views on a fake engine and a real journal: what they show, what their keys do."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from desk.app import DeskApp
from desk.screens.feeds import FeedsView
from desk.screens.journal import JournalView
from desk.screens.ledger import LedgerView
from desk.screens.orders import OrdersView
from desk.screens.posts import PostsView
from desk.screens.prompt import Prompt
from desk.screens.risk import RiskView
from desk.screens.story import StoryView
from desk.screens.symbol import SymbolView
from desk.screens.told import Told
from engine.model import Fill, Light, LimitUse, Role, TradingState
from engine.model.frames import Frame, Push
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.desk.journaled import TOLD, paths_of, write_day, written
from tests.widgets.harness import painted, until

replace = msgspec.structs.replace
TROUBLE = replace(made_up.snapshot(), alerts=(made_up.alert(1), made_up.alert(2)), protections=(made_up.protection(),))


async def answer(pilot: Pilot[bool], text: str) -> None:
    """Answer the prompt that is open with this text."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Prompt) and pilot.app.screen.query(Input))
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")


def view_of(app: DeskApp, kind: type) -> object:
    assert isinstance(app.screen, kind), app.screen
    return app.screen


async def test_the_ledger_shows_what_decisions_were_worth(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, engine):
        await pilot.press("8")
        view = view_of(app, LedgerView)
        assert isinstance(view, LedgerView)
        await until(pilot, lambda: len(view.rows.rows) == 3)
        await pilot.pause(0.3)
        rows = painted(view.rows)
        assert "■ blocked" in rows[1]
        assert "confirmed" in rows[3]
        assert any("rule" in line and "R22" in line for line in painted(view.groups))
        assert "BLOCKED by risk" in painted(view.detail)[1]
        await pilot.press("j", "j")
        await until(pilot, lambda: "CONFIRMED by person" in painted(view.detail)[1])
        await pilot.press("f")
        await answer(pilot, "rejected person")
        assert [row.kind.value for row in view.rows.rows] == ["rejected"]
        await until(pilot, lambda: "1 of 3: rejected person" in painted(view.rows)[0])
        assert view.groups.rows[0].decisions == 1
        await pilot.press("f")
        await answer(pilot, "")
        await until(pilot, lambda: len(view.rows.rows) == 3)
        await pilot.press("enter")
        story = view_of(app, StoryView)
        assert isinstance(story, StoryView)
        await until(pilot, lambda: len(story.text.texts) > 3)
        assert story.subject in story.text.title
        await pilot.press("escape")
        assert app.screen is view
        assert engine.commands == []


async def test_the_ledger_reads_again_when_a_decision_falls(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=paths_of(tmp_path)) as (pilot, app, engine):
        await pilot.press("8")
        view = view_of(app, LedgerView)
        assert isinstance(view, LedgerView)
        await until(pilot, lambda: "expected a journal" in view.line.text)
        write_day(tmp_path)
        ticket = made_up.ticket(1)
        await engine.send(Push(rev=0, ticket=ticket, decision=made_up.decision(ticket, made_up.DecisionKind.REJECTED)))
        await until(pilot, lambda: len(view.rows.rows) == 3)


async def test_a_decision_that_is_told_before_the_journal_shows_it_comes_into_the_ledger(
    open_desk: Opener, tmp_path: Path
) -> None:
    paths = write_day(tmp_path)
    async with open_desk(paths=paths) as (pilot, app, engine):
        await pilot.press("8")
        view = view_of(app, LedgerView)
        assert isinstance(view, LedgerView)
        await until(pilot, lambda: len(view.rows.rows) == 3)
        ticket = made_up.ticket(7, "NVDA")
        decision = made_up.decision(ticket, made_up.DecisionKind.REJECTED, reason="late on the disk")
        await engine.send(Push(rev=0, ticket=ticket, decision=decision))
        await until(pilot, lambda: ticket.id in app.link.mirror.closed and view._tries and view._read_ns)
        with written(paths) as journal:
            journal.append("signal", ticket.signal.id, ticket.signal, made_up.NOW)
            journal.append("ticket", ticket.id, ticket, made_up.NOW)
            journal.append("decision", ticket.signal.id, decision, made_up.NOW)
        await until(pilot, lambda: "late on the disk" in {row.reason for row in view.rows.rows})
        assert len(view.rows.rows) == 4


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
        await pilot.pause(0.4)
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
        down = replace(made_up.feeds()[0], light=Light.REFUSED, detail="401", remedy="set the key", dropped=7,
                       gap_from_ns=made_up.NOW, gap_to_ns=made_up.NOW)  # fmt: skip
        await engine.send(Frame(rev=0, feeds=(down,)))
        await until(pilot, lambda: "✗ refused" in "\n".join(painted(view.feeds)))
        text = "\n".join(painted(view.feeds))
        assert "dropped 7" in text
        assert "401 missing 11:45:30 to 11:45:30  → set the key" in text


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


async def test_posts_stand_still_while_they_are_read(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, engine):
        await pilot.press("4")
        view = view_of(app, PostsView)
        assert isinstance(view, PostsView)
        assert len(view.feed.kept) == 60
        await pilot.press("up", "up", "up")
        chosen = view.feed.selected
        assert chosen is not None
        await pilot.pause(0.1)
        before = painted(view.feed)[1:]
        rows = tuple(made_up.post(1000 + n, made_up.NOW) for n in range(5))
        await engine.send(Frame(rev=0, status=made_up.status(posts=1243 + 9), posts=rows))
        await until(pilot, lambda: len(view.feed.kept) == 65)
        await pilot.pause(0.1)
        assert painted(view.feed)[1:] == before
        assert view.feed.selected == chosen
        title = painted(view.feed)[0]
        assert "1,252" in title
        assert "4 not shown" in title
        assert "5 new" in title
        await engine.stop()
        await until(pilot, lambda: not app.link.attached)
        await engine.start()
        await until(pilot, lambda: app.link.attached)
        await pilot.pause(0.2)
        assert view.feed.selected == chosen
        assert len({post.id for post in view.feed.kept}) == len(view.feed.kept)


async def test_a_post_in_full_with_its_authors_record_and_muting(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, engine):
        await pilot.press("4")
        view = view_of(app, PostsView)
        assert isinstance(view, PostsView)
        await pilot.press("f")
        await answer(pilot, "@deltahedge")
        shown = len(view.feed.posts)
        assert 0 < shown < 60
        await pilot.press("enter")
        await until(pilot, lambda: any("4 posts in this journal" in line for line in view.author.texts))
        assert view.author.title == "AUTHOR @deltahedge"
        assert "mean score -0.50 over 4 scored" in view.author.texts
        assert any(line.startswith("right ") or "not known yet" in line for line in view.author.texts)
        await pilot.press("f")
        await answer(pilot, "")
        await pilot.press("M")
        await answer(pilot, "@DeltaHedge")
        await until(pilot, lambda: "is hidden on this desk" in view.line.text)
        assert len(view.feed.posts) == 60 - shown
        await pilot.pause(0.1)
        assert f"{shown} muted" in painted(view.feed)[0]
        of_muted = {each for post in made_up.snapshot().posts if post.author == "deltahedge" for each in post.symbols}
        await pilot.press("3")
        symbol = view_of(app, SymbolView)
        assert isinstance(symbol, SymbolView)
        assert symbol.subject in of_muted
        assert symbol.feed.posts
        assert "deltahedge" not in {post.author for post in symbol.feed.posts}
        await until(pilot, lambda: " muted" in painted(symbol.feed)[0])
        await pilot.press("escape", "4")
        again = view_of(app, PostsView)
        assert isinstance(again, PostsView)
        assert len(again.feed.posts) == 60 - shown
        await pilot.press("M")
        await answer(pilot, "deltahedge")
        await until(pilot, lambda: len(again.feed.posts) == 60)
        assert engine.commands == []


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (160, 45), (200, 60)])
async def test_post_and_author_are_seen_without_scrolling(
    open_desk: Opener, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with open_desk(paths=write_day(tmp_path), size=size) as (pilot, app, _):
        await pilot.press("4", "f")
        await answer(pilot, "@deltahedge")
        view = view_of(app, PostsView)
        assert isinstance(view, PostsView)
        await pilot.press("enter")
        await until(pilot, lambda: any("4 posts in this journal" in line for line in view.author.texts))
        await pilot.pause(0.1)
        seen = "\n".join(painted(view.author))
        for words in ("AUTHOR @", "in this journal since", "mean score", "right"):
            assert words in seen
        post = "\n".join(painted(view.post))
        assert "followers" in post
        assert "score" in post
        assert view.feed.size.height >= 6


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


async def test_a_sum_lists_its_decisions_within_the_filter_in_force(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, _engine):
        await pilot.press("8")
        view = view_of(app, LedgerView)
        assert isinstance(view, LedgerView)
        await until(pilot, lambda: len(view.rows.rows) == 3)
        await pilot.press("f")
        await answer(pilot, "rejected")
        await until(pilot, lambda: len(view.rows.rows) == 1)
        group = next(each for each in view.groups.rows if each.by == "symbol")
        view.groups.choose(f"{group.by} {group.name}")
        view.groups.focus()
        await until(pilot, lambda: app.focused is view.groups)
        await pilot.press("enter")
        await until(pilot, lambda: view.filter.text == "rejected symbol:TSLA")
        assert len(view.rows.rows) == group.decisions == 1


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
