"""Train the scorer `linear`, and measure the method on texts that the model has not seen.

    python -m tools.train_linear SETS --part chosen
    python -m tools.train_linear SETS --write engine/scoring

Only sets whose licence allows shipping a model made from them are learnt from (`TRAINED_ON`). The same files give the
same weights. `--part chosen` learns from the chosen part of the sets only (engine.evaluate.Part), which is what every
choice is made on; what is shipped learns from both.

It prints the figures of each set by models that have not seen those texts (five folds, by a checksum of the text) and
by models that have seen nothing of that set's source. Both together give the curve of the confidence: a desk's stream
is partly like these sets, and partly a source that none of them came from. The curves of `vader` and of both scorers
together (`calibration.tsv`) come from the same texts. The latter is that of the five folds only: it stands on the curve
of `linear`, which has allowed for new sources already.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from desk.evaluate_report import figure_lines
from engine.config import Config
from engine.evaluate import LabelledSet, Part, SetFigures, figures, mean_figures, read_set
from engine.evaluate.figures import BAND, band_of
from engine.model import Score
from engine.scoring.calibration import AS_IT_IS, CURVES, Call, Curve, fit
from engine.scoring.combine import weigh
from engine.scoring.linear import WEIGHTS
from engine.scoring.rules import Rules
from engine.scoring.training import Example, Trained, calls_of, table, take_apart, train, unseen
from engine.scoring.vader import VaderScorer
from engine.scoring.words import finance_words

TRAINED_ON = ("surge_crypto", "surge_stock", "taborda_sp500", "thakoor_tweets", "twitter_fin_news")
"""MIT, MIT, CC BY 4.0, MIT, MIT: docs/model-linear.md names origins and licences."""
ABOUT = ("Made by tools/train_linear.py; data, licences, figures and limits: docs/model-linear.md.",)
_HALF = 0.5
"""A set's weight grows with this power of its size, so that the largest does not drown the others."""

Examples = Mapping[str, Sequence[Example]]


def main() -> None:
    """Read the sets, print the figures, write the weights when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="directory with the labelled sets")
    parser.add_argument("--part", type=Part, choices=list(Part), help="learn from this part only")
    parser.add_argument("--write", type=Path, help="directory for the weights and the curves")
    arguments = parser.parse_args()
    write_models(arguments.data, arguments.part, arguments.write, report=True)


def write_models(data: Path, part: Part | None, folder: Path | None, report: bool = False) -> None:
    """Write weights and curves, where a folder is given; print the figures of texts not seen, where asked."""
    sets = read_sets(data, part)
    examples = take_sets_apart(sets)
    within, across = models_by_fold(examples), models_by_source(examples)
    curve = confidence_curve(sets, examples, (within, across))
    for title, models in (("five folds", within), ("source left out", across)) if report else ():
        rows = [measured(labelled, models[labelled.name], examples[labelled.name], curve) for labelled in sets]
        print(title, *figure_lines([*rows, mean_figures(rows)]), "", sep="\n")
    if folder is not None:
        trained = train([example for rows in examples.values() for example in rows])
        (folder / WEIGHTS).write_text(table(trained, curve, ABOUT), encoding="utf-8")
        curves = other_curves(sets, examples, within, curve)
        (folder / CURVES).write_text(curve_table(curves), encoding="utf-8")


def read_sets(data: Path, part: Part | None) -> list[LabelledSet]:
    """The sets that may be learnt from, or one part of each."""
    sets = [read_set(data / f"{name}.jsonl.gz") for name in TRAINED_ON]
    return sets if part is None else [labelled.only(part) for labelled in sets]


def take_sets_apart(sets: Iterable[LabelledSet]) -> dict[str, list[Example]]:
    """Each set's examples by its name, in its order."""
    rules = Rules(finance_words())
    return {
        labelled.name: [
            take_apart(row.text, row.label.sign, rules, len(labelled.rows) ** -_HALF) for row in labelled.rows
        ]
        for labelled in sets
    }


def models_by_fold(examples: Examples) -> dict[str, list[Trained]]:
    """For each example a model that has not seen its fold, by set."""
    models = iter(unseen([example for rows in examples.values() for example in rows]))
    return {name: [next(models) for _ in rows] for name, rows in examples.items()}


def models_by_source(examples: Examples) -> dict[str, list[Trained]]:
    """For each example a model that has seen nothing of its set, by set."""
    return {
        name: [train([example for other, rest in examples.items() if other != name for example in rest])] * len(rows)
        for name, rows in examples.items()
    }


def confidence_curve(
    sets: Iterable[LabelledSet], examples: Examples, ways: Sequence[Mapping[str, Sequence[Trained]]]
) -> Curve:
    """How often the calls of these models are right; every set counts alike."""
    found: list[Call] = []
    for labelled in sets:
        for models in ways:
            pairs = zip(models[labelled.name], examples[labelled.name], strict=True)
            found += _alike(calls_of(pairs, band_of(labelled, BAND)))
    return fit(found)


def other_curves(
    sets: Sequence[LabelledSet],
    examples: Examples,
    models: Mapping[str, Sequence[Trained]],
    curve: Curve,
) -> dict[str, Curve]:
    """How often the calls of `vader` are right, and of `vader` and `linear` together; every set counts alike."""
    alone = VaderScorer(Config(), curve=AS_IT_IS)
    found: list[Call] = []
    for labelled in sets:
        scores = alone.score([row.text for row in labelled.rows])
        found += _alike(_calls(labelled, [(score.score, score.confidence) for score in scores]))
    curves = {"vader": fit(found)}
    calibrated = VaderScorer(Config(), curve=curves["vader"])
    label = Config().scoring.label
    found = []
    for labelled in sets:
        scores = calibrated.score([row.text for row in labelled.rows])
        both = []
        for score, model, example in zip(scores, models[labelled.name], examples[labelled.name], strict=True):
            value, margin = model.margin(example)
            both.append(
                weigh([(1.0, score.score, score.confidence), (1.0, value, curve.confidence(value, margin))], label)
            )
        found += _alike(_calls(labelled, both))
    return curves | {"linear+vader": fit(found)}


def curve_table(curves: Mapping[str, Curve]) -> str:
    """The curves as `engine.scoring.calibration` reads them."""
    lines = [
        "// How often calls of our own scorers are right: scorers, raw confidence, share right.",
        *(f"// {line}" for line in ABOUT),
        *(f"{name}\t{raw}\t{share}" for name, curve in sorted(curves.items()) for raw, share in curve.knots),
    ]
    return "\n".join(lines) + "\n"


def _calls(labelled: LabelledSet, scores: Iterable[tuple[float, float]]) -> list[Call]:
    """The calls among scores and confidences, one pair per row of the set."""
    band = band_of(labelled, BAND)
    return [
        Call(confidence, score * row.label.sign > 0)
        for row, (score, confidence) in zip(labelled.rows, scores, strict=True)
        if abs(score) > band
    ]


def _alike(calls: Sequence[Call]) -> list[Call]:
    """The calls of one set, weighing one together."""
    return [call._replace(weight=1 / len(calls)) for call in calls]


def measured(labelled: LabelledSet, models: Sequence[Trained], examples: Sequence[Example], curve: Curve) -> SetFigures:
    """The figures of a set, each row scored by the model at its place."""
    scores = []
    for model, example in zip(models, examples, strict=True):
        score, margin = model.margin(example)
        scores.append(Score(score, curve.confidence(score, margin)))
    return figures(labelled, scores, 0.0)


if __name__ == "__main__":
    main()
