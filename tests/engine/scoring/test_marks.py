"""Pieces found in one pass, and texts folded letter by letter."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.scoring.marks import Marks, folded

PIECES = ("if ", "a", "ab", "b", "’d", "would ", "ould ")
MARKS = Marks(*PIECES)


@given(st.text(alphabet="abif would’😀", max_size=30))
def test_it_finds_what_is_in_a_text(text: str) -> None:
    found = {piece for piece in PIECES if piece in text}
    assert MARKS.all_in(text) == found
    assert MARKS.any_in(text) == bool(found)


@given(st.text(alphabet=st.sampled_from("iIİıksſKſſ\u212a' .ΣσÄ😀x"), max_size=20))
def test_a_pattern_finds_in_a_folded_text_what_it_finds_whatever_the_case(text: str) -> None:
    pattern = r"\bi\w*|k?s+\b|'x"
    expected = [found.span() for found in re.finditer(pattern, text, re.IGNORECASE)]
    assert len(folded(text)) == len(text)
    assert [found.span() for found in re.finditer(pattern, folded(text))] == expected


@pytest.mark.parametrize("letter", "abcdefghijklmnopqrstuvwxyz")
def test_no_other_letter_counts_as_one_of_ascii(letter: str) -> None:
    letters = "".join(map(chr, range(0x3000)))
    assert len(re.findall(letter, letters, re.IGNORECASE)) == folded(letters).count(letter)
