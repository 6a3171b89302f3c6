"""Two scorers on the same texts. Their errors go together, so the texts where exactly one is right decide.

The p value is McNemar's test in its exact form: of the texts that only one of the two gets right, each is as likely
to be either's (McNemar, Q. 1947, Psychometrika 12:153–157; Dietterich, T.G. 1998, Neural Computation 10:1895–1923).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.evaluate.figures import BAND, Z, band_of, call
from engine.evaluate.labelled import LabelledSet
from engine.model import Score, Value


class Compared(Value, frozen=True, gc=False):
    """First against second on one measure of the same texts."""

    texts: int
    first_only: int
    """Texts that only the first gets right."""
    second_only: int
    difference: float
    """Second's share right less the first's, in [−1, 1]."""
    error: float
    """Half of the 95 % interval of the difference."""
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
    gain = second_only - first_only
    spread = Z * math.sqrt(max(0.0, first_only + second_only - gain * gain / count)) / count if count else 0.0
    return Compared(
        count, first_only, second_only, gain / count if count else 0.0, spread, exact_p(first_only, second_only)
    )


def exact_p(one: int, other: int) -> float:
    """Two-sided p of a split of `one` to `other` under a fair coin: min(1, 2·P(X ≤ the smaller))."""
    count, least = one + other, min(one, other)
    largest = math.lgamma(count + 1) - count * math.log(2)
    tail = math.fsum(
        math.exp(largest - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)) for hits in range(least + 1)
    )
    return min(1.0, 2 * tail)
