"""Tables for other programs: CSV, JSON, and Parquet where a library for it is installed.

A text that somebody else wrote never becomes a formula; numbers stay numbers.
"""

from __future__ import annotations

import csv
import importlib
import io
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from engine.errors import EXIT_USAGE, DeskError
from engine.journal.export import ascii_json, defused
from engine.text import display_text

Cell: TypeAlias = str | int | float | Decimal | bool | None
"""None is a figure that is not known: an empty cell, `null` in JSON."""

FORMATS: Final = ("csv", "json", "parquet")
_DIGITS: Final = 38
"""Digits of Parquet's widest decimal that polars and pyarrow both write."""


class Table(msgspec.Struct, frozen=True):
    """Rows under named columns. Every row has a cell per column."""

    name: str
    """What it holds, in one word: the file's name begins with it."""
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


def csv_text(table: Table) -> str:
    """The table as CSV (RFC 4180, UTF-8), head row first; texts without anything that a terminal would obey."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(cell) for cell in row] for row in table.rows)
    return stream.getvalue()


def json_text(table: Table) -> str:
    """The table as a JSON array of objects, one a line, in ASCII. Decimals are texts: no digit is lost."""
    lines = [ascii_json(msgspec.json.encode(dict(zip(table.columns, row, strict=True))).decode()) for row in table.rows]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def write_table(table: Table, path: Path) -> None:
    """Write a new file in the format that its suffix names, readable by its owner alone.

    Raises DeskError for another suffix, where no library for Parquet is installed, and when it cannot be written.
    """
    format = path.suffix.removeprefix(".").lower()
    if format not in FORMATS:
        raise DeskError(
            f"expected a name ending in .{', .'.join(FORMATS)}, found {path.name!r}",
            where=str(path),
            remedy=f"for example {path.stem or table.name}.csv",
            exit_code=EXIT_USAGE,
        )
    data = _parquet(table) if format == "parquet" else (csv_text if format == "csv" else json_text)(table).encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise DeskError(
            f"could not write the table: {error.strerror or error}",
            where=str(path),
            remedy="name a new file in a directory you may write to",
        ) from error


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return defused(display_text(cell, limit=len(cell)))
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _parquet(table: Table) -> bytes:
    """The table as Parquet, by polars or else by pyarrow (not through pandas: there 1 beside nothing is 1.0)."""
    columns = {name: _column([row[place] for row in table.rows]) for place, name in enumerate(table.columns)}
    stream = io.BytesIO()
    polars = _module("polars")
    if polars is not None:
        polars.DataFrame(columns, strict=False).write_parquet(stream)
        return stream.getvalue()
    pyarrow = _module("pyarrow")
    if pyarrow is not None:
        importlib.import_module("pyarrow.parquet").write_table(pyarrow.table(columns), stream)
        return stream.getvalue()
    raise DeskError(
        "expected polars or pyarrow to write Parquet; found neither",
        remedy="install one of them beside the desk, or export CSV or JSON",
    )


def _column(cells: list[Cell]) -> list[Cell]:
    """Cells of one type, texts without anything that a terminal would obey. What has no one type becomes text."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {str}:
        return [display_text(cell, limit=len(cell)) if isinstance(cell, str) else cell for cell in cells]
    if len(kinds) <= 1 and _fits(cells):
        return cells
    texts = (None if cell is None else f"{cell:f}" if isinstance(cell, Decimal) else str(cell) for cell in cells)
    return [None if text is None else display_text(text, limit=len(text)) for text in texts]


def _fits(cells: list[Cell]) -> bool:
    """Whether the numbers fit Parquet's: 64 bits, or 38 digits with one place of the point for the whole column."""
    if any(isinstance(cell, int) and not -(2**63) <= cell < 2**63 for cell in cells):
        return False
    decimals = [cell for cell in cells if isinstance(cell, Decimal)]
    if not all(cell.is_finite() for cell in decimals):
        return False
    after = max((-int(cell.as_tuple().exponent) for cell in decimals), default=0)
    before = max((cell.adjusted() + 1 for cell in decimals), default=0)
    return max(after, 0) + max(before, 1) <= _DIGITS


def _module(name: str) -> Any:
    """A module that may not be installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
