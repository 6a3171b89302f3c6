"""Two scorers on the same texts. Their errors go together, so the texts where exactly one is right decide.

The p value is McNemar's test in its exact form: of the texts that only one of the two gets right, each is as likely
to be either's (McNemar, Q. 1947, Psychometrika 12:153–157; Dietterich, T.G. 1998, Neural Computation 10:1895–1923).
The interval is the score interval of a paired difference (Tango, T. 1998, "Equivalence test and confidence interval
for the difference in proportions for the paired-sample design", Statistics in Medicine 17:891–908). Where few texts
tell the two apart the plain interval, difference ± 1.96 standard errors, holds the truth half of the time or less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from engine.evaluate.figures import BAND, Z, band_of, call
from engine.evaluate.labelled import LabelledSet
from engine.model import Score, Value

_HALVINGS: Final = 50
"""Halves of [−1, 1] until nothing is left to tell apart."""


class Compared(Value, frozen=True, gc=False):
    """First against second on one measure of the same texts."""

    texts: int
    first_only: int
    """Texts that only the first gets right."""
    second_only: int
    difference: float
    """Second's share right less the first's, in [−1, 1]."""
    low: float
    """Where the 95 % interval of the difference begins: it need not lie evenly around it."""
    high: float
    p: float
    """How likely a split at least this uneven is when neither is better; two-sided, in (0, 1]."""


class Comparison(Value, frozen=True, gc=False):
    """Two scorers on one set, or on all sets together."""

    name: str
    accuracy: Compared
    """Over all texts: called as labelled."""
    bull_bear: Compared
    """Over bullish and bearish texts: the score has the label's sign."""


def compare(
    name: str, sets: Sequence[tuple[LabelledSet, Sequence[Score], Sequence[Score]]], band: float = BAND
) -> Comparison:
    """The second scorer against the first on the texts of `sets`, each with both scorers' scores in its order."""
    calls: list[tuple[bool, bool]] = []
    directions: list[tuple[bool, bool]] = []
    for labelled, first, second in sets:
        inner = band_of(labelled, band)
        for row, one, two in zip(labelled.rows, first, second, strict=True):
            sign = row.label.sign
            calls.append((call(one.score, inner) == sign, call(two.score, inner) == sign))
            if sign:
                directions.append((sign * one.score > 0, sign * two.score > 0))
    return Comparison(name, paired(calls), paired(directions))


def paired(pairs: Sequence[tuple[bool, bool]]) -> Compared:
    """The comparison of two scorers, given as whether the first and the second were right, per text."""
    count = len(pairs)
    first_only = sum(one and not two for one, two in pairs)
    second_only = sum(two and not one for one, two in pairs)
    difference = (second_only - first_only) / count if count else 0.0
    low, high = interval(count, first_only, second_only)
    return Compared(count, first_only, second_only, difference, low, high, exact_p(first_only, second_only))


def interval(count: int, first_only: int, second_only: int) -> tuple[float, float]:
    """The 95 % score interval of the second's share right less the first's, within [−1, 1]; of nothing all of it.

    It holds every difference that the texts do not speak against: those from which the one found is no further than
    Z standard errors, as they would be if that difference were true.
    """
    if not count:
        return -1.0, 1.0
    found = (second_only - first_only) / count
    return _furthest(found, -1.0, count, first_only, second_only), _furthest(found, 1.0, count, first_only, second_only)


def _furthest(found: float, end: float, count: int, first_only: int, second_only: int) -> float:
    """The furthest difference towards `end` that the texts do not speak against, by halving."""
    near, far = found, end
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        near, far = (middle, far) if _fits(middle, count, first_only, second_only) else (near, middle)
    return near


def _fits(difference: float, count: int, first_only: int, second_only: int) -> bool:
    """Whether (found − difference)² ≤ Z² · its variance, were `difference` true.

    Tango's equations: with q the likeliest share of texts that only the first gets right, given the difference, the
    variance is (2q + difference · (1 − difference)) / count.
    """
    square = 2 * count
    linear = (2 * count - second_only + first_only) * difference - first_only - second_only
    rest = -first_only * difference * (1 - difference)
    likeliest = (math.sqrt(max(0.0, linear * linear - 4 * square * rest)) - linear) / (2 * square)
    gap = second_only - first_only - count * difference
    return gap * gap <= Z * Z * count * (2 * likeliest + difference * (1 - difference))


def exact_p(one: int, other: int) -> float:
    """Two-sided p of a split of `one` to `other` under a fair coin: min(1, 2·P(X ≤ the smaller))."""
    count, least = one + other, min(one, other)
    largest = math.lgamma(count + 1) - count * math.log(2)
    tail = math.fsum(
        math.exp(largest - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)) for hits in range(least + 1)
    )
    return min(1.0, 2 * tail)
