"""Opinions weighed: the result lies between them, and differing costs confidence."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.scoring.combine import Opinion, weigh

LABEL = 0.05
shares = st.floats(0.0, 1.0, width=32)
opinions = st.lists(st.tuples(st.floats(0.0, 8.0, width=32), st.floats(-1.0, 1.0, width=32), shares), max_size=6)


def side(score: float) -> int:
    return (score > LABEL) - (score < -LABEL)


@given(opinions)
def test_it_is_the_formula(said: list[Opinion]) -> None:
    counts = [Fraction(weight) * Fraction(confidence) for weight, _, confidence in said]
    total = sum(counts)
    assume(not total or total > Fraction(1, 10**9))
    score, confidence = weigh(said, LABEL)
    if not total:
        assert (score, confidence) == (0.0, 0.0)
        return
    exact = sum(count * Fraction(each) for count, (_, each, _) in zip(counts, said, strict=True)) / total
    sure = sum(count * Fraction(each) for count, (_, _, each) in zip(counts, said, strict=True)) / total
    with_it = sum(count for count, (_, each, _) in zip(counts, said, strict=True) if side(each) == side(score))
    assert score == pytest.approx(float(exact), abs=1e-12)
    assert confidence == pytest.approx(float(with_it / total * sure), abs=1e-9)


@given(opinions)
def test_it_lies_between_the_opinions_that_count(said: list[Opinion]) -> None:
    counting = [each for weight, each, confidence in said if weight * confidence > 0]
    score, confidence = weigh(said, LABEL)
    assert 0.0 <= confidence <= 1.0
    if counting:
        assert min(counting) - 1e-12 <= score <= max(counting) + 1e-12


@given(st.floats(-1.0, 1.0, width=32), shares, st.floats(0.125, 8.0, width=32))
def test_one_opinion_is_taken_as_it_is(score: float, confidence: float, weight: float) -> None:
    assume(confidence > 1e-6)
    assert weigh([(weight, score, confidence)], LABEL) == pytest.approx((score, confidence))


@given(shares, shares)
def test_a_second_opinion_on_the_other_side_costs_confidence(one: float, other: float) -> None:
    assume(min(one, other) > 0.01)
    agreed = weigh([(1.0, 0.8, one), (1.0, 0.6, other)], LABEL)[1]
    assert weigh([(1.0, 0.8, one), (1.0, -0.6, other)], LABEL)[1] < agreed
