"""`desk evaluate` with a scorer that answers late: a tiny transformer, alone and beside VADER."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from desk.command_line import main_group
from engine.errors import ConfigError
from engine.scoring.finbert import pull
from tests.engine.scoring.finbert import tiny

ROWS = (("1", "zug zug", "bullish"), ("2", "bab", "bearish"), ("3", "bab bab", "bearish"), ("4", "who", "neutral"))
"""Words that only the tiny model knows."""


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    file = tmp_path / "made_up.jsonl"
    lines = [json.dumps({"id": id_, "text": text, "label": label}) for id_, text, label in ROWS]
    file.write_text("\n".join(lines) + "\n")
    return file


def accuracy(tmp_path: Path, labelled: Path, scorer: str) -> float:
    env = {
        "DESK_ENGINE__STATE_DIR": str(tmp_path / "state"),
        "DESK_SCORING__FINBERT__MODEL": "own/tiny",
        "DESK_SCORING__FINBERT__THREADS": "1",
    }
    done = CliRunner().invoke(main_group, ["evaluate", str(labelled), "--scorer", scorer, "--json"], env=env)
    if done.exception is not None:
        raise done.exception
    (row,) = json.loads(done.stdout)
    found = row["accuracy"]
    return float(found["value"] if isinstance(found, dict) else found[0] if isinstance(found, list) else found)


def test_a_late_scorer_is_measured_alone_and_beside_others(tmp_path: Path, labelled: Path) -> None:
    source = pull.Directory(tiny.write(tmp_path / "model"))
    pull.pull(source, "own/tiny", tmp_path / "state", labels={}, torch=False, progress=lambda said: None)
    assert accuracy(tmp_path, labelled, "finbert") == 1.0
    assert accuracy(tmp_path, labelled, "vader") < 1.0
    assert accuracy(tmp_path, labelled, "vader+finbert") == 1.0


def test_a_model_that_is_missing_names_the_command(tmp_path: Path, labelled: Path) -> None:
    with pytest.raises(ConfigError, match="expected the model own/tiny"):
        accuracy(tmp_path, labelled, "finbert")
