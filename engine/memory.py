"""Memory that the system allows: too little of it is told before an engine starts, in words that say what to do."""

from __future__ import annotations

import resource
from typing import Final

from engine.errors import EXIT_FAILED, DeskError

NEEDED: Final = 512 << 20
"""Bytes of address space that an engine takes at a start with room to work. Less fails it in the middle of a day."""
REMEDY: Final = "raise `ulimit -v` and `ulimit -u`, the limits of its service or container, or free memory (`free -h`)"
_NO_THREAD: Final = "can't start new thread"
"""How Python says that the system has no memory for another thread, or allows none."""


def check_memory() -> None:
    """Raises DeskError where this process may not have as much memory as an engine takes."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if allowed != resource.RLIM_INFINITY and allowed < NEEDED:
        raise DeskError(
            f"expected at least {NEEDED >> 20} MiB of address space, found a limit of {allowed >> 20} MiB",
            where="ulimit -v",
            remedy=f"`ulimit -v {NEEDED >> 10}` or more, or `ulimit -v unlimited`, then start again",
            exit_code=EXIT_FAILED,
        )


def out_of_memory(error: BaseException) -> DeskError | None:
    """What a person is told of this error where memory or threads have run out; None for any other."""
    if isinstance(error, MemoryError):
        return DeskError("expected some memory, found none left for this process", remedy=REMEDY)
    if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
        return DeskError("expected to begin a thread, found that the system has no room for one more", remedy=REMEDY)
    return None
