"""The writer: what is durable when, what is refused, and what bounds its queue and its log."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.config import JournalConfig
from engine.errors import JournalError
from engine.journal import Journal, Reader, checkpoints, schema, writer
from engine.journal.chain import GENESIS
from engine.model import DisplayText, Reading, Value
from tests.engine.journal.conftest import Append, Opened, settle
from tests.engine.journal.made_up import READING


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

    monkeypatch.setattr(checkpoints, "schema", SimpleNamespace(**{**vars(schema), "connect": traced}))
    journal = opened()
    append_made_up(journal, 1000)
    journal.flush()
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM records").fetchone() == (1000,)
        append_made_up(journal, 10_000)
        settle(journal)
        before = len(tried)
        for _ in range(150):
            append_made_up(journal, 1)
            journal.flush()
        settle(journal)
        assert before > 0
        assert len(tried) - before <= 2
        assert journal.kept_bytes > 1_000_000
        reader.execute("ROLLBACK")
    append_made_up(journal, 10_000)
    settle(journal)
    assert journal.kept_bytes == 0
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


def test_what_is_free_on_its_disk_is_known_as_it_writes(
    opened: Opened, path: Path, append_made_up: Append, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MEASURE_S", 0.0)
    journal = opened()
    assert journal.free_bytes is None
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=3, f_frsize=4096, f_bfree=99, f_blocks=99))
    append_made_up(journal, 1)
    journal.close()
    assert journal.free_bytes == 3 * 4096, "what root alone may take is not free"
    monkeypatch.setattr(os, "statvfs", lambda _: (_ for _ in ()).throw(OSError(5, "gone")))
    journal = opened()
    append_made_up(journal, 1)
    journal.close()
    assert (journal.free_bytes, journal.failure) == (None, None)
