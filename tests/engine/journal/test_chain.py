"""The hash layout is exactly as documented, and no two records share their bytes."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import JournalError
from engine.journal.chain import GENESIS, Record, chain, encode, encode_key
from engine.model import Alert, Level, Reading

FIELD = st.binary(max_size=6)


def test_layout_as_documented() -> None:
    preimage = (
        GENESIS
        + (1).to_bytes(8, "big")
        + (-5).to_bytes(8, "big", signed=True)
        + (4).to_bytes(2, "big")
        + (3).to_bytes(4, "big")
        + (2).to_bytes(8, "big")
        + b"postkey{}"
    )
    assert chain(GENESIS, 1, -5, b"post", b"key", b"{}") == hashlib.sha256(preimage).digest()
    assert hashlib.sha256(b"desk journal, layout 1").digest() == GENESIS


@given(st.tuples(FIELD, FIELD, FIELD), st.tuples(FIELD, FIELD, FIELD))
def test_fields_never_run_into_each_other(one: tuple[bytes, ...], other: tuple[bytes, ...]) -> None:
    hashes = [chain(GENESIS, 1, 0, *fields) for fields in (one, other)]
    assert (hashes[0] == hashes[1]) == (one == other)


@given(st.text(st.characters(codec=None), max_size=50))
def test_any_text_can_be_written(text: str) -> None:
    alert = Alert("a", Level.INFO, "code", text, text, "", 1)
    body = json.loads(encode(alert))
    mended = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert body["text"] == mended
    assert encode_key(text).decode() == mended


def test_lone_surrogate_becomes_the_replacement_character() -> None:
    assert encode_key("a\ud83db") == "a\ufffdb".encode()
    assert encode_key("\ud83d\ude00") == "😀".encode()


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("nonsense", b"{}", "expected a kind this version knows"),
        ("reading", b"{}", "expected a Reading"),
        ("reading", b"\xff", "expected a Reading"),
        ("reading", b"", "expected a Reading"),
    ],
)
def test_a_body_that_is_none_is_named(kind: str, body: bytes, expected: str) -> None:
    with pytest.raises(JournalError, match=expected) as caught:
        Record(17, 0, kind, "k", body, b"").value()
    assert "record 17" in str(caught.value)


def test_value_is_what_was_encoded() -> None:
    reading = Reading("1", "vader", "1", -0.123456, 0.5, 7)
    assert Record(1, 0, "reading", "1", encode(reading), b"").value() == reading
