"""The scorer `linear`: a weight for each word and pair of words, beside what the word lists find.

A multinomial logistic model of bearish, neutral and bullish. With S the features of the text that it knows and v the
sums of the word lists, the log odds against neutral of each side are

    z = bias + scale · Σ_S weight / √|S| + Σ v · slope,

and P follows from softmax(z_bearish, 0, z_bullish). The score is (P(bullish) − P(bearish)) · gate, where the gate is a
steep logistic in P(side) / (P(side) + P(neutral)) around 1/2: a text that is likelier neutral scores close to 0 but
keeps its sign. The confidence is the share of calls right at that |P(bullish) − P(bearish)| in sources that the model
had not seen (Platt scaling). Data, licences, figures and limits: docs/model-linear.md.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Final, NamedTuple

from engine.config import Config
from engine.errors import DeskError
from engine.model import Score
from engine.scoring.features import SUMS, features, sums
from engine.scoring.rules import Rules
from engine.scoring.words import Words, finance_words

WEIGHTS: Final = "linear_weights.tsv"
NOTHING: Final = Score(0.0, 0.1)
"""A text in which nothing is known."""
GATE: Final = 20.0
"""Steepness of the gate."""
_LEAST: Final = 1e-6
_PARAMETERS: Final = ("SCALE", "BIAS", *(f"SUM {name}" for name in SUMS), "CALIBRATION")


class Model(NamedTuple):
    """A trained model. Pairs are (bearish, bullish), against neutral."""

    scale: float
    """What one step of a weight is worth."""
    bias: tuple[float, float]
    slopes: tuple[tuple[float, float], ...]
    """One per entry of `SUMS`."""
    calibration: tuple[float, float]
    """a and b in confidence = 1 / (1 + exp(−a − b · ln(m / (1 − m)))), m = |P(bullish) − P(bearish)|."""
    weights: Mapping[str, tuple[int, int]]
    """By feature, in steps of −127 … 127."""


def parse_model(table: str) -> Model:
    """The model in a table: a name or a feature, then one or two numbers. Raises DeskError naming the line."""
    parameters: dict[str, tuple[float, ...]] = {}
    weights: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(table.splitlines(), 1):
        if not line or line.startswith("//"):
            continue
        name, *cells = line.split("\t")
        try:
            if name in _PARAMETERS:
                parameters[name] = tuple(float(cell) for cell in cells)
                fits = len(cells) == 1 + (name != "SCALE") and all(map(math.isfinite, parameters[name]))
            else:
                bearish, bullish = (int(cell) for cell in cells)
                fits = max(abs(bearish), abs(bullish)) <= 127 and name not in weights
                weights[name] = bearish, bullish
        except ValueError:
            fits = False
        if not fits:
            raise _refusal(f"a feature once with two steps in −127 … 127, or a parameter, found {line!r:.100}", number)
    missing = [name for name in _PARAMETERS if name not in parameters]
    if missing:
        raise _refusal(f"the parameters {', '.join(_PARAMETERS)}, found no {missing[0]}", 1)
    pairs = {name: (values[0], values[-1]) for name, values in parameters.items()}
    slopes = tuple(pairs[f"SUM {name}"] for name in SUMS)
    return Model(pairs["SCALE"][0], pairs["BIAS"], slopes, pairs["CALIBRATION"], weights)


class LinearScorer:
    """Speaks `model.Scorer`. Deterministic; remembers tokens, never texts."""

    name = "linear"

    def __init__(self, config: Config, table: str | None = None, words: Words | None = None) -> None:
        """`table` replaces the shipped weights and `words` the shipped lists. Raises DeskError for a damaged table."""
        del config  # has no setting of its own; every scorer is built alike
        words = words or finance_words()
        if table is None:
            table = files("engine.scoring").joinpath(WEIGHTS).read_text(encoding="utf-8")
        self._model = parse_model(table)
        self._known = frozenset(self._model.weights)
        self._rules = Rules(words)
        # Its weights were learnt beside the word lists, so a change of either changes scores.
        self.version = f"linear-{hashlib.sha256(f'{words.version}|{table}'.encode()).hexdigest()[:12]}"

    def score(self, texts: Sequence[str]) -> list[Score]:
        """One Score per text; score and confidence have at most six decimals."""
        return [self._score(text) for text in texts]

    def probabilities(self, text: str) -> tuple[float, float, float] | None:
        """P of bearish, neutral and bullish; None when nothing in the text is known."""
        model = self._model
        known = features(text) & self._known
        count = len(known)
        bearish = bullish = 0
        for one, other in map(model.weights.__getitem__, known):
            bearish += one
            bullish += other
        tally = self._rules.tally(text)
        if not count and not tally.bullish and not tally.bearish:
            return None
        step = model.scale / math.sqrt(count) if count else 0.0
        down, up = model.bias[0] + step * bearish, model.bias[1] + step * bullish
        for value, (slope_down, slope_up) in zip(sums(tally), model.slopes, strict=True):
            down += value * slope_down
            up += value * slope_up
        largest = max(down, up, 0.0)
        odds_down, odds_flat, odds_up = math.exp(down - largest), math.exp(-largest), math.exp(up - largest)
        total = odds_down + odds_flat + odds_up
        return odds_down / total, odds_flat / total, odds_up / total

    def _score(self, text: str) -> Score:
        found = self.probabilities(text)
        if found is None:
            return NOTHING
        score, margin = gated(*found)
        intercept, slope = self._model.calibration
        return Score(round(score, 6), round(logistic(intercept + slope * log_odds(margin)), 6))


def gated(bearish: float, neutral: float, bullish: float) -> tuple[float, float]:
    """The score in [−1, 1] of three probabilities, and the margin |bullish − bearish|."""
    side = max(bearish, bullish)
    difference = bullish - bearish
    return difference * logistic(GATE * (side / (side + neutral) - 0.5)), abs(difference)


def logistic(value: float) -> float:
    """1 / (1 + exp(−value)), for any value."""
    if value < 0:
        odds = math.exp(max(value, -700.0))
        return odds / (1 + odds)
    return 1 / (1 + math.exp(-min(value, 700.0)))


def log_odds(share: float) -> float:
    """ln(share / (1 − share)), for a share in [0, 1] held off its ends by a millionth."""
    share = min(max(share, _LEAST), 1 - _LEAST)
    return math.log(share / (1 - share))


def _refusal(expected: str, number: int) -> DeskError:
    return DeskError(
        f"expected {expected}",
        where=f"{WEIGHTS}:{number}",
        remedy="install the package again, or train the model again",
    )
