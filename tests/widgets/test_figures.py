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


MOST = Decimal("999499999999999")


@pytest.mark.parametrize(
    ("value", "written"),
    [("999499", "+999k"), ("999500", "+1.00M"), ("-999999999", "-1.00B"), ("999600000000", "+1.00T")],
)
def test_what_rounds_up_to_a_thousand_is_one_of_the_next_size(value: str, written: str) -> None:
    assert figures.signed_money_in(Decimal(value), 6) == written


@given(st.decimals(-MOST, MOST, allow_nan=False).filter(lambda each: not 0 < abs(each) < 1e-6), st.integers(5, 14))
def test_a_figure_is_rounded_into_its_room_and_never_cut(value: Decimal, room: int) -> None:
    shown = figures.signed_money_in(value, room, 6)
    assert len(shown) <= room
    number = Decimal(shown.strip("kMBT").replace(",", ""))
    size = {"k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}.get(shown[-1], 1)
    assert abs(number * size - value) <= max(abs(value) / 2, Decimal("0.000001"))
    assert value == 0 or number == 0 or (number > 0) is (value > 0)


@pytest.mark.parametrize(
    ("value", "written"),
    [("191.2", "191.20"), ("0.4375", "0.4375"), ("0.00001234", "0.00001234"), ("0.000012345678", "0.00001235")],
)
def test_a_price_of_a_cheap_coin_keeps_the_digits_that_count(value: str, written: str) -> None:
    assert figures.price(Decimal(value)) == written


@pytest.mark.parametrize(
    ("value", "limit", "written"),
    [("26", "1000", "26/1,000"), ("12345.6", "60000", "12.3k/60.0k"), ("987654321012.34", "2e12", "988B/2.00T")],
)
def test_a_value_and_its_limit_have_room_together(value: str, limit: str, written: str) -> None:
    both = (Decimal(value), Decimal(limit))
    texts = (f"{both[0]:,f}".removesuffix(".6"), f"{both[1]:,f}")
    assert figures.ratio(texts, both, 11) == written


def test_of_a_ratio_only_one_side_is_rounded_where_that_is_enough() -> None:
    both = (Decimal("-0.923"), Decimal("-0.075"))
    assert figures.ratio(("-0.923", "-0.075"), both, 12) == "-0.92/-0.075"


@pytest.mark.parametrize(
    ("use", "written"), [(0.34, "34%"), (0.9952, "99%"), (1.0, "100%"), (1.004, "101%"), (7.0, "700%")]
)
def test_only_a_limit_that_is_reached_reads_100_percent(use: float, written: str) -> None:
    assert figures.use(use) == written


@pytest.mark.parametrize(
    ("value", "written"), [("0.000012", "0.000012"), ("0.5", "0.5"), ("1.234", "1.23"), ("60000", "60,000")]
)
def test_a_small_value_of_a_limit_is_not_shown_as_nothing(value: str, written: str) -> None:
    assert figures.limit_figure(Decimal(value)) == written


def test_a_small_number_is_no_power_of_ten_where_its_decimals_say_the_same() -> None:
    assert figures.fitted("-0.075", Decimal("-0.075"), 5) == "-0.08"
    assert figures.fitted("0.00001234", Decimal("0.00001234"), 4) == "1e-5"
    assert figures.ratio(("-0.975", "-0.075"), (Decimal("-0.975"), Decimal("-0.075")), 11) == "-0.98/-0.08"
