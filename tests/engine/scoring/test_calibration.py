"""The curves of confidence: their shape, how they are fitted, and how they are read from a file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config
from engine.errors import DeskError
from engine.evaluate import Part, figures, mean_figures, read_set
from engine.model import Author, DisplayText, Post, Score
from engine.scoring import load
from engine.scoring.calibration import AS_IT_IS, Call, Curve, fit, parse_curves, shipped_curves
from tests.program import SHARED

SETS = SHARED / "data" / "sentiment"
NEVER_LEARNT = (
    "fiqa2018",
    "otc_pump_2021",
    "pyfin_tweets",
    "semeval2017_microblogs",
    "stockemotions",
    "yash612_stock_data",
)
shares = st.floats(0, 1).map(lambda value: round(value, 4))
calls = st.lists(st.builds(Call, shares, st.booleans(), st.floats(0.1, 10)), min_size=1, max_size=80)


def test_straight_between_knots_and_level_beyond() -> None:
    curve = Curve(((0.2, 0.4), (0.6, 0.8)))
    assert [curve(raw) for raw in (0.0, 0.2, 0.4, 0.6, 1.0)] == pytest.approx([0.4, 0.4, 0.6, 0.8, 0.8])


@given(shares)
def test_taken_at_its_word(raw: float) -> None:
    assert AS_IT_IS(raw) == raw


@given(calls, shares, shares)
def test_a_fitted_curve_never_falls_and_stays_in_range(calls: list[Call], one: float, other: float) -> None:
    curve = fit(calls)
    low, high = sorted((one, other))
    assert 0 <= curve(low) <= curve(high) <= 1


@given(calls)
def test_order_does_not_matter(calls: list[Call]) -> None:
    assert fit(calls).knots == fit(calls[::-1]).knots


def test_it_finds_how_often_calls_are_right() -> None:
    calls = [Call(raw / 100, number < raw) for raw in range(100) for number in range(100)]
    curve = fit(calls)
    for raw in (0.1, 0.35, 0.8):
        assert curve(raw) == pytest.approx(raw, abs=0.01)


def test_weights_count() -> None:
    calls = [Call(0.5, True, 3.0), Call(0.5, False, 1.0)]
    assert fit(calls).knots == ((0.5, 0.75),)


@pytest.mark.parametrize(
    "knots", [(), ((0.5, 0.5), (0.5, 0.6)), ((0.1, 0.9), (0.2, 0.8)), ((0.1, 1.1),), ((float("nan"), 0.5),)]
)
def test_nonsense_is_no_curve(knots: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(DeskError, match="rising knots"):
        Curve(knots)


def test_nothing_to_fit() -> None:
    with pytest.raises(DeskError, match="found none"):
        fit([])


def test_curves_are_read_by_name() -> None:
    curves = parse_curves("// made up\na\t0.1\t0.5\na\t0.9\t0.9\na+b\t0.5\t0.7\n")
    assert set(curves) == {"a", "a+b"}
    assert curves["a"].knots == ((0.1, 0.5), (0.9, 0.9))


@pytest.mark.parametrize("line", ["a\t0.1", "a\tx\t0.5", "a"])
def test_a_damaged_file_is_refused(line: str) -> None:
    with pytest.raises(DeskError, match="a name and two numbers") as caught:
        parse_curves(f"// made up\n{line}\n")
    assert caught.value.where == "calibration.tsv:2"


def test_our_own_have_curves() -> None:
    assert {"vader", "linear+vader"} <= set(shipped_curves())


def test_a_score_that_calls_nothing_is_sure_of_nothing() -> None:
    curve = Curve(((0.0, 0.5), (1.0, 0.9)))
    assert [curve.confidence(score, 0.1) for score in (0.5, -0.5, 0.04, 0.0)] == [0.54, 0.54, 0.1, 0.1]


@pytest.mark.skipif(not SETS.is_dir(), reason="the labelled sets are not here")
def test_the_default_is_right_as_often_as_it_says_on_sources_it_never_saw() -> None:
    """Its error on texts kept back, 0.029; a curve that allows for new sources twice has 0.035."""
    both = load(Config())
    rows = []
    for name in NEVER_LEARNT:
        labelled = read_set(SETS / f"{name}.jsonl.gz").only(Part.KEPT)
        posts = [Post("1", "x", 0, 0, Author("", DisplayText("")), row.text, row.text) for row in labelled.rows]
        readings = [scored.reading for scored in both.score(posts, 0)]
        scores = [Score(*read.about(row.symbol)) for read, row in zip(readings, labelled.rows, strict=True)]
        rows.append(figures(labelled, scores, 0.0))
    assert mean_figures(rows).calibration.error < 0.032
