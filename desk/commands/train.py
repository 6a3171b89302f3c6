"""`desk train`: weights of your own for the scorer `linear`, from texts that you labelled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from desk.context import AS_JSON, show
from engine.errors import EXIT_USAGE, DeskError

if TYPE_CHECKING:
    from engine.evaluate import LabelledSet, SetFigures
    from engine.scoring.calibration import Curve
    from engine.scoring.training import Example, Trained


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the weights go; without it, figures only."
)
@AS_JSON
def train(paths: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
    """Train the scorer `linear` on labelled texts, and measure it on texts that it has not seen.

    PATHs are .jsonl or .jsonl.gz files, or directories of them, one JSON object per line: id, text, and label (bearish,
    neutral or bullish). The figures are from five folds. Then set scoring.linear_weights to the file. A minute for ten
    thousand texts.
    """
    from desk.evaluate_report import figure_lines
    from engine.evaluate import mean_figures, read_set, set_files
    from engine.evaluate.figures import BAND, band_of
    from engine.scoring.calibration import fit
    from engine.scoring.rules import finance_rules
    from engine.scoring.training import calls_of, table, take_apart, unseen
    from engine.scoring.training import train as learn

    if out is not None:
        _check_place(out)
    sets = [read_set(file) for file in set_files(paths)]
    rules = finance_rules()
    examples = [[take_apart(row.text, row.label.sign, rules) for row in labelled.rows] for labelled in sets]
    everything = [example for rows in examples for example in rows]
    _check_count(everything)
    models = iter(unseen(everything))
    folds = [[next(models) for _ in rows] for rows in examples]
    calls = [
        call
        for labelled, rows, seen_others in zip(sets, examples, folds, strict=True)
        for call in calls_of(zip(seen_others, rows, strict=True), band_of(labelled, BAND))
    ]
    curve = fit(calls)
    figures = [_measured(*each, curve) for each in zip(sets, examples, folds, strict=True)]
    if len(figures) > 1:
        figures.append(mean_figures(figures))
    if out is not None:
        about = (f"Made by `desk train` from {len(everything):,} texts of {', '.join(each.name for each in sets)}.",)
        _write(out, table(learn(everything), curve, about))
    lines = figure_lines(figures)
    if out is not None:
        lines += ["", f"wrote {out}; to use it: scoring.linear_weights = {str(out.resolve())!r}"]
    show(figures, lines, as_json)


def _measured(
    labelled: LabelledSet, examples: Sequence[Example], models: Sequence[Trained], curve: Curve
) -> SetFigures:
    """The figures of a set, each text scored by a model that has not seen it."""
    from engine.evaluate import figures
    from engine.model import Score

    scores = []
    for model, example in zip(models, examples, strict=True):
        score, margin = model.margin(example)
        scores.append(Score(score, curve.confidence(score, margin)))
    return figures(labelled, scores, 0.0)


def _check_count(examples: Sequence[Example]) -> None:
    """Return when every fold leaves enough to learn from. Raises DeskError with what was given."""
    from engine.scoring.training import FOLDS, LEAST_LABELLED

    for fold in range(FOLDS):
        signs = [example.sign for example in examples if example.fold != fold]
        if len(signs) < LEAST_LABELLED or len(set(signs)) < 2:
            labels = len({example.sign for example in examples})
            raise DeskError(
                f"expected {LEAST_LABELLED} texts of two labels when a fold of {FOLDS} is kept back, "
                f"found {len(examples)} texts of {labels} label{'' if labels == 1 else 's'}",
                where="training",
                remedy=f"label more texts that differ: about {LEAST_LABELLED * 3 // 2} are enough to begin with",
                exit_code=EXIT_USAGE,
            )


def _check_place(file: Path) -> None:
    """Return when weights can be written there, before a minute is spent on them: a new file, or weights of before."""
    from engine.scoring.training import HEAD

    if not file.parent.is_dir():
        raise DeskError(
            "expected a file in a directory that exists, found none",
            where=str(file),
            remedy="correct the path, or make the directory",
            exit_code=EXIT_USAGE,
        )
    if file.exists():
        with file.open("rb") as stream:
            if stream.read(len(HEAD)) != HEAD.encode():
                raise DeskError(
                    "expected a new file or weights of before, found something else: it is not overwritten",
                    where=str(file),
                    remedy="name another file",
                    exit_code=EXIT_USAGE,
                )


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DeskError(
            f"expected to write the weights, found: {error.strerror or error}",
            where=str(file),
            remedy="correct the path",
        ) from error
