"""The journal's one writer: records go in from the engine's loop, a thread groups and commits them.

The hot path is the standard library's sqlite3 on that one thread; why, is told in `engine.journal.schema`.
"""

from __future__ import annotations

import sqlite3
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from engine.config import JournalConfig
from engine.errors import JournalError
from engine.journal import schema
from engine.journal.anchor import Anchor, AnchorFile
from engine.journal.chain import KEY_LIMIT, chain, encode, encode_key
from engine.journal.checkpoints import Checkpoints
from engine.journal.faults import explain
from engine.journal.kinds import KINDS
from engine.journal.opening import Standing, make_private, newest
from engine.journal.pending import Pending
from engine.journal.rows import Field, insert
from engine.model import Value
from engine.paths import free_bytes

QUEUE_LIMIT: Final = 100_000
"""Most records that may wait to be written. One more and the journal refuses: the disk cannot keep up."""
GROUP_LIMIT: Final = 1024
"""Most rows in one transaction, so that a commit asked for meanwhile does not wait long."""
CHECKPOINT_PAGES: Final = 1000
"""Pages in the write-ahead log at which it is copied back into the journal."""
CLOSE_S: Final = 30.0
"""How long `close` and `flush` wait for the disk."""
ROW_BYTES: Final = 250
"""What a row takes in the table and the indexes beside its body, about."""
MEASURE_S: Final = 1.0
"""How often it is asked what is free on the disk."""
_KIND_BYTES: Final = {kind: kind.encode() for kind in KINDS}

_TYPES: Final = dict(KINDS)
"""KINDS without its read-only cover: it is asked for every record."""
Waiter = Callable[[JournalError | None], None]
"""Told None when what it waits for is durable, or why it never will be. Called on the writer's thread."""


class Journal:
    """The append-only, hash-chained record of everything the engine does.

    Used from one thread (the engine's loop); only `close` and `flush` block. A record is durable once a `commit` that
    was called after its `append` has returned; without one it is within about `commit_ms`. When the disk refuses, the
    journal stops for good: `failure` says why, every later append and commit raises, what is already durable stays.
    """

    def __init__(
        self,
        path: Path,
        config: JournalConfig,
        *,
        profile: str,
        on_failure: Callable[[JournalError], None] | None = None,
    ) -> None:
        """`profile` is `simulated`, `paper` or `live`: a journal holds one kind of money. Opens nothing yet.

        `on_failure` is called once, on the writer's thread, when the journal stops because it could not write.
        """
        if profile not in schema.PROFILES:
            raise JournalError(f"expected a profile out of {', '.join(schema.PROFILES)}, found {profile!r}")
        self.path = path
        self.unchecked = 0
        """Records from the first on that opening passed over: whether they are as they were written is not known."""
        self._profile = profile
        self._on_failure = on_failure
        self._group_s = config.commit_ms / 1000
        self._group_rows = config.commit_rows
        self._log_limit = config.log_limit_mib << 20
        self._queue: deque[tuple[int, int, str, str, Value]] = deque()
        self._seq = 0
        self._durable = Anchor(0, b"")
        self._refusal: JournalError | None = JournalError("the journal is not open", where=str(path))
        self._failure: JournalError | None = None
        self._wake = threading.Event()
        self._asleep = False
        self._closing = False
        self._lock = threading.Lock()
        self._waiters: deque[tuple[int, Waiter]] = deque()
        self._thread: threading.Thread | None = None
        self._pages = 0
        self._checkpoints: Checkpoints | None = None
        self._pending_since = 0.0
        self._mark = (0, 0.0)
        self._measured_at = 0.0
        self.free_bytes: int | None = None
        """Bytes free on the journal's disk when it was last asked, with a commit; None where it does not say."""

    @property
    def seq(self) -> int:
        """Number of the newest record, durable or not; 0 when there is none."""
        return self._seq

    @property
    def durable(self) -> Anchor:
        """Number and hash of the newest durable record. Two runs of one recording end on the same one."""
        return self._durable

    @property
    def backlog(self) -> int:
        """Records not yet durable. Who appends faster than the disk takes it awaits `commit` when this grows."""
        return self._seq - self._durable.seq

    @property
    def lag_ms(self) -> float:
        """At most how long the oldest record that is not durable has waited, in milliseconds; 0 when there is none."""
        return (time.monotonic() - self._pending_since) * 1000 if self.backlog else 0.0

    @property
    def kept_bytes(self) -> int:
        """Bytes of the write-ahead log that could not be copied back lately: another process still reads what was
        there before, and while it does the log grows."""
        return self._checkpoints.kept_bytes if self._checkpoints else 0

    @property
    def failure(self) -> JournalError | None:
        """Why the journal stopped; None while it works, and after an orderly close."""
        return self._failure

    def open(self) -> None:
        """Create or check the file and begin to write. Blocks for some milliseconds, longer where it must migrate.

        New directories are 0700, the journal and its companions 0600. Raises JournalError for a file that is damaged,
        foreign, newer than this version, another profile's, locked or not writable; it names the record and the remedy.
        """
        if self._thread is not None:
            raise JournalError("the journal is open already", where=str(self.path))
        try:
            with ExitStack() as undo:
                make_private(self.path)
                anchor = AnchorFile(self.path)
                undo.callback(anchor.close)
                connection = schema.connect(self.path)
                undo.callback(connection.close)
                self._durable, self.unchecked = newest(connection, self.path, self._profile)
                anchor.begin(self._durable)
                standing = Standing(self.path)
                checkpoints = Checkpoints(self.path, on_failure=self._wake.set)
                thread = threading.Thread(
                    target=self._run, args=(connection, anchor, standing, checkpoints), name="journal", daemon=True
                )
                undo.callback(setattr, self, "_refusal", self._refusal)
                self._seq, self._refusal, self._checkpoints = self._durable.seq, None, checkpoints
                thread.start()  # where the system has no room for one the journal stays closed
                undo.pop_all()
        except (sqlite3.Error, OSError) as error:
            raise explain(error, self.path, "open the journal") from error
        self._thread = thread

    def append(self, kind: str, key: str, value: Value, at_ns: int) -> int:
        """Take a record in; returns its seq. Does not block, does no I/O, encodes nothing.

        `kind` is one of `KINDS` and `value` of that kind's type; `key` is the id to find it by (at most KEY_LIMIT
        characters). Raises JournalError once the journal has stopped, or when QUEUE_LIMIT records wait.
        """
        if self._refusal is not None:
            raise self._refused()
        if _TYPES.get(kind) is not type(value) or len(key) > KEY_LIMIT:
            raise self._unfit(kind, key, value)
        queue = self._queue
        if len(queue) >= QUEUE_LIMIT:
            raise JournalError(
                f"{QUEUE_LIMIT} records wait to be written: the disk cannot keep up",
                where=str(self.path),
                remedy="trading must wait until they are written; put the journal on a faster disk",
            )
        seq = self._seq + 1
        if seq == self._durable.seq + 1:
            self._pending_since = time.monotonic()
        queue.append((seq, at_ns, kind, key, value))
        self._seq = seq
        if (self._asleep or len(queue) >= self._group_rows) and not self._wake.is_set():
            self._wake.set()
        return seq

    async def commit(self) -> None:
        """Return when everything appended so far is durable. Does not wait for the group.

        Raises JournalError when it never will be.
        """
        if self._refusal is None and self._seq == self._durable.seq:
            return
        if await self.pending().known() is not None:
            raise self._refused()

    def pending(self) -> Pending:
        """Everything appended so far, to be waited for on this loop or in a thread. Does not wait for the group.

        Raises JournalError when the journal has stopped.
        """
        if self._refusal is not None:
            raise self._refused()
        pending = Pending()
        self._ask(pending)
        return pending

    def flush(self) -> None:
        """Block until everything appended so far is durable. Raises JournalError when it will not be."""
        if self._refusal is not None:
            raise self._refused()
        done = threading.Event()
        found: list[JournalError | None] = []

        def answer(failure: JournalError | None) -> None:
            found.append(failure)
            done.set()

        self._ask(answer)
        if not done.wait(CLOSE_S):
            raise JournalError(f"the disk did not answer within {CLOSE_S:.0f} s", where=str(self.path))
        if found[0] is not None:
            raise self._refused()

    def close(self) -> None:
        """Write what waits, anchor it, end the thread and close the files; a second call does nothing.

        Raises JournalError when the last records could not be written; a failure that `on_failure` has told before is
        not raised again.
        """
        thread, told = self._thread, self._failure
        if thread is None:
            return
        if self._refusal is None:
            self._refusal = JournalError("the journal is closed", where=str(self.path))
        self._closing = True
        self._wake.set()
        thread.join(CLOSE_S)
        if thread.is_alive():
            raise JournalError(f"the disk did not answer within {CLOSE_S:.0f} s", where=str(self.path))
        self._thread = None
        if self._failure is not None and told is None:
            raise self._refused()

    def _refused(self) -> JournalError:
        refusal = self._failure or self._refusal
        assert refusal is not None
        return JournalError(refusal.message, where=refusal.where, remedy=refusal.remedy)

    def _unfit(self, kind: str, key: str, value: Value) -> JournalError:
        expected = KINDS.get(kind)
        if expected is None:
            what = f"expected a kind out of {', '.join(KINDS)}, found {kind!r}"
        elif expected is not type(value):
            what = f"expected a {expected.__name__} for kind {kind!r}, found a {type(value).__name__}"
        else:
            what = f"expected a key of at most {KEY_LIMIT} characters, found {len(key)}"
        return JournalError(what, where=str(self.path), remedy="report this: the engine made a record that is none")

    def _ask(self, waiter: Waiter) -> None:
        """Have the writer answer when everything appended so far is durable, at once."""
        with self._lock:
            failure = self._failure
            if failure is None and self._thread is not None:
                self._waiters.append((self._seq, waiter))
                self._wake.set()
                return
        waiter(failure)

    # What follows runs on the writer's thread.

    def _run(
        self, connection: sqlite3.Connection, anchor: AnchorFile, standing: Standing, checkpoints: Checkpoints
    ) -> None:
        failure: JournalError | None = JournalError(
            "the journal's thread ended unexpectedly", where=str(self.path), remedy="start again and report this"
        )
        try:
            while self._rest(checkpoints):
                self._gather()
                self._write_group(connection, anchor, standing)
                self._copy_back(checkpoints)
            checkpoints.close(CLOSE_S)
            connection.close()
            anchor.close()
            failure = None
        except (sqlite3.Error, OSError) as error:
            failure = explain(error, self.path, f"write record {self._durable.seq + 1}")
        except JournalError as error:
            failure = error
        finally:
            self._end(failure)
            if failure is not None:
                # Already told; closing only gives the handles back.
                checkpoints.close(CLOSE_S, call_off=True)
                if standing.cut:
                    connection.interrupt()  # closing would copy what is left of the log into the journal
                with suppress(sqlite3.Error):
                    connection.close()
                with suppress(OSError):
                    anchor.close()

    def _rest(self, checkpoints: Checkpoints) -> bool:
        """Wait for something to do; False when there is nothing left and the journal closes."""
        self._asleep = True
        while not self._queue and not self._closing:
            self._answer()
            self._wake.wait()
            self._wake.clear()
            checkpoints.check()
        self._asleep = False
        return bool(self._queue)

    def _gather(self) -> None:
        """Let more records join the group, until it is large or old enough or somebody waits for it."""
        deadline = time.monotonic() + self._group_s
        while not self._waiters and not self._closing and len(self._queue) < self._group_rows:
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._wake.wait(left)
            self._wake.clear()

    def _write_group(self, connection: sqlite3.Connection, anchor: AnchorFile, standing: Standing) -> None:
        taken_at, newest = time.monotonic(), self._seq
        fields, durable, size = self._encoded(self._durable.hash)
        standing.check(self._durable)
        insert(connection, fields)
        standing.check(durable)
        self._durable = durable
        if durable.seq >= self._mark[0]:
            self._pending_since, self._mark = self._mark[1], (newest, taken_at)
        self._answer()
        anchor.write(durable)
        if taken_at - self._measured_at >= MEASURE_S:
            self._measured_at, self.free_bytes = taken_at, free_bytes(self.path)
        # A commit rewrites the last page of the table and of each index, and fills new ones.
        self._pages += 5 + size // schema.PAGE_BYTES

    def _copy_back(self, checkpoints: Checkpoints) -> None:
        """Have the write-ahead log copied back where it is long enough for that."""
        checkpoints.check()
        if self.kept_bytes > self._log_limit:
            raise JournalError(
                f"the write-ahead log holds more than {self._log_limit >> 20} MiB, kept by a program that reads it",
                where=str(self.path),
                remedy="end that program (an export, a database browser), then start again: nothing is lost",
            )
        # What a reader keeps from being copied is tried again with the next pages, not with the next commit.
        if self._pages >= CHECKPOINT_PAGES and checkpoints.begin():
            self._pages = 0

    def _encoded(self, previous: bytes) -> tuple[list[Field], Anchor, int]:
        """The next group, each record chained to the one before: its rows' fields, its last record and its bytes."""
        fields: list[Field] = []
        queue, seq, size = self._queue, 0, 0
        for _ in range(min(len(queue), GROUP_LIMIT)):
            seq, at_ns, kind, key, value = queue.popleft()
            try:
                body = encode(value)
                key_bytes = encode_key(key)
                previous = chain(previous, seq, at_ns, _KIND_BYTES[kind], key_bytes, body)
            except (TypeError, ValueError, OverflowError, struct.error) as error:
                raise JournalError(
                    f"expected a {type(value).__name__} that can be written as JSON: {error}",
                    where=f"{self.path}, record {seq} ({kind})",
                    remedy="report this: the engine made a record that is none",
                ) from error
            # Text is bound as text: SQLite takes longer to cast a blob than Python to decode it.
            fields += (seq, at_ns, kind, key_bytes.decode(), body.decode(), previous)
            size += len(body) + ROW_BYTES
        return fields, Anchor(seq, previous), size

    def _answer(self) -> None:
        """Tell those whose records are durable now."""
        with self._lock:
            ready = []
            while self._waiters and self._waiters[0][0] <= self._durable.seq:
                ready.append(self._waiters.popleft()[1])
        for waiter in ready:
            waiter(None)

    def _end(self, failure: JournalError | None) -> None:
        """Nothing is written any more: tell the engine first, then everybody who waits."""
        with self._lock:
            self._failure = failure
            self._refusal = failure or self._refusal
            waiters = [waiter for _, waiter in self._waiters]
            self._waiters.clear()
        try:
            if failure is not None and self._on_failure is not None:
                self._on_failure(failure)
        finally:
            for waiter in waiters:
                waiter(failure)
