"""The paired test."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluate import compare
from engine.evaluate.compare import exact_p, interval, paired
from tests.engine.evaluate.made_up import labelled, scores


@given(st.integers(0, 60), st.integers(0, 60))
def test_p_is_that_of_counted_coin_tosses(one: int, other: int) -> None:
    tosses = one + other
    counted = 2 * sum(math.comb(tosses, hits) for hits in range(min(one, other) + 1)) / 2**tosses
    assert exact_p(one, other) == pytest.approx(min(1.0, counted), rel=1e-9)
    assert exact_p(one, other) == exact_p(other, one)


def test_many_texts_are_no_trouble() -> None:
    assert exact_p(14_000, 14_000) == 1.0
    assert 0.0 <= exact_p(10_000, 18_000) < 1e-300


def test_only_texts_that_one_of_them_gets_right_decide() -> None:
    found = paired([(True, True)] * 80 + [(False, True)] * 9 + [(True, False)] * 1 + [(False, False)] * 10)
    assert (found.texts, found.first_only, found.second_only) == (100, 1, 9)
    assert found.difference == pytest.approx(0.08)
    assert found.p == pytest.approx(22 / 1024)
    assert found.low < 0.08 < found.high


def test_accuracy_counts_calls_and_direction_counts_signs() -> None:
    one = labelled(-1, 0, 1, 1)
    two = labelled(1, -1)
    found = compare(
        "both",
        [(one, scores(-0.5, 0.0, 0.0, 0.2), scores(0.5, 0.0, 0.3, 0.2)), (two, scores(0.0, -0.01), scores(0.01, 0.01))],
    )
    assert (found.accuracy.texts, found.accuracy.first_only, found.accuracy.second_only) == (6, 2, 2)
    assert (found.bull_bear.texts, found.bull_bear.first_only, found.bull_bear.second_only) == (5, 2, 2)
    assert found.accuracy.p == found.bull_bear.p == 1.0


def test_nothing_to_compare_shows_nothing() -> None:
    found = paired([])
    assert (found.difference, found.low, found.high, found.p) == (0.0, -1.0, 1.0, 1.0)


def test_the_interval_is_the_published_one() -> None:
    """Children's airways before and after: of 21, one changed one way and seven the other.

    Fagerland, M.W. et al. 2014, "Recommended tests and confidence intervals for paired binomial proportions",
    Statistics in Medicine 33:2850–2875.
    """
    assert interval(21, 7, 1) == pytest.approx((-0.517, -0.026), abs=5e-4)


@given(st.integers(1, 400), st.integers(0, 400), st.integers(0, 400))
def test_an_interval_holds_what_was_found_and_turns_with_the_scorers(count: int, one: int, other: int) -> None:
    one, other = one % (count + 1), other % (count + 1 - one % (count + 1))
    low, high = interval(count, one, other)
    assert -1 <= low <= (other - one) / count <= high <= 1
    assert interval(count, other, one) == pytest.approx((-high, -low))
    assert high - low > 0.0, "no number of texts is proof that two scorers are alike"


def covered(count: int, first_only: float, second_only: float, half_width: bool = False) -> float:
    """How often the interval holds the true difference, over every outcome that these shares of texts can have."""
    true = second_only - first_only
    alike = 1 - first_only - second_only
    held = 0.0
    for one in range(count + 1):
        for other in range(count + 1 - one):
            low, high = interval(count, one, other)
            if half_width:
                found = (other - one) / count
                error = 1.959964 * math.sqrt(max(0.0, one + other - (other - one) ** 2 / count)) / count
                low, high = found - error, found + error
            if low - 1e-9 <= true <= high + 1e-9:
                ways = math.comb(count, one) * math.comb(count - one, other)
                held += ways * first_only**one * second_only**other * alike ** (count - one - other)
    return held


@settings(max_examples=6)
@given(st.sampled_from((12, 20)), st.floats(0.0, 0.45), st.floats(0.0, 0.45))
def test_the_truth_lies_in_the_interval_as_often_as_it_says(count: int, one: float, other: float) -> None:
    assert covered(count, one, other) >= 0.925


def test_where_few_texts_differ_the_plain_interval_would_say_too_much() -> None:
    assert covered(20, 0.005, 0.02, half_width=True) < 0.5 < 0.95 < covered(20, 0.005, 0.02)
