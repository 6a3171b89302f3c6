"""Which side a text leans to of which no list says anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config
from engine.errors import DeskError
from engine.scoring.calibration import NEUTRAL
from engine.scoring.leanings import MOST, parse_leanings, shipped_leanings
from engine.scoring.vader import SILENT, VaderScorer
from engine.scoring.words import stock_words


@pytest.mark.parametrize(
    "text, sign",
    [
        ("Big news coming tomorrow for $ABC", 1),
        ("a bubble, sold and gone", -1),
        ("Coming: $ABC.", 1),
        ("(bubble)", -1),
        ("bubble…", -1),
        ("#bubble", -1),
        ("$bubble @bubble bubble-tea", 0),
        ("why would they not be with us for the annual meeting", 0),
        ("", 0),
    ],
)
def test_words_lean_to_a_side(text: str, sign: int) -> None:
    found = shipped_leanings().of(text)
    assert (found > 0) - (found < 0) == sign


def test_a_leaning_is_no_call_and_no_surer() -> None:
    (score,) = VaderScorer(Config()).score(["Coming tomorrow: bigger and for $ABC"])
    assert 0 < score.score <= MOST < NEUTRAL
    assert score.confidence == SILENT


def test_the_package_alone_leans_to_nothing() -> None:
    (score,) = VaderScorer(Config(), stock_words()).score(["Coming tomorrow: more"])
    assert score.score == 0.0


def test_a_text_that_says_something_does_not_lean() -> None:
    scorer = VaderScorer(Config())
    plain, leaning = scorer.score(["downgraded", "downgraded tomorrow"])
    assert plain == leaning


@given(st.text(max_size=200), st.permutations(["bigger", "cut", "$abc", "sold", "growth"]))
def test_leanings_are_small_and_know_no_order(text: str, words: list[str]) -> None:
    leanings = shipped_leanings()
    assert abs(leanings.of(text)) <= MOST
    assert leanings.of(" ".join(words)) == leanings.of(" ".join(sorted(words)))


def test_every_word_of_the_shipped_list_can_be_met() -> None:
    leanings = shipped_leanings()
    assert all(leanings.of(word) for word in leanings.words)
    assert leanings.version in VaderScorer(Config()).version


@pytest.mark.parametrize("line", ["more", "more\t1", "More\t1\tx", "more\t0\tx", "a b\t1\tx", "more\t1\tx\nmore\t2\tx"])
def test_a_damaged_line_is_named(line: str) -> None:
    with pytest.raises(DeskError, match="expected a lower-case word"):
        parse_leanings(f"// comment\n{line}\n")
