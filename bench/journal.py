"""The journal: rows per second, time to durable, verification; each beside its limit or its naive form, in one run.

python -m bench.journal [--rows N]
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.machine import alone
from engine.config import JournalConfig
from engine.journal import Journal, Reader
from engine.journal.chain import encode
from engine.journal.parallel import PARALLEL
from engine.model import Author, DisplayText, Match, Post, Reading, Value
from engine.model.records import PostRecord

PER_ROW = 400
"""Rows of the per-row commits: each is a sync."""
COMMITS = 400
"""Commits that are timed one by one."""
WINDOW = 20_000
"""Records that may wait while flooding; an engine waits for a commit there."""
LARGE = 4 * PARALLEL
"""Records of a journal that is verified on every core."""
PACE = 1_000
"""Records per second that run beside the timed commits."""


def made_up(count: int) -> list[tuple[str, str, Value]]:
    """Posts and readings in turn."""
    records: list[tuple[str, str, Value]] = []
    for number in range(count // 2):
        id = str(1_500_000_000_000_000_000 + number * 1_000_003)
        text = f"$TSLA number {number}: the quarter was better than anybody thought, to the moon"
        author = Author(str(number % 5000), DisplayText(f"ann{number % 5000}"), 1200, 300, 4000)
        post = Post(id, "x", number, number, author, text, DisplayText(text), "en", "", ("TSLA",), ("tsla",))
        records.append(("post", id, PostRecord.of(post, (Match("TSLA", "$TSLA", "cashtag", 0.6),))))
        records.append(("reading", id, Reading(id, "vader", "3.3.2+desk1", 0.4404, 0.72, number)))
    return records


async def flood(journal: Journal, records: list[tuple[str, str, Value]]) -> float:
    """Seconds until all are durable, as fast as the journal takes them."""
    start = time.perf_counter()
    for number, (kind, key, value) in enumerate(records):
        if journal.backlog >= WINDOW:
            await journal.commit()
        journal.append(kind, key, value, number)
    await journal.commit()
    return time.perf_counter() - start


async def time_commits(journal: Journal, records: list[tuple[str, str, Value]], pace: int) -> list[float]:
    """Milliseconds from append to durable for single records, with `pace` other records per second beside them."""
    times = []
    step_s = 0.005
    source = iter(records * 10)
    for _ in range(COMMITS):
        for _ in range(int(pace * step_s)):
            journal.append(*next(source), 1)
        await asyncio.sleep(step_s)
        start = time.perf_counter()
        journal.append(*records[1], 1)
        await journal.commit()
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)


def per_row(path: Path, records: list[tuple[str, str, Value]], mode: str) -> float:
    """Rows per second of one INSERT and one synced COMMIT per record: the usual code."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE records(seq INTEGER PRIMARY KEY, at_ns INTEGER, kind TEXT, key TEXT, body TEXT)")
    start = time.perf_counter()
    for kind, key, value in records[:PER_ROW]:
        connection.execute("BEGIN")
        connection.execute(
            "INSERT INTO records(at_ns, kind, key, body) VALUES (?, ?, ?, ?)", (1, kind, key, encode(value))
        )
        connection.execute("COMMIT")
    rate = PER_ROW / (time.perf_counter() - start)
    connection.close()
    return rate


def device(path: Path) -> list[float]:
    """Milliseconds for an append of 20 KiB with fdatasync (what one commit writes), sorted: the disk's own limit."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    block = b"x" * 5 * 4096
    times = []
    for _ in range(COMMITS):
        start = time.perf_counter()
        os.write(descriptor, block)
        os.fdatasync(descriptor)
        times.append((time.perf_counter() - start) * 1000)
    os.close(descriptor)
    return sorted(times)


def percentiles(name: str, times: list[float]) -> dict[str, float]:
    """p50 and p99 of sorted times."""
    return {f"{name}_p50_ms": times[len(times) // 2], f"{name}_p99_ms": times[len(times) * 99 // 100]}


@contextmanager
def opened(path: Path) -> Iterator[Journal]:
    journal = Journal(path, JournalConfig(), profile="simulated")
    journal.open()
    try:
        yield journal
    finally:
        journal.close()


def rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def run(rows: int = 40_000) -> dict[str, float]:
    """Measure everything; names say the unit."""
    records = made_up(rows)
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="bench-journal") as directory:
        base = Path(directory)
        found.update(percentiles("device_sync", device(base / "device")))
        found["per_row_rollback_full_rows_per_s"] = per_row(base / "rollback", records, "DELETE")
        found["per_row_wal_full_rows_per_s"] = per_row(base / "wal", records, "WAL")
        path = base / "simulated.journal"
        with opened(path) as journal:
            found["group_full_chained_rows_per_s"] = rows / asyncio.run(flood(journal, records))
            for name, pace in (("idle", 0), ("busy", PACE)):
                found.update(percentiles(f"commit_{name}", asyncio.run(time_commits(journal, records, pace))))
        found["open_and_check_tail_ms"] = 1000 / rate(1, lambda: reopen(path))
        found["bytes_per_row"] = path.stat().st_size / rows
        with Reader(path) as reader:
            count = reader.seq
            cpu_s = time.process_time()
            found["verify_records_per_s"] = rate(count, reader.verify)
            found["verify_cpu_records_per_s"] = count / (time.process_time() - cpu_s)
            found["read_records_per_s"] = rate(count, lambda: sum(1 for _ in reader.records()))
            found["read_and_decode_records_per_s"] = rate(count, lambda: [r.value() for r in reader.records()])
        with opened(path) as journal:
            while journal.seq < LARGE:
                asyncio.run(flood(journal, records))
        with Reader(path) as reader:
            found["verify_on_every_core_records_per_s"] = rate(reader.seq, reader.verify)
    found["group_over_per_row_wal"] = found["group_full_chained_rows_per_s"] / found["per_row_wal_full_rows_per_s"]
    found["group_over_per_row_rollback"] = (
        found["group_full_chained_rows_per_s"] / found["per_row_rollback_full_rows_per_s"]
    )
    found["commit_idle_over_device_p99"] = found["commit_idle_p99_ms"] / found["device_sync_p99_ms"]
    return found


def reopen(path: Path) -> None:
    with opened(path):
        pass


if __name__ == "__main__":
    alone("Bench of the journal.", run, ("rows", 40_000))
