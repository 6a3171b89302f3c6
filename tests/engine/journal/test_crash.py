"""Crashes and broken files: processes killed at random instants, torn logs, cut files, full and read-only disks."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import JournalError
from engine.journal import Reader
from engine.journal.anchor import anchor_path, read_anchor
from tests.engine.journal import endless_writer
from tests.engine.journal.conftest import Opened, Written

ROOT = Path(__file__).resolve().parents[3]
KILLS = 24
KillAfter = Callable[[Path, float], int]


@pytest.fixture(scope="module")
def kill_after() -> Callable[[Path, float], int]:
    """Runs a writer, kills it so many seconds after it has opened the journal, returns the last seq called durable."""
    # Not "fork": a thread of this process that reads SQLite meanwhile would leave its locks held in the child.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([endless_writer.__name__])

    def run(path: Path, delay_s: float) -> int:
        shared = context.RawArray("q", 2)
        process = context.Process(target=endless_writer.write, args=(path, shared))
        process.start()
        deadline = time.monotonic() + 20
        while not shared[endless_writer.OPEN]:
            assert process.is_alive()
            assert time.monotonic() < deadline, "the writer did not open the journal"
            process.join(0.002)
        process.join(delay_s)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        return int(shared[endless_writer.DURABLE])

    return run


def check(path: Path, durable: int) -> int:
    """Everything called durable is there, the chain holds, the anchor raises no false alarm; how many records."""
    with Reader(path) as reader:
        found = reader.verify()
    assert found.ok, found.what
    assert found.anchored_seq is not None
    assert found.records >= durable
    return found.records


def test_kill_at_random_instants(kill_after: KillAfter, path: Path, opened: Opened) -> None:
    draw = random.Random(7)
    records = 0
    for _ in range(KILLS):
        durable = kill_after(path, draw.random() * 0.12)
        assert durable >= records
        records = check(path, durable)
    assert records > KILLS
    journal = opened()
    assert journal.seq == records


@pytest.fixture
def crashed(kill_after: KillAfter, path: Path) -> tuple[Path, int]:
    """A journal whose writer was killed, with its write-ahead log, and what was durable."""
    return path, kill_after(path, 0.25)


def copies(path: Path, target: Path) -> Path:
    target.mkdir()
    for suffix in ("", "-wal", ".anchor"):
        shutil.copy(path.with_name(path.name + suffix), target)
    return target / path.name


def test_a_torn_log_is_refused_or_whole(crashed: tuple[Path, int], tmp_path: Path, opened: Opened) -> None:
    path, _ = crashed
    wal = path.with_name(path.name + "-wal")
    size = wal.stat().st_size
    assert size
    draw = random.Random(3)
    refused = 0
    for number, cut in enumerate([0, size, size - 1, 32, *(draw.randrange(size) for _ in range(12))]):
        copy = copies(path, tmp_path / f"copy{number}")
        os.truncate(copy.with_name(wal.name), cut)
        anchored = read_anchor(copy)
        assert anchored is not None
        try:
            journal = opened(copy)
        except JournalError as error:
            refused += 1
            assert "cut off at the end" in str(error) or "empty or older" in str(error) or "record" in str(error)
        else:
            assert journal.seq >= anchored.seq
            journal.close()
    assert refused


def test_a_flipped_byte_in_the_log_is_refused_or_whole(
    crashed: tuple[Path, int], tmp_path: Path, opened: Opened
) -> None:
    path, _ = crashed
    draw = random.Random(5)
    for number in range(10):
        copy = copies(path, tmp_path / f"copy{number}")
        wal = copy.with_name(copy.name + "-wal")
        content = bytearray(wal.read_bytes())
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        wal.write_bytes(content)
        anchored = read_anchor(copy)
        assert anchored is not None
        try:
            journal = opened(copy)
        except JournalError as error:
            assert error.remedy
        else:
            assert journal.seq >= anchored.seq
            journal.close()


def test_a_cut_file_is_never_taken_for_whole(written: Written, tmp_path: Path, opened: Opened) -> None:
    path = written(2000)
    size = path.stat().st_size
    draw = random.Random(11)
    for number, cut in enumerate(
        [size - 1, size - 4096, size // 2, 5000, 100, *(draw.randrange(1, size) for _ in range(8))]
    ):
        copy = tmp_path / f"{number}.journal"
        shutil.copy(path, copy)
        shutil.copy(anchor_path(path), anchor_path(copy))
        os.truncate(copy, cut)
        with pytest.raises(JournalError) as caught:
            opened(copy)
        assert caught.value.remedy
        assert copy.stat().st_size == cut
        try:
            with Reader(copy) as reader:
                assert not reader.verify().ok
        except JournalError as error:
            assert str(copy) in str(error)


def test_flipped_bytes_in_the_file_are_found(written: Written, tmp_path: Path) -> None:
    """A byte that no record lives in (free space, an index) may go unnoticed; a record never changes unnoticed."""
    path = written(500)
    with Reader(path) as reader:
        whole = list(reader.records())
    draw = random.Random(13)
    noticed = 0
    for number in range(40):
        copy = tmp_path / f"{number}.journal"
        content = bytearray(path.read_bytes())
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        copy.write_bytes(content)
        shutil.copy(anchor_path(path), anchor_path(copy))
        try:
            with Reader(copy) as reader:
                if reader.verify().ok:
                    assert list(reader.records()) == whole
                else:
                    noticed += 1
        except JournalError:
            noticed += 1
    assert noticed > 10


CHILD = """
import asyncio, os, resource, signal, sys
from pathlib import Path
from engine.config import JournalConfig
from engine.errors import JournalError
from engine.journal import Journal
from tests.engine.journal.made_up import made_up

path, fault = Path(sys.argv[1]), sys.argv[2]

async def main():
    told = []
    journal = Journal(path, JournalConfig(commit_ms=1), profile="paper", on_failure=told.append)
    durable = 0
    try:
        journal.open()
        if fault == "full":
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        for number in range(journal.seq, 100_000):
            journal.append(*made_up(number))
            if number % 50 == 49:
                await journal.commit()
                durable = number + 1
    except JournalError as error:
        assert fault == "readonly" or told == [journal.failure]
        print(durable)
        print(error)
        journal.close()

if fault == "readonly" and os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
asyncio.run(main())
"""


def child(path: Path, fault: str) -> tuple[int, str]:
    """Run a writer that must meet a fault; what was durable, and the error's text."""
    command = [sys.executable, "-c", CHILD, str(path), fault]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    durable, _, message = done.stdout.partition("\n")
    return int(durable), message


def test_a_file_that_may_not_grow_stops_the_journal(path: Path, opened: Opened) -> None:
    durable, message = child(path, "full")
    assert durable > 100
    assert "could not write record" in message
    assert "→" in message
    records = check(path, durable)
    assert opened().seq == records


def test_a_journal_that_may_not_be_written_is_refused(written: Written, public_path: Path) -> None:
    path = written(10, public_path)
    for file in (path, anchor_path(path)):
        file.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        _, message = child(path, "readonly")
    finally:
        path.parent.chmod(0o755)
    assert "could not open the journal" in message
    assert str(path) in message
    assert "writable for you" in message
    check(path, 10)
