"""Checkpoints run beside the commits: none waits for one, the log stays short, a refusal stops the journal."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.errors import JournalError
from engine.journal import Reader, checkpoints, schema
from engine.journal.checkpoints import Checkpoints
from engine.journal.writer import CHECKPOINT_PAGES
from tests.engine.journal.conftest import Append, Opened, settle

LIMIT_S = 20.0


class Held:
    """A connection whose checkpoints wait to be let go, or are refused."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.refusal: Exception | None = None
        self.found: tuple[int, int, int] | None = None
        """What is answered in place of what SQLite says; None for that."""

    def execute(self, statement: str) -> object:
        self.begun.set()
        assert self.let_go.wait(LIMIT_S)
        if self.refusal is not None:
            raise self.refusal
        answer = self._connection.execute(statement)
        if self.found is None:
            return answer
        answer.close()
        return self._connection.execute("SELECT ?, ?, ?", self.found)

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Held]]:
    """The connection that the next checkpoints were opened with."""
    made: list[Held] = []

    def connect(path: Path, connect: Callable[[Path], sqlite3.Connection] = schema.connect) -> Held:
        made.append(Held(connect(path)))
        return made[-1]

    monkeypatch.setattr(checkpoints, "schema", SimpleNamespace(**{**vars(schema), "connect": connect}))
    yield lambda: made[-1]
    for each in made:
        each.let_go.set()


def test_no_commit_waits_for_a_checkpoint(
    opened: Opened, held: Callable[[], Held], append_made_up: Append, path: Path
) -> None:
    journal = opened()
    append_made_up(journal, 20_000)
    assert held().begun.wait(LIMIT_S)
    append_made_up(journal, 20_000)
    journal.flush()
    assert journal.durable.seq == 40_000
    assert path.with_name(path.name + "-wal").stat().st_size > 2 * CHECKPOINT_PAGES * schema.PAGE_BYTES
    held().let_go.set()
    settle(journal)
    assert journal.kept_bytes == 0
    journal.close()
    with Reader(path) as reader:
        assert reader.verify().ok


def test_the_log_is_begun_anew_while_records_keep_coming(opened: Opened, append_made_up: Append, path: Path) -> None:
    """Commits follow each other without a pause: what comes during one pass is copied by the next."""
    journal = opened(commit_ms=1, commit_rows=16)
    for _ in range(150):
        append_made_up(journal, 1_000)
        while journal.backlog > 2_000:
            time.sleep(0.001)
    journal.flush()
    assert journal.seq == 150_000
    assert (
        path.with_name(path.name + "-wal").stat().st_size < schema.WAL_LIMIT + 4 * CHECKPOINT_PAGES * schema.PAGE_BYTES
    )
    journal.close()
    with Reader(path) as reader:
        assert reader.verify().ok


def test_a_refused_checkpoint_stops_a_journal_that_has_nothing_to_write(
    opened: Opened, held: Callable[[], Held], append_made_up: Append
) -> None:
    told: list[JournalError] = []
    stopped = threading.Event()

    def on_failure(failure: JournalError) -> None:
        told.append(failure)
        stopped.set()

    journal = opened(on_failure=on_failure)
    append_made_up(journal, 20_000)
    assert held().begun.wait(LIMIT_S)
    journal.flush()
    held().refusal = sqlite3.OperationalError("disk I/O error")
    held().let_go.set()
    assert stopped.wait(LIMIT_S)
    assert "could not copy the write-ahead log back" in str(told[0])
    with pytest.raises(JournalError, match="could not copy the write-ahead log back"):
        append_made_up(journal, 1)
    assert journal.durable.seq == 20_000


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_of_ours_in_its_thread_stops_the_journal_and_holds_up_nobody(
    opened: Opened, held: Callable[[], Held], append_made_up: Append
) -> None:
    stopped = threading.Event()
    journal = opened(on_failure=lambda failure: stopped.set())
    append_made_up(journal, 20_000)
    assert held().begun.wait(LIMIT_S)
    journal.flush()
    held().refusal = ZeroDivisionError("a defect")
    held().let_go.set()
    assert stopped.wait(LIMIT_S)
    assert "ended unexpectedly" in str(journal.failure)
    journal.close()


def test_the_writer_waits_where_the_log_grew_long(held: Callable[[], Held], opened: Opened) -> None:
    """What comes faster than it is copied would let the log grow for ever."""
    journal = opened()
    beside = Checkpoints(journal.path, on_failure=lambda: None)
    ours = held()
    long = schema.WAL_LIMIT // schema.PAGE_BYTES + 1
    ours.found = (0, long, long - 100)
    ours.let_go.set()
    assert beside.begin()
    while not beside.idle:
        time.sleep(0.001)
    assert beside.kept_bytes == 100 * schema.PAGE_BYTES
    ours.let_go.clear()
    ended = threading.Event()
    asking = threading.Thread(target=lambda: (beside.begin(), ended.set()))
    asking.start()
    assert not ended.wait(0.2)
    ours.found = (0, 100, 100)
    ours.let_go.set()
    assert ended.wait(LIMIT_S)
    asking.join()
    assert beside.kept_bytes == 0
    ours.let_go.clear()
    assert beside.begin(), "it waits for none once the log is short"
    assert not beside.idle
    assert not beside.begin(), "one at a time"
    ours.let_go.set()
    beside.close(LIMIT_S)


def test_one_that_is_called_off_ends(opened: Opened, held: Callable[[], Held], append_made_up: Append) -> None:
    before = set(threading.enumerate())
    journal = opened()
    append_made_up(journal, 20_000)
    assert held().begun.wait(LIMIT_S)
    journal.flush()
    held().let_go.set()
    journal.close()
    assert set(threading.enumerate()) <= before
