"""Journals of made-up records, and tampering with them."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.config import JournalConfig
from engine.errors import JournalError
from engine.journal import Journal, Reader, Verification
from engine.journal.anchor import anchor_path
from tests.engine.journal.made_up import made_up

Opened = Callable[..., Journal]
Written = Callable[..., Path]
Tamper = Callable[..., None]
Append = Callable[[Journal, int], None]


def verified(path: Path) -> Verification:
    """What a check of the whole journal finds."""
    with Reader(path) as reader:
        return reader.verify()


def settle(journal: Journal) -> None:
    """Wait until the writer has nothing left to do, a checkpoint neither."""
    journal.flush()
    assert journal._checkpoints is not None
    deadline = time.monotonic() + 10
    while not (journal._asleep and journal._checkpoints.idle):
        assert time.monotonic() < deadline
        time.sleep(0.0005)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "paper.journal"


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A journal's path that every user can reach, for tests that drop root's rights."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory) / "state" / "paper.journal"


@pytest.fixture
def opened(path: Path) -> Iterator[Opened]:
    """Opens journals and closes them at the end."""
    journals: list[Journal] = []

    def make(at: Path = path, profile: str = "paper", **options: object) -> Journal:
        on_failure = options.pop("on_failure", None)
        journal = Journal(at, JournalConfig(**options), profile=profile, on_failure=on_failure)  # type: ignore[arg-type]
        journals.append(journal)
        journal.open()
        return journal

    yield make
    for journal in journals:
        try:
            journal.close()
        except JournalError:
            assert journal.failure is not None


@pytest.fixture
def written(path: Path, opened: Opened) -> Written:
    """Writes a journal of so many made-up records and closes it."""

    def write(count: int, at: Path = path) -> Path:
        journal = opened(at)
        for number in range(count):
            journal.append(*made_up(number))
        journal.close()
        return at

    return write


@pytest.fixture
def tamper(path: Path) -> Tamper:
    """Runs statements on the file behind the journal's back."""

    def run(*statements: str | tuple[str, tuple[object, ...]]) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                sql, values = (statement, ()) if isinstance(statement, str) else statement
                connection.execute(sql, values)

    return run


@pytest.fixture
def anchor(path: Path) -> Path:
    return anchor_path(path)


@pytest.fixture
def append_made_up() -> Append:
    """Appends the next so many made-up records."""

    def run(journal: Journal, count: int) -> None:
        for number in range(journal.seq, journal.seq + count):
            journal.append(*made_up(number))

    return run
