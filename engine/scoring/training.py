"""Making the weights of the scorer `linear` from labelled texts, with nothing but the standard library.

Multinomial logistic regression with an L2 penalty, by stochastic gradient descent with a step per weight (Duchi, J. et
al. 2011, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 12:2121–2159); the
weights are the mean over the last half of the passes. A feature's part of the penalty is spread over the texts that
have it. The same texts in the same order give the same weights.
"""

from __future__ import annotations

import math
import random
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from engine.errors import DeskError
from engine.scoring.asides import said, turned
from engine.scoring.calibration import Call, Curve
from engine.scoring.features import SUMS, sums, tokens
from engine.scoring.linear import gated
from engine.scoring.rules import Rules

LEAST_TEXTS: Final = 3
"""A word or pair seen in fewer texts is not kept."""
COMMON: Final = 20
"""A word that is also a name in the texts is kept only when so many texts use it."""
PENALTY: Final = 1.0
"""Of half the squared length of the weights, against the sum of the texts' losses."""
PASSES: Final = 10
FOLDS: Final = 5
LEAST_LABELLED: Final = 50
"""Fewer labelled texts make no model."""
HEAD: Final = "// The weights of the scorer `linear`, against neutral: feature, bearish, bullish."
"""First line of a file of weights."""
_STEP: Final = 0.5
_NAME = re.compile(r"@(\w+)|\b([A-Z][a-z]+(?:[A-Z][a-z]+)+)\b")
_HASHTAG = re.compile(r"#([a-z]\w*)")


class Example(NamedTuple):
    """A labelled text, taken apart once."""

    sign: int
    """−1 bearish, 0 neutral, +1 bullish."""
    weight: float
    """What it counts against others; 1 is usual."""
    features: frozenset[str]
    sums: tuple[float, ...]
    """One per entry of `SUMS`."""
    fold: int
    """Which fold it belongs to, by the checksum of its text."""
    names: tuple[str, ...]
    """Accounts mentioned in it and words with capitals inside ("MoneyBlog"), lower case."""
    hashtags: tuple[str, ...]
    """Words written as hashtags, lower case."""
    turn: float = 1.0
    """How its words are meant (engine.scoring.asides)."""


class Trained(NamedTuple):
    """A model before it is rounded. Pairs are (bearish, bullish), against neutral."""

    weights: dict[str, tuple[float, float]]
    """By feature, sorted."""
    slopes: tuple[tuple[float, float], ...]
    """One per entry of `SUMS`."""
    bias: tuple[float, float]

    def margin(self, example: Example) -> tuple[float, float]:
        """The score of an example in [−1, 1], and |P(bullish) − P(bearish)|."""
        known = [self.weights[feature] for feature in sorted(example.features & self.weights.keys())]
        scale = 1 / math.sqrt(max(1, len(known)))
        down, up = (
            self.bias[side]
            + scale * sum(weight[side] for weight in known)
            + sum(value * slope[side] for value, slope in zip(example.sums, self.slopes, strict=True))
            for side in (0, 1)
        )
        score, margin = gated(*softmax(down, up))
        return score * example.turn, margin


def take_apart(text: str, sign: int, rules: Rules, weight: float = 1.0) -> Example:
    """An example of a text. `rules` work with the lists that the scorer will have."""
    stated, turn, mocked = said(text)
    if mocked is not None:
        stated, turn = turned(text, mocked, lambda words: rules.tally(words).compound > 0)
    lower = stated.lower()
    found = [token for chunk in lower.split() for token in tokens(chunk)]
    return Example(
        sign,
        weight,
        frozenset((*found, *map(" ".join, pairwise(found)))),
        sums(rules.tally(stated)),
        zlib.crc32(text.encode()) % FOLDS,
        tuple((account or word).lower() for account, word in _NAME.findall(text)),
        tuple(_HASHTAG.findall(lower)),
        turn,
    )


def train(examples: Sequence[Example], penalty: float = PENALTY, passes: int = PASSES) -> Trained:
    """The model of these examples. Raises DeskError when they are too few, or all of one label."""
    labels = Counter(example.sign for example in examples)
    if len(examples) < LEAST_LABELLED or len(labels) < 2:
        raise DeskError(
            f"expected at least {LEAST_LABELLED} labelled texts of two labels, found {len(examples)} of {len(labels)}",
            where="training",
            remedy="label more texts",
        )
    vocabulary = _vocabulary(examples)
    places = {feature: place for place, (feature, _) in enumerate(vocabulary)}
    lift = [1 + math.log(len(examples) / count) for _, count in vocabulary]
    mean = sum(lift) / len(lift) if lift else 1.0
    lift = [value / mean for value in lift]
    share = len(examples) / sum(example.weight for example in examples)
    descent = _Descent([penalty / count for _, count in vocabulary], lift, penalty / len(examples), labels)
    rows = [
        (
            [places[feature] for feature in sorted(example.features & places.keys())],
            example.sums,
            -example.sign if example.turn < 0 else example.sign,
            example.weight * share,
        )
        for example in examples
    ]
    order = random.Random(0)
    kept = 0
    for number in range(passes):
        order.shuffle(rows)
        for known, found, sign, weight in rows:
            descent.learn(known, found, sign, weight)
        if 2 * number >= passes:
            descent.keep()
            kept += 1
    weights = [
        (down * raised / kept, up * raised / kept) for (down, up), raised in zip(descent.kept(), lift, strict=False)
    ]
    others = [(down / kept, up / kept) for down, up in descent.kept()[len(lift) :]]
    names = [feature for feature, _ in vocabulary]
    return Trained(dict(zip(names, weights, strict=True)), tuple(others[:-1]), others[-1])


def unseen(examples: Sequence[Example]) -> list[Trained]:
    """For each example a model that has not seen it: trained on the other folds."""
    models = {
        fold: train([example for example in examples if example.fold != fold])
        for fold in {example.fold for example in examples}
    }
    return [models[example.fold] for example in examples]


def calls_of(pairs: Iterable[tuple[Trained, Example]], band: float) -> list[Call]:
    """The calls of models on examples that they have not seen: how sure, and whether right. Within ±band is no call."""
    found = []
    for trained, example in pairs:
        score, margin = trained.margin(example)
        if abs(score) > band:
            found.append(Call(margin, score * example.sign > 0, example.weight))
    return found


def table(trained: Trained, curve: Curve, about: Sequence[str] = ()) -> str:
    """The model as `engine.scoring.linear` reads it: weights in 255 steps. `about` are lines of comment."""
    scale = max((abs(value) for pair in trained.weights.values() for value in pair), default=1.0) / 127 or 1.0
    steps = {feature: (round(down / scale), round(up / scale)) for feature, (down, up) in trained.weights.items()}
    lines = [
        HEAD,
        *(f"// {line}" for line in about),
        f"SCALE\t{scale:.8g}",
        f"BIAS\t{trained.bias[0]:.6f}\t{trained.bias[1]:.6f}",
        *(f"SUM {name}\t{down:.6f}\t{up:.6f}" for name, (down, up) in zip(SUMS, trained.slopes, strict=True)),
        *(f"KNOT\t{raw}\t{share}" for raw, share in curve.knots),
        *(f"{feature}\t{down}\t{up}" for feature, (down, up) in steps.items() if down or up),
    ]
    return "\n".join(lines) + "\n"


def softmax(down: float, up: float) -> tuple[float, float, float]:
    """P of bearish, neutral and bullish from log odds against neutral."""
    largest = max(down, up, 0.0)
    odds_down, odds_flat, odds_up = math.exp(down - largest), math.exp(-largest), math.exp(up - largest)
    total = odds_down + odds_flat + odds_up
    return odds_down / total, odds_flat / total, odds_up / total


def _vocabulary(examples: Sequence[Example]) -> list[tuple[str, int]]:
    """The features kept and how many texts have each, sorted.

    Names are not kept: a word that is also among the texts' names, unless `COMMON` texts use it, and a word that most
    of its texts write as a hashtag ("#somebodysname").
    """
    counts = Counter(feature for example in examples for feature in example.features)
    tags = Counter(word for example in examples for word in set(example.hashtags))
    names = {name for example in examples for name in example.names if counts[name] < COMMON}
    names.update(word for word, count in tags.items() if 2 * count > counts[word])
    return sorted(
        (feature, count)
        for feature, count in counts.items()
        if count >= LEAST_TEXTS and names.isdisjoint(feature.split(" "))
    )


class _Descent:
    """The weights while they are learnt: words first, then one per sum, then the bias; two sides each."""

    def __init__(self, penalties: Sequence[float], lift: Sequence[float], rest: float, labels: Counter[int]) -> None:
        size = len(penalties)
        count = size + len(SUMS) + 1
        self._lift = lift
        self._penalties = penalties
        self._rest = rest
        self._down, self._up = [0.0] * count, [0.0] * count
        self._down[-1] = math.log((labels[-1] + 1) / (labels[0] + 1))
        self._up[-1] = math.log((labels[1] + 1) / (labels[0] + 1))
        self._square_down, self._square_up = [1e-6] * count, [1e-6] * count
        self._sum_down, self._sum_up = [0.0] * count, [0.0] * count
        self._size = size

    def learn(self, known: Sequence[int], found: Sequence[float], sign: int, weight: float) -> None:
        """One step on one text."""
        down, up, lift, size = self._down, self._up, self._lift, self._size
        scale = 1 / math.sqrt(len(known)) if known else 0.0
        total_down, total_up = down[-1], up[-1]
        for place in known:
            raised = scale * lift[place]
            total_down += raised * down[place]
            total_up += raised * up[place]
        for place, value in enumerate(found, size):
            total_down += value * down[place]
            total_up += value * up[place]
        chance_down, _, chance_up = softmax(total_down, total_up)
        slope_down, slope_up = weight * (chance_down - (sign < 0)), weight * (chance_up - (sign > 0))
        square_down, square_up, penalties, root = self._square_down, self._square_up, self._penalties, math.sqrt
        for place in known:
            raised = scale * lift[place]
            penalty = penalties[place]
            slope = slope_down * raised + penalty * down[place]
            square_down[place] += slope * slope
            down[place] -= _STEP * slope / root(square_down[place])
            slope = slope_up * raised + penalty * up[place]
            square_up[place] += slope * slope
            up[place] -= _STEP * slope / root(square_up[place])
        for place, value in enumerate((*found, 1.0), size):
            penalty = self._rest if place < size + len(SUMS) else 0.0
            slope = slope_down * value + penalty * down[place]
            square_down[place] += slope * slope
            down[place] -= _STEP * slope / root(square_down[place])
            slope = slope_up * value + penalty * up[place]
            square_up[place] += slope * slope
            up[place] -= _STEP * slope / root(square_up[place])

    def keep(self) -> None:
        """Add the weights as they stand to the sum that the mean is taken of."""
        self._sum_down = [total + value for total, value in zip(self._sum_down, self._down, strict=True)]
        self._sum_up = [total + value for total, value in zip(self._sum_up, self._up, strict=True)]

    def kept(self) -> list[tuple[float, float]]:
        """The sums of what was kept, a pair per weight."""
        return list(zip(self._sum_down, self._sum_up, strict=True))
