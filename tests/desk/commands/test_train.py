"""`desk train` as a person runs it: weights of their own, and the setting that uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from desk.command_line import main_group
from engine.config import Config, ScoringConfig
from engine.errors import ConfigError, DeskError
from engine.scoring.linear import LinearScorer
from tests.engine.scoring.labelled import made_up

LABELS = {-1: "bearish", 0: "neutral", 1: "bullish"}


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    rows = [{"id": at, "text": text, "label": LABELS[sign]} for at, (text, sign) in enumerate(made_up(200))]
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main_group, ["train", *map(str, arguments)])


def test_weights_are_written_measured_and_used(labels: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.tsv"
    lines = run(labels, "--out", out).output.splitlines()
    assert lines[2].split("|")[1].strip() == "mine"
    assert "scoring.linear_weights" in lines[-1]
    config = Config(scoring=ScoringConfig(linear_weights=str(out)))
    (own,), (shipped,) = (LinearScorer(each).score(["zorp quell"]) for each in (config, Config()))
    assert own.score > 0.3
    assert shipped.score == 0.0


def test_figures_are_those_of_texts_not_seen(labels: Path) -> None:
    (row,) = json.loads(run(labels, "--json").output)
    assert row["texts"] == 200
    assert 0.7 < row["accuracy"]["value"] < 1.0


@pytest.mark.parametrize("rows", [1, 20, 55])
def test_too_few_labels_are_refused(labels: Path, rows: int) -> None:
    labels.write_text("\n".join(labels.read_text().splitlines()[:rows]))
    found = run(labels).exception
    assert isinstance(found, DeskError)
    assert f"found {rows} text" in found.message and found.exit_code == 2


def test_only_weights_of_before_are_overwritten(labels: Path, tmp_path: Path) -> None:
    before = labels.read_bytes()
    found = run(labels, "--out", labels).exception
    assert isinstance(found, DeskError)
    assert "it is not overwritten" in found.message and found.where == str(labels)
    assert labels.read_bytes() == before
    out = tmp_path / "mine.tsv"
    for _ in range(2):
        assert run(labels, "--out", out).exit_code == 0


def test_a_place_that_cannot_be_written_is_named(labels: Path, tmp_path: Path) -> None:
    found = run(labels, "--out", tmp_path / "nowhere" / "mine.tsv").exception
    assert isinstance(found, DeskError)
    assert "nowhere" in found.where


def test_a_missing_file_of_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the weights that `desk train` made"):
        LinearScorer(Config(scoring=ScoringConfig(linear_weights=str(tmp_path / "none.tsv"))))


def test_a_file_that_is_no_model_is_refused_by_its_own_name(labels: Path) -> None:
    with pytest.raises(DeskError) as caught:
        LinearScorer(Config(scoring=ScoringConfig(linear_weights=str(labels))))
    assert caught.value.where == f"{labels}:1"
