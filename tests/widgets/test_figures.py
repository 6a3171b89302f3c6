from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from engine.clock import DAY, HOUR, MINUTE, SECOND, new_york
from widgets import figures

MOODS = st.lists(st.one_of(st.none(), st.floats(-1, 1)), max_size=80)


@given(MOODS, st.integers(0, 60))
def test_a_sparkline_is_as_wide_as_asked(values: list[float | None], width: int) -> None:
    assert cell_len(figures.sparkline(values, width)) == width


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40))
def test_a_sparkline_rises_where_the_mood_does(values: list[float]) -> None:
    line = figures.sparkline(values, len(values))
    for (before, after), (low, high) in zip(pairwise(values), pairwise(line), strict=True):
        assert (low <= high) if before <= after else (low >= high)


def test_a_quiet_mood_does_not_look_like_news() -> None:
    heights = [ord(block) for block in figures.sparkline([0.10, 0.101, 0.099], 3)]
    assert max(heights) - min(heights) <= 1


@given(st.floats(-1, 1), st.integers(1, 20).map(lambda half: 2 * half + 1))
def test_a_bar_fills_the_side_of_its_sign(value: float, width: int) -> None:
    left, axis, right = figures.value_bar(value, width)
    assert len(left) + len(axis) + len(right) == width
    assert not (left.strip() and right.strip())
    if left.strip():
        assert value < 0
    if right.strip():
        assert value > 0


def test_a_full_bar_is_full() -> None:
    assert figures.value_bar(1.0, 9) == ("    ", "│", "████")
    assert figures.value_bar(-1.0, 9) == ("████", "│", "    ")
    assert figures.value_bar(-0.125, 9) == ("   ▐", "│", "    ")


@pytest.mark.parametrize(
    ("value", "written"),
    [("191.4", "191.40"), ("0.4375", "0.4375"), ("100", "100.00"), ("1E+2", "100.00"), ("0.123456789", "0.123457")],
)
def test_prices(value: str, written: str) -> None:
    assert figures.price(Decimal(value)) == written


def test_what_is_not_known_is_a_dash() -> None:
    assert figures.price(None) == figures.score(None) == figures.money(None) == figures.limit_figure(None) == "–"


@pytest.mark.parametrize(
    ("ns", "written"),
    [(0, "now"), (14 * SECOND, "now"), (44 * SECOND, "30s"), (90 * SECOND, "1m"), (2 * HOUR, "2h00m"), (3 * DAY, "3d")],
)
def test_age_moves_in_coarse_steps(ns: int, written: str) -> None:
    assert figures.age(ns) == written


@pytest.mark.parametrize(
    ("ns", "written"),
    [(103 * SECOND, "1:43"), (8 * SECOND + 1, "0:09"), (0, "0:00"), (-5, "0:00"), (HOUR + MINUTE, "1:01:00")],
)
def test_countdown_rounds_up_and_stops_at_zero(ns: int, written: str) -> None:
    assert figures.countdown(ns) == written


@given(st.integers(0, 10**9 - 1))
@example(9_950_001)
def test_followers_take_four_cells(value: int) -> None:
    assert len(figures.followers(value)) <= 4


@pytest.mark.parametrize(("value", "written"), [("26.000", "26"), ("0.0150", "0.015"), ("1000", "1,000")])
def test_quantity(value: str, written: str) -> None:
    assert figures.quantity(Decimal(value)) == written


@given(st.integers(0, 4_000_000_000 * SECOND))
def test_the_clock_is_the_exchanges(at_ns: int) -> None:
    assert figures.clock(at_ns) == new_york(at_ns).strftime("%H:%M:%S")
    assert figures.clock_minute(at_ns) == new_york(at_ns).strftime("%H:%M")
