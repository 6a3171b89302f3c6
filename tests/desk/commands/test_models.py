"""`desk models` with a tiny model of one's own: pulled, tried, listed, measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from desk.command_line import main_group
from engine.errors import ConfigError, DeskError
from tests.engine.scoring.finbert import tiny

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*arguments: str) -> Result:
        env = {"DESK_ENGINE__STATE_DIR": str(tmp_path / "state"), "DESK_SCORING__FINBERT__THREADS": "1"}
        return CliRunner().invoke(main_group, ["models", *arguments], env=env)

    return call


def test_a_model_is_pulled_listed_and_measured(run: Run, tmp_path: Path) -> None:
    directory = tiny.write(tmp_path / "mine")
    assert "none; `desk models pull`" in run("list").stdout
    pulled = run("pull", "own/tiny", "--from", str(directory))
    assert pulled.exit_code == 0, pulled.output
    assert "tried on onnxruntime" in pulled.stdout and 'scoring.finbert.model = "own/tiny"' in pulled.stdout
    assert 'add "finbert" to scoring.scorers' in pulled.stdout
    assert run("list").stdout.startswith("  own/tiny@")
    (listed,) = json.loads(run("list", "--json").stdout)
    assert (listed["name"], listed["precision"], listed["source"]) == ("own/tiny", "int8", "local")
    measured = json.loads(run("bench", "own/tiny", "--posts", "5", "--json").stdout)
    assert measured["posts"] == 5 and measured["posts_per_s"] > 0


def test_a_directory_that_is_none_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "nowhere", tmp_path / "file"):
        refused = run("pull", "own/tiny", "--from", str(place))
        assert isinstance(refused.exception, DeskError)
        assert refused.exception.where == f"--from {place}"


def test_a_model_without_meaning_is_not_kept(run: Run, tmp_path: Path) -> None:
    directory = tiny.write(tmp_path / "mine", ("A", "B", "C"))
    refused = run("pull", "own/tiny", "--from", str(directory))
    assert isinstance(refused.exception, ConfigError) and "found A, B, C" in refused.exception.message
    assert "none;" in run("list").stdout


def test_a_name_that_leads_elsewhere_is_refused_before_anybody_is_asked(run: Run) -> None:
    refused = run("pull", "../../etc/passwd")
    assert isinstance(refused.exception, ConfigError)
    assert "found '../../etc/passwd'" in refused.exception.message


def test_a_bench_of_nothing_names_the_command(run: Run) -> None:
    missing = run("bench")
    assert isinstance(missing.exception, ConfigError)
    assert missing.exception.remedy == "desk models pull ProsusAI/finbert"


def test_a_model_that_fails_its_trial_leaves_the_one_before(run: Run, tmp_path: Path) -> None:
    directory = tiny.write(tmp_path / "mine")
    assert run("pull", "own/tiny", "--from", str(directory)).exit_code == 0
    before = run("list").stdout
    tiny.write(directory, ("positive", "negative"))
    refused = run("pull", "own/tiny", "--from", str(directory))
    assert isinstance(refused.exception, DeskError) and "expected 2 finite numbers" in refused.exception.message
    assert run("list").stdout == before
    assert [path.name for path in (tmp_path / "state" / "models").iterdir()] == ["own--tiny"]
