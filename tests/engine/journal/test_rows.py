"""Rows into the table: the same rows however many go at once, and all of a group or none."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from engine.journal.rows import BLOCK_ROWS, STATEMENT_ROWS, WIDTH, Field, insert
from engine.journal.walk import COLUMNS


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.execute(f"CREATE TABLE records({COLUMNS}, PRIMARY KEY(seq))")
        yield made


def fields(count: int, first: int = 1) -> list[Field]:
    told: list[Field] = []
    for seq in range(first, first + count):
        told += (seq, seq * 10, "post", f"p{seq}", f'{{"seq":{seq}}}'.encode(), bytes(32))
    return told


def stored(connection: sqlite3.Connection) -> list[Field]:
    return [field for row in connection.execute(f"SELECT {COLUMNS} FROM records ORDER BY seq") for field in row]


@pytest.mark.parametrize(
    "count",
    [
        *(1, 2, STATEMENT_ROWS - 1, STATEMENT_ROWS, STATEMENT_ROWS + 1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1),
        *(5 * STATEMENT_ROWS, 4 * BLOCK_ROWS, 4 * BLOCK_ROWS + STATEMENT_ROWS + 3),
    ],
)
def test_every_row_arrives_as_it_was_given(connection: sqlite3.Connection, count: int) -> None:
    told = fields(count)
    assert len(told) == count * WIDTH
    insert(connection, told)
    assert stored(connection) == told
    assert not connection.in_transaction, "the group is committed"


@pytest.mark.parametrize("count", [3, 2 * STATEMENT_ROWS + 3, 2 * BLOCK_ROWS + 3])
def test_a_group_in_which_one_row_is_refused_leaves_none_behind(connection: sqlite3.Connection, count: int) -> None:
    insert(connection, fields(1, first=count))
    with pytest.raises(sqlite3.IntegrityError):
        insert(connection, fields(count))
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    assert stored(connection) == fields(1, first=count)
