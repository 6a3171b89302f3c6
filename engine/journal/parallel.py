"""Verifying a large journal on several cores: every record keeps its own hash, so parts can be checked side by side."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.journal.schema import connect_readonly
from engine.journal.walk import Flaw, Walk, follow
from engine.secrets import child_environment

if TYPE_CHECKING:
    from concurrent.futures import Future

PARALLEL: Final = 100_000
"""Records from which on starting processes pays."""
WORKERS: Final = 4
"""Most processes."""
PART: Final = 50_000
"""Records per part."""


def follow_all(
    path: Path,
    connection: sqlite3.Connection,
    walk: Walk,
    last: int,
    progress: Callable[[int, int], None] | None = None,
) -> Flaw | None:
    """Walk from the first record to `last`, in this process or, for a large journal, in several.

    Returns the first flaw; `walk` then stands at the last good record before it. Raises sqlite3.Error.
    """
    workers = min(WORKERS, os.cpu_count() or 1)
    if last < PARALLEL or workers == 1:
        return follow(walk, connection, last, progress)
    import multiprocessing  # here: whoever opens a journal imports this module
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    starts = iter(range(0, last, PART))
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    with plain_environment(), ProcessPoolExecutor(workers, mp_context=context, initializer=_leave_interrupts) as pool:

        def begin(count: int) -> list[Future[tuple[int, bytes, Flaw | None]]]:
            return [pool.submit(check_part, path, start, min(start + PART, last)) for start in islice(starts, count)]

        # A forged number may be any: parts are begun as others end, not all at once.
        parts = deque(begin(2 * workers))
        try:
            while parts:
                walk.seq, walk.hash, flaw = parts.popleft().result()
                if flaw is not None:
                    pool.shutdown(wait=False, cancel_futures=True)
                    return flaw
                if progress is not None:
                    progress(walk.seq, last)
                parts.extend(begin(1))
        except BrokenProcessPool:
            # One was killed, for its memory perhaps: the rest is checked here.
            return follow(walk, connection, last, progress)
        except BaseException:
            # Ctrl+C: nobody waits for the parts that are under way.
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
            raise
    return None


def _leave_interrupts() -> None:
    """In a pool's process: Ctrl+C at the terminal is for the one that began it, which ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def plain_environment() -> Iterator[None]:
    """Our own environment is a child's meanwhile: a pool's processes, which come one by one, inherit what they find."""
    whole = dict(os.environ)
    for name in whole.keys() - child_environment(whole).keys():
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(whole)


def check_part(path: Path, after: int, last: int) -> tuple[int, bytes, Flaw | None]:
    """Check the records after `after` up to `last`; returns seq and hash of the last good one, and the first flaw.

    The record `after` itself belongs to the part before, which is judged first.
    """
    walk = Walk()
    connection = connect_readonly(path)
    try:
        if after:
            stored = connection.execute("SELECT hash FROM records WHERE seq = ?", (after,)).fetchone()
            walk = Walk(after, stored[0] if stored and isinstance(stored[0], bytes) else b"")
        flaw = follow(walk, connection, last)
        return walk.seq, walk.hash, flaw
    except sqlite3.Error as error:
        return walk.seq, walk.hash, Flaw(walk.seq + 1, f"record {walk.seq + 1} cannot be read: {error}")
    finally:
        connection.close()
