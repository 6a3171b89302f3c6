"""Following the chain: in one go or in parts of any size, and what an anchor says of its end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.journal import walk as walks
from engine.journal.anchor import Anchor
from engine.journal.chain import GENESIS
from engine.journal.schema import connect_readonly
from engine.journal.walk import COLUMNS, Flaw, Row, Walk, check_first, follow
from tests.engine.journal.conftest import Tamper, Written

COUNT = 30


@pytest.fixture
def rows(written: Written) -> list[Row]:
    with closing(connect_readonly(written(COUNT))) as connection:
        return connection.execute(f"SELECT {COLUMNS} FROM records ORDER BY seq").fetchall()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, COUNT), max_size=5).map(sorted), bad=st.none() | st.integers(0, COUNT - 1))
def test_parts_find_what_one_walk_finds(rows: list[Row], cuts: list[int], bad: int | None) -> None:
    told = list(rows)
    if bad is not None:
        seq, at_ns, *rest = told[bad]
        told[bad] = (seq, at_ns + 1, *rest)  # type: ignore[assignment]
    whole = Walk()
    flaw = whole.check(told)
    parts = Walk()
    found: Flaw | None = None
    for start, end in zip([0, *cuts], [*cuts, COUNT], strict=True):
        found = found or parts.check(told[start:end])
    assert (parts.seq, parts.hash) == (whole.seq, whole.hash)
    assert whole.seq == (COUNT if bad is None else bad)
    assert (found is None) is (flaw is None) is (bad is None)
    if flaw is not None and found is not None:
        assert found.seq == flaw.seq == (bad or 0) + 1


def test_a_walk_stands_at_the_last_good_record(rows: list[Row]) -> None:
    walk = Walk()
    assert walk.check(rows[:10]) is None
    assert (walk.seq, walk.hash) == (10, rows[9][5])
    assert walk.check(rows[12:]) == Flaw(11, "records 11 to 12 were removed")
    assert walk.seq == 10
    assert walk.check([(11, "late", *rows[10][2:])]) == Flaw(  # type: ignore[list-item]
        11, "record 11 was altered: a field is not of its type"
    )


def test_what_the_anchor_names_is_compared(path: Path, written: Written, rows: list[Row]) -> None:
    with closing(connect_readonly(path)) as connection:
        walk = Walk()
        assert follow(walk, connection, COUNT) is None
        assert walk.check_anchor(connection, Anchor(0, GENESIS)) is None
        assert walk.check_anchor(connection, Anchor(COUNT, rows[-1][5])) is None
        rewritten = walk.check_anchor(connection, Anchor(4, bytes(32)))
        assert rewritten == Flaw(4, "record 4 is not the one that the anchor names: it was rewritten")
        cut = walk.check_anchor(connection, Anchor(COUNT + 2, bytes(32)))
        assert cut is not None and cut.what.startswith("records 31 to 32 were cut off at the end")


def test_it_tells_how_far_it_is_page_by_page(path: Path, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    written(COUNT)
    monkeypatch.setattr(walks, "PAGE", 8)
    told: list[tuple[int, int]] = []
    with closing(connect_readonly(path)) as connection:
        assert follow(Walk(), connection, COUNT, lambda done, of: told.append((done, of))) is None
    assert told == [(8, 30), (16, 30), (24, 30), (30, 30)]


@pytest.mark.parametrize(
    ("sql", "flaw"),
    [
        ("DELETE FROM records WHERE seq <= 2", Flaw(1, "records 1 to 2 were removed")),
        ("UPDATE records SET seq = -3 WHERE seq = 1", Flaw(-3, "record -3 was inserted")),
        ("DELETE FROM records", None),
    ],
)
def test_the_first_record_is_number_one(
    path: Path, written: Written, tamper: Tamper, sql: str, flaw: Flaw | None
) -> None:
    written(5)
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            tamper(f"DROP TRIGGER {name}")
    tamper(sql)
    with closing(connect_readonly(path)) as connection:
        assert check_first(connection) == flaw
