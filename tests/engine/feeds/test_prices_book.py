"""Putting prices together: any message is taken without raising, and only newer ones count."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND, iso
from engine.feeds.prices_book import PriceBook
from engine.model import Halt, Quote

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
messages = st.fixed_dictionaries(
    {"T": st.sampled_from(["q", "t", "s", "l"])},
    optional={
        "S": st.just("TSLA") | scalars,
        "t": st.just("2026-11-20T14:30:00Z") | scalars,
        **dict.fromkeys(("bp", "ap", "p", "u", "d", "sc", "sm", "rc", "rm", "i"), scalars),
    },
)


@given(st.lists(messages, max_size=8))
def test_any_messages_give_finite_prices_or_none(batch: list[dict[str, Any]]) -> None:
    book = PriceBook(["TSLA"])
    for message in batch:
        book.message(message, 1)
    for event in book.take():
        assert isinstance(event, Quote | Halt)
        if isinstance(event, Quote):
            assert all(price is None or price.is_finite() for price in (event.bid, event.ask, event.last))
    assert book.take() == []


@given(st.lists(st.tuples(st.sampled_from("qt"), st.integers(0, 50), st.integers(1, 999)), min_size=1, max_size=30))
def test_the_newest_of_each_kind_wins_whatever_the_order(batch: list[tuple[str, int, int]]) -> None:
    book = PriceBook(["TSLA"])
    newest: dict[str, tuple[int, int]] = {}
    for kind, second, price in batch:
        fields = {"bp": price, "ap": price + 1} if kind == "q" else {"p": price}
        book.message({"T": kind, "S": "TSLA", "t": iso((1_000 + second) * SECOND), **fields}, 7)
        if second >= newest.get(kind, (0, 0))[0]:
            newest[kind] = (second, price)
    (quote,) = book.take()
    assert isinstance(quote, Quote)
    assert quote.at_ns == (1_000 + max(second for second, _ in newest.values())) * SECOND
    assert quote.received_ns == 7
    assert quote.bid == (Decimal(newest["q"][1]) if "q" in newest else None)
    assert quote.last == (Decimal(newest["t"][1]) if "t" in newest else None)
    assert book.items + book.late == len(batch)
    assert book.merged == book.items - 1


def test_a_snapshot_counts_only_where_it_is_newer() -> None:
    book = PriceBook(["TSLA", "AAPL"])
    book.message({"T": "q", "S": "TSLA", "t": iso(20 * SECOND), "bp": 2, "ap": 3}, 1)
    row = {"latestQuote": {"t": iso(10 * SECOND), "bp": 8, "ap": 9}, "latestTrade": {"t": iso(30 * SECOND), "p": 2.5}}
    book.snapshot({"TSLA": row, "AAPL": {"latestQuote": None}, "NOPE": row, "bad": 7}, 1)
    assert book.take() == [Quote("TSLA", 30 * SECOND, 1, Decimal(2), Decimal(3), Decimal("2.5"))]
    for nothing in (None, [], "text", 7):
        book.snapshot(nothing, 1)
