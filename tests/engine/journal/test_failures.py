"""What stops the writer for good: a lock, another writer, a full disk, a value or a thread of ours that breaks."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.errors import EXIT_JOURNAL, JournalError
from engine.journal import Journal, Reader, schema, writer
from engine.model import Reading
from tests.engine.journal.conftest import Append, Opened, Tamper
from tests.engine.journal.made_up import READING


async def test_a_value_that_cannot_be_encoded_stops_the_journal(opened: Opened, path: Path) -> None:
    told: list[JournalError] = []
    journal = opened(on_failure=told.append)
    journal.append("reading", "1", READING, 1)
    await journal.commit()
    journal.append("reading", "2", Reading("2", "vader", "1", object(), 0.5, 7), 1)  # type: ignore[arg-type]
    with pytest.raises(JournalError, match=r"record 2 \(reading\)"):
        await journal.commit()
    assert told == [journal.failure]
    with Reader(path) as reader:
        assert reader.verify().records == 1


async def test_a_lock_of_another_process_stops_the_journal(
    opened: Opened, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_S", 0.05)
    told = threading.Event()
    journal = opened(on_failure=lambda _: told.set())
    journal.append("reading", "1", READING, 1)
    await journal.commit()
    thief = sqlite3.connect(path, isolation_level=None)
    thief.execute("BEGIN IMMEDIATE")
    journal.append("reading", "2", READING, 2)
    with pytest.raises(JournalError, match=r"could not write record 2: another process holds a lock"):
        await journal.commit()
    assert told.is_set()
    thief.execute("ROLLBACK")
    thief.close()
    for refused in (lambda: journal.append("reading", "3", READING, 3), journal.flush):
        with pytest.raises(JournalError, match="another process holds a lock"):
            refused()
    journal.close()
    assert journal.failure is not None
    assert journal.failure.exit_code == EXIT_JOURNAL
    again = opened()
    assert again.seq == 1


async def test_rows_of_another_writer_stop_the_journal(opened: Opened, path: Path, tamper: Tamper) -> None:
    journal = opened()
    journal.append("reading", "1", READING, 1)
    await journal.commit()
    tamper("INSERT INTO records SELECT 2, at_ns, kind, key, body, hash FROM records WHERE seq = 1")
    journal.append("reading", "2", READING, 2)
    with pytest.raises(JournalError, match="another process wrote to it meanwhile"):
        await journal.commit()


async def test_a_full_disk_stops_the_journal_and_loses_nothing(
    opened: Opened, path: Path, monkeypatch: pytest.MonkeyPatch, append_made_up: Append
) -> None:
    def small(at: Path, connect: Callable[[Path], sqlite3.Connection] = schema.connect) -> sqlite3.Connection:
        connection = connect(at)
        connection.execute("PRAGMA max_page_count = 60")
        return connection

    monkeypatch.setattr(writer, "schema", SimpleNamespace(**{**vars(schema), "connect": small}))
    journal = opened()
    durable = 0
    with pytest.raises(JournalError, match="the disk is full"):
        for _ in range(1000):
            append_made_up(journal, 20)
            await journal.commit()
            durable = journal.seq
    assert durable > 100
    monkeypatch.undo()
    with Reader(path) as reader:
        found = reader.verify()
    assert (found.ok, found.records) == (True, durable)
    journal.close()
    append_made_up(again := opened(), 20)
    again.flush()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ends_unexpectedly_is_a_failure(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Journal, "_write_group", broken)
    told: list[JournalError] = []
    journal = opened(on_failure=told.append)
    journal.append("reading", "1", READING, 1)
    with pytest.raises(JournalError, match="ended unexpectedly"):
        journal.flush()
    assert len(told) == 1


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_journal_that_is_moved_away_takes_no_record_that_counts_as_durable(
    opened: Opened, path: Path, append_made_up: Append, suffix: str, replaced: bool
) -> None:
    told: list[JournalError] = []
    journal = opened(on_failure=told.append)
    append_made_up(journal, 5)
    journal.flush()
    moved = path.with_name(path.name + suffix)
    away = path.with_name("away")
    moved.rename(away)
    if replaced:
        moved.write_bytes(away.read_bytes())
    append_made_up(journal, 1)
    with pytest.raises(JournalError, match="moved away, removed or replaced"):
        journal.flush()
    assert told == [journal.failure]
    assert journal.durable.seq == 5
    journal.close()
    away.replace(moved)
    again = opened()
    assert again.seq >= 5
    again.close()
    with Reader(path) as reader:
        assert reader.verify().ok


def test_a_journal_that_is_cut_takes_no_record_that_counts_as_durable(
    opened: Opened, path: Path, append_made_up: Append
) -> None:
    """`> paper.journal`, a copy laid over it: SQLite writes on from its memory, and the next start finds a ruin."""
    journal = opened()
    append_made_up(journal, 20)
    journal.flush()
    durable = journal.durable
    os.truncate(path, 0)
    append_made_up(journal, 20)
    with pytest.raises(JournalError, match="it was cut from"):
        journal.flush()
    assert journal.durable == durable


@pytest.mark.parametrize("left", [0, 5_000, -4_000])
def test_a_log_that_is_cut_takes_no_record_that_counts_as_durable(
    opened: Opened, path: Path, append_made_up: Append, left: int
) -> None:
    """SQLite writes on behind the cut, and would copy the hole into the journal with the next checkpoint, or at the
    end: what is durable was in the log, and what the journal had before must stay as it is."""
    append_made_up(journal := opened(), 200)
    journal.close()
    before = path.read_bytes()
    told: list[JournalError] = []
    journal = opened(on_failure=told.append)
    log = path.with_name(path.name + "-wal")
    for _ in range(20):
        append_made_up(journal, 20)
        journal.flush()
    durable = journal.durable
    os.truncate(log, left if left >= 0 else log.stat().st_size + left)
    append_made_up(journal, 20)
    with pytest.raises(JournalError, match="it was cut from"):
        journal.flush()
    assert told == [journal.failure]
    assert str(log) in str(journal.failure)
    assert journal.durable == durable
    journal.close()
    assert path.read_bytes() == before
    with pytest.raises(
        JournalError, match=f"to {durable.seq} were cut off at the end|record {durable.seq} was cut off"
    ):
        opened()


def test_a_log_that_grew_beyond_its_limit_is_cut_back_and_trusted(
    opened: Opened, path: Path, append_made_up: Append, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "WAL_LIMIT", 64 * 1024)
    append_made_up(journal := opened(), 10)
    journal.flush()
    log, sizes = path.with_name(path.name + "-wal"), []
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM records").fetchone()
        for _ in range(5):
            append_made_up(journal, 1000)
            journal.flush()
        sizes.append(log.stat().st_size)
        reader.execute("ROLLBACK")
    for _ in range(20):
        append_made_up(journal, 1000)
        journal.flush()
        sizes.append(log.stat().st_size)
    assert any(later < earlier for earlier, later in pairwise(sizes)), sizes
    journal.close()
    with Reader(path) as again:
        assert again.verify().ok


def test_a_log_that_was_emptied_into_the_journal_is_no_cut(opened: Opened, path: Path, append_made_up: Append) -> None:
    """A database browser, or SQLite's shell, may order a checkpoint that leaves the log empty: nothing is lost."""
    append_made_up(journal := opened(), 50)
    journal.flush()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    assert path.with_name(path.name + "-wal").stat().st_size == 0
    append_made_up(journal, 50)
    journal.flush()
    journal.close()
    with Reader(path) as reader:
        assert reader.verify().ok


def test_a_log_that_a_reader_keeps_for_ever_is_bounded(opened: Opened, path: Path, append_made_up: Append) -> None:
    """What the disk would end anyway is ended in order: everything recorded is there once the reader has left."""
    told: list[JournalError] = []
    journal = opened(log_limit_mib=1, on_failure=told.append)
    append_made_up(journal, 10)
    journal.flush()
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM records").fetchone() == (10,)
        with pytest.raises(JournalError, match="holds more than 1 MiB, kept by a program that reads it"):
            for _ in range(40):
                append_made_up(journal, 1000)
                journal.flush()
        assert told == [journal.failure]
        assert path.with_name(path.name + "-wal").stat().st_size < 24 << 20
        reader.execute("ROLLBACK")
    durable = journal.durable
    journal.close()
    again = opened()
    assert again.durable == durable
    again.close()
    with Reader(path) as reader_again:
        assert reader_again.verify().ok
