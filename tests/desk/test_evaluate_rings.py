"""Labelled clusters over a made-up recording: rings and organic ones, each half, and what is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desk.evaluate_rings import measure, ring_lines
from engine.config import Config
from engine.errors import RecordingError

T0 = "2026-03-11T15:00:{:02d}Z"


def recording(path: Path, ids: list[str]) -> None:
    rows = [
        {
            "id": post_id,
            "created_at": T0.format(number),
            "author": {"screen_name": f"a{number}"},
            "symbols": ["GOOG"],
            "text": f"$GOOG the plant opens a quarter early, officials say {number}",
        }
        for number, post_id in enumerate(ids)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def clusters(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_recording_is_found_beside_the_clusters_or_one_directory_above(tmp_path: Path) -> None:
    sets = tmp_path / "sets"
    sets.mkdir()
    recording(tmp_path / "day.jsonl", ["1", "2", "3", "4"])
    file = clusters(
        sets / "c.jsonl",
        {"replay": "day.jsonl", "label": "organic", "ids": ["1", "2"]},
        {"replay": "day.jsonl", "label": "ring", "ids": ["3", "4"]},
        {"replay": "day.jsonl", "label": "ring", "ids": ["8", "9"]},
    )
    rows = measure(Config(), (file,))
    assert [row.name for row in rows] == ["all", "even half", "odd half"]
    whole = rows[0]
    assert (whole.rings, whole.organic, whole.feeds, whole.missing) == (1, 1, 0, 1)
    assert sum(row.rings + row.organic for row in rows[1:]) == 2, "each is in one half"
    lines = ring_lines(rows)
    assert lines[-1] == "1 clusters are left out: the recordings hold none of their posts"
    assert lines[2].split("|")[7].strip() == "–", "no figure of none"


def test_a_recording_that_is_nowhere_is_named_with_where_to_put_it(tmp_path: Path) -> None:
    file = clusters(tmp_path / "c.jsonl", {"replay": "day.jsonl", "label": "ring", "ids": ["1"]})
    with pytest.raises(RecordingError, match=r"expected the recording 'day\.jsonl'") as caught:
        measure(Config(), (file,))
    assert str(tmp_path / "day.jsonl") in caught.value.remedy
