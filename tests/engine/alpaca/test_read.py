"""Foreign JSON: nothing raises, numbers are exact, times are nanoseconds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.alpaca.read import _decode_tolerantly, decimal, decode, fields, identifier, instant, rows, text
from engine.alpaca.stream import messages_of
from engine.clock import SECOND

anything = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70) | st.lists(st.integers(), max_size=2)
)


@given(anything)
def test_no_value_raises(value: Any) -> None:
    number = decimal(value)
    assert number is None or number.is_finite()
    assert isinstance(text(value), str)
    assert len(identifier(value)) <= 128
    assert instant(value) >= 0
    assert isinstance(fields(value), dict)
    assert isinstance(rows(value), list)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_numbers_survive_exactly(value: Decimal) -> None:
    assert decimal(str(value)) == value
    assert decode(f'{{"p": {value:f}}}')["p"] == value


def test_what_is_no_number() -> None:
    for value in (True, None, "", "12,5", "NaN", "Infinity", "1e999999", "9" * 65, float("nan"), float("inf"), [], {}):
        assert decimal(value) is None
    assert decode("[NaN, Infinity, 1.10]") == [None, None, Decimal("1.10")]


@pytest.mark.parametrize("wrong", ["", "{", "[" * 100_000, b"\xff\xfe", "nul", "1" * 5_000])
def test_what_is_no_json_is_a_value_error(wrong: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decode(wrong)


def test_times() -> None:
    assert instant("2026-11-20T14:30:00.123456789Z") % SECOND == 123_456_789
    assert instant("2026-11-20T09:30:00-05:00") == instant("2026-11-20T14:30:00Z")
    for wrong in ("", "yesterday", "2026-11-20T14:30:00", "0000-00-00T00:00:00Z", 7, None, "9" * 80):
        assert instant(wrong) == 0
    for never in ("9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z", datetime(2300, 1, 1, tzinfo=UTC)):
        assert instant(never) == 0, "a journal with it could not be played again"


def test_hostile_text_is_cleaned_and_capped() -> None:
    assert "\x1b" not in text("\x1b[31mred")
    assert len(text("x" * 9_000)) == 300
    assert identifier("two\nlines") == ""
    assert identifier("x" * 129) == ""


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_frame_gives_messages_or_a_count_of_what_was_none(frame: str | bytes) -> None:
    messages, malformed = messages_of(frame)
    assert all(isinstance(message, dict) for message in messages)
    assert malformed >= 0


def test_frames_of_every_encoding() -> None:
    message = {"T": "q", "S": "TSLA", "bp": 250.12}
    expected = [message | {"bp": Decimal("250.12")}]
    assert messages_of(json.dumps([message])) == (expected, 0)
    assert messages_of(json.dumps(message).encode()) == (expected, 0)
    stamp = msgpack.Timestamp.from_unix_nano(1_795_185_000_123_456_000)
    (unpacked,), malformed = messages_of(msgpack.packb([message | {"t": stamp}]))
    assert (decimal(unpacked["bp"]), instant(unpacked["t"]), malformed) == (
        Decimal("250.12"),
        1_795_185_000_123_456_000,
        0,
    )
    assert messages_of('[{"T":"x"}, 7, null]') == ([{"T": "x"}], 2)
    assert messages_of("7") == ([], 1)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists), st.booleans())
def test_every_json_is_read_as_the_standard_library_reads_it(value: Any, as_bytes: bool) -> None:
    """Exact, too, where it is none strictly: NaN, infinities, half a surrogate pair."""
    told = json.dumps(value)
    assert decode(told.encode() if as_bytes else told) == _decode_tolerantly(told)


@given(st.binary(max_size=30) | st.text(max_size=30))
def test_foreign_bytes_are_read_or_refused_as_the_standard_library_does(told: str | bytes) -> None:
    try:
        expected = _decode_tolerantly(told)
    except ValueError:
        with pytest.raises(ValueError):
            decode(told)
    else:
        assert decode(told) == expected
