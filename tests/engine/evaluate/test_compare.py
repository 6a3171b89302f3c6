"""The paired test."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluate import compare
from engine.evaluate.compare import exact_p, paired
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
    assert found.error == pytest.approx(1.959964 * math.sqrt(10 - 64 / 100) / 100)


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
    assert (found.difference, found.error, found.p) == (0.0, 0.0, 1.0)
