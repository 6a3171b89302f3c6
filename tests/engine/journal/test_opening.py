"""Opening a journal: private files, one writer, its own profile, and what is no journal left alone."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import JournalError
from engine.journal import schema
from tests.engine.journal.conftest import Opened, Tamper, Written
from tests.engine.journal.made_up import READING


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


def test_a_file_open_to_others_is_closed_to_them(written: Written, opened: Opened) -> None:
    path = written(1)
    path.chmod(0o644)
    opened()
    assert mode(path) == 0o600


def test_profiles_never_share_a_journal(written: Written, opened: Opened) -> None:
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


def test_a_newer_journal_is_refused(written: Written, opened: Opened, tamper: Tamper) -> None:
    written(1)
    tamper(f"INSERT INTO _sqlite_migrations(migration_set, name) VALUES ('{schema.MIGRATION_SET}', 'm999_future')")
    with pytest.raises(JournalError, match="found m999_future"):
        opened()


def test_a_newer_chain_is_refused(written: Written, opened: Opened, tamper: Tamper) -> None:
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
    with pytest.raises(JournalError, match="expected a file, found a directory"):
        opened()


def test_a_journal_that_another_process_holds_is_not_opened(
    written: Written, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_S", 0.05)
    thief = sqlite3.connect(written(1), isolation_level=None)
    thief.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="could not open the journal: another process holds a lock"):
        opened()
    thief.close()
    assert opened().seq == 1


def test_a_journal_in_new_directories_is_on_the_disk_with_them(
    path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was synced in a directory that a power cut takes away is gone with it."""
    synced: set[tuple[int, int]] = set()
    whole = os.fsync

    def fsync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        synced.add((found.st_dev, found.st_ino))
        whole(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    at = path.parent / "far" / "down" / "paper.journal"
    opened(at)
    for directory in (at.parent, *at.parents[1:4]):
        found = directory.stat()
        assert (found.st_dev, found.st_ino) in synced, directory


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", ".anchor"])
@pytest.mark.parametrize("kind", ["a directory", "a pipe", "a link"])
def test_what_is_no_file_is_named_and_left_as_it_was(opened: Opened, path: Path, suffix: str, kind: str) -> None:
    """What a link beside the journal leads to was written over and closed to others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    other, place = path.with_name("other"), path.with_name(path.name + suffix)
    other.write_text("theirs")
    other.chmod(0o644)
    match kind:
        case "a directory":
            place.mkdir()
        case "a pipe":
            os.mkfifo(place)
        case _:
            place.symlink_to(other)
    if kind == "a link" and not suffix:
        with pytest.raises(JournalError, match="no journal"):
            opened()
        return
    with pytest.raises(JournalError, match=f"expected a file, found {kind}") as caught:
        opened()
    assert caught.value.where == str(place) and caught.value.remedy.startswith("move it away")
    assert (other.read_text(), mode(other)) == ("theirs", 0o644)
