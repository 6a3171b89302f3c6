"""What the write-ahead log holds is copied back into the journal on a thread of its own: no commit waits for it.

SQLite lets a PASSIVE checkpoint run beside a writer (https://sqlite.org/wal.html#concurrency). What is committed while
one copies is left for the next pass; the log is begun anew by a transaction that begins once nothing is left.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.errors import JournalError
from engine.journal import schema
from engine.journal.faults import explain

PASSES: Final = 4
"""Most passes of one checkpoint: the first copies nearly all, the next what was committed meanwhile."""


class Checkpoints:
    """Asked for by the journal's writer; runs one at a time."""

    def __init__(self, path: Path, *, on_failure: Callable[[], None]) -> None:
        """Opens a connection: raises sqlite3.Error and JournalError. `on_failure` is called on the new thread."""
        self._path = path
        self._on_failure = on_failure
        self._connection = schema.connect(path)
        self._asked = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._closing = False
        self._failure: JournalError | None = None
        self._logged = 0
        self.kept_bytes = 0
        """What the last one could not copy of the log: somebody still reads what was there before."""
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Whether none runs."""
        return self._idle.is_set()

    def check(self) -> None:
        """Raises JournalError once the disk has refused."""
        if self._failure is not None:
            raise self._failure

    def begin(self) -> bool:
        """Begin one and return; False while one runs.

        Waits for its end where the last one found the log longer than it is cut back to: what comes so fast that the
        log is not begun anew, or what a reader keeps, would let it grow for ever.
        Raises JournalError once the disk has refused.
        """
        self.check()
        if not self._idle.is_set():
            return False
        long = self._logged > schema.WAL_LIMIT
        self._idle.clear()
        self._asked.set()
        if long:
            self._idle.wait()
            self.check()
        return True

    def close(self, limit_s: float, *, call_off: bool = False) -> None:
        """End the thread once the one that runs is done, or has been called off, and close the connection.

        A thread that the disk holds for longer than `limit_s` keeps it. Raises JournalError where the disk refused.
        """
        self._closing = True
        self._asked.set()
        if call_off:
            self._connection.interrupt()
        self._thread.join(limit_s)
        if not self._thread.is_alive():
            with suppress(sqlite3.Error):  # it holds nothing that is not in the log
                self._connection.close()
        if not call_off:
            self.check()

    def _run(self) -> None:
        failure: JournalError | None = JournalError(
            "the thread that copies the write-ahead log back ended unexpectedly",
            where=str(self._path),
            remedy="start again and report this",
        )
        try:
            while self._is_asked():
                self._copy()
                self._idle.set()
            failure = None
        except sqlite3.Error as error:
            failure = explain(error, self._path, "copy the write-ahead log back")
        finally:
            self._failure = failure
            self._idle.set()
            if failure is not None:
                self._on_failure()

    def _is_asked(self) -> bool:
        """Wait to be asked for one; False once nobody will."""
        self._asked.wait()
        self._asked.clear()
        return not self._closing

    def _copy(self) -> None:
        """Pass after pass, until one finds nothing that came since the one before, or gets no further."""
        before = -1
        for _ in range(PASSES):
            busy, pages, copied = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if busy:
                return  # another process copies
            self._logged, self.kept_bytes = pages * schema.PAGE_BYTES, (pages - copied) * schema.PAGE_BYTES
            if pages <= before or copied < pages:
                return
            before = pages
