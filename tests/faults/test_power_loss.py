"""Power is cut at every write of the journal: what was called durable is there, the chain holds, the journal opens.

The model, after SQLite's documentation of WAL with synchronous = FULL (https://sqlite.org/wal.html,
https://sqlite.org/atomiccommit.html): a commit appends frames to the write-ahead log and syncs it; a checkpoint then
writes pages into the database and syncs that before the log is begun anew, with a header that is synced before any
frame follows it (https://sqlite.org/src/info/ff5be73dee). Between two syncs the disk may have taken
any of the 512-byte sectors that were written, in any order, and any length of the file. The shared memory file is
gone. The anchor is never synced between: any anchor since the last sync may be there, whole, for it fits a sector.
"""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from engine.config import JournalConfig
from engine.journal import Journal, Reader, writer
from engine.journal.anchor import anchor_path, read_anchor
from engine.journal.schema import connect
from tests.engine.journal.conftest import settle
from tests.engine.journal.made_up import made_up
from tests.faults.conftest import WHOLE
from tests.faults.ledger import Row

pytestmark = [pytest.mark.xdist_group("faults-power"), pytest.mark.timeout(300)]

SECTOR = 512
HEADER = 32
FRAME = 24 + 4096
"""Bytes of the log's header and of a frame: 24 and a page (https://sqlite.org/fileformat2.html#walformat)."""
COMMITS = 80 if WHOLE else 12
CUTS = 8 if WHOLE else 2
"""Cuts between two commits, besides those at every frame of a few logs."""
CHECKPOINT_PAGES = 24
"""So few that several checkpoints and restarts of the log are among them."""
MUST = "every record called durable is there, the chain verifies, the journal opens and goes on"


@dataclass(frozen=True)
class Disk:
    """The files once a commit, and the checkpoint that may follow it, are done and synced."""

    durable: int
    base: bytes
    log: bytes
    anchor: bytes


def log_path(journal: Path) -> Path:
    return journal.with_name(journal.name + "-wal")


@pytest.fixture
def disks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Disk]:
    """What was on the disk after each of many commits of one writer, with checkpoints among them."""
    monkeypatch.setattr(writer, "CHECKPOINT_PAGES", CHECKPOINT_PAGES)
    return recorded(tmp_path / "recorded")


def recorded(folder: Path) -> list[Disk]:
    """What was on the disk after each of many commits of one writer."""
    path = folder / "paper.journal"
    journal = Journal(path, JournalConfig(), profile="paper")
    journal.open()
    draw = random.Random(11)
    taken: list[Disk] = []
    number = 0
    for _ in range(COMMITS):
        for _ in range(draw.randint(1, 12)):
            journal.append(*made_up(number))
            number += 1
        settle(journal)
        log = log_path(path)
        taken.append(Disk(number, path.read_bytes(), log.read_bytes(), anchor_path(path).read_bytes()))
    journal.close()
    return taken


def torn(old: bytes, new: bytes, draw: random.Random) -> bytes:
    """A file on the way from `old` to `new`: any sectors of the new one, up to any length."""
    size = max(len(old), len(new))
    mixed = bytearray(old.ljust(size, b"\0"))
    share = draw.choice((0.0, 0.1, 0.5, 0.9, 1.0))
    for start in range(0, size, SECTOR):
        if draw.random() < share:
            mixed[start : start + SECTOR] = new.ljust(size, b"\0")[start : start + SECTOR]
    return bytes(mixed[: draw.randint(len(old), size)] if len(new) >= len(old) else mixed)


def torn_log(old: bytes, new: bytes, draw: random.Random) -> bytes:
    """The same for the log: begun anew, its header is there before anything else changes."""
    if old[:HEADER] == new[:HEADER]:
        return torn(old, new, draw)
    begun = new[:HEADER] + old[HEADER:]
    return draw.choice((old, begun, *[torn(begun, new, draw)] * 4))


def check(folder: Path, base: bytes, log: bytes, anchor: bytes, durable: int) -> None:
    """Start from these files as after a power cut."""
    path = folder / "paper.journal"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path.write_bytes(base)
    log_path(path).write_bytes(log)
    anchor_path(path).write_bytes(anchor)
    journal = Journal(path, JournalConfig(), profile="paper")
    journal.open()
    assert journal.seq >= durable, f"{durable} records were durable, {journal.seq} are left"
    journal.append(*made_up(journal.seq))
    journal.close()
    with Reader(path) as reader:
        found = reader.verify()
    assert found.ok, found.what


def older_anchor(disks: list[Disk], newest: int, draw: random.Random) -> bytes:
    """An anchor that was written and not synced since: one of the last few."""
    return disks[draw.randint(max(0, newest - 3), newest)].anchor


def test_the_journal_is_synced_as_the_model_says(tmp_path: Path) -> None:
    connection = connect(tmp_path / "paper.journal")
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2, "FULL: every commit syncs the log"
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


def test_power_is_cut_while_a_commit_is_written(disks: list[Disk], tmp_path: Path, row: Row) -> None:
    row.where, row.fault, row.must = "storage", "power cut while a commit is written to the log", MUST
    draw = random.Random(3)
    for number, (old, new) in enumerate(pairwise(disks)):
        for _ in range(CUTS):
            began = time.monotonic()
            log = torn_log(old.log, new.log, draw)
            check(tmp_path / "cut", old.base, log, older_anchor(disks, number, draw), old.durable)
            row.tried(time.monotonic() - began)


def test_power_is_cut_while_a_checkpoint_is_written(disks: list[Disk], tmp_path: Path, row: Row) -> None:
    row.where, row.fault, row.must = "storage", "power cut while the log is copied into the journal", MUST
    draw = random.Random(5)
    moved = [number for number in range(1, len(disks)) if disks[number].base != disks[number - 1].base]
    assert moved, "no checkpoint among the commits"
    for number in moved:
        old, new = disks[number - 1], disks[number]
        for _ in range(CUTS * 3):
            began = time.monotonic()
            base = torn(old.base, new.base, draw)
            check(tmp_path / "cut", base, new.log, older_anchor(disks, number, draw), new.durable)
            row.tried(time.monotonic() - began)


def test_power_is_cut_while_a_commit_is_written_beside_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    """Frames follow in the log while those before them are copied into the journal."""
    row.where, row.fault, row.must = "storage", "power cut while a commit is written beside a checkpoint", MUST
    monkeypatch.setattr(writer, "CHECKPOINT_PAGES", 1_000_000)
    draw = random.Random(7)
    for old, new in pairwise(recorded(tmp_path / "recorded")):
        copied = checkpointed(tmp_path / "copied", old)
        assert old.log == new.log[: len(old.log)]
        assert copied != old.base
        for _ in range(CUTS):
            began = time.monotonic()
            base = torn(old.base, copied, draw)
            check(tmp_path / "cut", base, torn(old.log, new.log, draw), old.anchor, old.durable)
            row.tried(time.monotonic() - began)


def checkpointed(folder: Path, disk: Disk) -> bytes:
    """The database once all of this disk's log is copied into it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path = folder / "paper.journal"
    path.write_bytes(disk.base)
    log_path(path).write_bytes(disk.log)
    connection = connect(path)
    _, logged, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    connection.close()
    assert logged == copied > 0
    return path.read_bytes()


def test_power_is_cut_at_every_frame_of_the_log(disks: list[Disk], tmp_path: Path, row: Row) -> None:
    """The log ends after each frame, and in the middle of each; whole commits before the cut are there."""
    row.where, row.fault, row.must = "storage", "log cut at and inside every frame", MUST
    pairs = [(old, new) for old, new in pairwise(disks) if len(new.log) > len(old.log)]
    for old, new in pairs[:: 8 if WHOLE else 5]:
        for start in range(max(len(old.log), HEADER), len(new.log), FRAME):
            for cut in (start, start + 10, start + 24 + 2048, start + FRAME - 1):
                check(tmp_path / "cut", old.base, new.log[:cut], old.anchor, old.durable)
                row.tried()


def test_a_disk_that_lied_is_found_out(disks: list[Disk], tmp_path: Path, row: Row) -> None:
    """The log is gone though it was synced, the anchor is not: the engine must not start as if nothing was missing."""
    row.where, row.fault = "storage", "synced log lost by a disk that lies, anchor kept"
    row.must = "refuses to open and names the first record that is missing"
    for disk in disks[:: 10 if WHOLE else 5]:
        path = tmp_path / "lied" / "paper.journal"
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir()
        path.write_bytes(disk.base)
        anchor_path(path).write_bytes(disk.anchor)
        if not lost(path):
            continue
        journal = Journal(path, JournalConfig(), profile="paper")
        with pytest.raises(writer.JournalError, match=r"record"):
            journal.open()
        row.tried()


def lost(path: Path) -> bool:
    """Whether records that the anchor names are missing from the database alone."""
    anchor = read_anchor(path)
    connection = connect(path)
    try:
        tables = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'records'").fetchone()[0]
        last = connection.execute("SELECT max(seq) FROM records").fetchone()[0] if tables else 0
    finally:
        connection.close()
    return anchor is not None and anchor.seq > (last or 0)
