"""The ledger view: what decisions were worth, and that a new one is in it."""

from __future__ import annotations

from pathlib import Path

from desk.screens.ledger import LedgerView
from desk.screens.story import StoryView
from engine.model.frames import Push
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.desk.journaled import paths_of, write_day, written
from tests.desk.screens.on_view import answer, view_of
from tests.widgets.harness import painted, until


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
