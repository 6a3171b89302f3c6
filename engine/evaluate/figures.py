"""Figures on a labelled set: how often the scores are right, how sure they are, and whether they know it.

A score's *call* is bullish above the band, bearish below −band, else neutral; in a set without neutral texts the sign
is the call, and a score of 0 calls nothing and is wrong. Intervals are at 95 %: Wilson's for shares (Wilson, E.B.
1927, JASA 22:209–212); for macro-F1 the delta method on the table of labels and calls (Takahashi, K. et al. 2022,
"Confidence interval for micro-averaged F1 and macro-averaged F1 scores", Applied Intelligence 52:4961–4972) with Z²
texts more, spread evenly over it (after Agresti, A. & Coull, B.A. 1998, The American Statistician 52:119–126): by
itself that method takes a table without an error for proof that there is none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from engine.evaluate.labelled import LabelledSet
from engine.model import Score, Value

BAND: Final = 0.05
"""VADER's own limits (Hutto & Gilbert 2014): a compound within ±0.05 is neutral."""
BINS: Final = 10
"""Equal bins of confidence in the reliability curve."""
Z: Final = 1.959964
"""Standard deviations either side at 95 %."""

_SIGNS: Final = (-1, 0, 1)


class Figure(Value, frozen=True, gc=False):
    """A value in [0, 1] and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """Half of the interval's width."""
        return (self.high - self.low) / 2


class Bin(Value, frozen=True, gc=False):
    """One bin of the reliability curve. Of several sets together, every set weighs alike in the two means."""

    calls: int
    confidence: float
    """Mean, in [0, 1]."""
    right: float
    """Share of the calls that were right."""
    place: int
    """Which bin: confidence from place / BINS up to (place + 1) / BINS, the last one with its end."""


class Calibration(Value, frozen=True, gc=False):
    """Whether confidence c is right in a share c of the calls.

    Only scores beyond ±band count, also where no text is neutral: within it a scorer is not sure of anything.
    """

    error: float
    """Expected calibration error: Σ n·|right − confidence| / Σ n over the bins (Guo et al. 2017, ICML)."""
    bins: tuple[Bin, ...]
    """Those with calls, by confidence."""


class SetFigures(Value, frozen=True, gc=False):
    """What one scorer did on one set, or the mean over several."""

    name: str
    texts: int
    labels: tuple[int, int, int]
    """Bearish, neutral, bullish texts."""
    accuracy: Figure
    """Share of texts called as labelled."""
    macro_f1: Figure
    """Mean of 2·hits / (labelled + called) over the classes that are labelled or called."""
    bull_bear: Figure
    """Share of the bullish and bearish texts whose score has the label's sign; a 0 is wrong."""
    bull_bear_sure: Figure
    """The same on that half of them of which the scorer is surer; of equal confidence the larger |score| first."""
    coverage: Figure
    """Share of texts called bullish or bearish."""
    calibration: Calibration
    """Of several sets together, every set weighing alike."""
    calibration_by_set: float
    """The error within a set; over several the mean of theirs, which also counts how sets differ from each other."""
    posts_per_s: float
    """Texts scored in a second, one at a time."""


def call(score: float, band: float) -> int:
    """−1, 0 or +1: what a score says, given the band."""
    return (score > band) - (score < -band)


def band_of(labelled: LabelledSet, band: float) -> float:
    """The band that applies to a set: none where no text is neutral."""
    return 0.0 if labelled.two_class else band


def figures(labelled: LabelledSet, scores: Sequence[Score], elapsed_s: float, band: float = BAND) -> SetFigures:
    """The figures of `scores`, one per row of the set in its order, which took `elapsed_s` seconds."""
    signs = [row.label.sign for row in labelled.rows]
    inner = band_of(labelled, band)
    calls = [call(score.score, inner) for score in scores]
    table = _table(signs, calls)
    opinions = [(sign, score) for sign, score in zip(signs, scores, strict=True) if sign]
    surest = sorted(opinions, key=lambda opinion: (-opinion[1].confidence, -abs(opinion[1].score)))
    called = sum(call_ != 0 for call_ in calls)
    reliability = calibration(
        [
            (score.confidence, sign * score.score > 0)
            for sign, score in zip(signs, scores, strict=True)
            if abs(score.score) > band
        ]
    )
    return SetFigures(
        labelled.name,
        len(signs),
        (signs.count(-1), signs.count(0), signs.count(1)),
        share(sum(sign == call_ for sign, call_ in zip(signs, calls, strict=True)), len(signs)),
        _macro_f1(table, (-1, 1) if labelled.two_class else _SIGNS),
        _direction(opinions),
        _direction(surest[: (len(surest) + 1) // 2]),
        share(called, len(signs)),
        reliability,
        reliability.error,
        len(signs) / elapsed_s if elapsed_s > 0 else 0.0,
    )


def mean_figures(rows: Sequence[SetFigures]) -> SetFigures:
    """Every set counts alike. The intervals tell how far these sets' own sizes could move the mean.

    A set without bullish and bearish texts says nothing of bull and bear, one without calls nothing of calibration: the
    others' mean stands. The reliability curve is that of all sets together.
    """
    opinions = [row for row in rows if row.labels[0] + row.labels[2]] or rows
    calling = [row for row in rows if row.calibration.bins] or rows
    curve = _merge([row.calibration.bins for row in rows])
    elapsed_s = sum(row.texts / row.posts_per_s for row in rows if row.posts_per_s)
    texts = sum(row.texts for row in rows)
    return SetFigures(
        "mean",
        texts,
        (sum(row.labels[0] for row in rows), sum(row.labels[1] for row in rows), sum(row.labels[2] for row in rows)),
        _mean([row.accuracy for row in rows]),
        _mean([row.macro_f1 for row in rows]),
        _mean([row.bull_bear for row in opinions]),
        _mean([row.bull_bear_sure for row in opinions]),
        _mean([row.coverage for row in rows]),
        curve,
        sum(row.calibration_by_set for row in calling) / len(calling),
        texts / elapsed_s if elapsed_s else 0.0,
    )


def share(hits: int, count: int) -> Figure:
    """hits / count with Wilson's interval; of nothing it is 0 and could be anything."""
    if not count:
        return Figure(0.0, 0.0, 1.0)
    value = hits / count
    scale = 1 + Z * Z / count
    middle = (value + Z * Z / (2 * count)) / scale
    spread = Z / scale * math.sqrt(value * (1 - value) / count + Z * Z / (4 * count * count))
    return Figure(value, max(0.0, min(value, middle - spread)), min(1.0, max(value, middle + spread)))


def calibration(calls: Sequence[tuple[float, bool]]) -> Calibration:
    """The reliability of calls given as confidence in [0, 1] and whether right."""
    cells: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in calls:
        cells[min(BINS - 1, int(confidence * BINS))].append((confidence, right))
    bins = tuple(
        Bin(
            len(cell),
            sum(confidence for confidence, _ in cell) / len(cell),
            sum(right for _, right in cell) / len(cell),
            place,
        )
        for place, cell in enumerate(cells)
        if cell
    )
    return Calibration(_expected_error(bins), bins)


def _expected_error(bins: Sequence[Bin]) -> float:
    count = sum(cell.calls for cell in bins)
    return sum(cell.calls * abs(cell.right - cell.confidence) for cell in bins) / count if count else 0.0


def _merge(curves: Sequence[tuple[Bin, ...]]) -> Calibration:
    """The curves of several sets as one; a bin's part of a set is its share of that set's calls."""
    cells: dict[int, tuple[int, float, float, float]] = {}
    for curve in curves:
        total = sum(cell.calls for cell in curve)
        for cell in curve:
            calls, part, confidence, right = cells.get(cell.place, (0, 0.0, 0.0, 0.0))
            share_ = cell.calls / total
            cells[cell.place] = (
                calls + cell.calls,
                part + share_,
                confidence + share_ * cell.confidence,
                right + share_ * cell.right,
            )
    whole = sum(part for _, part, _, _ in cells.values())
    error = sum(abs(right - confidence) for _, _, confidence, right in cells.values()) / whole if whole else 0.0
    bins = [
        Bin(calls, confidence / part, right / part, place)
        for place, (calls, part, confidence, right) in sorted(cells.items())
    ]
    return Calibration(error, tuple(bins))


def _direction(opinions: Sequence[tuple[int, Score]]) -> Figure:
    return share(sum(sign * score.score > 0 for sign, score in opinions), len(opinions))


def _mean(values: Sequence[Figure]) -> Figure:
    mean = sum(figure.value for figure in values) / len(values)
    spread = math.sqrt(sum(figure.error**2 for figure in values)) / len(values)
    return Figure(mean, max(0.0, mean - spread), min(1.0, mean + spread))


def _table(signs: Sequence[int], calls: Sequence[int]) -> dict[tuple[int, int], int]:
    """Texts by label and call."""
    table = {(sign, call_): 0 for sign in _SIGNS for call_ in _SIGNS}
    for pair in zip(signs, calls, strict=True):
        table[pair] += 1
    return table


def _macro_f1(table: Mapping[tuple[int, int], float], classes: tuple[int, ...]) -> Figure:
    """The mean of the classes' F1. A class that is neither labelled nor called counts nothing."""
    met = tuple(sign for sign in classes if any(cell for pair, cell in table.items() if sign in pair))
    value, _ = _mean_f1(table, met)
    labelled = {sign for (sign, _), cell in table.items() if cell} | set(met)
    called = {call_ for (_, call_), cell in table.items() if cell} | set(met)
    if len(labelled) == len(called) == 1:
        called = set(classes)  # with nothing else in the table no text could ever be wrong
    more = Z * Z / (len(labelled) * len(called))
    middle, deviation = _mean_f1(
        {pair: cell + more * (pair[0] in labelled and pair[1] in called) for pair, cell in table.items()}, met
    )
    spread = Z * deviation
    return Figure(value, max(0.0, min(value, middle - spread)), min(1.0, max(value, middle + spread)))


def _mean_f1(table: Mapping[tuple[int, int], float], classes: tuple[int, ...]) -> tuple[float, float]:
    """The mean F1 of classes, at least one, that are labelled or called, and its standard deviation.

    With p the shares of the table, F_c = 2·p_cc / (labelled_c + called_c); its slope in each p gives the variance
    Σ p·slope² / n: the mean slope Σ p·slope is 0, as F stays when all counts grow alike.
    """
    count = sum(table.values())
    slopes = dict.fromkeys(table, 0.0)
    total = 0.0
    for sign in classes:
        hits = table[sign, sign]
        weight = sum(cell * ((pair[0] == sign) + (pair[1] == sign)) for pair, cell in table.items())
        total += 2 * hits / weight
        for pair in table:
            times = (pair[0] == sign) + (pair[1] == sign)
            slopes[pair] += (2 * (times == 2) - 2 * hits / weight * times) * count / weight
    variance = sum(cell * slopes[pair] ** 2 for pair, cell in table.items()) / count
    return total / len(classes), math.sqrt(variance / count) / len(classes)
