"""Folding and word edges: what compares as the same, and where a word or a cashtag ends."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.watchlist import words
from engine.watchlist.words import fold, in_word, is_cashtag, is_word, single_spaced, ticker, tickers


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("TeSLA", "tesla"),
        ("Ｔｅｓｌａ", "tesla"),
        ("𝐓𝐞𝐬𝐥𝐚", "tesla"),
        ("Tesla™", "tesla™"),
        ("Straße", "strasse"),
        ("ÉCLAIR", "éclair"),
        ("e\u0301clair", "éclair"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("ﬁn", "fin"),
        ("苹果", "苹果"),
    ],
)
def test_what_compares_as_the_same(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=40))
def test_folding_is_done_once_and_composed(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert unicodedata.is_normalized("NFC", folded)
    if text.isascii():
        assert folded == text.lower()


def test_a_fold_that_is_known_is_the_one_that_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of characters is bounded; what it has no room for folds all the same."""
    monkeypatch.setattr(words._Folds, "limit", 0)
    monkeypatch.setattr(words, "_folds", words._Folds())
    assert fold("Ｔ𝐞Ñ") == "teñ"
    assert not words._folds


@pytest.mark.parametrize(
    ("text", "word", "stands"),
    [
        ("tesla", "tesla", True),
        ("(tesla)", "tesla", True),
        ("teslas", "tesla", False),
        ("xtesla", "tesla", False),
        ("tesla_1", "tesla", False),
        ("tesla's", "tesla", True),
        ("tesla.com", "tesla", True),
        ("éa", "a", False),
        ("这是苹果的", "苹果", True),
        ("애플은", "애플", True),
        ("涨tesla涨", "tesla", True),
        ("a\u0301pple", "pple", False),
    ],
)
def test_a_word_stands_by_itself(text: str, word: str, stands: bool) -> None:
    start = text.index(word)
    assert is_word(text, start, start + len(word)) is stands


@pytest.mark.parametrize(
    ("text", "tag", "whole"),
    [
        ("$tsla", "$tsla", True),
        ("$tsla.", "$tsla", True),
        ("$tsla.com", "$tsla", True),
        ("$brk.b", "$brk", False),
        ("$brk_b", "$brk", False),
        ("$brk-b", "$brk", False),
        ("$brk-b2", "$brk", True),
        ("$f-150", "$f", True),
        ("$brk.bcd", "$brk", True),
        ("$tslaq", "$tsla", False),
        ("$tsla9", "$tsla", False),
        ("us$tsla", "$tsla", False),
        ("$$tsla", "$tsla", False),
        ("涨$tsla涨", "$tsla", True),
        ("¢$tsla", "$tsla", True),
    ],
)
def test_a_whole_cashtag(text: str, tag: str, whole: bool) -> None:
    start = text.rindex(tag)
    assert is_cashtag(text, start, start + len(tag)) is whole


@given(st.text(max_size=30), st.data())
def test_blanks_are_always_edges(text: str, data: st.DataObject) -> None:
    """Between blanks everything is a word; glued to a letter of its own kind nothing is."""
    inside = "".join(text.split()) or "a"
    spaced = f"x {inside} x"
    assert is_word(spaced, 2, 2 + len(inside))
    if in_word(inside[-1]):
        assert not is_word(f"{inside}x", 0, len(inside))
    if in_word(inside[0]):
        assert not is_word(f"x{inside}", 1, 1 + len(inside))


@given(st.characters())
def test_which_characters_glue(character: str) -> None:
    """Letters, digits, marks and the underscore; not where a script writes without spaces."""
    unspaced = any(first <= ord(character) <= last for first, last in words._UNSPACED)
    glues = character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")
    assert in_word(character) is (glues and not unspaced)


@pytest.mark.parametrize("edge", [edge for first, last in words._UNSPACED for edge in (first, last)])
def test_the_edges_of_scripts_without_spaces(edge: int) -> None:
    assert not in_word(chr(edge))


@given(st.text(" \t\n\u00a0ab", max_size=20))
def test_one_space_for_every_run_of_blanks(text: str) -> None:
    found = single_spaced(text)
    assert found.split(" ") == (text.split() or [""])
    assert single_spaced(found) == found


@pytest.mark.parametrize(
    ("symbol", "compared"),
    [("brk-b", "BRK.B"), ("BRK_B", "BRK.B"), ("$brk.b", "BRK.B"), ("BTC/USD", "BTC"), ("$$x", "$X")],
)
def test_symbols_as_they_are_compared(symbol: str, compared: str) -> None:
    assert ticker(symbol) == compared


def test_what_a_symbol_goes_by() -> None:
    assert tickers("brk-b") == ("BRK.B",)
    assert tickers("ETH/BTC") == ("ETH", "ETHBTC", "ETH.X")
