"""Train the scorer `linear`, and measure the method by cross-validation.

    python tools/train_linear.py ../shared/data/sentiment --write engine/scoring/linear_weights.tsv

Needs scikit-learn (`pip install desk[train]`); the desk itself does not. Only sets whose licence allows shipping a
model made from them are read (`TRAINED_ON`). The same files give the same weights.

Without --write it prints figures only. Each set is measured by a model that has not seen those texts: in five folds,
chosen by a checksum of the text; and by a model that has seen nothing of that set's source. Both together give
the calibration: a desk's stream is partly like these sets, and partly a source that none of them came from.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from desk.evaluate_report import figure_lines
from engine.config import Config
from engine.evaluate import Labelled, LabelledSet, SetFigures, figures, mean_figures, read_set
from engine.evaluate.figures import BAND, band_of, call
from engine.model import Score
from engine.scoring.features import SUMS, features, sums
from engine.scoring.linear import LinearScorer, gated, log_odds
from engine.scoring.rules import Rules
from engine.scoring.words import finance_words

TRAINED_ON = ("surge_crypto", "surge_stock", "taborda_sp500", "thakoor_tweets", "twitter_fin_news")
"""MIT, MIT, CC BY 4.0, MIT, MIT: docs/model-linear.md names origins and licences."""
LEAST_TEXTS = 3
"""A word or pair seen in fewer texts is not kept."""
COMMON = 20
"""A word that is also the name of an account mentioned in the texts is kept only when so many texts use it."""
STRENGTH = 2.0
"""Inverse of the L2 penalty (scikit-learn's C)."""
FOLDS = 5
_HALF = 0.5
"""A set's weight grows with this power of its size, so that the largest does not drown the others."""
_MENTION = re.compile(r"@(\w+)")


class Text(NamedTuple):
    """A labelled text, taken apart once."""

    row: Labelled
    source: str
    features: frozenset[str]
    sums: tuple[float, ...]
    fold: int


def main() -> None:
    """Read the sets, print the figures, write the weights when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="directory with the labelled sets")
    parser.add_argument("--write", type=Path, help="where the weights go")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    sets = [read_set(arguments.data / f"{name}.jsonl.gz") for name in TRAINED_ON]
    texts = _take_apart(sets)

    by_source = [(_keep(texts, lambda text, name=name: text.source != name), name) for name in TRAINED_ON]
    left_out = {name: train(kept) for kept, name in by_source}
    folds = [train(_keep(texts, lambda text, fold=fold: text.fold != fold)) for fold in range(FOLDS)]
    within_models = [(labelled, [folds[_fold(row.text)] for row in labelled.rows]) for labelled in sets]
    across_models = [(labelled, [left_out[labelled.name]] * len(labelled.rows)) for labelled in sets]
    calibration = calibrate([*within_models, *across_models])
    within = [_measure(labelled, models, calibration) for labelled, models in within_models]
    across = [_measure(labelled, models, calibration) for labelled, models in across_models]
    for title, rows in (("five folds", within), ("source left out", across)):
        print(title, *figure_lines([*rows, mean_figures(rows)]), "", sep="\n")
    if arguments.json:
        arguments.json.write_text(
            json.dumps(
                {"folds": [_plain(row) for row in within], "left_out": [_plain(row) for row in across]}, indent=1
            )
        )
    if arguments.write:
        arguments.write.write_text(table(train(texts), calibration), encoding="utf-8")


class Trained(NamedTuple):
    """Weights before they are rounded; columns are bearish and bullish, against neutral."""

    vocabulary: tuple[str, ...]
    weights: Any
    slopes: Any
    bias: Any


def train(texts: Sequence[Text]) -> Trained:
    """The model of these texts. Rare features are lifted by their inverse document frequency."""
    counts = Counter(feature for text in texts for feature in text.features)
    accounts = {name for text in texts for name in _MENTION.findall(text.row.text.lower()) if counts[name] < COMMON}
    vocabulary = tuple(
        sorted(
            feature
            for feature, count in counts.items()
            if count >= LEAST_TEXTS and accounts.isdisjoint(feature.split(" "))
        )
    )
    places = {feature: place for place, feature in enumerate(vocabulary)}
    lift = np.array([1 + math.log(len(texts) / counts[feature]) for feature in vocabulary])
    lift /= lift.mean()
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        known = sorted(places[feature] for feature in text.features if feature in places)
        rows += [row] * len(known)
        columns += known
        values += [1 / math.sqrt(max(1, len(known)))] * len(known)
    words = csr_matrix((np.array(values) * lift[columns], (rows, columns)), shape=(len(texts), len(vocabulary)))
    found = hstack([words, csr_matrix(np.array([text.sums for text in texts]))]).tocsr()
    labels = np.array([text.row.label.sign for text in texts])
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(found, labels, sample_weight=_shares(texts))
    against = model.coef_[[0, 2]] - model.coef_[1]
    size = len(vocabulary)
    return Trained(
        vocabulary, against[:, :size] * lift, against[:, size:], model.intercept_[[0, 2]] - model.intercept_[1]
    )


def table(trained: Trained, calibration: tuple[float, float]) -> str:
    """The model as `engine.scoring.linear` reads it: weights in 255 steps."""
    scale = float(np.abs(trained.weights).max()) / 127
    steps = np.rint(trained.weights / scale).astype(int)
    lines = [
        "// The weights of the scorer `linear`, against neutral: feature, bearish, bullish.",
        "// Made by tools/train_linear.py; data, licences, figures and limits: docs/model-linear.md.",
        f"SCALE\t{scale:.8g}",
        "\t".join(("BIAS", *(f"{value:.6f}" for value in trained.bias))),
        *(
            "\t".join((f"SUM {name}", *(f"{value:.6f}" for value in trained.slopes[:, at])))
            for at, name in enumerate(SUMS)
        ),
        "\t".join(("CALIBRATION", *(f"{value:.6f}" for value in calibration))),
        *(f"{feature}\t{down}\t{up}" for feature, (down, up) in zip(trained.vocabulary, steps.T.tolist(), strict=True)),
    ]
    return "\n".join(lines) + "\n"


def calibrate(measured: Iterable[tuple[LabelledSet, Sequence[Trained]]]) -> tuple[float, float]:
    """Intercept and slope of right calls in the log odds of the margin (Platt 1999); every set counts alike.

    Each set comes with the model for each of its rows.
    """
    margins: list[float] = []
    right: list[bool] = []
    shares: list[float] = []
    for labelled, models in measured:
        scorers = _scorers(models, (0.0, 1.0))
        band = band_of(labelled, BAND)
        found = [
            (log_odds(margin), call(score, band) == row.label.sign)
            for row, model in zip(labelled.rows, models, strict=True)
            if (known := scorers[id(model)].probabilities(row.text)) is not None
            for score, margin in [gated(*known)]
            if call(score, band)
        ]
        margins += [margin for margin, _ in found]
        right += [hit for _, hit in found]
        shares += [1000 / len(found)] * len(found)
    model = LogisticRegression(C=1e6).fit(np.array(margins)[:, None], right, sample_weight=shares)
    return float(model.intercept_[0]), float(model.coef_[0, 0])


def _shares(texts: Sequence[Text]) -> Any:
    """A weight per text, so that a set counts as the root of its size."""
    sizes = Counter(text.source for text in texts)
    weights = np.array([sizes[text.source] ** -_HALF for text in texts])
    return weights * len(texts) / weights.sum()


def _take_apart(sets: Iterable[LabelledSet]) -> list[Text]:
    rules = Rules(finance_words())
    return [
        Text(row, labelled.name, frozenset(features(row.text)), sums(rules.tally(row.text)), _fold(row.text))
        for labelled in sets
        for row in labelled.rows
    ]


def _fold(text: str) -> int:
    return zlib.crc32(text.encode()) % FOLDS


def _keep(texts: Iterable[Text], wanted: Callable[[Text], bool]) -> list[Text]:
    return [text for text in texts if wanted(text)]


def _measure(labelled: LabelledSet, models: Sequence[Trained], calibration: tuple[float, float]) -> SetFigures:
    """The figures of a set, each row scored by the model at its place."""
    scorers = _scorers(models, calibration)
    scores: list[Score] = []
    for row, model in zip(labelled.rows, models, strict=True):
        scores += scorers[id(model)].score([row.text])
    return figures(labelled, scores, 0.0)


def _scorers(models: Sequence[Trained], calibration: tuple[float, float]) -> dict[int, LinearScorer]:
    distinct = {id(model): model for model in models}
    return {key: LinearScorer(Config(), table(model, calibration)) for key, model in distinct.items()}


def _plain(row: SetFigures) -> dict[str, float | str]:
    return {
        "set": row.name,
        "accuracy": row.accuracy.value,
        "macro_f1": row.macro_f1.value,
        "bull_bear": row.bull_bear.value,
        "bull_bear_sure": row.bull_bear_sure.value,
        "calibration_error": row.calibration.error,
    }


if __name__ == "__main__":
    main()
