"""Scores against prices: a check of a scorer that needs no labels, and a test for look-ahead.

Posts describe the day they are written on. So the rank correlation between a symbol's mood and its return *of the same
day* tells how well a scorer reads; it can never be traded. The honest pairing, posts up to five minutes before the
close against the next day's open to close, should be zero within its error: a clear figure there means that something
sees the future.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from engine.calendar import Calendar
from engine.clock import DAY, MINUTE, new_york, utc
from engine.model import Value

LEAST_POSTS: Final = 3
"""Fewer posts of a symbol on a day give no signal."""
LEAST_SYMBOLS: Final = 5
"""Fewer symbols on a day give no rank correlation."""
CUT_NS: Final = 5 * MINUTE
"""Posts of the last five minutes before the close belong to the next day's signal."""


class PostScore(Value, frozen=True, gc=False):
    """A post's symbols and score."""

    published_ns: int
    symbols: tuple[str, ...]
    score: float


class DayPrice(Value, frozen=True, gc=False):
    """A symbol's day, adjusted for splits. Prices are positive."""

    day: date
    open: float
    close: float


class RankIC(Value, frozen=True, gc=False):
    """How the ranks of signals and returns go together (Spearman's correlation, in [−1, 1]; 0 where there is none)."""

    pooled: float
    """Over all symbol-days at once."""
    symbol_days: int
    daily: float
    """Mean over days of the correlation across symbols; what the market did as a whole does not count."""
    t: float
    """That mean over its standard error; days are the observations, since symbols of a day move together."""
    days: int
    hit: float
    """Share of signals whose sign was the return's; zeros left out. 0.5 without any."""


Prices = Mapping[str, Sequence[DayPrice]]
"""By symbol, ascending by day."""
_Signals = dict[date, dict[str, float]]
_Returns = dict[date, dict[str, float]]


def same_day(posts: Iterable[PostScore], prices: Prices) -> RankIC:
    """Posts of a UTC day against that day's close-to-close return."""
    returns: _Returns = defaultdict(dict)
    for symbol, days in prices.items():
        for before, today in pairwise(days):
            returns[today.day][symbol] = today.close / before.close - 1
    return _rank_ic(_signals(posts, _utc_day), returns)


def next_day(posts: Iterable[PostScore], prices: Prices) -> RankIC:
    """Posts up to five minutes before the close against the next trading day's open-to-close return."""
    trading = sorted({row.day for days in prices.values() for row in days})
    returns: _Returns = defaultdict(dict)
    for symbol, days in prices.items():
        for row in days:
            place = bisect_left(trading, row.day)
            if place:
                returns[trading[place - 1]][symbol] = row.close / row.open - 1
    return _rank_ic(_signals(posts, _TradingDays(trading)), returns)


def spearman(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """The correlation of the ranks, ties sharing their mean rank. None when either side does not vary."""
    ranks_x, ranks_y = _ranks(xs), _ranks(ys)
    middle = (len(xs) + 1) / 2
    spread_x = sum((rank - middle) ** 2 for rank in ranks_x)
    spread_y = sum((rank - middle) ** 2 for rank in ranks_y)
    if not spread_x or not spread_y:
        return None
    together = sum((x - middle) * (y - middle) for x, y in zip(ranks_x, ranks_y, strict=True))
    return together / math.sqrt(spread_x * spread_y)


class _TradingDays:
    """Which day's signal a post belongs to: the first trading day whose cut it does not miss."""

    def __init__(self, trading: Sequence[date]) -> None:
        calendar = Calendar()
        hours = [(day, calendar.hours(day)) for day in trading]
        self._days = [day for day, found in hours if found is not None]
        self._cuts = [found.close_ns - CUT_NS for _, found in hours if found is not None]

    def __call__(self, at_ns: int) -> date | None:
        place = bisect_left(self._cuts, at_ns)
        if place == len(self._cuts) or (not place and new_york(at_ns).date() < self._days[0]):
            return None
        return self._days[place]


def _utc_day(at_ns: int) -> date:
    return utc(at_ns // DAY * DAY).date()


def _signals(posts: Iterable[PostScore], day_of: Callable[[int], date | None]) -> _Signals:
    """By day and symbol: the mean score of at least three posts, less the mean of the symbol's earlier days.

    A symbol's first day gives none: there is nothing yet to compare it with.
    """
    sums: dict[date, dict[str, tuple[float, int]]] = defaultdict(dict)
    for post in posts:
        day = day_of(post.published_ns)
        if day is not None:
            cell = sums[day]
            for symbol in post.symbols:
                total, count = cell.get(symbol, (0.0, 0))
                cell[symbol] = (total + post.score, count + 1)
    past: dict[str, tuple[float, int]] = {}
    signals: _Signals = defaultdict(dict)
    for day in sorted(sums):
        for symbol, (total, count) in sums[day].items():
            if count < LEAST_POSTS:
                continue
            mean = total / count
            earlier, days = past.get(symbol, (0.0, 0))
            if days:
                signals[day][symbol] = mean - earlier / days
            past[symbol] = (earlier + mean, days + 1)
    return signals


def _rank_ic(signals: _Signals, returns: _Returns) -> RankIC:
    correlations = []
    together: list[tuple[float, float]] = []
    for day in sorted(signals):
        known = returns.get(day, {})
        pairs = [(signal, known[symbol]) for symbol, signal in signals[day].items() if symbol in known]
        together += pairs
        if len(pairs) >= LEAST_SYMBOLS and (correlation := _correlation(pairs)) is not None:
            correlations.append(correlation)
    count = len(correlations)
    mean = math.fsum(correlations) / count if count else 0.0
    variance = math.fsum((value - mean) ** 2 for value in correlations) / (count - 1) if count > 1 else 0.0
    hits = sum(signal * change > 0 for signal, change in together)
    misses = sum(signal * change < 0 for signal, change in together)
    return RankIC(
        _correlation(together) or 0.0,
        len(together),
        mean,
        mean / math.sqrt(variance / count) if variance else 0.0,
        count,
        hits / (hits + misses) if hits + misses else 0.5,
    )


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    return spearman([signal for signal, _ in pairs], [change for _, change in pairs])


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            ranks[place] = (start + 1 + end) / 2
        start = end
    return ranks
