"""A record far back that somebody altered: the running engine finds it, names it and sends nothing any more."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from engine.clock import VirtualClock
from engine.journal.opening import TAIL
from engine.kernel.earlier import watch_earlier
from engine.kernel.inbox import Unrecorded
from engine.model import Reading
from engine.paths import Paths
from tests.engine.kernel import bare


def test_nothing_is_sent_after_an_old_record_was_altered(tmp_path: Path) -> None:
    config = bare.config(tmp_path, "simulated")
    with bare.opened(config, VirtualClock(1)) as first:
        for number in range(TAIL + 100):
            first.journal.append("reading", str(number), Reading(str(number), "vader", "1", 0.5, 0.5, number), number)
    with closing(sqlite3.connect(Paths.of(config).journal)) as connection, connection:
        connection.execute("UPDATE records SET at_ns = at_ns + 1 WHERE seq = 42")
    with bare.opened(config, VirtualClock(1)) as stages:
        asyncio.run(watch_earlier(stages.journal, stages.inbox))
        found = stages.inbox.take_urgent()
    assert isinstance(found, Unrecorded)
    assert found.error.where == f"{stages.journal.path}, record 42"
    assert "altered" in str(found.error)


def test_a_young_journal_was_checked_whole_at_the_start(tmp_path: Path) -> None:
    with bare.opened(bare.config(tmp_path, "simulated"), VirtualClock(1)) as stages:
        asyncio.run(watch_earlier(stages.journal, stages.inbox))
    assert stages.inbox.take_urgent() is None
