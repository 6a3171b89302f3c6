"""The records that a start passes over: checked in another process, and found when somebody altered one."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.config import JournalConfig
from engine.errors import JournalError
from engine.journal import Journal
from engine.journal.earlier import check_earlier
from engine.journal.opening import TAIL, not_as_written
from engine.model import Reading

COUNT = TAIL + 300
NAME = "simulated.journal"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a journal of which a start passes over the first 300 records."""
    home = tmp_path_factory.mktemp("written")
    journal = Journal(home / NAME, JournalConfig(), profile="simulated")
    journal.open()
    for number in range(COUNT):
        journal.append("reading", str(number), Reading(str(number), "vader", "1", 0.5, 0.5, number), number)
    journal.close()
    return home


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """A copy of that journal."""
    home = tmp_path / "copy"
    shutil.copytree(written, home)
    return home / NAME


def opened(path: Path) -> Journal:
    journal = Journal(path, JournalConfig(), profile="simulated")
    journal.open()
    return journal


def altered(path: Path, seq: int) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        body = connection.execute("SELECT body FROM records WHERE seq = ?", (seq,)).fetchone()[0]
        changed = body.replace("0.5", "0.6", 1)
        connection.execute("UPDATE records SET body = ? WHERE seq = ?", (changed, seq))


def test_what_opening_passed_over_is_counted_and_checked(path: Path) -> None:
    journal = opened(path)
    assert journal.unchecked == 300
    assert asyncio.run(check_earlier(path, journal.unchecked)) is None
    journal.close()


@pytest.mark.parametrize("seq", [1, 150, 300])
def test_an_altered_record_is_named(path: Path, seq: int) -> None:
    altered(path, seq)
    journal = opened(path)
    flaw = asyncio.run(check_earlier(path, journal.unchecked))
    journal.close()
    assert flaw is not None
    assert flaw.seq == seq
    assert not_as_written(path, flaw).where == f"{path}, record {seq}"


def test_a_removed_record_is_named(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM records WHERE seq = 7")
    flaw = asyncio.run(check_earlier(path, 300))
    assert flaw is not None
    assert (flaw.seq, flaw.what) == (7, "record 7 was removed")


def test_what_is_no_journal_is_a_flaw_or_told(tmp_path: Path) -> None:
    (tmp_path / "x.journal").write_bytes(b"no database" * 100)
    with pytest.raises(JournalError, match="could not be checked"):
        asyncio.run(check_earlier(tmp_path / "x.journal", 10))
