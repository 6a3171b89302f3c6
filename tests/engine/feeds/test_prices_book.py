"""Putting prices together: any message is taken without raising, and only newer ones count."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND, iso
from engine.feeds.prices_book import LEFT_BEHIND_NS, PriceBook
from engine.model import Halt, Quote

NOW = 2_000 * SECOND
flat = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
scalars = flat | st.lists(flat, max_size=2) | st.dictionaries(st.text(max_size=2), flat, max_size=2)
messages = st.fixed_dictionaries(
    {"T": st.sampled_from(["q", "t", "c", "x", "s", "l"])},
    optional={
        "S": st.just("TSLA") | scalars,
        "t": st.just("2026-11-20T14:30:00Z") | scalars,
        **dict.fromkeys(("bp", "ap", "p", "u", "d", "sc", "sm", "rc", "rm", "i", "x", "oi", "ci", "cp", "z"), scalars),
        "c": scalars | st.lists(scalars, max_size=3),
    },
)


@given(st.lists(messages, max_size=8))
def test_any_messages_give_finite_prices_or_none(batch: list[dict[str, Any]]) -> None:
    book = PriceBook(["TSLA"])
    for message in batch:
        book.message(message, 1)
        book.snapshot({"TSLA": {"latestQuote": message, "latestTrade": message}}, 1)
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
        book.message({"T": kind, "S": "TSLA", "t": iso((1_000 + second) * SECOND), **fields}, NOW)
        if second >= newest.get(kind, (0, 0))[0]:
            newest[kind] = (second, price)
    (quote,) = book.take()
    assert isinstance(quote, Quote)
    quoted, traded = newest.get("q"), newest.get("t")
    if quoted is not None and traded is not None and (traded[0] - quoted[0]) * SECOND > LEFT_BEHIND_NS:
        quoted = None
    (second, _) = quoted or traded or (0, 0)
    assert quote.at_ns == (1_000 + second) * SECOND, "its price's own"
    assert quote.received_ns == NOW
    assert quote.bid == (None if quoted is None else Decimal(quoted[1]))
    assert quote.last == (None if traded is None else Decimal(traded[1]))
    assert book.items + book.late == len(batch)
    assert book.merged == book.items - 1


def test_a_snapshot_counts_only_where_it_is_newer() -> None:
    book = PriceBook(["TSLA", "AAPL"])
    book.message({"T": "q", "S": "TSLA", "t": iso(20 * SECOND), "bp": 2, "ap": 3}, NOW)
    row = {"latestQuote": {"t": iso(10 * SECOND), "bp": 8, "ap": 9}, "latestTrade": {"t": iso(30 * SECOND), "p": 2.5}}
    book.snapshot({"TSLA": row, "AAPL": {"latestQuote": None}, "NOPE": row, "bad": 7}, NOW)
    assert book.take() == [Quote("TSLA", 20 * SECOND, NOW, Decimal(2), Decimal(3), Decimal("2.5"))]
    for nothing in (None, [], "text", 7):
        book.snapshot(nothing, 1)


def trade(price: float, second: int, *, number: int = 1, conditions: tuple[str, ...] = ("@",), tape: str = "C") -> Any:
    """A trade on exchange V at that second."""
    at = iso((1_000 + second) * SECOND)
    return {
        "T": "t", "S": "TSLA", "i": number, "x": "V", "p": price, "s": 100, "c": list(conditions), "z": tape, "t": at,
    }  # fmt: skip


def last(book: PriceBook) -> Decimal | None:
    """The last price as it would be passed on now."""
    quotes = [event for event in book.take() if isinstance(event, Quote)]
    return quotes[-1].last


def test_where_quotes_stop_and_trades_go_on_an_old_bid_and_ask_are_not_fresh() -> None:
    book = PriceBook(["TSLA"])
    bid_ask = {"T": "q", "S": "TSLA", "bp": 250, "ap": 250.1}
    book.message({**bid_ask, "t": iso(1_000 * SECOND)}, NOW)
    book.message(trade(247, 14), NOW)
    (quote,) = book.take()
    assert isinstance(quote, Quote)
    assert (quote.at_ns, quote.bid, quote.last) == (1_000 * SECOND, Decimal(250), Decimal(247)), "R17 sees its age"
    book.message(trade(230, 16), NOW)
    (quote,) = book.take()
    assert quote == Quote("TSLA", 1_016 * SECOND, NOW, None, None, Decimal(230)), "exits follow the trades"
    book.message({**bid_ask, "t": iso(1_017 * SECOND)}, NOW)
    (quote,) = book.take()
    assert isinstance(quote, Quote)
    assert (quote.at_ns, quote.bid) == (1_017 * SECOND, Decimal(250)), "quotes are back"


def test_a_trade_from_the_future_leaves_no_quote_behind() -> None:
    book = PriceBook(["TSLA"])
    book.message(trade(250, 3_600), NOW)
    book.message({"T": "q", "S": "TSLA", "bp": 249, "ap": 251, "t": iso(NOW)}, NOW)
    (quote,) = book.take()
    assert isinstance(quote, Quote)
    assert (quote.at_ns, quote.bid) == (NOW, Decimal(249))


def test_a_correction_changes_the_last_price_and_a_cancel_takes_it_away() -> None:
    book = PriceBook(["TSLA"])
    at = {"S": "TSLA", "x": "V", "z": "C", "t": iso(1_009 * SECOND)}
    book.message(trade(250, 1, number=5), NOW)
    book.message({"T": "c", "oi": 5, "op": 250, "os": 1, "oc": [], "ci": 6, "cp": 249.5, "cs": 1, "cc": [], **at}, NOW)
    assert last(book) == Decimal("249.5")
    book.message({"T": "x", "i": 6, "p": 249.5, "s": 1, "a": "C", **at}, NOW)
    assert last(book) is None
    book.message(trade(251, 2, number=8), NOW)
    assert last(book) == 251


def test_a_correction_of_another_trade_changes_nothing() -> None:
    book = PriceBook(["TSLA"])
    book.message(trade(250, 1, number=5), NOW)
    at = {"S": "TSLA", "z": "C", "t": iso(1_009 * SECOND)}
    for other in ({"x": "V", "i": 4}, {"x": "Q", "i": 5}, {"x": "V"}, {}):
        book.message({"T": "x", "p": 1, **at, **other}, NOW)
        book.message({"T": "c", "oi": other.get("i"), "cp": 1, **at, **other}, NOW)
    assert last(book) == 250


def test_a_withdrawn_trade_in_a_snapshot_is_no_last_price() -> None:
    for update, expected in (("canceled", None), ("incorrect", None), ("corrected", 250), (None, 250)):
        book = PriceBook(["TSLA"])
        quote = {"t": iso(1_000 * SECOND), "bp": 249, "ap": 251}
        told = trade(250, 1) | ({"u": update} if update else {})
        book.snapshot({"TSLA": {"latestQuote": quote, "latestTrade": told}}, NOW)
        assert last(book) == expected


@pytest.mark.parametrize(
    ("conditions", "tape", "counts"),
    [
        (("@",), "C", True),
        ((" ", "F", "I"), "A", True),
        (("@", "T"), "C", True),
        (("@", "W"), "C", False),
        ((" ", "B"), "A", False),
        (("@", "B"), "C", True),
        (("@", "4", "I"), "C", False),
        ((" ", "7", "V"), "B", False),
        (("@", "U"), "C", False),
    ],
)
def test_a_trade_priced_elsewhere_is_not_the_last_price(conditions: tuple[str, ...], tape: str, counts: bool) -> None:
    book = PriceBook(["TSLA"])
    book.message(trade(250, 1), NOW)
    book.message(trade(199, 2, number=2, conditions=conditions, tape=tape), NOW)
    assert last(book) == (199 if counts else 250)


def test_one_message_from_the_future_does_not_silence_those_that_follow() -> None:
    book = PriceBook(["TSLA"])
    wrong = "2099-01-01T00:00:00Z"
    book.message({"T": "q", "S": "TSLA", "t": wrong, "bp": 1, "ap": 2}, NOW)
    book.message({**trade(1, 0), "t": wrong}, NOW)
    book.message({"T": "s", "S": "TSLA", "t": wrong, "sc": "H", "sm": "Trading Halt"}, NOW)
    book.message({"T": "q", "S": "TSLA", "t": iso(1_001 * SECOND), "bp": 249, "ap": 251}, NOW)
    book.message(trade(250, 2), NOW)
    book.message({"T": "s", "S": "TSLA", "t": iso(1_003 * SECOND), "sc": "T", "sm": "Trading Resumption"}, NOW)
    *halts, quote = book.take()
    assert quote == Quote("TSLA", 1_001 * SECOND, NOW, Decimal(249), Decimal(251), Decimal(250))
    assert [halt.halted for halt in halts if isinstance(halt, Halt)] == [True, False]
    assert book.late == 0


def test_price_bands_end_with_the_session_they_were_made_for() -> None:
    regular = True
    book = PriceBook(["TSLA"], banded=lambda at_ns: regular)

    def quoted(second: int, bid: int) -> list[tuple[bool, str]]:
        at = iso((1_000 + second) * SECOND)
        book.message({"T": "q", "S": "TSLA", "t": at, "bp": bid, "ap": bid + 1}, NOW)
        return [(event.halted, event.code) for event in book.take() if isinstance(event, Halt)]

    book.message({"T": "l", "S": "TSLA", "t": iso(1_000 * SECOND), "u": 105, "d": 95, "i": "B"}, NOW)
    assert quoted(1, 105) == [(True, "LIMIT_UP")]
    regular = False
    assert quoted(2, 106) == [(False, "LIMIT_UP")]
    regular = True
    assert quoted(3, 120) == []  # the next day's bands have not been told yet


def test_bands_that_come_late_are_not_the_present_ones() -> None:
    book = PriceBook(["TSLA"])
    for second, up in ((5, 105), (1, 100)):
        at = iso((1_000 + second) * SECOND)
        book.message({"T": "l", "S": "TSLA", "t": at, "u": up, "d": 50, "i": "B"}, NOW)
    book.message({"T": "q", "S": "TSLA", "t": iso(1_006 * SECOND), "bp": 101, "ap": 102}, NOW)
    assert [event for event in book.take() if isinstance(event, Halt)] == []
