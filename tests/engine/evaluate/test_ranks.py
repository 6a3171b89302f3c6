"""Signals, days and returns: who may see what, and the correlation of ranks."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import Calendar
from engine.clock import HOUR, NEW_YORK, SECOND, utc
from engine.evaluate import DayPrice, PostScore, RankIC, next_day, same_day
from engine.evaluate.ranks import Prices, _rank_ic, _signals, spearman

SYMBOLS = tuple("ABCDEFGH")
CALENDAR = Calendar()
TRADING = [day for day in (date(2025, 6, 2) + timedelta(days=at) for at in range(60)) if CALENDAR.is_trading_day(day)]


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> int:
    moment = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=NEW_YORK)
    return int(moment.timestamp()) * SECOND


def made_up(moment: Callable[[date], int], returns_follow: int, seed: int = 3) -> tuple[list[PostScore], Prices]:
    """Posts at `moment` of each day whose scores tell the open-to-close return `returns_follow` days later."""
    dice = random.Random(seed)
    moves = {(symbol, day): dice.uniform(-0.05, 0.05) for symbol in SYMBOLS for day in TRADING}
    prices: dict[str, list[DayPrice]] = {}
    for symbol in SYMBOLS:
        close = 100.0
        for day in TRADING:
            before, close = close, close * (1 + moves[symbol, day])
            prices.setdefault(symbol, []).append(DayPrice(day, before, close))
    posts = [
        PostScore(moment(day), (symbol,), 10 * moves[symbol, later])
        for day, later in zip(TRADING, TRADING[returns_follow:], strict=False)
        for symbol in SYMBOLS
        for _ in range(3)
    ]
    return posts, prices


def test_posts_of_the_day_they_describe_are_seen_the_same_day_only() -> None:
    posts, prices = made_up(lambda day: at(day, 12), 0)
    assert same_day(posts, prices).daily > 0.85
    assert abs(next_day(posts, prices).daily) < 0.2


def test_posts_that_know_tomorrow_are_caught() -> None:
    posts, prices = made_up(lambda day: at(day, 12), 1)
    found = next_day(posts, prices)
    assert found.daily > 0.85
    assert found.t > 10
    assert found.hit > 0.8
    assert abs(same_day(posts, prices).daily) < 0.2


def test_the_cut_is_five_minutes_before_the_close() -> None:
    in_time, prices = made_up(lambda day: at(day, 15, 55), 1)
    late, _ = made_up(lambda day: at(day, 15, 55) + 1, 1)
    assert next_day(in_time, prices).daily > 0.85
    assert abs(next_day(late, prices).daily) < 0.2


def test_the_cut_follows_an_early_close() -> None:
    day = date(2025, 7, 3)  # closes at 13:00
    hours = CALENDAR.hours(day)
    assert hours is not None
    assert hours.close_ns == at(day, 13)
    posts, prices = made_up(lambda day: at(day, 12, 55), 1)
    shifted = [
        PostScore(post.published_ns + HOUR, post.symbols, post.score) if post.published_ns == at(day, 12, 55) else post
        for post in posts
    ]
    assert next_day(posts, prices).daily > next_day(shifted, prices).daily


def test_a_signal_needs_three_posts_and_a_past() -> None:
    posts, prices = made_up(lambda day: at(day, 12), 0)
    days = len(TRADING) - 1
    assert same_day(posts, prices).symbol_days == days * len(SYMBOLS)
    thinned = [post for number, post in enumerate(posts) if number % 3]
    assert same_day(thinned, prices) == RankIC(0.0, 0, 0.0, 0.0, 0, 0.5)


def test_a_symbol_is_compared_with_its_own_past() -> None:
    """One that is always praised, gives no more signal for it than one that never is."""
    posts, prices = made_up(lambda day: at(day, 12), 0)
    level = {symbol: 100.0 * number for number, symbol in enumerate(SYMBOLS)}
    raised = [PostScore(post.published_ns, post.symbols, post.score + level[post.symbols[0]]) for post in posts]
    assert same_day(raised, prices).daily == pytest.approx(same_day(posts, prices).daily, abs=1e-9)


def test_a_signal_is_the_mean_less_the_mean_of_the_days_before() -> None:
    scores = {0: (0.1, 0.2, 0.6), 1: (0.5, 0.5, 0.5), 2: (0.9, 0.9), 3: (-0.3, 0.0, 0.0)}
    posts = [PostScore(at(TRADING[day], 12), ("A",), score) for day, said in scores.items() for score in said]
    found = _signals(posts, lambda at_ns: utc(at_ns).date())
    assert found == {TRADING[1]: {"A": pytest.approx(0.2)}, TRADING[3]: {"A": pytest.approx(-0.1 - 0.4)}}


def test_the_mean_over_days_is_told_with_its_standard_error() -> None:
    """Three days of five symbols, the fewest that count, in the same order, the same again, and the opposite one."""
    rising = {symbol: float(place) for place, symbol in enumerate(SYMBOLS[:5])}
    falling = {symbol: -value for symbol, value in rising.items()}
    signals = {TRADING[0]: rising, TRADING[1]: rising, TRADING[2]: falling, TRADING[3]: {"A": 1.0, "B": 2.0}}
    found = _rank_ic(signals, dict.fromkeys(TRADING, rising))
    daily = [1.0, 1.0, -1.0]
    assert (found.days, found.symbol_days) == (3, 17)
    assert found.daily == pytest.approx(statistics.mean(daily))
    assert found.t == pytest.approx(statistics.mean(daily) / (statistics.stdev(daily) / 3**0.5))
    assert found.hit == pytest.approx(9 / 13)


def test_a_price_that_did_not_move_is_neither_hit_nor_miss() -> None:
    posts, prices = made_up(lambda day: at(day, 12), 0)
    flat = {symbol: [DayPrice(row.day, 100.0, 100.0) for row in rows] for symbol, rows in prices.items()}
    found = same_day(posts, flat)
    assert (found.pooled, found.daily, found.days, found.hit) == (0.0, 0.0, 0, 0.5)
    half = {symbol: flat[symbol] if symbol < "E" else prices[symbol] for symbol in SYMBOLS}
    assert same_day(posts, half).hit > 0.8


def test_what_comes_later_changes_nothing_before() -> None:
    posts, prices = made_up(lambda day: at(day, 12), 0)
    end = at(TRADING[20], 23, 59)
    early = [post for post in posts if post.published_ns < end]
    cut = {symbol: [row for row in rows if row.day <= TRADING[20]] for symbol, rows in prices.items()}
    assert same_day(early, cut) == same_day(early, prices)
    dice = random.Random(1)
    noisy = early + [PostScore(post.published_ns, post.symbols, dice.uniform(-1, 1)) for post in posts[len(early) :]]
    assert same_day(noisy, cut) == same_day(early, cut)


@settings(max_examples=15)
@given(st.integers(3, 30), st.integers(0, 9))
def test_the_honest_pairing_sees_nothing_of_the_future(last: int, seed: int) -> None:
    """Posts after the cut and prices after the day they would be paired with may be anything."""
    posts, prices = made_up(lambda day: at(day, 12), 1)
    cut = {symbol: [row for row in rows if row.day <= TRADING[last]] for symbol, rows in prices.items()}
    before = at(TRADING[last - 1], 15, 55)
    dice = random.Random(seed)
    moved = [
        post if post.published_ns <= before else PostScore(post.published_ns, post.symbols, dice.uniform(-1, 1))
        for post in posts
    ]
    known = [post for post in posts if post.published_ns <= before]
    assert next_day(moved, cut) == next_day(posts, cut) == next_day(known, cut)


@pytest.mark.parametrize(
    "xs, ys, expected",
    [
        ([1, 2, 3], [10, 20, 30], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([1, 2, 3, 4, 5], [5, 6, 7, 8, 7], 0.820783),
        ([1, 1, 1], [1, 2, 3], None),
    ],
)
def test_spearman(xs: list[float], ys: list[float], expected: float | None) -> None:
    """The third case is the textbook one with a tie: ranks 1, 2, 3.5, 5, 3.5."""
    found = spearman(xs, ys)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-6))


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=20))
def test_spearman_is_bounded_and_symmetric(pairs: list[tuple[float, float]]) -> None:
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    found = spearman(xs, ys)
    assert found == spearman(ys, xs) or found == pytest.approx(spearman(ys, xs))
    assert found is None or -1 - 1e-9 <= found <= 1 + 1e-9
