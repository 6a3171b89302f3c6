"""What the gauges are given as a price: the mid or the last trade in full, and nothing where there is no price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config, WatchRow
from engine.kernel.view import View, price_text
from engine.model import Mode, Quote, Session
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
