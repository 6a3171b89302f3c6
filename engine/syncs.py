"""What a disk takes to make a small commit durable, as the journal's are: every order waits for one."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

COMMIT_BYTES: Final = 5 * 4096
"""Pages that a small commit writes."""
FILE_BYTES: Final = 200 * COMMIT_BYTES
"""The file has its length already, as a write-ahead log has that was begun anew."""


def syncs(directory: Path) -> Iterator[tuple[float, float]]:
    """Sync a small commit again and again into a file without a name: when each began and how long it took, in seconds.

    It ends when nobody asks for the next. Raises OSError.
    """
    with tempfile.TemporaryFile(dir=directory) as file:
        descriptor, at = file.fileno(), 0
        os.pwrite(descriptor, bytes(FILE_BYTES), 0)
        os.fsync(descriptor)
        while True:
            os.pwrite(descriptor, os.urandom(COMMIT_BYTES), at)
            at = (at + COMMIT_BYTES) % FILE_BYTES
            began = time.perf_counter()
            os.fsync(descriptor)
            yield began, time.perf_counter() - began
