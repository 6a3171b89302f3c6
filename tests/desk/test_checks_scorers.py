"""What `desk doctor` finds about scorers that answer late."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from desk import checks, checks_scorers
from desk.checks import FAIL, OK, WARN, Check
from desk.checks_scorers import check_scorers
from engine.clock import SECOND
from engine.config import Config, LlmConfig, load
from engine.paths import Paths
from engine.scoring.budget import FILE, Budget
from engine.scoring.finbert import pull
from tests.engine.scoring.finbert import tiny

NOW = 1_773_235_800 * SECOND


def config(home: Path, *scorers: str, **scoring: Any) -> Config:
    made = load(env={"DESK_ENGINE__STATE_DIR": str(home)}).config
    return replace(made, scoring=replace(made.scoring, scorers=("vader", *scorers), **scoring))


def found(made: Config) -> list[Check]:
    return list(check_scorers(made, Paths.of(made), NOW))


def test_the_default_has_none_to_look_at(tmp_path: Path) -> None:
    assert found(config(tmp_path)) == []


def test_a_model_that_is_not_there_names_the_command(tmp_path: Path) -> None:
    (check,) = found(config(tmp_path, "finbert"))
    assert (check.status, check.remedy) == (FAIL, "desk models pull ProsusAI/finbert")


def test_a_model_that_is_there_shows_its_version(tmp_path: Path) -> None:
    made = config(tmp_path, "finbert")
    made = replace(made, scoring=replace(made.scoring, finbert=replace(made.scoring.finbert, model="own/tiny")))
    source = pull.Directory(tiny.write(tmp_path / "model"))
    pull.pull(source, "own/tiny", tmp_path, labels={}, torch=False, quantise=False, progress=lambda said: None)
    (check,) = found(made)
    assert check.status == OK and check.found.startswith("own/tiny@")


@pytest.mark.parametrize(("scorer", "extra"), [("finbert", "finbert"), ("comprehend", "aws"), ("llm", "aws")])
def test_a_package_that_is_missing_names_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scorer: str, extra: str
) -> None:
    monkeypatch.setattr(checks_scorers, "find_spec", lambda name: None)
    (check,) = found(config(tmp_path, scorer, llm=LlmConfig(api="bedrock", model="made-up-1")))
    assert (check.status, check.remedy) == (FAIL, f"{sys.executable} -m pip install 'desk[{extra}]'"), "whose pip?"


def test_a_language_model_needs_a_name_and_its_key(tmp_path: Path) -> None:
    (check,) = found(config(tmp_path, "llm"))
    assert check.status == FAIL and "scoring.llm.model is empty" in check.found
    made = config(tmp_path, "llm", llm=LlmConfig(model="made-up-1"))
    (check,) = found(made)
    assert (check.status, check.found) == (OK, "made-up-1 through anthropic, $0.00 of $2.00 spent today")
    assert "anthropic_api_key" in checks.needed_secrets(made)
    local = config(tmp_path, "llm", llm=LlmConfig(model="m", api="openai", base_url="http://127.0.0.1:11434/v1"))
    assert not {"anthropic_api_key", "openai_api_key"} & set(checks.needed_secrets(local))


def test_spent_money_and_an_unreadable_sum_are_told(tmp_path: Path) -> None:
    made = config(tmp_path, "llm", llm=LlmConfig(model="made-up-1"))
    Budget(tmp_path, "llm", 2.0).reserve(1.5, NOW)
    assert "$1.50 of $2.00" in found(made)[0].found
    capped = config(tmp_path, "llm", llm=LlmConfig(model="made-up-1", daily_cap_usd=1.0))
    assert found(capped)[0].status == WARN
    (tmp_path / FILE).write_text("{")
    assert found(made)[0].status == FAIL
