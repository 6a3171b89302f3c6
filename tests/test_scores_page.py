"""The commands above the tables of docs/sentiment.md: real ones, with files in place of the names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desk.commands.evaluate import evaluate
from tools.scores import CASES, PAGE, arguments_of

COMMANDS = re.findall(r"<!-- desk (evaluate [^\n]*) -->", PAGE.read_text(encoding="utf-8"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "sentiment"
    folder.mkdir()
    for name in ("surge_stock", "fiqa2018", "sanders_brands"):
        (folder / f"{name}.jsonl.gz").touch()
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one(command: str, data: Path) -> None:
    name, *arguments = arguments_of(command, data)
    assert name == "evaluate"
    context = evaluate.make_context("evaluate", arguments)
    assert context.params["paths"]
    assert all(path == CASES or str(path).startswith(str(data)) for path in context.params["paths"])


def test_sets_about_stocks_and_others_are_told_apart(data: Path) -> None:
    named = {word: [Path(file).name for file in arguments_of(word, data)] for word in ("SETS", "OTHERS")}
    assert named == {"SETS": ["fiqa2018.jsonl.gz", "surge_stock.jsonl.gz"], "OTHERS": ["sanders_brands.jsonl.gz"]}
