"""Records as people read them: each kind in words, damaged ones as they stand, nothing a terminal obeys."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.journal_hits import KINDS_SHOWN, full_lines, hit_of
from engine.journal import Record
from engine.journal.chain import encode
from engine.model import DecisionKind, StateChange, TradingState, Value
from engine.model.records import CommandRecord
from tests.desk import made_up

NOW = made_up.NOW


def record(kind: str, value: Value, key: str = "key") -> Record:
    return Record(7, NOW, kind, key, encode(value), bytes(32))


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("ticket", made_up.ticket(1), "BUY 26 TSLA at limit"),
        ("decision", made_up.decision(made_up.ticket(1), DecisionKind.REJECTED, reason="too late"), "too late"),
        ("order", made_up.order(made_up.ticket(1)), "TSLA"),
        (
            "state",
            StateChange(TradingState.HALTED, TradingState.ACTIVE, "smoke", "person", NOW),
            "ACTIVE → HALTED by person: smoke",
        ),
    ],
)
def test_each_kind_has_its_words(kind: str, value: Value, said: str) -> None:
    hit = hit_of(record(kind, value))
    assert said.lower() in hit.text.lower()
    assert (hit.seq, hit.at_ns, hit.kind, hit.key) == (7, NOW, kind, "key")


@settings(max_examples=50)
@given(key=st.text(max_size=30), body=st.binary(max_size=80), at_ns=st.integers(-(2**62), 2**62))
def test_anything_at_all_is_shown_and_nothing_of_it_is_obeyed(key: str, body: bytes, at_ns: int) -> None:
    damaged = Record(1, at_ns, "post", key, body, b"")
    hit = hit_of(damaged)
    assert hit.text, "a record that cannot be read says so"
    for line in (hit.key, hit.text, *full_lines(damaged)):
        assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in line)
    assert hit.at_ns in (0, at_ns)


def test_a_record_in_full_is_its_place_and_its_fields() -> None:
    value = made_up.ticket(1)
    lines = full_lines(record("ticket", value, value.id))
    assert lines[0] == f"ticket {value.id}"
    assert lines[1].startswith("at 2026-11-20T16:45:30.000Z (11:45:30") and lines[1].endswith("New York)")
    assert lines[2] == f"hash {'00' * 32}" and lines[3] == ""
    assert msgspec.json.decode("\n".join(lines[4:]), type=type(value)) == value


def test_every_kind_that_is_listed_is_one_of_the_journals() -> None:
    from engine.journal import KINDS

    assert set(KINDS_SHOWN) <= set(KINDS)
    assert issubclass(CommandRecord, Value)
