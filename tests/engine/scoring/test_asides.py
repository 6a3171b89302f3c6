"""Questions and marked sarcasm, and other turns of phrase, on made-up posts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config
from engine.model import Author, DisplayText, Post, Reading, Score
from engine.scoring import load
from engine.scoring.asides import as_meant, means_the_opposite, only_asks

DEFAULT = load(Config())


def reading(text: str) -> Reading:
    (scored,) = DEFAULT.score([Post("1", "test", 0, 0, Author("", DisplayText("")), text, DisplayText(text))], 0)
    return scored.reading


@pytest.mark.parametrize(
    "text",
    [
        "is $ABC going to crash?",
        "Should I buy $ABC?",
        "$ABC $XYZ: will it go up or down tomorrow?",
        "who is long $ABC?",
        "Why is $ABC down 5% today? https://example.com/x",
        "What are your moves tomorrow?",
        "Anyone buying the dip here??",
    ],
)
def test_a_question_is_no_opinion(text: str) -> None:
    assert only_asks(text)
    assert abs(reading(text).score) <= 0.05
    assert reading(text).confidence <= 0.5


@pytest.mark.parametrize(
    "text, sign",
    [
        ("Who cares? $ABC breakout confirmed", 1),
        ("why would anyone sell. $ABC breaking out, new highs!", 1),
        ("$ABC breakout! See it?", 1),
        ("This is a breakout, isn't it", 1),
    ],
)
def test_an_opinion_with_a_question_in_it_stays_one(text: str, sign: int) -> None:
    assert not only_asks(text)
    assert reading(text).score * sign > 0.05


def test_marked_sarcasm_means_the_opposite() -> None:
    plain, marked = reading("down 20%, love it, great company"), reading("down 20%, love it, great company /s")
    assert plain.score * marked.score < 0
    assert not means_the_opposite("see path/s or 10/share")


@pytest.mark.parametrize(
    "text, sign",
    [
        ("$ABC beat by 12 %", 1),
        ("$ABC PT cut to 90", -1),
        ("PT raised to $250 from $200 at Citi", 1),
        ("missed by 8 cents, revenue down 5%", -1),
        ("guidance lowered to $3.10-$3.20", -1),
        ("$ABC +7% after hours", 1),
        ("$ABC -7% after hours", -1),
        ("bought calls", 1),
        ("bought puts", -1),
        ("selling puts here, happy to own it lower", 1),
        ("sold my calls, taking the loss", -1),
        ("buying puts into earnings", -1),
        ("don't sell $ABC", 1),
        ("don't buy $ABC", -1),
        ("can't see it going up", -1),
        ("it won't go down", 1),
        ("not a buy here", -1),
        ("holding, not selling", 1),
        ("no bottom in sight", -1),
        ("upgraded from hold to buy", 1),
        ("downgraded from buy to hold", -1),
        ("chapter 11 filing by $ABC", -1),
        ("golden cross on the daily", 1),
        ("It is what it is, $IT at noon", 0),
        ("ALL of you read the $ALL filing", 0),
        ("$OPEN opens its new office", 0),
        ("$ABC earnings are due tomorrow", 0),
        ("reiterates hold, PT unchanged at $50", 0),
        ("if $ABC breaks 100 it could rip", 0),
    ],
)
def test_numbers_options_negations_and_tickers_as_words(text: str, sign: int) -> None:
    score = reading(text).score
    assert (score > 0.1) - (score < -0.1) == sign


@given(st.text(max_size=200), st.floats(-1, 1), st.floats(0, 1))
def test_the_score_stays_in_range(text: str, score: float, confidence: float) -> None:
    found = as_meant(text, Score(score, confidence))
    assert abs(found.score) <= abs(score) + 1e-6
    assert 0 <= found.confidence <= confidence + 1e-6
