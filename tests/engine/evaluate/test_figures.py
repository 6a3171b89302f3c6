"""The figures against small tables worked out by hand, and their properties."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluate import SetFigures, figures, mean_figures
from engine.evaluate.figures import BAND, calibration, share
from engine.model import Score
from tests.engine.evaluate.made_up import labelled, scores

ROWS = st.lists(st.tuples(st.sampled_from((-1, 0, 1)), st.floats(-1, 1), st.floats(0, 1)), min_size=1, max_size=40)


def test_three_classes() -> None:
    found = figures(labelled(-1, -1, 0, 0, 1, 1), scores(-0.5, 0.04, 0.0, 0.3, 0.9, 0.03), 0.5)
    assert (found.texts, found.labels, found.posts_per_s) == (6, (2, 2, 2), 12.0)
    assert found.accuracy.value == pytest.approx(3 / 6)
    assert found.macro_f1.value == pytest.approx((2 / 3 + 2 / 5 + 1 / 2) / 3)
    assert found.bull_bear.value == pytest.approx(3 / 4)  # inside the band the sign still counts
    assert found.coverage.value == pytest.approx(3 / 6)


def test_two_classes_go_by_the_sign_and_silence_is_wrong() -> None:
    found = figures(labelled(-1, 1, 1, 1), scores(-0.0001, 0.0001, 0.0, -0.9), 1.0)
    assert found.accuracy.value == found.bull_bear.value == pytest.approx(2 / 4)
    assert found.macro_f1.value == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.coverage.value == pytest.approx(3 / 4)


def test_the_surer_half_goes_by_confidence_then_strength() -> None:
    rows = [Score(0.5, 0.9), Score(-0.5, 0.2), Score(0.9, 0.5), Score(-0.3, 0.5)]
    found = figures(labelled(1, 1, 1, 1), rows, 1.0)
    assert found.bull_bear.value == pytest.approx(2 / 4)
    assert found.bull_bear_sure.value == 1.0


def test_calibration_counts_calls_only() -> None:
    rows = [Score(0.5, 0.85), Score(0.5, 0.85), Score(0.0, 0.1), Score(-0.5, 0.35)]
    found = figures(labelled(1, -1, 0, -1), rows, 1.0).calibration
    assert [(cell.calls, cell.confidence, cell.right) for cell in found.bins] == [(1, 0.35, 1.0), (2, 0.85, 0.5)]
    assert found.error == pytest.approx((0.65 + 2 * 0.35) / 3)
    on_the_band = figures(labelled(1, 1, 0), [Score(BAND, 0.9), Score(-BAND, 0.9), Score(0.5, 0.7)], 1.0).calibration
    assert [(cell.calls, cell.right) for cell in on_the_band.bins] == [(1, 0.0)]  # a call on a neutral text is wrong


def test_confidence_that_is_right_that_often_has_no_error() -> None:
    calls = [(0.75, at % 4 != 0) for at in range(400)] + [(1.0, True)] * 50
    assert calibration(calls).error == pytest.approx(0.0)
    assert calibration([]).error == 0.0
    assert [cell.place for cell in calibration([(0.05, True), (0.95, True), (1.0, True)]).bins] == [0, 9]


def test_wilson() -> None:
    """0 of 10 and 5 of 10, as in Newcombe, R.G. (1998), Statistics in Medicine 17:857–872, method 3."""
    none, half = share(0, 10), share(5, 10)
    assert (none.low, round(none.high, 4)) == (0.0, 0.2775)
    assert (round(half.low, 4), round(half.high, 4)) == (0.2366, 0.7634)
    assert share(0, 0).error == 0.5


@pytest.mark.parametrize(
    ("signs", "values", "expected"),
    [
        ((1,), (0.6,), 1.0),
        ((0,), (0.0,), 1.0),
        ((1,), (-0.6,), 0.0),
        ((0, 0), (0.0, 0.6), (2 / 3 + 0) / 2),
        ((1, 0), (0.6, 0.6), (2 / 3 + 0) / 2),
        ((1, 1), (0.6, 0.0), 2 / 3),
    ],
)
def test_a_class_that_nobody_names_counts_nothing(
    signs: tuple[int, ...], values: tuple[float, ...], expected: float
) -> None:
    """As scikit-learn takes the mean: over the classes that are among the labels or the calls."""
    assert figures(labelled(*signs), scores(*values), 1.0).macro_f1.value == pytest.approx(expected)


def test_the_interval_of_macro_f1_is_that_of_repeated_samples() -> None:
    """Its half width is about 1.96 standard deviations over sets drawn again from the same texts (a bootstrap)."""
    dice = random.Random(5)
    signs = [dice.choice((-1, 0, 0, 1)) for _ in range(400)]
    values = [sign * 0.5 if dice.random() < 0.7 else dice.choice((-0.5, 0.0, 0.5)) for sign in signs]
    whole = figures(labelled(*signs), scores(*values), 1.0).macro_f1
    drawn = []
    for _ in range(200):
        picks = dice.choices(range(400), k=400)
        again = figures(labelled(*[signs[at] for at in picks]), scores(*[values[at] for at in picks]), 1.0)
        drawn.append(again.macro_f1.value)
    middle = sum(drawn) / len(drawn)
    deviation = (sum((value - middle) ** 2 for value in drawn) / len(drawn)) ** 0.5
    assert whole.error == pytest.approx(1.96 * deviation, rel=0.2)


@pytest.mark.parametrize("sign", [-1, 0, 1])
def test_texts_of_one_label_all_read_rightly_prove_little_while_they_are_few(sign: int) -> None:
    few, many = (figures(labelled(*[sign] * n), scores(*[0.5 * sign] * n), 1.0).macro_f1 for n in (2, 2000))
    assert few.value == many.value == 1.0
    assert few.low < 0.6
    assert 0.99 < many.low < 1.0


@pytest.mark.parametrize(("texts", "right"), [(12, 0.95), (25, 0.95), (60, 0.98), (60, 0.7)])
def test_the_interval_of_macro_f1_holds_the_truth_where_few_texts_are_read_wrongly(texts: int, right: float) -> None:
    """Drawn again and again: two thirds bullish, the rest bearish, `right` of each called as labelled."""
    dice = random.Random(7)
    bears, bulls = (2 * right / (1 + right + (1 - right) * odds) for odds in (2.0, 0.5))
    truth = (bears + bulls) / 2
    held = 0
    for _ in range(200):
        signs = [dice.choice((-1, 1, 1)) for _ in range(texts)]
        values = [0.5 * sign if dice.random() < right else -0.5 * sign for sign in signs]
        found = figures(labelled(*signs), scores(*values), 1.0).macro_f1
        held += found.low <= truth <= found.high
    assert held >= 178


def test_texts_read_without_an_error_are_no_proof_that_there_is_none() -> None:
    few, many = (figures(labelled(*[1, -1] * n), scores(*[0.5, -0.5] * n), 1.0).macro_f1 for n in (3, 300))
    assert few.value == many.value == 1.0
    assert few.low < 0.75 < 0.98 < many.low < 1.0


@given(ROWS)
def test_figures_are_shares_inside_their_intervals(rows: list[tuple[int, float, float]]) -> None:
    found = figures(labelled(*[sign for sign, _, _ in rows]), [Score(value, sure) for _, value, sure in rows], 1.0)
    for figure in (found.accuracy, found.macro_f1, found.bull_bear, found.bull_bear_sure, found.coverage):
        assert 0 <= figure.low <= figure.value <= figure.high <= 1
    assert 0 <= found.calibration.error <= 1
    assert sum(cell.calls for cell in found.calibration.bins) == sum(abs(score) > BAND for _, score, _ in rows)
    assert found.calibration_by_set == found.calibration.error


@given(st.lists(st.sampled_from((-1, 0, 1)), min_size=1, max_size=30).filter(any))
def test_perfect_scores_are_perfect(signs: list[int]) -> None:
    found = figures(labelled(*signs), [Score(float(sign), 1.0 if sign else 0.0) for sign in signs], 1.0)
    assert found.accuracy.value == found.bull_bear.value == found.bull_bear_sure.value == 1.0
    assert found.calibration.error == 0.0


CALLS = st.lists(
    st.tuples(
        st.sampled_from((-1, 0, 1)), st.sampled_from((-0.5, 0.5)), st.sampled_from((0.0, 0.3, 0.55, 0.7, 0.9, 1.0))
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=30)
@given(st.integers(1, 6), st.data())
def test_sets_of_one_size_have_the_curve_of_all_their_calls(size: int, data: st.DataObject) -> None:
    """Confidence that is the same on every call falls in one bin, however its mean is rounded."""
    sets = [data.draw(CALLS.map(lambda rows: (rows * size)[:size])) for _ in range(3)]
    rows = [
        figures(labelled(*[sign for sign, _, _ in calls]), [Score(value, sure) for _, value, sure in calls], 1.0)
        for calls in sets
    ]
    together = mean_figures(rows).calibration
    direct = calibration([(sure, sign * value > 0) for calls in sets for sign, value, sure in calls])
    assert [(cell.place, cell.calls) for cell in together.bins] == [(cell.place, cell.calls) for cell in direct.bins]
    for one, other in zip(together.bins, direct.bins, strict=True):
        assert (one.confidence, one.right) == (pytest.approx(other.confidence), pytest.approx(other.right))
    assert together.error == pytest.approx(direct.error)
    own = [calibration([(sure, sign * value > 0) for sign, value, sure in calls]).error for calls in sets]
    assert mean_figures(rows).calibration_by_set == pytest.approx(sum(own) / 3)


def test_the_same_confidence_falls_in_the_same_bin_in_every_set() -> None:
    """Added up and divided again, ten times 0.3 is less than 0.3."""
    small = figures(labelled(1), scores(0.5, confidence=0.3), 1.0)
    large = figures(labelled(*[1] * 10), scores(*[0.5] * 10, confidence=0.3), 1.0)
    assert [(cell.calls, cell.place) for cell in mean_figures([small, large]).calibration.bins] == [(11, 3)]


def test_a_larger_set_weighs_no_more_in_the_curve() -> None:
    small = figures(labelled(1), scores(0.5, confidence=0.8), 1.0)
    large = figures(labelled(*[-1] * 99), scores(*[0.5] * 99, confidence=0.8), 1.0)
    found = mean_figures([small, large]).calibration
    assert [(cell.calls, cell.right) for cell in found.bins] == [(100, pytest.approx(0.5))]
    assert found.error == pytest.approx(0.3)


def test_what_a_set_says_nothing_of_does_not_count_in_the_mean() -> None:
    opinions = figures(labelled(1, -1, 0), scores(0.5, -0.5, 0.0, confidence=0.9), 1.0)
    neutral = figures(labelled(0, 0), scores(0.0, 0.0), 1.0)
    mean = mean_figures([opinions, neutral])
    assert mean.bull_bear.value == mean.bull_bear_sure.value == opinions.bull_bear.value == 1.0
    assert mean.accuracy.value == 1.0
    assert mean.calibration_by_set == opinions.calibration_by_set == pytest.approx(0.1)
    nothing = mean_figures([neutral, neutral])
    assert (nothing.bull_bear.value, nothing.calibration.error, nothing.calibration.bins) == (0.0, 0.0, ())


def test_the_means_interval_comes_from_the_sets_own() -> None:
    """Half widths of independent figures add up like sides of right triangles."""
    one = figures(labelled(1, 0, 1, -1), scores(0.5, 0.0, 0.5, 0.5), 1.0)
    other = figures(labelled(1, 0, -1), scores(0.5, 0.3, -0.5), 1.0)
    mean = mean_figures([one, other]).accuracy
    spread = (one.accuracy.error**2 + other.accuracy.error**2) ** 0.5 / 2
    assert mean.low == pytest.approx(mean.value - spread)
    assert mean.high == pytest.approx(min(1.0, mean.value + spread))


def test_what_took_no_time_has_no_pace() -> None:
    found = figures(labelled(1), scores(0.5), 0.0)
    assert found.posts_per_s == mean_figures([found]).posts_per_s == 0.0


def test_in_the_mean_every_set_counts_alike() -> None:
    small: SetFigures = figures(labelled(1, -1), scores(0.5, -0.5), 1.0)
    large = figures(labelled(*[1, -1] * 50), scores(*[-0.5, 0.5] * 50), 1.0)
    mean = mean_figures([small, large])
    assert mean.accuracy.value == mean.bull_bear.value == pytest.approx(0.5)
    assert (mean.texts, mean.labels, mean.posts_per_s) == (102, (51, 0, 51), 51.0)
    assert mean.accuracy.error < small.accuracy.error
    assert [(cell.calls, cell.right) for cell in mean.calibration.bins] == [(102, pytest.approx(0.5))]
    assert mean.calibration.error == pytest.approx(0.0)
    assert mean.calibration_by_set == pytest.approx(0.5)
