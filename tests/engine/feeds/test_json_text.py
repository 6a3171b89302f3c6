"""JSON of others: whatever text was cut in the middle of an emoji can be read and stored."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feeds.json_text import UNREADABLE, decode

TEXT = msgspec.json.Decoder(str)
ANY = st.characters(codec=None, exclude_categories=())
CUT = st.lists(st.sampled_from(["🚀", "\ud83d", "\ude80", "\\u", "\\ud83d", '"']) | ANY, max_size=12).map("".join)


@given(CUT)
def test_half_a_surrogate_pair_becomes_one_sign_and_the_rest_stays(text: str) -> None:
    expected = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert decode(TEXT, json.dumps(text).encode()) == expected


@given(st.binary(max_size=40))
def test_other_bytes_are_read_or_refused_in_a_known_way(body: bytes) -> None:
    try:
        found = decode(TEXT, body)
    except UNREADABLE:
        return
    assert found == json.loads(body)


def test_another_shape_is_told_from_what_is_no_json() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(TEXT, b'["\\ud83d"]')
    with pytest.raises(msgspec.DecodeError) as raised:
        decode(TEXT, b'"\\ud83d')
    assert not isinstance(raised.value, msgspec.ValidationError)
