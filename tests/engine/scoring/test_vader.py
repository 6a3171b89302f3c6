"""The scorer's score and confidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config
from engine.model import Scorer
from engine.scoring.vader import VaderScorer

SCORER = VaderScorer(Config())


def test_it_speaks_the_protocol() -> None:
    assert isinstance(SCORER, Scorer)
    assert SCORER.name == "vader"
    assert SCORER.version.startswith("vaderSentiment-")


@pytest.mark.parametrize(
    "text",
    [
        "$TSLA calls printing, breakout confirmed 🚀🚀",
        "downgraded to sell, guidance cut",
        "upgraded",
        "massive short squeeze, new highs",
        "$AAPL plunges on earnings miss",
    ],
)
def test_clear_opinions_are_confident(text: str) -> None:
    (score,) = SCORER.score([text])
    assert score.confidence >= 0.7


@pytest.mark.parametrize("text", ["", "the annual meeting is on Tuesday", "bullish, bearish", "long $TSLA, short $F"])
def test_silence_and_both_sides_are_not(text: str) -> None:
    (score,) = SCORER.score([text])
    assert score.confidence == 0.1


def test_confidence_rises_with_what_is_said() -> None:
    one, two, torn = SCORER.score(["breakout", "breakout, new highs", "breakout, new highs, but overvalued"])
    assert 0.1 < torn.confidence < one.confidence < two.confidence < 1.0


@given(st.lists(st.text(max_size=80), max_size=5))
def test_any_text_gets_a_score_in_range(texts: list[str]) -> None:
    scores = SCORER.score(texts)
    assert len(scores) == len(texts)
    for score in scores:
        assert -1 <= score.score <= 1
        assert 0.1 <= score.confidence <= 1
        assert (round(score.score, 6), round(score.confidence, 6)) == (score.score, score.confidence)
