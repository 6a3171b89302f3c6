"""Mockery, on made-up posts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config
from engine.scoring.asides import LONGEST, as_meant, said
from engine.scoring.irony import MOCKED_BY, Mockery, mockery, quoted, unquoted
from engine.scoring.vader import VaderScorer

ALL = set(MOCKED_BY)
VADER = VaderScorer(Config())


def praises(words: str) -> bool:
    return "great" in words


@pytest.mark.parametrize(
    "text, words, opposite",
    [
        ("great company /s", "great company", True),
        ("great company 🤡", "great company", False),
        ("great company! 😂🤡 !!", "great company", False),
        ("great deal. What could possibly go wrong?", "great deal", False),
        ("what a bargain... said everyone at 40", "what a bargain", False),
        ("great company, said no one ever", "great company,", False),
        ("great company said nobody.", "great company", False),
    ],
)
def test_a_mark_of_mockery_stands_at_the_end(text: str, words: str, opposite: bool) -> None:
    assert mockery(text, ALL) == Mockery(words, opposite)


@pytest.mark.parametrize(
    "text",
    [
        "great company",
        "path/s of growth",
        "looking like a 🤡",
        "shorts are the 🤡",
        "🤡 bears, we are flying",
        "what could go wrong with this",
        "the chief said everyone was paid",
        "great company. The board said nobody was told",
        "he said no one owns it, great company",
        "",
        "🤡",
    ],
)
def test_elsewhere_it_is_none(text: str) -> None:
    assert mockery(text, ALL) is None


def test_praise_is_turned_and_blame_only_where_the_opposite_is_meant_of_it_alone() -> None:
    assert Mockery("a great company", False).turned(praises)
    assert not Mockery("a bad company", False).turned(praises)
    assert Mockery("a bad company", True).turned(praises)
    assert not Mockery("great work, it is down again", True).turned(lambda words: words == "great work")
    assert not Mockery("great work $ABC, it is down again", True).turned(lambda words: words == "great")


@pytest.mark.parametrize(
    "text, told",
    [
        ('their "growth" is slowing', "their so-called growth is slowing"),
        ("another “record” quarter", "another so-called record quarter"),
        ('upgraded to "buy"', 'upgraded to "buy"'),
        ('the "buy" rating stands', 'the "buy" rating stands'),
        ('he says "growth" is slowing', 'he says "growth" is slowing'),
        ('the "last laugh" is theirs', 'the "last laugh" is theirs'),
        ('"growth"', '"growth"'),
        ('the new "growth" is slowing', 'the new "growth" is slowing'),
    ],
)
def test_a_quoted_word_after_a_pointing_one_is_not_meant(text: str, told: str) -> None:
    assert unquoted(text) == told


@given(st.text(alphabet='ab"“”. 1', min_size=1))
def test_what_is_unquoted_has_a_quoted_token(text: str) -> None:
    told = unquoted(f"the {text}")
    if told != f"the {text}":
        assert any(map(quoted, text.split()))


@given(st.text(), st.sets(st.sampled_from(MOCKED_BY)))
def test_the_words_of_mockery_are_the_texts_own(text: str, marks: set[str]) -> None:
    found = mockery(text, marks)
    assert found is None or text.startswith(found.text)


@pytest.mark.parametrize(
    "text, sign",
    [
        ("glad I bought the top of $ABC 🤡", -1),
        ("$ABC crashing, what a disaster 🤡", -1),
        ("another brilliant deal by $ABC. what could go wrong", -1),
        ("great company, down 30% and crashing /s", -1),
        ("great job $ABC management, only lost another 30 billion /s", -1),
        ("nice work $ABC, another recall /s", -1),
        ("$ABC is finished, sell everything /s", 1),
        ("wow $ABC at 4 dollars, what a bargain... said everyone at 40", -1),
        ("$ABC will be the best stock of the decade, said nobody ever", -1),
        ('another "record" quarter from $ABC', -1),
        ('another "record" quarter, $ABC', -1),
        ("another “record”, $ABC", -1),
        ("another record quarter, $ABC", 1),
        ("another record quarter from $ABC", 1),
        ("$ABC bears are the 🤡, breakout", 1),
    ],
)
def test_mockery_as_vader_reads_it(text: str, sign: int) -> None:
    (score,) = VADER.score([text])
    assert score.score * sign > 0.05


@pytest.mark.parametrize("text", ["🤡", "🤡 ", "a 🤡", ' "a" the', "/s ", ". what could go wrong"])
def test_work_grows_with_the_length_only(text: str) -> None:
    """A post as long as is taken apart, of one mark again and again, is read like any other."""
    long = text * (LONGEST // len(text))
    assert as_meant(long, lambda words: VADER.score([words])[0]) is not None
    assert said(long).text is not None
