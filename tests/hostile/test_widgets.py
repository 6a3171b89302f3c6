"""The corpus over every widget: nothing executes, crashes, leaves its columns or reaches the terminal."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from rich.cells import cell_len
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.widget import Widget

from engine.model import DecisionKind, DisplayText, FeedState, Light, OrderStatus, Ticket, TradingState
from tests.desk import made_up
from tests.hostile.corpus import CORPUS
from tests.widgets.harness import stage
from widgets.alert_bar import AlertBar
from widgets.decisions import Decisions
from widgets.feed import Feed
from widgets.gauges import Gauges
from widgets.key_bar import KeyBar
from widgets.key_table import KeyTable
from widgets.no_control import visible
from widgets.orders import Orders
from widgets.positions import Positions
from widgets.status_bar import StatusBar, StatusView
from widgets.status_line import StatusLine
from widgets.ticket_detail import TicketDetail
from widgets.ticket_facts import TicketFacts
from widgets.tickets import Tickets

replace = msgspec.structs.replace


def hostile_ticket(text: str) -> Ticket:
    ticket = made_up.ticket(failed=("R17",))
    foreign = DisplayText(text)
    evidence = tuple(
        replace(item, text=foreign, author=foreign, term=text, reason=foreign) for item in ticket.signal.evidence
    )
    assert ticket.draft is not None
    return replace(
        ticket,
        signal=replace(ticket.signal, evidence=evidence, reason=text, symbol=text),
        draft=replace(ticket.draft, sizing=text),
        note=text,
    )


def feed(text: str) -> Widget:
    widget = Feed(fps=1000)
    foreign = DisplayText(text)
    widget.push([replace(made_up.post(n), text=foreign, author=foreign, symbols=(text,)) for n in range(4)])
    widget.search(text)
    return widget


def gauges(text: str) -> Widget:
    widget = Gauges()
    row = made_up.symbol_row("AAPL")
    widget.show([(text, replace(row, symbol=text, why_not=text, mood=replace(row.mood, missing=text)))])
    return widget


def tickets(text: str) -> Widget:
    widget = Tickets()
    widget.show([("t", hostile_ticket(text)), ("u", replace(hostile_ticket(text), note=""))])
    return widget


def detail(text: str) -> Widget:
    widget = TicketDetail()
    ended = made_up.decision(made_up.ticket(), DecisionKind.REJECTED, reason=text)
    widget.show(TicketFacts(hostile_ticket(text), replace(ended, by=text), made_up.account()))
    return widget


def positions(text: str) -> Widget:
    widget = Positions()
    widget.show([("p", replace(made_up.position("F", 1, "2", "3"), symbol=text, external=True))])
    return widget


def orders(text: str) -> Widget:
    widget = Orders()
    order = made_up.order(made_up.ticket(), OrderStatus.REJECTED, reason=text)
    widget.show([("o", replace(order, symbol=text, venue_status=text))])
    return widget


def decisions(text: str) -> Widget:
    widget = Decisions()
    ended = made_up.decision(made_up.ticket(), DecisionKind.REJECTED, by=text, reason=text)
    widget.show([("d", (hostile_ticket(text), ended))])
    return widget


def status_bar(text: str) -> Widget:
    widget = StatusBar()
    status = made_up.status(text or "live", state=TradingState.HALTED, state_reason=text)
    states = (FeedState(text, Light.DOWN, 0, 0, detail=text), FeedState(text, Light.UP, 0, 0))
    account = replace(made_up.account(), blocked=text)
    widget.show(StatusView(status, account, states, 3, attached=not text.startswith("a"), lost_why=text), made_up.NOW)
    return widget


def alert_bar(text: str) -> Widget:
    widget = AlertBar()
    widget.show([replace(made_up.alert(), text=text, remedy=text)])
    return widget


def status_line(text: str) -> Widget:
    widget = StatusLine()
    widget._text = text
    return widget


def key_bar(text: str) -> Widget:
    return KeyBar([("y", text, "confirm"), ("?", "help", "help")])


def key_table(text: str) -> Widget:
    return KeyTable({"Decide": [("y", text, text)]}, text)


WIDGETS: tuple[Callable[[str], Widget], ...] = (
    feed, gauges, tickets, detail, positions, orders, decisions, status_bar, alert_bar, status_line, key_bar, key_table,
)  # fmt: skip


@pytest.mark.parametrize("build", WIDGETS, ids=lambda build: build.__name__)
async def test_hostile_text_is_only_text(build: Callable[[str], Widget]) -> None:
    widgets = {name: build(text) for name, text in CORPUS.items()}
    for widget in widgets.values():
        widget.styles.height = 12
    async with stage(VerticalScroll(*widgets.values()), (90, 24)) as pilot:
        await pilot.pause()
        for name, widget in widgets.items():
            width, height = widget.size
            assert height >= 1
            for strip in widget.render_lines(Region(0, 0, width, height)):
                assert cell_len(strip.text) == width, f"{name}: a line of {cell_len(strip.text)} cells in {width}"
                assert visible(strip.text) == strip.text, f"{name}: {strip.text!r}"
                for segment in strip:
                    assert not segment.control
                    assert not (segment.style and (segment.style.meta or segment.style.link)), name
