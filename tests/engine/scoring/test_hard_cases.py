"""Made-up posts that are easy to read wrongly, by phenomenon: `hard_cases/*.jsonl`.

`desk evaluate tests/engine/scoring/hard_cases` prints how many of each are read rightly. Those that are not yet have a
`known` field with the reason; one that becomes right has to lose it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.config import Config
from engine.model import Author, DisplayText, Post
from engine.scoring import load

FOLDER = Path(__file__).parent / "hard_cases"
SIGNS = {"bearish": -1, "neutral": 0, "bullish": 1}
BAND = 0.05
DEFAULT = load(Config())
ROWS = [
    (file.stem, json.loads(line))
    for file in sorted(FOLDER.glob("*.jsonl"))
    for line in file.read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row,
            id=f"{row['id']}-{row.get('symbol', '')}",
            marks=[pytest.mark.xfail(reason=row["known"], strict=True)] if "known" in row else [],
        )
        for _, row in ROWS
    ],
)
def test_hard_case(row: dict[str, str]) -> None:
    text = DisplayText(row["text"])
    (scored,) = DEFAULT.score([Post("1", "test", 0, 0, Author("", DisplayText("")), text, text)], 0)
    score, _ = scored.reading.about(row.get("symbol", ""))
    assert (score > BAND) - (score < -BAND) == SIGNS[row["label"]], score


def test_there_are_enough_of_them() -> None:
    assert len({row["text"] for _, row in ROWS}) >= 150
    assert len({name for name, _ in ROWS}) >= 12
    assert sum("known" in row for _, row in ROWS) <= len(ROWS) / 10
