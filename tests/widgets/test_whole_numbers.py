"""A number is whole or it is not there: at every width, with figures of every size, in every panel that shows money."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import HOUR, MINUTE
from engine.model import (
    Account,
    ControlResult,
    DecisionKind,
    Fill,
    Gate,
    LimitUse,
    OrderStatus,
    Past,
    Position,
    Role,
    Side,
    SymbolDetail,
    TradingState,
    Verdict,
    Vote,
)
from engine.model.ledger import Group, LedgerRow, Mark, Total
from tests.desk import made_up
from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, painted, stage, until
from widgets.chart import Chart
from widgets.feed_rows import FeedRows
from widgets.fills import Fills
from widgets.gates import Gates
from widgets.gauges import Gauges
from widgets.ledger_detail import LedgerDetail
from widgets.ledger_groups import LedgerGroups
from widgets.ledger_rows import LedgerRows
from widgets.limit_bars import LimitBars
from widgets.line import ELLIPSIS, Line, fit, wrap
from widgets.orders import Orders
from widgets.positions import Positions
from widgets.ticket_controls import control_lines
from widgets.ticket_facts import TicketFacts
from widgets.ticket_order import order_lines
from widgets.tickets import Tickets

replace = msgspec.structs.replace
NUMBER = re.compile(r"[+\-−$]*\d[\d.,]*\d|[+\-−$]*\d")
WIDTHS = (*range(24, 60, 5), 72, 80, 100, 118, 120, 160, 200)
SIZES = ("0.000012345678", "0.12345678", "191.30434782608695652", "104250.7475", "12345678.9", "987654321012.34")
"""A cheap coin, a fraction, an average with every digit of a division, a dear coin, and more than anybody has."""

words = st.text("abc ", min_size=1, max_size=8)
numbers = st.from_regex(r"[+-]?\$?[1-9][0-9]{0,6}(,[0-9]{3})?(\.[0-9]{1,4})?[%kM]?", fullmatch=True)
sentences = st.lists(st.one_of(words, numbers), min_size=1, max_size=8).map(" ".join)


@given(sentences, st.integers(1, 60))
def test_a_text_that_is_cut_has_only_numbers_of_the_whole(sentence: str, width: int) -> None:
    assert set(NUMBER.findall(fit(sentence, width))) <= set(NUMBER.findall(sentence))
    assert not parted([fit(sentence, width)])
    assert fit(sentence, len(sentence)) == sentence
    line = Line().add("a segment before ", COLORS.text).add(sentence, COLORS.text)
    shown = line.strip(width, COLORS.base).text
    assert len(shown) == width
    assert set(NUMBER.findall(shown)) <= set(NUMBER.findall(sentence))


@given(sentences, st.integers(20, 40), st.integers(1, 4))
def test_a_text_on_several_lines_breaks_no_number(sentence: str, width: int, most: int) -> None:
    lines = wrap(sentence, width, most)
    assert {found for line in lines for found in NUMBER.findall(line)} <= set(NUMBER.findall(sentence))
    assert not parted(lines)


def parted(lines: list[str]) -> list[str]:
    """Lines in which something was cut in or right behind a digit."""
    return [line for line in lines if re.search(rf"\d{ELLIPSIS}", line)]


def lines_of(made: list[Line], width: int) -> list[str]:
    return [line.strip(width, COLORS.base).text for line in made]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("side", list(Side))
def test_the_order_of_a_ticket_at_every_width(size: str, side: Side) -> None:
    price = Decimal(size)
    shown = made_up.ticket(1, side=side)
    assert shown.draft is not None
    draft = replace(
        shown.draft,
        quantity=price,
        limit_price=price,
        reference_price=price,
        stop_price=price * Decimal("0.95"),
        target_price=price * Decimal("1.1"),
    )
    working = replace(made_up.order(shown), quantity=price, filled=Decimal(0), limit_price=price)
    held = {"TSLA": Position("TSLA", price, price, price, NOW), "GOOG": Position("GOOG", -price, price, price, NOW)}
    votes = tuple(Vote(name, "1", -0.123, 0.876, 1_000) for name in ("finbert", "linear", "llm", "vader"))
    row = replace(made_up.symbol_row("TSLA"), price=f"{price * 2:f}")
    account = Account(price, price, price, price, price)
    facts = TicketFacts(replace(shown, draft=draft), None, account, held, row, votes, NOW, (working,))
    for width in WIDTHS:
        lines = lines_of(order_lines(facts, NOW + HOUR, 1.0, width, COLORS), width)
        assert not parted(lines), width
        if width >= 60:
            said = "\n".join(lines)
            assert all(f"{name} ▼-0.12 conf 0.88" in said for name in ("finbert", "linear", "llm", "vader"))
            assert f"{figures_price(price)}" in said


def figures_price(price: Decimal) -> str:
    from widgets import figures

    return figures.price(price)


def verdict(size: str, *, passed: bool) -> Verdict:
    """All controls at once, with value and limit of that size, passed or rejected."""
    value = Decimal(size)
    controls = tuple(
        ControlResult(
            f"R{number:02d}", "strategy_executions", passed, value, value * 2, "USD",
            f"GROSS_OVER: gross={value}, limit={value * 2}, held={value / 3}",
        )
        for number in range(1, 28)
    )  # fmt: skip
    return Verdict(NOW, passed, TradingState.ACTIVE, "9f1c22ab", controls)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("passed", [True, False])
def test_controls_at_every_width(size: str, passed: bool) -> None:
    for width in WIDTHS:
        lines = lines_of(control_lines(verdict(size, passed=passed), width, COLORS), width)
        assert not parted(lines), width
        if width >= 60:
            assert all(re.search(r"\d[kMBT]?/\d", line) for line in lines if re.search(r"[✓✗] R\d\d", line)), width


def marks(size: str) -> tuple[Mark, ...]:
    value = Decimal(size)
    return tuple(Mark(name, NOW + MINUTE, value, NOW, value, -value, -value) for name in ("5m", "1h", "close"))


def panels(size: str) -> Iterator[tuple[Any, Any]]:
    """Every panel of rows that shows figures, with a row in which all of them have that size."""
    value, ticket = Decimal(size), made_up.ticket(1)
    assert ticket.draft is not None
    draft = replace(ticket.draft, quantity=value, limit_price=value, stop_price=value, target_price=value)
    row = LedgerRow(
        7, NOW, "BTC/USD", Side.SELL, "shift", DecisionKind.CONFIRMED, "person", f"R17: age={value}", ("R17",), "t-1",
        "s-1", 0.8, 0.24, value, value, value, marks(size),
    )  # fmt: skip
    totals = tuple(Total(name, 2_000, 1_999, value, 7, value, -value) for name in ("5m", "1h", "close"))
    order = replace(made_up.order(ticket, OrderStatus.PARTIAL), quantity=value * 3, filled=value, average_price=value)
    fill = Fill("e", "desk-0", "BTC/USD", Side.BUY, value, value, value, NOW, "s", Role.ENTRY)
    state = replace(
        made_up.feeds()[0], items=123_456, duplicates=99_999, dropped=12_345, malformed=1_234, reconnects=999,
        spent_usd=12_345.6, cap_usd=20_000.0,
    )  # fmt: skip
    gauge = replace(made_up.symbol_row("TSLA"), price=f"{value:f}", day_change_pct=1234.5)
    yield Positions(now_ns=lambda: NOW), Position("BTC/USD", -value, value, value, NOW, value, value, value, value)
    yield Orders(now_ns=lambda: NOW), order
    yield Fills(now_ns=lambda: NOW), fill
    yield Tickets(now_ns=lambda: NOW), replace(ticket, draft=draft)
    yield Gauges(now_ns=lambda: NOW), gauge
    yield LedgerRows(now_ns=lambda: NOW), row
    yield LedgerGroups(), Group("symbol", "BTC/USD", 1_234_567, totals)
    yield LimitBars(), LimitUse("gross_exposure", value, value * 2, "USD")
    yield FeedRows(now_ns=lambda: NOW), state


@pytest.mark.parametrize("size", SIZES)
def test_rows_of_panels_at_every_width(size: str) -> None:
    for panel, row in panels(size):
        for width in WIDTHS:
            lines = lines_of(panel.row("k", row, width, COLORS), width)
            assert not parted(lines), (type(panel).__name__, width, lines)


def test_what_was_lost_is_told_before_what_came() -> None:
    state = replace(made_up.feeds()[0], dropped=12, spent_usd=1_234.0, cap_usd=20_000.0)
    line = lines_of(FeedRows(now_ns=lambda: NOW).row("x", state, 60, COLORS), 60)[1]
    assert "dropped 12" in line


@pytest.mark.parametrize("size", SIZES[::3])
async def test_chart_gates_and_a_decision_in_full(size: str) -> None:
    value = float(size)
    row = next(row for panel, row in panels(size) if isinstance(panel, LedgerRows))
    past = Past(
        tuple(NOW + at * 30 * 10**9 for at in range(40)), (0.5,) * 40, (0.4,) * 40,
        tuple(value * (1 + at / 900) for at in range(40)), (123_456,) * 40,
    )  # fmt: skip
    gates = tuple(Gate("risk", "R10 gross_exposure", passed, value, value * 2, "USD", "") for passed in (True, False))
    detail = SymbolDetail("TSLA", NOW, Side.BUY, gates, made_up.ticket().draft, past)
    for width in (40, 80):
        chart, why, told = Chart(), Gates(), LedgerDetail()
        async with stage(chart, (width, 14)) as pilot:
            chart.show(past)
            await until(pilot, lambda: "123.5k p" in painted(chart)[-2])  # noqa: B023
            lines = painted(chart)
            assert not parted(lines)
            assert re.search(r"\d", lines[1][:9]), lines
        async with stage(why, (width, 8)) as pilot:
            why.show(detail)
            await until(pilot, lambda: "1 of 2 gates fail" in painted(why)[0])  # noqa: B023
            assert not parted(painted(why))
            assert all("/" in line for line in painted(why)[1:3])
        async with stage(told, (width, 12)) as pilot:
            told.show(row)
            await pilot.pause()
            assert "DECISION" in painted(told)[0]
            assert not parted(painted(told))
