"""What a reader asks for, against a pass over every record: any filters together, either way, pages of any size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config import JournalConfig
from engine.errors import JournalError
from engine.journal import Journal, Record, query
from engine.journal.query import Wanted, select, select_values
from engine.journal.schema import connect_readonly
from engine.model import Halt, StateChange, TradingState, Value
from tests.engine.journal.made_up import made_up

COUNT = 60


def append(number: int) -> tuple[str, str, Value, int]:
    """Posts, readings and rarer records; twice the clock steps back."""
    at_ns = number * 10 - 150 * (number // 25)
    if number % 4 == 0:
        return "halt", f"S{number % 3}", Halt("TSLA", at_ns, at_ns, True, "T1", "news"), at_ns
    if number % 7 == 0:
        return "state", "state", StateChange(TradingState.HALTED, TradingState.ACTIVE, "test", "person", at_ns), at_ns
    kind, key, value, _ = made_up(number)
    return kind, key, value, at_ns


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("query") / "paper.journal"
    written = Journal(path, JournalConfig(), profile="paper")
    written.open()
    for number in range(COUNT):
        written.append(*append(number))
    written.close()
    return path


def passed_over(records: list[Record], wanted: Wanted) -> Iterator[Record]:
    """The same by looking at every record."""
    for record in reversed(records) if wanted.reverse else records:
        if (
            (wanted.kinds is None or record.kind in wanted.kinds)
            and (wanted.since_ns is None or record.at_ns >= wanted.since_ns)
            and (wanted.until_ns is None or record.at_ns < wanted.until_ns)
            and wanted.key in (None, record.key)
            and (wanted.containing is None or wanted.containing.encode() in record.body)
            and record.seq > wanted.after_seq
        ):
            yield record


asked = st.builds(
    Wanted,
    kinds=st.none() | st.lists(st.sampled_from(["post", "reading", "halt", "state", "fill"]), max_size=3, unique=True)
    .map(tuple),
    since_ns=st.none() | st.integers(-10, 10 * COUNT),
    until_ns=st.none() | st.integers(-10, 10 * COUNT),
    key=st.none() | st.sampled_from(["S0", "S1", "state", made_up(9)[1], "nobody"]),
    containing=st.none() | st.sampled_from(["TSLA", "moon", "number 2", "'", "%"]),
    after_seq=st.integers(0, COUNT + 1),
    limit=st.none() | st.integers(0, COUNT + 1),
    reverse=st.booleans(),
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=asked, page=st.integers(1, COUNT))
def test_every_question_has_the_answer_of_a_pass(
    journal: Path, monkeypatch: pytest.MonkeyPatch, wanted: Wanted, page: int
) -> None:
    monkeypatch.setattr(query, "PAGE", page)
    connection = connect_readonly(journal)
    try:
        records = list(select(connection, Wanted()))
        assert [record.seq for record in records] == list(range(1, COUNT + 1))
        expected = list(passed_over(records, wanted))[: wanted.limit]
        assert list(select(connection, wanted)) == expected
        values = [(record.seq, record.at_ns, record.value()) for record in expected]
        assert list(select_values(connection, wanted)) == values
    finally:
        connection.close()


def test_a_kind_that_is_none_is_named(journal: Path) -> None:
    connection = connect_readonly(journal)
    try:
        with pytest.raises(JournalError, match=r"expected kinds out of .*, found 'tweet'"):
            list(select(connection, Wanted(kinds=("post", "tweet"))))
    finally:
        connection.close()
