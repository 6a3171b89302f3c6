"""Brings the search index of a long journal up to date in a process of its own: `python -m desk.indexing JOURNAL`.

Millions of records take minutes. A thread that is busy for minutes would take the interpreter from the desk's keys, and
could not be called off; a process is slower than nobody, and ends when it is killed: what it has indexed by then stays.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import DeskError, JournalError
from engine.journal import Reader
from engine.journal.search import BATCH, Index
from engine.secrets import child_environment

FEW: Final = 2 * BATCH
"""Records that are indexed in a thread of the desk: starting a process takes longer."""
_YIELDS: Final = 10
"""Added to the process's niceness: engine and desk come first."""

Told = Callable[[int, int], None]
"""Takes how far the index goes, and of how many records."""


class Said(msgspec.Struct):
    """One line of the process: how far it is, or why it ended."""

    done: int = 0
    of: int = 0
    error: str = ""
    where: str = ""
    remedy: str = ""


def missing(reader: Reader) -> int:
    """Records that came since the index was last brought up to date. Raises JournalError."""
    with Index(reader) as index:
        return reader.seq - index.seq


async def bring_up(journal: Path, told: Told) -> None:
    """Index what the journal has, in another process; it ends with this task. Raises JournalError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "desk.indexing",
        str(journal),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=child_environment(os.environ),
    )
    assert process.stdout is not None
    said = Said()
    try:
        async for line in process.stdout:
            said = msgspec.json.decode(line, type=Said)
            if not said.error:
                told(said.done, said.of)
        code = await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
    if said.error or code:
        found = said.error or f"expected the search index to be built, found that its process ended with code {code}"
        raise JournalError(found, where=said.where, remedy=said.remedy or "search again: it goes on from there")


def index(journal: Path) -> int:
    """What the process does: the exit code. It ends by itself when nobody reads any more what it says."""
    with suppress(OSError):
        os.nice(_YIELDS)
    try:
        with Reader(journal) as reader, Index(reader) as found:
            found.update(lambda done, of: _say(Said(done, of)))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except DeskError as error:
        _say(Said(error=error.message, where=error.where, remedy=error.remedy))
        return 1
    return 0


def _say(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(index(Path(sys.argv[1])))
