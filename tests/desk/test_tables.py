"""Tables written and read back by the programs they are for; no text becomes a formula."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import stat
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desk.tables import Cell, Table, csv_text, json_text, write_table
from engine.errors import EXIT_USAGE, DeskError
from tests.hostile.corpus import CORPUS
from tests.program import clean

TABLE = Table(
    "posts", ("at", "text", "score", "known"), [("a", "=1+1", Decimal("-1.50"), True), ("b", "ok", None, False)]
)
CELLS = st.text(max_size=30) | st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=2) | st.none()


def parsed(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_csv_and_json_say_the_same() -> None:
    assert parsed(csv_text(TABLE)) == [
        ["at", "text", "score", "known"],
        ["a", "'=1+1", "-1.50", "True"],
        ["b", "ok", "", "False"],
    ]
    assert json.loads(json_text(TABLE)) == [
        {"at": "a", "text": "=1+1", "score": "-1.50", "known": True},
        {"at": "b", "text": "ok", "score": None, "known": False},
    ]
    assert json.loads(json_text(Table("none", ("a",), []))) == []


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6))
def test_any_table_can_be_read_back_and_calculates_nothing(rows: list[tuple[str | int | Decimal | None, ...]]) -> None:
    table = Table("t", ("a", "b"), rows)
    read = parsed(csv_text(table))
    assert len(read) == len(rows) + 1
    for written, found in zip(rows, read[1:], strict=True):
        for cell, text in zip(written, found, strict=True):
            if isinstance(cell, str):
                assert not text.lstrip().startswith(("=", "+", "-", "@", "|", "%"))
                assert clean(text)
            else:
                assert text == ("" if cell is None else f"{cell:f}" if isinstance(cell, Decimal) else str(cell))
    assert len(json.loads(json_text(table))) == len(rows)


def test_hostile_texts_stay_in_their_cell() -> None:
    table = Table("t", ("name", "text"), [(name, text) for name, text in CORPUS.items() if name != "surrogate"])
    read = parsed(csv_text(table))
    assert [row[0] for row in read[1:]] == [str(row[0]) for row in table.rows]
    assert clean(csv_text(table).replace("\r\n", "\n"))
    assert json_text(table).isascii()


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_a_file_is_new_and_private(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"posts.{suffix}"
    write_table(TABLE, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(DeskError, match="File exists"):
        write_table(TABLE, path)


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="expected a name ending in") as refused:
        write_table(TABLE, tmp_path / "posts.xlsx")
    assert refused.value.exit_code == EXIT_USAGE


@pytest.mark.skipif(not importlib.util.find_spec("pyarrow"), reason="pyarrow is not installed")
def test_pyarrow_writes_what_polars_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet  # type: ignore[import-not-found]

    monkeypatch.setitem(sys.modules, "polars", None)
    rows = [
        (1, Decimal("0.5"), True, "\x1b]0;owned\x07"),
        (None, None, None, None),
        (2**62, Decimal("-31.25"), False, "b"),
    ]
    write_table(Table("t", ("whole", "exact", "said", "text"), rows), tmp_path / "t.parquet")
    read = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert [column.to_pylist() for column in read.columns[:3]] == [list(cells) for cells in zip(*rows, strict=True)][:3]
    assert pyarrow.types.is_decimal(read.schema.field("exact").type)
    assert all(text is None or clean(text) for text in read["text"].to_pylist())
    write_table(Table("none", ("a", "b"), []), tmp_path / "none.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "none.parquet").column_names == ["a", "b"]


@pytest.mark.skipif(not importlib.util.find_spec("polars"), reason="polars is not installed")
def test_parquet_is_read_back_by_another_program(tmp_path: Path) -> None:
    import polars

    path = tmp_path / "posts.parquet"
    write_table(TABLE, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    read = polars.read_parquet(path)
    assert read.columns == list(TABLE.columns)
    assert read.rows() == [tuple(row) for row in TABLE.rows]
    assert read.schema["score"].is_decimal()
    assert read.schema["known"] == polars.Boolean
    write_table(Table("none", ("a", "b"), []), tmp_path / "none.parquet")
    assert polars.read_parquet(tmp_path / "none.parquet").columns == ["a", "b"]


@pytest.mark.skipif(not importlib.util.find_spec("polars"), reason="polars is not installed")
@settings(max_examples=60)
@given(st.lists(st.tuples(CELLS | st.floats(allow_nan=False) | st.booleans(), CELLS), max_size=6))
@example([("\ud800", 2**70), ("\x1b]0;owned\x07", None)])
@example([(Decimal("1e30"), Decimal("1.5")), (Decimal("1e-30"), 3)])
@example([(None, 2**63), (None, 0)])
def test_any_table_can_be_written_as_parquet_and_read_back(rows: list[tuple[Cell, ...]]) -> None:
    import polars

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        write_table(Table("t", ("a", "b"), rows), path)
        read = polars.read_parquet(path).rows()
    assert len(read) == len(rows)
    for place in range(2):
        written, found = [row[place] for row in rows], [row[place] for row in read]
        alike = len({type(cell) for cell in written if cell is not None}) == 1
        as_text = not alike or any(isinstance(cell, int) and not -(2**63) <= cell < 2**63 for cell in written)
        for cell, back in zip(written, found, strict=True):
            assert (back is None) == (cell is None)
            if isinstance(back, str):
                assert clean(back.replace("\n", ""))
                assert isinstance(cell, str | Decimal) or as_text
            elif back is not None:
                assert back == cell


def test_without_a_library_for_parquet_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "posts.parquet"
    for name in ("polars", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DeskError, match="expected polars or pyarrow"):
        write_table(TABLE, path)
    assert not path.exists()
