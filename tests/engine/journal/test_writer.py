"""The writer: what is durable when, what is refused, and what happens when the disk refuses."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.config import JournalConfig
from engine.errors import EXIT_JOURNAL, JournalError
from engine.journal import Journal, Reader, schema, writer
from engine.journal.chain import GENESIS
from engine.model import DisplayText, Reading, Value

Opened = Callable[..., Journal]
Append = Callable[[Journal, int], None]
READING = Reading("1", "vader", "1", 0.5, 0.5, 7)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_files_are_private(opened: Opened, path: Path, anchor: Path) -> None:
    old_umask = os.umask(0)
    try:
        journal = opened()
        journal.append("reading", "1", READING, 1)
        await journal.commit()
    finally:
        os.umask(old_umask)
    assert mode(path.parent) == 0o700
    companions = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
    assert [mode(file) for file in (*companions, anchor)] == [0o600] * 4


def test_a_file_open_to_others_is_closed_to_them(written: Callable[[int], Path], opened: Opened) -> None:
    path = written(1)
    path.chmod(0o644)
    opened()
    assert mode(path) == 0o600


async def test_commit_means_durable(opened: Opened, path: Path) -> None:
    journal = opened(commit_ms=60_000, commit_rows=1000)
    assert (journal.seq, journal.durable.hash) == (0, GENESIS)
    assert journal.append("reading", "1", READING, 1) == 1
    assert journal.append("reading", "2", READING, 2) == 2
    assert (journal.seq, journal.backlog) == (2, 2)
    assert journal.lag_ms >= 0
    await journal.commit()
    with Reader(path) as reader:
        assert [record.seq for record in reader.records()] == [1, 2]
    assert (journal.durable.seq, journal.backlog, journal.lag_ms) == (2, 0, 0.0)
    await journal.commit()


async def test_records_become_durable_without_a_commit(opened: Opened) -> None:
    journal = opened(commit_ms=1)
    journal.append("reading", "1", READING, 1)
    for _ in range(5000):
        if not journal.backlog:
            return
        await asyncio.sleep(0.001)
    pytest.fail("the group was never committed")


async def test_many_may_wait_for_a_commit(opened: Opened) -> None:
    journal = opened()

    async def one(number: int) -> bool:
        seq = journal.append("reading", str(number), READING, number)
        await journal.commit()
        return journal.durable.seq >= seq

    assert all(await asyncio.gather(*(one(number) for number in range(200))))


def test_a_commit_whose_loop_is_gone_harms_nobody(opened: Opened) -> None:
    journal = opened()
    journal.append("reading", "1", READING, 1)
    loop = asyncio.new_event_loop()
    task = loop.create_task(journal.commit())
    loop.call_soon(loop.stop)
    loop.run_forever()
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    journal.append("reading", "2", READING, 2)
    journal.flush()
    assert journal.failure is None


def test_grouping_leaves_no_trace_in_the_chain(opened: Opened, tmp_path: Path, append_made_up: Append) -> None:
    heads = set()
    for number, (sizes, rows) in enumerate([([100], 256), ([1] * 100, 1), ([33, 1, 66], 10)]):
        journal = opened(
            tmp_path / f"{number}.journal", profile=("simulated", "paper", "live")[number], commit_rows=rows
        )
        for size in sizes:
            append_made_up(journal, size)
            journal.flush()
        heads.add(journal.durable)
    assert len(heads) == 1


def test_the_chain_goes_on_after_reopening(opened: Opened, tmp_path: Path, path: Path, append_made_up: Append) -> None:
    whole = opened(tmp_path / "whole.journal")
    append_made_up(whole, 60)
    whole.flush()
    for _ in range(3):
        journal = opened()
        append_made_up(journal, 20)
        journal.close()
        journal.close()
    with Reader(path) as reader:
        assert reader.verify().ok
    assert journal.durable == whole.durable


def test_what_was_written_can_be_read_back(opened: Opened, path: Path) -> None:
    key = "nul\x00é\ud800" + "k" * 400
    value = Reading("1", "nul\x00\x1b[31m é 😀 \ud83d", "1", 0.25, 0.5, 7)
    journal = opened()
    journal.append("reading", key, value, -1)
    journal.close()
    with Reader(path) as reader:
        (record,) = reader.records()
        assert reader.verify().ok
        assert list(reader.records(key=record.key)) == [record]
    assert record.key == key.replace("\ud800", "\ufffd")
    assert record.at_ns == -1
    assert record.value() == Reading("1", "nul\x00\x1b[31m é 😀 \ufffd", "1", 0.25, 0.5, 7)


@pytest.mark.parametrize(
    ("kind", "key", "value", "expected"),
    [
        ("rumour", "1", READING, "expected a kind out of"),
        ("post", "1", READING, "expected a PostRecord for kind 'post', found a Reading"),
        ("reading", "k" * 513, READING, "expected a key of at most 512 characters, found 513"),
    ],
)
def test_what_is_no_record_is_refused(opened: Opened, kind: str, key: str, value: Value, expected: str) -> None:
    journal = opened()
    with pytest.raises(JournalError, match=expected):
        journal.append(kind, key, value, 1)
    assert journal.append("reading", "1", READING, 1) == 1
    journal.flush()


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


def test_closed_and_unopened_journals_refuse(path: Path, opened: Opened) -> None:
    journal = Journal(path, JournalConfig(), profile="paper")
    journal.close()
    with pytest.raises(JournalError, match="not open"):
        journal.append("reading", "1", READING, 1)
    journal = opened()
    with pytest.raises(JournalError, match="open already"):
        journal.open()
    journal.close()
    for refused in (
        lambda: journal.append("reading", "1", READING, 1),
        journal.flush,
        lambda: asyncio.run(journal.commit()),
    ):
        with pytest.raises(JournalError, match="closed"):
            refused()
    assert journal.failure is None


def test_profiles_never_share_a_journal(written: Callable[[int], Path], opened: Opened) -> None:
    written(3)
    with pytest.raises(JournalError, match="expected a journal of the profile 'live', found one of 'paper'") as caught:
        opened(profile="live")
    assert caught.value.remedy
    with pytest.raises(JournalError, match="expected a profile out of"):
        opened(profile="fun")


def test_two_writers_never_share_a_journal(opened: Opened) -> None:
    opened()
    with pytest.raises(JournalError, match="another process writes this journal"):
        opened()


def test_a_file_that_is_no_database_is_left_alone(path: Path, opened: Opened) -> None:
    path.parent.mkdir()
    path.write_text("my diary\n" * 100)
    with pytest.raises(JournalError, match="it is no journal") as caught:
        opened()
    assert str(path) in str(caught.value)
    assert path.read_text() == "my diary\n" * 100


def test_another_programs_database_is_left_alone(path: Path, opened: Opened) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes(name TEXT)")
    with pytest.raises(JournalError, match="another program's database"):
        opened()
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("recipes",)]


def test_a_newer_journal_is_refused(
    written: Callable[[int], Path], opened: Opened, tamper: Callable[..., None]
) -> None:
    written(1)
    tamper(f"INSERT INTO _sqlite_migrations(migration_set, name) VALUES ('{schema.MIGRATION_SET}', 'm999_future')")
    with pytest.raises(JournalError, match="found m999_future"):
        opened()


def test_a_newer_chain_is_refused(written: Callable[[int], Path], opened: Opened, tamper: Callable[..., None]) -> None:
    written(1)
    tamper("UPDATE meta SET value = '2' WHERE name = 'chain_layout'")
    with pytest.raises(JournalError, match="expected hash chain layout 1, found '2'"):
        opened()


def test_a_journal_whose_making_was_interrupted_is_finished(path: Path, opened: Opened) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    journal = opened()
    assert journal.append("reading", "1", READING, 1) == 1
    journal.flush()


def test_a_directory_in_the_way(path: Path, opened: Opened) -> None:
    path.mkdir(parents=True)
    with pytest.raises(JournalError, match="cannot be opened"):
        opened()


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


def test_a_journal_that_another_process_holds_is_not_opened(
    written: Callable[[int], Path], opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_S", 0.05)
    thief = sqlite3.connect(written(1), isolation_level=None)
    thief.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="could not open the journal: another process holds a lock"):
        opened()
    thief.close()
    assert opened().seq == 1


async def test_rows_of_another_writer_stop_the_journal(opened: Opened, path: Path, tamper: Callable[..., None]) -> None:
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


def test_the_queue_is_bounded(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "QUEUE_LIMIT", 10)
    journal = opened(commit_ms=60_000, commit_rows=1000)
    for number in range(10):
        journal.append("reading", str(number), READING, number)
    with pytest.raises(JournalError, match="10 records wait"):
        journal.append("reading", "11", READING, 11)
    journal.flush()
    assert journal.append("reading", "11", READING, 11) == 11


def test_the_write_ahead_log_stays_bounded(opened: Opened, path: Path, append_made_up: Append) -> None:
    journal = opened()
    for _ in range(20):
        append_made_up(journal, 1000)
        journal.flush()
    assert path.stat().st_size > 4 * 2**20
    assert path.with_name(path.name + "-wal").stat().st_size < schema.WAL_LIMIT


def test_a_reader_that_stays_costs_no_checkpoint_per_commit(
    opened: Opened, path: Path, monkeypatch: pytest.MonkeyPatch, append_made_up: Append
) -> None:
    """What it keeps from being copied back is not tried again with every commit: each try sorts the whole log."""
    tried: list[str] = []

    def traced(at: Path, connect: Callable[[Path], sqlite3.Connection] = schema.connect) -> sqlite3.Connection:
        connection = connect(at)
        connection.set_trace_callback(lambda said: tried.append(said) if "checkpoint" in said else None)
        return connection

    monkeypatch.setattr(writer, "schema", SimpleNamespace(**{**vars(schema), "connect": traced}))
    journal = opened()
    append_made_up(journal, 1000)
    journal.flush()
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM records").fetchone() == (1000,)
        append_made_up(journal, 10_000)
        journal.flush()
        before = len(tried)
        for _ in range(150):
            append_made_up(journal, 1)
            journal.flush()
        assert before > 0
        assert len(tried) - before <= 2
        reader.execute("ROLLBACK")
    journal.close()
    with Reader(path) as verifying:
        assert verifying.verify().ok


def test_close_writes_what_waits(opened: Opened, path: Path) -> None:
    journal = opened(commit_ms=60_000)
    journal.append("reading", "1", READING, 1)
    journal.close()
    with Reader(path) as reader:
        assert reader.seq == 1


def test_text_is_stored_once_where_cleaning_left_it(opened: Opened, path: Path, append_made_up: Append) -> None:
    journal = opened()
    append_made_up(journal, 1)
    journal.close()
    with Reader(path) as reader:
        (record,) = reader.records()
    assert record.body.count(b"$TSLA number 0") == 1
    assert record.value().whole.text == DisplayText("$TSLA number 0 ")  # type: ignore[attr-defined]
