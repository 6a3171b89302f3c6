"""Rows into the journal's table, many in one statement."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import Final

from engine.journal.walk import COLUMNS

STATEMENT_ROWS: Final = 64
"""Most rows of one INSERT in a group of usual size: one prepared statement for each number of rows."""
BLOCK_ROWS: Final = 256
"""Rows of one INSERT in a larger group, as long as there are so many."""
WIDTH: Final = 6
"""Fields of a row."""
Field = int | str | bytes
"""What a column takes."""


def insert(connection: sqlite3.Connection, fields: list[Field]) -> None:
    """Insert rows, given field by field, and commit them: a group of usual size in one statement by itself.

    sqlite3 gives the interpreter away in every statement, and to get it back from a busy loop takes up to a switch
    interval each time. Raises sqlite3.Error.
    """
    rows = len(fields) // WIDTH
    if rows <= STATEMENT_ROWS:
        connection.execute(_statement(rows), fields)
        return
    connection.execute("BEGIN IMMEDIATE")
    done = 0
    while done < rows:
        taken = BLOCK_ROWS if rows - done >= BLOCK_ROWS else min(rows - done, STATEMENT_ROWS)
        connection.execute(_statement(taken), fields[done * WIDTH : (done + taken) * WIDTH])
        done += taken
    connection.execute("COMMIT")


@lru_cache(maxsize=STATEMENT_ROWS + 1)
def _statement(rows: int) -> str:
    """The INSERT of so many rows: the same text each time, so that sqlite3 finds it prepared."""
    return f"INSERT INTO records({COLUMNS}) VALUES {', '.join(['(?, ?, ?, ?, ?, ?)'] * rows)}"
