"""The scorer `linear`: a weight for each word and pair of words, beside what the word lists find.

A multinomial logistic model of bearish, neutral and bullish. With S the features of the text that it knows and v the
sums of the word lists, the log odds against neutral of each side are

    z = bias + scale · Σ_S weight / √|S| + Σ v · slope,

and P follows from softmax(z_bearish, 0, z_bullish). The score is (P(bullish) − P(bearish)) · gate, where the gate is a
steep logistic in P(side) / (P(side) + P(neutral)) around 1/2: a text that is likelier neutral scores close to 0 but
keeps its sign. The confidence is the share of calls right at that |P(bullish) − P(bearish)| in texts that the model had
not seen (engine.scoring.calibration). Data, licences, figures and limits: docs/model-linear.md.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import chain, islice, repeat
from operator import add
from pathlib import Path
from typing import Final, NamedTuple

from engine.config import Config
from engine.errors import ConfigError, DeskError
from engine.model import Score
from engine.scoring.asides import as_meant
from engine.scoring.calibration import Curve
from engine.scoring.features import SUMS, tokens
from engine.scoring.rules import Rules, Tally, finance_rules
from engine.scoring.words import Words

WEIGHTS: Final = "linear_weights.tsv"
NOTHING: Final = Score(0.0, 0.1)
"""A text in which nothing is known."""
GATE: Final = 20.0
"""Steepness of the gate."""
_PARAMETERS: Final = ("SCALE", "BIAS", *(f"SUM {name}" for name in SUMS))
_KNOT: Final = "KNOT"

_MEMO: Final = 50_000
"""Most pieces of text remembered; then the memory starts anew."""
_MEMO_LENGTH: Final = 24
"""Longer pieces (links, mostly) are not remembered."""
_LARGEST: Final = 32_000_000
"""Characters that a file of weights may have."""
_SHIFT: Final = 28
_MASK: Final = (1 << _SHIFT) - 1
_OFFSET: Final = 128
"""Makes a step positive, so that a feature's count of one and the steps of both sides are summed as one integer.

A million features of a text fit; up to 127, as posts have, the sum is one that the processor adds in one step.
"""


class Model(NamedTuple):
    """A trained model. Pairs are (bearish, bullish), against neutral."""

    scale: float
    """What one step of a weight is worth."""
    bias: tuple[float, float]
    slopes: tuple[tuple[float, float], ...]
    """One per entry of `SUMS`."""
    curve: Curve
    """Confidence by |P(bullish) − P(bearish)|."""
    weights: Mapping[str, tuple[int, int]]
    """By feature, in steps of −127 … 127."""


def parse_model(table: str, where: str = WEIGHTS) -> Model:
    """The model in a table: a name or a feature, then one or two numbers. Raises DeskError naming the line.

    `where` is what the table is called in errors.
    """
    parameters: dict[str, tuple[float, ...]] = {}
    knots: list[tuple[float, float]] = []
    weights: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(table.splitlines(), 1):
        if not line or line.startswith("//"):
            continue
        name, *cells = line.split("\t")
        try:
            if name in _PARAMETERS:
                parameters[name] = tuple(float(cell) for cell in cells)
                fits = len(cells) == 1 + (name != "SCALE") and all(map(math.isfinite, parameters[name]))
            elif name == _KNOT:
                raw, share = (float(cell) for cell in cells)
                knots.append((raw, share))
                fits = 0.0 <= raw <= 1.0 and 0.0 <= share <= 1.0
            else:
                bearish, bullish = map(int, cells)
                fits = -127 <= bearish <= 127 and -127 <= bullish <= 127 and name not in weights
                weights[name] = bearish, bullish
        except ValueError:
            fits = False
        if not fits:
            raise _refusal(
                f"a feature once with two steps in −127 … 127, or a parameter, found {line!r:.100}", where, number
            )
    missing = [name for name in _PARAMETERS if name not in parameters]
    if not knots:
        missing.append(_KNOT)
    if missing:
        raise _refusal(f"the parameters {', '.join((*_PARAMETERS, _KNOT))}, found no {missing[0]}", where, 1)
    pairs = {name: (values[0], values[-1]) for name, values in parameters.items()}
    slopes = tuple(pairs[f"SUM {name}"] for name in SUMS)
    return Model(pairs["SCALE"][0], pairs["BIAS"], slopes, Curve(knots), weights)


class LinearScorer:
    """Speaks `model.Scorer`. Deterministic; remembers pieces of text of one word or two, never texts."""

    name = "linear"

    def __init__(self, config: Config, table: str | None = None, words: Words | None = None) -> None:
        """`table` replaces the configured weights and `words` the shipped lists.

        Raises DeskError for a damaged table, ConfigError for a configured file that cannot be read.
        """
        self._rules = Rules(words) if words else finance_rules()
        own = config.scoring.linear_weights if table is None else ""
        if table is None:
            table = _own_table(own) if own else files("engine.scoring").joinpath(WEIGHTS).read_text(encoding="utf-8")
        self._model = parse_model(table, own or WEIGHTS)
        self._reader = _Reader(self._model.weights)
        # Its weights were learnt beside the word lists, so a change of either changes scores.
        self.version = f"linear-{hashlib.sha256(f'{self._rules.version}|{table}'.encode()).hexdigest()[:12]}"

    def score(self, texts: Sequence[str]) -> list[Score]:
        """One Score per text; score and confidence have at most six decimals."""
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> Score:
        _, turns = self._rules.read(text)
        return as_meant(text, self._words) if turns else self._words(text)

    def _probabilities(self, text: str, tally: Tally) -> tuple[float, float, float] | None:
        """P of bearish, neutral and bullish; None when nothing in the text is known."""
        count, bearish, bullish = self._reader.steps(self._rules.pieces(text))
        praise, blame = tally.bullish, tally.bearish
        silent = not praise and not blame
        if not count and silent:
            return None
        model = self._model
        down, up = model.bias
        if count:
            step = model.scale / math.sqrt(count)
            down += step * bearish
            up += step * bullish
        by_compound, by_bullish, by_bearish, by_silence = model.slopes
        if silent:
            down += by_silence[0]
            up += by_silence[1]
        else:
            praise, blame = math.log1p(praise), math.log1p(blame)
            down += tally.compound * by_compound[0] + praise * by_bullish[0] + blame * by_bearish[0]
            up += tally.compound * by_compound[1] + praise * by_bullish[1] + blame * by_bearish[1]
        largest = max(down, up, 0.0)
        odds_down, odds_flat, odds_up = math.exp(down - largest), math.exp(-largest), math.exp(up - largest)
        total = odds_down + odds_flat + odds_up
        return odds_down / total, odds_flat / total, odds_up / total

    def _words(self, text: str) -> Score:
        return self._rules.as_it_stands(text, self._whole)

    def _whole(self, text: str, tally: Tally) -> Score:
        found = self._probabilities(text, tally)
        if found is None:
            return NOTHING
        score, margin = gated(*found)
        return Score(round(score, 6), self._model.curve.confidence(score, margin))


class _Reader(dict[str, tuple[int, ...]]):
    """Numbers of the tokens of a piece of text, by its letters; makes what it does not have. Bounded.

    A token that no feature has is number 0. A word's key is its number, that of a pair (first + 1) · size + second.
    """

    def __init__(self, weights: Mapping[str, tuple[int, int]]) -> None:
        super().__init__()
        words = dict.fromkeys(word for feature in weights for word in feature.split(" "))
        self._numbers = {word: number for number, word in enumerate(words, 1)}
        self._size = len(words) + 1
        self._packed = {
            self._key(feature): (((1 << _SHIFT) + bearish + _OFFSET) << _SHIFT) + bullish + _OFFSET
            for feature, (bearish, bullish) in weights.items()
        }
        self._alone = [(number,) for number in range(self._size)]
        self._as_first = [(number + 1) * self._size for number in range(self._size)]

    def __missing__(self, piece: str) -> tuple[int, ...]:
        numbers = self._numbers
        found = tuple([numbers.get(token, 0) for token in tokens(piece.lower())])
        if len(found) == 1:
            found = self._alone[found[0]]  # one object for all that read the same: less to fetch from memory
        if len(piece) <= _MEMO_LENGTH and found:
            if len(self) >= _MEMO:
                self.clear()
            self[piece] = found
        return found

    def steps(self, pieces: Sequence[str]) -> tuple[int, int, int]:
        """How many features of a text are known, and the sums of their bearish and bullish steps.

        `pieces` are what stands between the text's spaces.
        """
        numbers = list(chain.from_iterable(map(self.__getitem__, pieces)))
        keys = {*numbers, *map(add, map(self._as_first.__getitem__, numbers), islice(numbers, 1, None))}
        packed = sum(map(self._packed.get, keys, repeat(0)))
        count = packed >> 2 * _SHIFT
        return count, (packed >> _SHIFT & _MASK) - _OFFSET * count, (packed & _MASK) - _OFFSET * count

    def _key(self, feature: str) -> int:
        first, _, second = feature.partition(" ")
        if not second:
            return self._numbers[first]
        return (self._numbers[first] + 1) * self._size + self._numbers[second]


def _own_table(path: str) -> str:
    """The text of a file that `desk train` made. Raises ConfigError."""
    try:
        table = Path(path).expanduser().read_bytes()[: _LARGEST + 1].decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"expected the weights that `desk train` made, found none: {error}",
            where="scoring.linear_weights",
            remedy="correct the path, or leave it empty for the shipped weights",
        ) from error
    if len(table) > _LARGEST:
        raise ConfigError(
            f"expected at most {_LARGEST:,} characters of weights, found more in {path}",
            where="scoring.linear_weights",
            remedy="train it on fewer texts",
        )
    return table


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


def _refusal(expected: str, where: str, number: int) -> DeskError:
    return DeskError(
        f"expected {expected}",
        where=f"{where}:{number}",
        remedy="install the package again, or train the model again",
    )
