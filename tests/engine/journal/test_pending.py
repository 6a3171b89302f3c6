"""What was appended, waited for on the loop and in a thread until the disk has it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from engine.errors import JournalError
from engine.journal import writer
from engine.journal.pending import Pending
from tests.engine.journal.conftest import Opened
from tests.engine.journal.made_up import READING


class Disk:
    """Commits only once it is let."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free = threading.Event()
        insert = writer.insert

        def slow(*given: object) -> None:
            self.free.wait()
            insert(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(writer, "insert", slow)


async def test_both_waits_end_once_it_is_durable_and_not_before(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, journal = Disk(monkeypatch), opened()
    try:
        seq = journal.append("reading", "1", READING, 1)
        pending = journal.pending()
        waiting = asyncio.create_task(asyncio.to_thread(pending.wait))
        known = asyncio.create_task(pending.known())
        done, _ = await asyncio.wait((waiting, known), timeout=0.1)
        assert not done
    finally:
        disk.free.set()
    assert (await waiting, await known) == (None, None)
    assert journal.durable.seq >= seq


async def test_both_tell_why_it_never_will_be(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "insert", broken)
    journal = opened()
    journal.append("reading", "1", READING, 1)
    pending = journal.pending()
    told = await asyncio.to_thread(pending.wait)
    assert told is not None and "No space left" in str(told)
    assert await pending.known() is told is pending.failure
    with pytest.raises(JournalError, match="No space left"):
        journal.pending()


async def test_what_is_durable_already_is_not_waited_for(opened: Opened) -> None:
    journal = opened()
    journal.append("reading", "1", READING, 1)
    await journal.commit()
    pending = journal.pending()
    assert (await asyncio.to_thread(pending.wait), await pending.known()) == (None, None)


async def test_given_up_both_waits_end_and_the_disks_word_comes_too_late() -> None:
    pending = Pending()
    waiting = asyncio.create_task(asyncio.to_thread(pending.wait))
    pending.give_up()
    assert (await waiting, await pending.known()) == (None, None)
    pending(JournalError("late"))
    assert await pending.known() is None
