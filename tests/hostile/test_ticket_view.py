"""The corpus over the ticket view, its form and the gates: nothing executes, crashes or leaves its columns."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from rich.cells import cell_len
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.widget import Widget

from desk.screens.edit import Edit
from desk.screens.jump import Jump
from desk.screens.ticket import TicketView
from engine.model import DecisionKind, Vote
from engine.model.frames import Push
from tests.desk import made_up
from tests.desk.conftest import Opener, open_desk, socket
from tests.hostile.corpus import CORPUS
from tests.hostile.test_widgets import hostile_ticket
from tests.widgets.harness import stage, until
from widgets.choices import Choices, Option
from widgets.gates import Gates
from widgets.no_control import visible
from widgets.ticket_controls import TicketControls
from widgets.ticket_evidence import TicketEvidence
from widgets.ticket_facts import TicketFacts
from widgets.ticket_order import TicketOrder

__all__ = ["open_desk", "socket"]

replace = msgspec.structs.replace


def order(text: str) -> Widget:
    widget = TicketOrder()
    ended = made_up.decision(made_up.ticket(), DecisionKind.REJECTED, reason=text)
    votes = (Vote(text, text, 0.5, 0.5, 3),)
    row = replace(made_up.symbol_row("AAPL"), symbol=text, why_not=text)
    widget.show(TicketFacts(hostile_ticket(text), replace(ended, by=text), made_up.account(), {}, row, votes))
    return widget


def controls(text: str) -> Widget:
    widget = TicketControls()
    verdict = made_up.verdict(("R17",))
    bad = tuple(replace(each, control=text, reason=text, unit=text, limit=Decimal("1e30")) for each in verdict.controls)
    widget.show(replace(verdict, controls=bad))
    return widget


def evidence(text: str) -> Widget:
    widget = TicketEvidence()
    widget.show(hostile_ticket(text).signal)
    return widget


def gates(text: str) -> Widget:
    widget = Gates()
    detail = made_up.symbol_detail()
    bad = tuple(replace(gate, stage=text, name=text, unit=text, text=text) for gate in detail.gates)
    widget.show(replace(detail, symbol=text, gates=bad))
    return widget


def choices(text: str) -> Widget:
    widget = Choices([Option(text, text, text, text[:9])])
    widget.narrow(text)
    return widget


WIDGETS: tuple[Callable[[str], Widget], ...] = (order, controls, evidence, gates, choices)


@pytest.mark.parametrize("build", WIDGETS, ids=lambda build: build.__name__)
async def test_hostile_text_is_only_text(build: Callable[[str], Widget]) -> None:
    widgets = {name: build(text) for name, text in CORPUS.items()}
    for widget in widgets.values():
        widget.styles.height = 12
    async with stage(VerticalScroll(*widgets.values()), (90, 24)) as pilot:
        await pilot.pause()
        for name, widget in widgets.items():
            width, height = widget.size
            for strip in widget.render_lines(Region(0, 0, width, height)):
                assert cell_len(strip.text) == width, f"{name}: {cell_len(strip.text)} cells in {width}"
                assert visible(strip.text) == strip.text, f"{name}: {strip.text!r}"
                for segment in strip:
                    assert not segment.control
                    assert not (segment.style and (segment.style.meta or segment.style.link)), name


async def test_hostile_tickets_in_their_view_their_form_and_under_labels(open_desk: Opener) -> None:
    async with open_desk(size=(100, 30)) as (pilot, app, engine):
        sent = []
        for number, (name, text) in enumerate(CORPUS.items()):
            if name == "surrogate":
                continue
            sent.append(replace(hostile_ticket(text), id=f"h-{number}"))
            await engine.send(Push(rev=0, ticket=sent[-1]))
        await until(pilot, lambda: sent[-1].id in app.link.mirror.tickets)
        app.link.time.tell(made_up.NOW, 0.0)

        def check() -> None:
            for strip in app.screen._compositor.render_strips():
                line = "".join(segment.text for segment in strip if not segment.control)
                assert visible(line) == line

        for ticket in sent:
            app.open_view("ticket", ticket.id)
            await until(pilot, lambda: isinstance(app.screen, TicketView) and app.screen.ticket)
            await pilot.pause()
            check()
        app.push_screen(Edit(sent[-1]))
        await pilot.pause()
        check()
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("semicolon")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        check()
        assert engine.commands == []
