"""Which decisions a filter shows: what a sum adds up is what its decisions list."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from desk.ledger_filter import LedgerFilter
from engine.journal.ledger import groups
from engine.model import DecisionKind, Side
from engine.model.ledger import HORIZONS, LedgerRow, Mark
from tests.desk.made_up import NOW

ROW = LedgerRow(
    7, NOW, "TSLA", Side.BUY, "shift", DecisionKind.BLOCKED, "risk", "R17 stale_price: PRICE_STALE: age_s=19.2",
    ("R17", "R22"), "t-1", "s-1", 0.8, 0.24, Decimal(26), Decimal("191.3"),
    marks=tuple(Mark(name, NOW, why="not yet") for name in HORIZONS),
)  # fmt: skip


def row(seq: int, **fields: object) -> LedgerRow:
    return msgspec.structs.replace(ROW, seq=seq, **fields)


ROWS = (
    row(1),
    row(2, symbol="A", kind=DecisionKind.REJECTED, by="person", reason="already in the price", rules=()),
    row(3, symbol="AAPL", kind=DecisionKind.AUTO, by="autopilot", reason="mode is auto", rules=()),
    row(4, symbol="A", side=Side.SELL, kind=DecisionKind.BLOCKED, reason="person asked: risk is off", rules=("R24",)),
    row(5, symbol="IT", strategy="risk", kind=DecisionKind.EXPIRED, by="clock", reason="nobody decided", rules=()),
)


def shown(text: str) -> list[int]:
    return [each.seq for each in ROWS if LedgerFilter(text).matches(each)]


def test_a_group_lists_exactly_the_decisions_that_it_adds_up() -> None:
    for before in ("", "symbol:A", "blocked"):
        kept = LedgerFilter(before)
        rows = tuple(each for each in ROWS if kept.matches(each))
        for group in groups(rows):
            within = kept.within(group)
            assert sum(within.matches(each) for each in ROWS) == group.decisions, (before, group)


def test_a_name_alone_a_word_of_the_reason_and_what_matches_nothing() -> None:
    assert shown("tsla") == [1]
    assert shown("$a") == [2, 4]
    assert shown("symbol:a") == [2, 4]
    assert shown("side:sell") == [4]
    assert shown("stale") == [1]
    assert shown("price_st") == [1]
    assert shown("age_s=19.2") == [1]
    assert shown("tale") == []
    assert shown("rule:R17 who:risk outcome:blocked") == [1]
    assert shown("rule:") == []
    assert shown("unknown:word") == []
    assert shown("") == [1, 2, 3, 4, 5]


@given(st.text(max_size=30))
def test_any_text_is_a_filter(text: str) -> None:
    assert isinstance(LedgerFilter(text).matches(ROW), bool)
    assert bool(LedgerFilter(text)) is bool(text.split())
