"""Our list and how it is read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DeskError
from engine.scoring.words import finance_words, stock_words, term_key


@pytest.mark.parametrize(
    "token, key",
    [
        ("$TSLA", "$x"),
        ("($BRK.B),", "$x"),
        ("5%", "#%"),
        ("+5.25%,", "+#%"),
        ("-12%", "-#%"),
        ("$1,250.50", "$#"),
        ("$3b", "$#"),
        ("100k", "#"),
        ("12", "#"),
        ("-12", "#"),
        ("-$4.20", "-$#"),
        ("52-week", "#-week"),
        ("$200c", "$#c"),
        ("450P", "#p"),
        ("Can’t", "can't"),
        ("“Bullish!”", "bullish"),
        ("#BTFD", "btfd"),
        ("sell-off", "sell-off"),
        ("🚀", "🚀"),
        ("...", ""),
        ("", ""),
    ],
)
def test_term_key(token: str, key: str) -> None:
    assert term_key(token) == key


@given(st.text())
def test_term_key_takes_anything(token: str) -> None:
    assert term_key(token) == term_key(f"({token}!)") or token[-1:].isspace() or token[:1].isspace()


def test_the_shipped_list() -> None:
    words = finance_words()
    assert len(words.terms) + len(words.phrases) > 1000
    assert all(-4 <= value <= 4 for value in words.terms.values())
    for term in ("calls", "puts", "bearish", "downgrade", "breakout", "ath", "moon", "tank", "🚀", "📉", "💎", "🔻"):
        assert term in words.terms
    for phrase in ("short squeeze", "price target cut", "puts printing", "raises guidance", "buying the dip"):
        assert tuple(phrase.split()) in words.phrases
    assert "shares" not in words.lexicon
    assert words.version.startswith("vaderSentiment-3.3.2+finance-")


def test_every_term_of_the_shipped_list_can_be_met() -> None:
    """A term whose spelling is not its own key could never match."""
    words = finance_words()
    met = [*words.terms, *words.nots, *(key for phrase in words.phrases for key in phrase)]
    pattern = re.compile(r"[+-]?\$?#(%|c|p|-[a-z]+)?|\$x")
    assert [key for key in met if term_key(key) != key and not pattern.fullmatch(key)] == []


def test_the_version_follows_the_list() -> None:
    one, two = finance_words("moon\t2.0\tup\n"), finance_words("moon\t2.1\tup\n")
    assert one.version != two.version
    assert one.version == finance_words("moon\t2.0\tup\n").version
    assert finance_words("").lexicon == stock_words().lexicon


@pytest.mark.parametrize(
    "line, problem",
    [
        ("moon\t2.0", "three columns"),
        ("moon\t2.0\t ", "three columns"),
        ("Moon\t2.0\tx", "lower-case"),
        ("a b c d e f\t2.0\tx", "1 … 5"),
        ("a  b\t2.0\tx", "1 … 5"),
        ("moon\t5\tx", "a value in"),
        ("moon\t0\tx", "a value in"),
        ("moon\tnan\tx", "a value in"),
        ("moon\tup\tx", "a value in"),
        ("tank\t1\tx", "each term once"),
    ],
)
def test_a_wrong_row_is_named(line: str, problem: str) -> None:
    with pytest.raises(DeskError, match=problem) as caught:
        finance_words(f"// words\ntank\t-2.0\tdown\n{line}\n")
    assert caught.value.where == "finance_words.tsv:3"
