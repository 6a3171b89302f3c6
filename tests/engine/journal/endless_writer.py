"""A process that appends made-up records until it is killed."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import MutableSequence
from pathlib import Path

from engine.config import JournalConfig
from engine.journal import Journal
from tests.engine.journal.made_up import made_up

OPEN, DURABLE = 0, 1
"""Places in the shared memory: 1 once the journal is open; the last seq that `commit` called durable."""


def write(path: Path, shared: MutableSequence[int]) -> None:
    """Append for ever, with a commit now and then."""
    asyncio.run(_write(path, shared))


async def _write(path: Path, shared: MutableSequence[int]) -> None:
    journal = Journal(path, JournalConfig(commit_ms=2), profile="paper")
    journal.open()
    shared[DURABLE] = journal.seq
    shared[OPEN] = 1
    draw = random.Random(journal.seq)
    for number in itertools.count(journal.seq):
        journal.append(*made_up(number))
        if draw.random() < 0.03:
            await journal.commit()
            shared[DURABLE] = number + 1
        elif draw.random() < 0.03:
            await asyncio.sleep(draw.random() / 200)
