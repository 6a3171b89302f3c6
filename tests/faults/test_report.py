"""The page of the fault matrix: what a failed attempt found is set aside once its test was asked again, and named."""

from __future__ import annotations

import json
from pathlib import Path

from tests.faults.ledger import Ledger, Row
from tests.faults.report import page, read


def row(test: str, fault: str, times: int, *, held: bool = True, worst_s: float = 1.0) -> Row:
    return Row("engine", fault, "it recovers", times, worst_s, times, {"500": times}, held, f"tests/t.py::{test}")


def written(folder: Path, name: str, *rows: Row) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(Ledger(list(rows)).plain()), encoding="utf-8")
    return folder


def test_rows_of_one_fault_are_added_up(tmp_path: Path) -> None:
    written(tmp_path, "gw0.json", row("a", "kill −9", 3, worst_s=2.0))
    found = read([written(tmp_path, "gw1.json", row("b", "kill −9", 4))])
    told = page(found)
    assert "| kill −9 | 7 | 2.0 s | held |" in told
    assert "| 500 | 7 |" in told
    assert "set aside" not in told


def test_a_failed_attempt_is_set_aside_and_named(tmp_path: Path) -> None:
    first = written(tmp_path, "gw0.json", row("a", "kill −9", 3), row("b", "kill −9", 9, held=False, worst_s=58.0))
    again = written(tmp_path / "again", "all.json", row("b", "kill −9", 10))
    told = page(read([first, again]))
    assert "| kill −9 | 13 | 1.0 s | held |" in told
    assert "1 failed attempts of tests that were asked again by themselves (b)" in told
    assert "put together from 2 runs" in told


def test_what_failed_twice_or_was_never_asked_again_is_broken(tmp_path: Path) -> None:
    first = written(tmp_path, "gw0.json", row("a", "hang", 1, held=False), row("b", "reset", 2, held=False))
    again = written(tmp_path / "again", "all.json", row("a", "hang", 5, held=False))
    told = page(read([first, again]))
    assert "| hang | 5 | 1.0 s | BROKEN |" in told
    assert "| reset | 2 | 1.0 s | BROKEN |" in told
    assert "0 of 2 rows hold" in told
    assert "0 orders without an intent" not in told


def test_an_attempt_that_failed_before_it_named_its_fault_is_named(tmp_path: Path) -> None:
    first = written(tmp_path, "gw0.json", row("a", "", 0, held=False))
    again = written(tmp_path / "again", "all.json", row("a", "hang", 5))
    told = page(read([first, again]))
    assert "by themselves (a)" in told
    assert "| hang | 5 |" in told
