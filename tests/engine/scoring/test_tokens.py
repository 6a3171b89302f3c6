"""What is known of one word."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from engine.scoring.tokens import ASIDE, BUT, FIRST, FLAGS, KNOWN, MODIFIER, PLAIN, SECOND, UPPER, Token, Tokens
from engine.scoring.words import finance_words

WORDS = finance_words()
TOKENS = Tokens(WORDS)


def test_flags_say_what_the_lists_say() -> None:
    assert TOKENS["great"] & KNOWN and TOKENS["great"].valence == WORDS.lexicon["great"]
    assert TOKENS["very"] & MODIFIER and TOKENS["very"].booster and not TOKENS["very"] & KNOWN
    assert TOKENS["not"].negates and TOKENS["isn't"].negates and TOKENS["not"] & MODIFIER
    assert TOKENS["but"] & BUT
    first, second = next(iter(WORDS.phrases))[:2]
    assert TOKENS[first] & FIRST and TOKENS[second] & SECOND


def test_capitals_and_signs_around_a_word_do_not_hide_it() -> None:
    loud = TOKENS["GREAT!!"]
    assert loud & UPPER and loud & KNOWN and loud.lower == "great"
    assert TOKENS["(great)"].valence == TOKENS["great"].valence


def test_words_that_nobody_lists_share_one_token() -> None:
    assert TOKENS["qwertzuiop"] is PLAIN
    assert TOKENS["https://example.com/a"] is PLAIN
    assert TOKENS["QWERTZUIOP"] == UPPER


def test_a_cashtag_is_a_name_whatever_stands_beside_it() -> None:
    for raw in ("$GREAT", "$GREAT,", "$great.", "($GREAT)", "$great!?"):
        assert TOKENS[raw].key == "$x" and TOKENS[raw].valence is None


def test_a_valence_in_capitals_is_further_from_nothing() -> None:
    loud, quiet, bad = TOKENS["GREAT"], TOKENS["great"], TOKENS["TERRIBLE"]
    assert loud.shouted > loud.alone == quiet.alone == quiet.shouted == quiet.valence
    assert bad.shouted < bad.alone < 0


def test_hints_at_an_aside_are_marked() -> None:
    assert TOKENS["IF"] & ASIDE and TOKENS["wouldn't,might?"] & ASIDE and TOKENS["https://example.com/?a"] & ASIDE
    assert not TOKENS["iffy"] & ASIDE and not TOKENS["breakout"] & ASIDE


@given(st.text(alphabet=string.printable, min_size=1, max_size=40).filter(lambda raw: not any(map(str.isspace, raw))))
def test_any_token_is_its_flags_and_asked_again_the_same(raw: str) -> None:
    token = TOKENS[raw]
    assert isinstance(token, Token) and 0 <= token < FLAGS
    again = TOKENS[raw]
    assert (again, again.lower, again.valence, again.negates) == (token, token.lower, token.valence, token.negates)
    assert bool(token & KNOWN) == (token.valence is not None and not token.booster)


def test_memory_is_bounded() -> None:
    tokens = Tokens(WORDS)
    for number in range(60_000):
        tokens[f"word{number}"]
    assert len(tokens) <= 50_000
    long = "x" * 30
    tokens[long]
    link = "http://t.co/abc"
    tokens[link]
    assert long not in tokens and link not in tokens, "they hardly come again"
