"""Whether a journal is what was written."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import Final

from engine.journal.anchor import Anchor
from engine.journal.indexes import GoOn, Wrong, check_whole, surplus, unfound
from engine.journal.parallel import follow_all
from engine.journal.schema import connect_readonly
from engine.journal.walk import Flaw, Walk, check_first
from engine.model import Value

TELL_S: Final = 0.25
"""How often it is told how far the lookups are, once the chain is followed to its end."""
Progress = Callable[[int, int], None]
"""Told now and then how many records of how many are done."""


class Verification(Value, frozen=True, gc=False):
    """What verifying a journal found."""

    ok: bool
    chain_ok: bool
    """True when every record that is there is as it was written; `ok` also asks that none was cut off."""
    records: int
    """Records that are as they were written, from the first on."""
    first_bad_seq: int | None
    what: str
    """What is wrong with that record; with `ok`, what could not be checked. Empty when all is well."""
    last_hash: str
    """Hash of the last good record, in hex."""
    anchored_seq: int | None
    """The record that the anchor names; None without an anchor."""


def verify(
    path: Path,
    connection: sqlite3.Connection,
    anchor: Anchor | None,
    progress: Progress | None = None,
    expect: Anchor | None = None,
) -> Verification:
    """Check every record from the first to the newest at this moment, and that the anchors' records are there.

    `connection` reads the journal at `path`; `anchor` is the journal's own, read before its records; `expect` one that
    was noted elsewhere. `progress(done, total)` is called now and then.
    """
    walk = Walk()
    chain_ok = False
    flaw: Flaw | None
    try:
        total = connection.execute("SELECT max(seq) FROM records").fetchone()[0] or 0
        flaw = check_first(connection) or _check_records(path, connection, walk, total, progress)
        chain_ok = flaw is None
        for named in (anchor, expect):
            if flaw is None and named is not None:
                flaw = walk.check_anchor(connection, named)
                chain_ok = flaw is None or flaw.seq > walk.seq
    except sqlite3.Error as error:
        flaw = Flaw(walk.seq + 1, f"record {walk.seq + 1} cannot be read: {error}")
    what = flaw.what if flaw else ""
    if flaw is None and anchor is None and expect is None and walk.seq:
        what = "there is no anchor: whether records were cut off at the end cannot be told"
    return Verification(
        ok=flaw is None,
        chain_ok=chain_ok,
        records=walk.seq,
        first_bad_seq=flaw.seq if flaw else None,
        what=what,
        last_hash=walk.hash.hex(),
        anchored_seq=None if anchor is None else anchor.seq,
    )


def _check_records(
    path: Path,
    connection: sqlite3.Connection,
    walk: Walk,
    last: int,
    progress: Progress | None,
) -> Flaw | None:
    """The first flaw of the chain, else of the indexes. Records are looked up in a thread: SQLite leaves the
    interpreter to the hashing meanwhile, and Ctrl+C is not held up by what it looks at. Raises sqlite3.Error."""
    ended, looked_up = threading.Event(), 0

    def go_on(at: int) -> bool:
        nonlocal looked_up
        looked_up = at
        return not ended.is_set()

    def tell(done: int) -> None:
        """Both have to come to the end."""
        if progress is not None and 0 < (done := min(done, looked_up)) < last:
            progress(done, last)

    with (
        closing(connect_readonly(path, one_thread=False)) as own,
        ThreadPoolExecutor(1, thread_name_prefix="lookups") as pool,
    ):
        lookups = pool.submit(_look_up, own, last, go_on)
        try:
            flaw = follow_all(path, connection, walk, last, lambda done, _: tell(done))
            if flaw is not None:
                return flaw
            while wait((lookups,), TELL_S).not_done:
                tell(last)
            wrong = check_whole(connection) or lookups.result()
        finally:
            ended.set()
            own.interrupt()
    if progress is not None:
        progress(last, last)
    return None if wrong is None else Flaw(*wrong)


def _look_up(connection: sqlite3.Connection, last: int, go_on: GoOn) -> Wrong | None:
    return unfound(connection, 0, last, go_on) or (surplus(connection) if go_on(last) else None)
