"""A limit of time for code that runs in the engine's own loop and is not ours.

A scorer of another package is called where posts are taken in: while it does not return, nothing else happens. The
alarm clock of the process (`setitimer`, SIGALRM) breaks such a call off between two of its steps, and within a regular
expression, which looks for signals too. A call that never comes back from C code cannot be broken off from inside: the
engine then tells where it hangs, and its supervisor ends it (docs/operations.md).
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_S = 0.1
"""A call that swallows the first break is broken off again this much later, until it ends."""


class Overdue(BaseException):
    """A call took longer than it may. Not an Exception: code that swallows every error shall not swallow this."""


@contextmanager
def deadline(limit_s: float) -> Iterator[None]:
    """Raise Overdue in the body when it takes longer than `limit_s`; on any thread but the main one, do nothing.

    An alarm that was set before rings when it is due, or right after the body.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    over = False

    def ring(number: int, frame: FrameType | None) -> None:
        if not over:
            raise Overdue

    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    left_s, every_s = signal.setitimer(signal.ITIMER_REAL, limit_s, AGAIN_S)
    try:
        try:
            yield
        finally:
            over = True
    finally:
        # Reached also when the alarm rings between the body's end and `over`: it must not ring on in what comes next.
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        if left_s:
            signal.setitimer(signal.ITIMER_REAL, max(left_s - (time.monotonic() - began), 1e-3), every_s)
