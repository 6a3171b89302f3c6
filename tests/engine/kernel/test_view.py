"""What the gauges are given as a price: the mid or the last trade in full, and nothing where there is no price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config, WatchRow
from engine.kernel.view import KEPT_CLOSED, MARKS, View, price_text
from engine.model import DecisionKind, Fill, Mode, Quote, Session, Side
from engine.model.gate import PastMark
from tests.desk import made_up
from tests.desk.made_up import NOW, symbol_row


def quote(bid: str | None, ask: str | None, last: str | None) -> Quote:
    sides = (None if text is None else Decimal(text) for text in (bid, ask, last))
    return Quote("TSLA", NOW, NOW, *sides)


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        (quote("191.30", "191.31", None), "191.305"),
        (quote(None, None, "191.3"), "191.30"),
        (quote("0.00001233", "0.00001235", None), "0.00001234"),
        (quote(None, None, "0"), None),
        (quote(None, None, "NaN"), None),
        (quote(None, None, "Infinity"), None),
        (quote("0", "0", None), None),
        (quote("5", "4", None), None),
    ],
)
def test_a_price_is_shown_in_full_and_nothing_in_place_of_none(sent: Quote, written: str | None) -> None:
    view = View(Config(watchlist=(WatchRow(symbol="TSLA"),)))
    mood = symbol_row("TSLA").mood
    view.quoted(sent, Session.REGULAR)
    row = view.symbol_row(mood, Mode.CONFIRM, 0.15, "")
    assert row.price == written
    assert (row.day_change_pct is None) is (written is None)
    view.sample({"TSLA": mood}, NOW)
    assert view.past.of("TSLA").price == (None if written is None else float(written),)


@given(st.decimals("1e-12", "1e15", allow_nan=False, allow_infinity=False))
def test_a_price_as_text_is_near_the_price(price: Decimal) -> None:
    text = price_text(price)
    assert abs(Decimal(text) - price) <= max(Decimal("0.00005") if price >= 1 else price / 5000, Decimal(0))
    assert len(text.partition(".")[2]) >= 2


def test_the_newest_signals_and_fills_of_each_symbol_are_kept_for_its_chart() -> None:
    view = View(Config(watchlist=(WatchRow(symbol="TSLA"), WatchRow(symbol="NVDA"))))
    for number in range(KEPT_CLOSED + 5):
        ticket = made_up.ticket(number, "NVDA", at_ns=NOW + number)
        view.decision(ticket, made_up.decision(ticket, DecisionKind.EXPIRED))
    shown = made_up.ticket(1)
    view.decision(shown, made_up.decision(shown, DecisionKind.CONFIRMED))
    view.fill(Fill("e", "desk-1", "TSLA", Side.BUY, Decimal(26), Decimal("191.35"), Decimal(0), NOW))
    view.fill(Fill("f", "desk-2", "GONE", Side.BUY, Decimal(26), Decimal("191.35"), Decimal(0), NOW))
    assert view.marks("TSLA") == (
        PastMark(shown.signal.at_ns, Side.BUY, None),
        PastMark(NOW, Side.BUY, 191.35, fill=True),
    )
    assert len(view.marks("NVDA")) == KEPT_CLOSED + 5
    assert not any(mark.sent for mark in view.marks("NVDA"))
    assert view.marks("GONE") == ()
    for number in range(MARKS):
        view.fill(Fill(f"g{number}", "desk-1", "TSLA", Side.SELL, Decimal(1), Decimal(1), Decimal(0), NOW + number))
    assert len(view.marks("TSLA")) == MARKS
