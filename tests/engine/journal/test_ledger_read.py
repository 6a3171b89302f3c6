"""Prices at instants: one pass over the quotes gives what a look-up for each instant would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.journal.chain import Record
from engine.journal.ledger_read import newest_at

rising = st.lists(st.integers(0, 100), max_size=20).map(sorted)


@given(instants=rising, times=rising)
def test_each_instant_gets_the_newest_record_that_was_there(instants: list[int], times: list[int]) -> None:
    records = [Record(seq, at_ns, "quote", "TSLA", b"{}", b"") for seq, at_ns in enumerate(times, 1)]
    expected = []
    for instant in instants:
        there = [record for record in records if record.at_ns <= instant]
        if there:
            expected.append((instant, there[-1]))
    assert newest_at(instants, records) == expected


def test_nothing_was_known_before_the_first_quote() -> None:
    first = Record(1, 50, "quote", "TSLA", b"{}", b"")
    assert newest_at([10, 49], [first]) == []
    assert newest_at([10, 50, 60], [first]) == [(50, first), (60, first)]
    assert newest_at([10], []) == []
