"""Questions, and what they take for granted, on made-up posts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.scoring.asides import QUIET, said
from engine.scoring.marks import folded
from engine.scoring.questions import answered, asks, asks_on, presumed


@pytest.mark.parametrize(
    "text, question",
    [
        ("Is it time to buy?", True),
        ("$ABC any news?", True),
        ("up or down?", True),
        ("https://example.com/?a=b", False),
        ("is it time to buy", False),
        ("it is time to buy, right?", False),
    ],
)
def test_what_asks(text: str, question: bool) -> None:
    assert asks(text, folded(text)) is question


@pytest.mark.parametrize(
    "text, taken",
    [
        ("anyone else selling $ABC?", "anyone else selling $ABC."),
        ("hey, who else is long?", "hey, who else is long."),
        ("when does $ABC stop falling?", "when does $ABC stop falling."),
        ("why is $ABC dropping?", "why is $ABC dropping."),
        ("who wouldn't buy here?", "who  buy here."),
        ("how is $ABC not bankrupt?", "how is $ABC  bankrupt."),
        ("How isn’t it higher?", "How is it higher."),
        ("why is $ABC down 5%?", ""),
        ("when will it turn?", ""),
        ("who is long?", ""),
    ],
)
def test_what_is_taken_for_granted(text: str, taken: str) -> None:
    found = presumed(text, folded(text))
    assert found.split() == taken.split()


@pytest.mark.parametrize(
    "text, stated, turn",
    [
        ("thoughts on $ABC? buy the dip?", "thoughts on $ABC? buy the dip?", QUIET),
        ("buy the dip? thoughts on $ABC?", "buy the dip? ", 1.0),
        ("Anyone selling? The chart looks great to me, does it not?", "The chart looks great to me, does it not?", 1.0),
        ("who sold $ABC? not me", "not sold $ABC.", 1.0),
        ("Who bought the dip?? This guy", "bought the dip.", 1.0),
    ],
)
def test_questions_beside_others(text: str, stated: str, turn: float) -> None:
    assert said(text)[:2] == (stated, turn)


@given(st.text())
def test_nothing_is_answered_without_a_question(text: str) -> None:
    if "?" not in text:
        assert answered(text) == text


@given(st.lists(st.sampled_from(["who ", "sold", "? ", "not me", "me", ".", " "])).map("".join))
def test_an_answer_takes_words_away_only(text: str) -> None:
    assert set(_words(answered(text))) <= set(_words(text))


@given(st.text(alphabet="ab? "))
def test_a_further_question_is_short_and_marked(text: str) -> None:
    assert asks_on(text) == ("?" in text and len(text.split()) <= 5)


def _words(text: str) -> list[str]:
    return text.replace(".", " ").replace("?", " ").split()
