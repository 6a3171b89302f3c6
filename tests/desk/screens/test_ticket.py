"""The ticket view against what goes wrong: other figures refused, ages of a decided ticket, keys after the focus."""

from __future__ import annotations

from decimal import Decimal
from time import monotonic

import msgspec
from textual import events
from textual.widgets import Input, Static

from desk.screens.choice import Choice
from desk.screens.edit import Edit
from desk.screens.facts import facts_of
from desk.screens.prompt import Prompt
from desk.screens.ticket import TicketView
from engine.clock import SECOND
from engine.model import DecisionKind, OrderStatus
from engine.model.frames import Frame, Push, Reply
from tests.desk import made_up
from tests.desk.conftest import Opener
from tests.widgets.harness import painted, until

replace = msgspec.structs.replace


async def test_figures_that_the_controls_refuse_come_back_with_their_reasons(open_desk: Opener) -> None:
    async with open_desk(size=(80, 24)) as (pilot, app, engine):
        refusals = tuple(f"R{number:02d} rejects: OVER: value={number}" for number in range(1, 26))
        engine.replies["edit"] = Reply(ok=False, text="not edited: it stays as it was", difference=refusals)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Edit))
        first = app.screen
        first.query_one("#quantity", Input).value = "30"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Edit) and app.screen is not first)
        again = app.screen
        assert again.query_one("#quantity", Input).value == "30"
        assert again.query_one("#limit_price", Input).value == "191.40"
        said = [str(each.render()) for each in again.query(Static)]
        assert "✗ R01 rejects: OVER: value=1" in said
        assert "✗ and 21 more" in said
        del engine.replies["edit"]
        again.query_one("#quantity", Input).value = "20"
        await pilot.press("enter")
        await until(pilot, lambda: engine.state.tickets[0].revision == 2)
        assert [command.quantity for command in engine.commands] == ["30", "20"]
        await until(pilot, lambda: app.screen is app.main)


async def test_figures_of_a_ticket_that_changed_meanwhile_do_not_come_back(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Edit))
        shown = engine.state.tickets[0]
        fresh = replace(shown, revision=2, fingerprint="f" * 16)
        engine.replies["edit"] = Reply(ok=False, text="not edited: no longer what you saw", ticket=fresh)
        app.screen.query_one("#quantity", Input).value = "30"
        await pilot.press("enter")
        await until(pilot, lambda: app.main and "no longer what you saw" in app.main.line.text)
        assert app.screen is app.main


async def test_a_price_with_many_decimals_that_is_not_changed_is_not_asked_for(open_desk: Opener) -> None:
    shown = made_up.ticket()
    assert shown.draft is not None
    draft = replace(shown.draft, limit_price=Decimal("0.123456789"), stop_price=Decimal("0.1"))
    coin = replace(shown, draft=draft)
    async with open_desk(replace(made_up.snapshot(), tickets=(coin,))) as (pilot, app, engine):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Edit))
        app.screen.query_one("#quantity", Input).value = "25"
        await pilot.press("enter")
        await until(pilot, lambda: engine.commands)
        assert (engine.commands[0].quantity, engine.commands[0].limit_price, engine.commands[0].stop_price) == (
            "25", "", "",
        )  # fmt: skip


async def test_the_ages_of_a_decided_ticket_go_on(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("2")
        view = app.screen
        assert isinstance(view, TicketView)
        shown = engine.state.tickets[0]
        decision = made_up.decision(shown, DecisionKind.REJECTED, reason="drill")
        await engine.send(Push(rev=0, ticket=shown, decision=decision))
        await until(pilot, lambda: "REJECTED by person" in painted(view.order)[0])
        app.link.time.tell(made_up.NOW + 500 * SECOND, 0.0)
        view._tick()
        await until(pilot, lambda: "8m ago" in painted(view.controls)[0])
        await until(pilot, lambda: any("seen 8m ago" in line for line in painted(view.order)))


async def test_the_detail_beside_the_flow_follows_the_price(open_desk: Opener) -> None:
    async with open_desk(size=(200, 60)) as (pilot, app, engine):
        assert app.main is not None
        detail = app.main.detail
        await until(pilot, lambda: any("now 191.40" in line for line in painted(detail)))
        row = replace(made_up.symbol_row("TSLA"), price="203.75")
        await engine.send(Frame(rev=0, symbols=(row,)))
        await until(pilot, lambda: any("now 203.75" in line for line in painted(detail)))


async def test_an_answer_right_after_the_focus_came_back_is_ignored(open_desk: Opener) -> None:
    async with open_desk(made_up.snapshot("live")) as (pilot, app, engine):
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        dialog = app.screen
        assert isinstance(dialog, Choice)
        dialog.resumed_at = monotonic() - 60
        app.post_message(events.AppFocus())
        await until(pilot, lambda: dialog.resumed_at > monotonic() - 60)
        dialog.resumed_at = monotonic() + 60
        await pilot.press("Y")
        assert app.screen is dialog
        assert engine.commands == []
        dialog.resumed_at = 0.0
        await pilot.press("Y")
        await until(pilot, lambda: [command.verb for command in engine.commands] == ["confirm"])


async def test_a_reason_right_after_the_focus_came_back_is_not_picked(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        dialog = app.screen
        assert isinstance(dialog, Prompt)
        dialog.resumed_at = 0.0
        app.post_message(events.AppFocus())
        await until(pilot, lambda: dialog.resumed_at)
        dialog.resumed_at = monotonic() + 60
        await pilot.press("1")
        assert app.screen is dialog
        assert engine.commands == []


async def test_working_orders_stand_in_the_exposure(open_desk: Opener) -> None:
    snapshot = made_up.snapshot()
    shown = snapshot.tickets[0]
    working = replace(made_up.order(shown), client_order_id="desk-w", status=OrderStatus.WORKING)
    async with open_desk(replace(snapshot, orders=(working,))) as (_, app, _engine):
        facts = facts_of(app.link.mirror, shown.id)
        assert facts is not None
        assert facts.working == Decimal(26) * Decimal("191.40")


async def test_a_digit_typed_on_after_reject_picks_no_reason(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        app.simulate_key("n")
        app.simulate_key("2")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.pause(0.1)
        assert isinstance(app.screen, Prompt)
        assert engine.commands == []


async def test_a_ticket_that_the_engine_does_not_know_any_more_is_not_shown_as_pending(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, engine):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TicketView))
        view = app.screen
        assert isinstance(view, TicketView)
        await until(pilot, lambda: "left" in painted(view.order)[0])
        await engine.stop()
        await until(pilot, lambda: not app.link.attached)
        engine.state = replace(engine.state, tickets=(), closed=())
        await engine.start()
        await until(pilot, lambda: app.link.attached)
        await until(pilot, lambda: "no longer known" in painted(view.order)[0])
        assert "all passed" not in painted(view.controls)[0]
        assert view.ticket is None
