"""Rows into the journal's table, many in one statement."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import Final

from engine.journal.walk import COLUMNS

STATEMENT_ROWS: Final = 64
"""Most rows of one INSERT."""
WIDTH: Final = 6
"""Fields of a row."""
STATEMENT_FIELDS: Final = STATEMENT_ROWS * WIDTH
Field = int | str | bytes
"""What a column takes."""


def insert(connection: sqlite3.Connection, fields: list[Field]) -> None:
    """Insert rows, given field by field, and commit them: a group of usual size in one statement by itself.

    sqlite3 gives the interpreter away in every statement, and to get it back from a busy loop takes up to a switch
    interval each time. Raises sqlite3.Error.
    """
    if len(fields) <= STATEMENT_FIELDS:
        connection.execute(_statement(len(fields) // WIDTH), fields)
        return
    connection.execute("BEGIN IMMEDIATE")
    for start in range(0, len(fields), STATEMENT_FIELDS):
        part = fields[start : start + STATEMENT_FIELDS]
        connection.execute(_statement(len(part) // WIDTH), part)
    connection.execute("COMMIT")


@lru_cache(maxsize=STATEMENT_ROWS)
def _statement(rows: int) -> str:
    """The INSERT of so many rows: the same text each time, so that sqlite3 finds it prepared."""
    return f"INSERT INTO records({COLUMNS}) VALUES {', '.join(['(?, ?, ?, ?, ?, ?)'] * rows)}"
