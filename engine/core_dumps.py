"""No memory of ours in a file: what crashes leaves a traceback, and its keys go with it."""

from __future__ import annotations

import resource
from typing import Final

_ONE: Final = 1
"""Smaller than any core file, and Linux takes it for "no dump", neither to a file nor to a program that collects
them; 0 would still feed the program (https://man7.org/linux/man-pages/man5/core.5.html, fs/coredump.c)."""


def forbid_core_dumps() -> None:
    """For this process and its children, for as long as they do not ask for dumps themselves."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    least = _ONE if hard == resource.RLIM_INFINITY else min(_ONE, hard)
    resource.setrlimit(resource.RLIMIT_CORE, (least, hard))
