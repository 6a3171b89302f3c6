"""Labelled files: what is read, and how a wrong line is refused."""

from __future__ import annotations

import gzip
import json
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import RecordingError
from engine.evaluate import Label, Labelled, LabelledSet, Part, part_of, read_set, set_files
from engine.model import DisplayText

SENTENCES = list(permutations(["stocks", "open", "higher", "after", "earnings", "and", "some", "news"], 4))
ROW = {"id": "a", "text": "made up", "label": "bullish"}


DEEP = '{"id": "b", "text": "x", "label": "bullish", "more": ' + "[" * 100_000 + "]" * 100_000 + "}"


def write(path: Path, *lines: str) -> Path:
    data = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["made.up.jsonl", "made.up.jsonl.gz"])
def test_rows_are_read_and_cleaned(tmp_path: Path, name: str) -> None:
    file = write(
        tmp_path / name,
        json.dumps({**ROW, "text": "A &amp; B\x1b[2J\nup", "symbol": "$ABC", "kind": "tweet"}),
        "",
        json.dumps({"id": 2, "text": "x", "label": "neutral", "symbol": None}),
    )
    found = read_set(file)
    assert found.name == "made.up"
    assert [(row.id, row.text, row.label, row.symbol) for row in found.rows] == [
        ("a", "A & B up", Label.BULLISH, "ABC"),
        ("2", "x", Label.NEUTRAL, ""),
    ]
    assert not found.two_class


def test_a_set_without_neutral_texts_has_two_classes(tmp_path: Path) -> None:
    assert read_set(write(tmp_path / "a.jsonl", json.dumps(ROW))).two_class


@pytest.mark.parametrize(
    "line, problem",
    [
        ("{", "a line of JSON"),
        ("[]", "object"),
        ('{"id": "b", "text": "x"}', "label"),
        ('{"id": "b", "text": "x", "label": "up"}', "up"),
        ('{"id": "b", "label": "bullish"}', "text"),
        ('{"id": "", "text": "x", "label": "bullish"}', "an id"),
        ('{"id": "a", "text": "x", "label": "bullish"}', "also on line 1"),
        (DEEP, "a line of JSON"),
        (DEEP.replace('"b"', '"\\ud83d"'), "a line of JSON"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, problem: str) -> None:
    file = write(tmp_path / "a.jsonl", json.dumps(ROW), line)
    with pytest.raises(RecordingError, match=problem) as caught:
        read_set(file)
    assert caught.value.where == f"{file}:2"
    assert "label" in caught.value.remedy


def test_an_empty_file_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="at least one row"):
        read_set(write(tmp_path / "a.jsonl"))
    whole = gzip.compress(json.dumps(ROW).encode() * 50)
    (tmp_path / "b.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordingError, match="gzip"):
        read_set(tmp_path / "b.jsonl.gz")
    with pytest.raises(RecordingError, match="readable"):
        read_set(tmp_path / "missing.jsonl")


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(json.dumps(ROW).encode("utf-16"))
    with pytest.raises(RecordingError, match="a line of JSON"):
        read_set(tmp_path / "a.jsonl")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_may_end_and_a_file_begin_as_other_systems_write_it(tmp_path: Path, end: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + end.join([json.dumps(ROW), ""]).encode())
    assert [row.id for row in read_set(tmp_path / "a.jsonl").rows] == ["a"]


def test_a_set_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "a.jsonl.gz", *(json.dumps({**ROW, "id": str(at)}) for at in range(100)))
    monkeypatch.setattr("engine.evaluate.labelled.SET_LIMIT", 60_000)
    assert len(read_set(file).rows) == 100
    monkeypatch.setattr("engine.evaluate.labelled.SET_LIMIT", 30_000)
    with pytest.raises(RecordingError, match="fits in memory") as caught:
        read_set(file)
    assert caught.value.remedy


def test_a_lone_surrogate_is_read(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", '{"id": "a", "text": "cut \\ud83d", "label": "bearish"}')
    assert read_set(file).rows[0].text == "cut "


def test_directories_give_their_files_once(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.jsonl", "{}"), write(tmp_path / "b.jsonl.gz", "{}")
    (tmp_path / "SOURCES.md").write_text("no set")
    assert set_files((tmp_path, second)) == (first, second)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(RecordingError, match="found none"):
        set_files((empty,))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.jsonl"
        file.write_bytes(data)
        with pytest.raises(RecordingError) as caught:
            read_set(file)
        assert str(file) in caught.value.where


@given(st.text(max_size=60))
def test_a_texts_part_is_what_it_says_and_not_how(text: str) -> None:
    said = part_of(f"$abc is {text} to 100")
    assert part_of(f"RT @ann: $XYZ is {text} to 999! https://example.com/x") is said


def test_about_a_third_is_kept_back() -> None:
    rows = tuple(Labelled(str(at), DisplayText(" ".join(sample)), Label.NEUTRAL) for at, sample in enumerate(SENTENCES))
    whole = LabelledSet("made-up", rows)
    chosen, kept = whole.only(Part.CHOSEN), whole.only(Part.KEPT)
    assert sorted((*chosen.rows, *kept.rows), key=lambda row: int(row.id)) == list(rows)
    assert 0.28 < len(kept.rows) / len(rows) < 0.39


def test_a_part_without_texts_is_refused() -> None:
    whole = LabelledSet("made-up", (Labelled("1", DisplayText("alpha"), Label.NEUTRAL),))
    other = Part.KEPT if part_of("alpha") is Part.CHOSEN else Part.CHOSEN
    with pytest.raises(RecordingError, match="found none among 1"):
        whole.only(other)
