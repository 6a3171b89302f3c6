"""The corpus over every widget: nothing executes, crashes, leaves its columns or reaches the terminal.

Which widgets there are is read off the package: one that is added and not built here fails the first test.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rich.cells import cell_len
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.widget import Widget

import widgets
from desk.screens.symbol import Gauge
from engine.model import DecisionKind, Fill, OrderStatus, Past, Role, Side, StateChange, TradingState, Vote
from engine.model.ledger import Group
from tests.desk import made_up, made_up_answers
from tests.hostile.corpus import CORPUS
from tests.hostile.poison import driving, poisoned
from tests.widgets.harness import stage
from tests.widgets.ledger_row import ROW
from widgets.alert_bar import AlertBar
from widgets.alert_rows import AlertRows
from widgets.answer_row import AnswerRow
from widgets.chart import Chart, Mark
from widgets.choices import Choices, Option
from widgets.decisions import Decisions
from widgets.engine_figures import EngineFigures
from widgets.feed import Feed
from widgets.feed_rows import FeedRows
from widgets.fills import Fills
from widgets.gates import Gates
from widgets.gauges import Gauges
from widgets.hits import Hit, Hits
from widgets.inked import Inked
from widgets.key_bar import KeyBar
from widgets.key_table import KeyTable
from widgets.ledger_detail import LedgerDetail
from widgets.ledger_groups import LedgerGroups
from widgets.ledger_rows import LedgerRows
from widgets.light_history import LightHistory
from widgets.limit_bars import LimitBars
from widgets.line_block import LineBlock
from widgets.locks import Locks
from widgets.orders import Orders
from widgets.positions import Positions
from widgets.row_panel import RowPanel
from widgets.scroll_block import ScrollBlock
from widgets.states import States
from widgets.status_bar import StatusBar, StatusView
from widgets.status_line import StatusLine
from widgets.still_input import StillInput
from widgets.text_block import TextBlock
from widgets.ticket_controls import TicketControls
from widgets.ticket_detail import TicketDetail
from widgets.ticket_evidence import TicketEvidence
from widgets.ticket_facts import TicketFacts
from widgets.ticket_order import TicketOrder
from widgets.tickets import Tickets
from widgets.wheel import Wheel

BASES: frozenset[type[Widget]] = frozenset({Inked, Wheel, RowPanel, LineBlock, ScrollBlock})
"""What widgets are made of; none of them is shown by itself."""
REJECTED = made_up.decision(made_up.ticket(), DecisionKind.REJECTED, reason="no")
TICKET = made_up.ticket(failed=("R17",), note="changed")
FILL = Fill("x", "o", "TSLA", Side.BUY, Decimal(1), Decimal(1), Decimal(1), made_up.NOW, "s", Role.ENTRY)
HALTED = StateChange(TradingState.HALTED, TradingState.ACTIVE, "drill", "person", made_up.NOW, True)


def panel(make: Callable[[], RowPanel[Any]], *rows: object) -> Callable[[str], Widget]:
    """Rows of a panel, each poisoned."""

    def build(text: str) -> Widget:
        widget = make()
        widget.show([(f"{number}", poisoned(row, text)) for number, row in enumerate(rows)])
        return widget

    return build


def feed(text: str) -> Widget:
    widget = Feed(fps=1000)
    widget.push([poisoned(made_up.post(number), text) for number in range(4)])
    widget.search(text)
    widget.hint = text
    return widget


def gauge(text: str) -> Widget:
    widget = Gauge()
    widget.show([("TSLA", poisoned(made_up.symbol_row("TSLA"), text))])
    return widget


def facts(text: str) -> TicketFacts:
    row, votes = poisoned(made_up.symbol_row("AAPL"), text), (poisoned(Vote("vader", "1", 0.5, 0.5, 3), text),)
    account = poisoned(made_up.account(), text)
    return TicketFacts(poisoned(TICKET, text), poisoned(REJECTED, text), account, {}, row, votes)


def detail(text: str) -> Widget:
    widget = TicketDetail()
    widget.show(facts(text))
    return widget


def order(text: str) -> Widget:
    widget = TicketOrder()
    widget.show(facts(text))
    return widget


def controls(text: str) -> Widget:
    widget = TicketControls()
    widget.show(poisoned(TICKET.verdict, text))
    return widget


def evidence(text: str) -> Widget:
    widget = TicketEvidence()
    widget.show(poisoned(TICKET.signal, text))
    return widget


def gates(text: str) -> Widget:
    widget = Gates()
    widget.show(poisoned(made_up_answers.symbol_detail(), text))
    return widget


def chart(text: str) -> Widget:
    widget = Chart(title=text)
    past = made_up_answers.symbol_detail().past
    widget.show(past or Past(), [Mark(past.at_ns[60], "▲", past.price[60], True)])
    return widget


def choices(text: str) -> Widget:
    widget = Choices([Option(text, text, text, text[:9])])
    widget.narrow(text)
    return widget


def hits(text: str) -> Widget:
    widget = Hits()
    widget.note = text
    widget.show([("1", poisoned(Hit(1, made_up.NOW, "post", "1", "said"), text))])
    return widget


def ledger_rows(text: str) -> Widget:
    widget = LedgerRows()
    widget.note = text
    widget.show([("7", poisoned(ROW, text))])
    return widget


def ledger_detail(text: str) -> Widget:
    widget = LedgerDetail()
    widget.show(poisoned(ROW, text))
    return widget


def engine_figures(text: str) -> Widget:
    widget = EngineFigures()
    widget.show(poisoned(made_up.status(), text))
    widget.show_stages(poisoned(made_up_answers.feeds_detail().stages, text))
    return widget


def text_block(text: str) -> Widget:
    widget = TextBlock(text, empty=text)
    widget.show(text, [text, f"    {text}"])
    return widget


def status_bar(text: str) -> Widget:
    widget = StatusBar()
    status = poisoned(made_up.status(text or "live", state=TradingState.HALTED, state_reason="drill"), text)
    states = tuple(poisoned(state, text) for state in made_up.feeds())
    view = StatusView(
        status, poisoned(made_up.account(), text), states, 3, attached=not text.startswith("a"),
        lost_why=text, lost_remedy=text, versions=(text, "1"),
    )  # fmt: skip
    widget.show(view, made_up.NOW)
    return widget


def alert_bar(text: str) -> Widget:
    widget = AlertBar()
    widget.show([poisoned(made_up.alert(), text)])
    return widget


def status_line(text: str) -> Widget:
    widget = StatusLine()
    widget._text = text
    return widget


WIDGETS: dict[type[Widget], Callable[[str], Widget]] = {
    AlertBar: alert_bar,
    AlertRows: panel(AlertRows, made_up.alert(), made_up.alert(2)),
    AnswerRow: lambda text: AnswerRow(text[:1], text),
    Chart: chart,
    Choices: choices,
    Decisions: panel(Decisions, (TICKET, REJECTED)),
    EngineFigures: engine_figures,
    Feed: feed,
    FeedRows: panel(FeedRows, *made_up.feeds()),
    Fills: panel(Fills, FILL),
    Gates: gates,
    Gauge: gauge,
    Gauges: panel(Gauges, *map(made_up.symbol_row, made_up.SYMBOLS)),
    Hits: hits,
    KeyBar: lambda text: KeyBar([("y", text, "confirm"), ("?", "help", "help")]),
    KeyTable: lambda text: KeyTable({text: [("y", text, text)]}, text),
    LedgerDetail: ledger_detail,
    LedgerGroups: panel(LedgerGroups, Group("rule", "R17", 3, ())),
    LedgerRows: ledger_rows,
    LightHistory: panel(LightHistory, *made_up.feeds()),
    LimitBars: panel(LimitBars, *made_up.status().limits),
    Locks: panel(Locks, made_up.protection()),
    Orders: panel(Orders, made_up.order(TICKET, OrderStatus.REJECTED, reason="no")),
    Positions: panel(Positions, made_up.position("F", 1, "2", "3")),
    States: panel(States, HALTED),
    StatusBar: status_bar,
    StatusLine: status_line,
    StillInput: lambda text: StillInput(text, placeholder=text),
    TextBlock: text_block,
    TicketControls: controls,
    TicketDetail: detail,
    TicketEvidence: evidence,
    TicketOrder: order,
    Tickets: panel(Tickets, TICKET, made_up.ticket(2)),
}


def classes(kind: type[Widget]) -> set[type[Widget]]:
    """A class and everything that is made of it."""
    return {kind}.union(*map(classes, kind.__subclasses__()))


def test_every_widget_is_here() -> None:
    for module in pkgutil.iter_modules(widgets.__path__):
        importlib.import_module(f"widgets.{module.name}")
    ours = {kind for kind in classes(Widget) if kind.__module__.partition(".")[0] in ("widgets", "desk")}
    shown = {kind for kind in ours if not kind.__module__.startswith("desk.screens") or issubclass(kind, Inked)}
    generic = {kind for kind in shown if "[" in kind.__name__}
    assert shown - generic == BASES | set(WIDGETS)


@pytest.mark.parametrize("kind", WIDGETS, ids=lambda kind: kind.__name__)
async def test_hostile_text_is_only_text(kind: type[Widget]) -> None:
    scroll = VerticalScroll()
    async with stage(scroll, (90, 24)) as pilot:
        built = {name: WIDGETS[kind](text) for name, text in CORPUS.items()}
        for widget in built.values():
            assert type(widget) is kind
            widget.styles.height = 12
        await scroll.mount_all(built.values())
        await pilot.pause()
        for name, widget in built.items():
            width, height = widget.size
            assert height >= 1
            for strip in widget.render_lines(Region(0, 0, width, height)):
                assert cell_len(strip.text) == width, f"{name}: a line of {cell_len(strip.text)} cells in {width}"
                assert not list(driving(strip.text)), f"{name}: {list(driving(strip.text))}"
                for segment in strip:
                    assert not segment.control
                    meta = {} if segment.style is None else segment.style.meta
                    assert not any(key.startswith("@") for key in meta), name
                    assert not (segment.style and segment.style.link), name
