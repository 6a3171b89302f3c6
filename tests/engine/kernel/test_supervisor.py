"""Tasks end when the engine does, however they take it."""

from __future__ import annotations

import asyncio

import pytest

from engine.clock import VirtualClock
from engine.errors import DeskError
from engine.kernel.inbox import Inbox
from engine.kernel.supervisor import Supervisor
from engine.model import Sink


class Stubborn:
    """A feed whose clean-up fails when it is called off."""

    name = "stubborn"

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def run(self, sink: Sink) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._part())
        finally:
            self.ended = True

    async def _part(self) -> None:
        try:
            self.begun.set()
            await asyncio.Event().wait()
        finally:
            raise OSError("the connection was gone already")


def supervisor(broke: list[str]) -> Supervisor:
    return Supervisor(VirtualClock(1), Inbox(10), on_feed_end=lambda error: None, on_break=broke.append)


async def test_a_task_that_breaks_while_it_ends_does_not_keep_the_engine_from_ending(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broke: list[str] = []
    tasks = supervisor(broke)
    feed = Stubborn()
    other = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            other.set()

    tasks.run(feed)
    tasks.guard(waits(), "waits")
    await feed.begun.wait()
    await tasks.stop()
    assert feed.ended and other.is_set()
    assert "feed stubborn broke" in caplog.text, "it does not go unseen"


async def test_a_stop_that_is_itself_called_off_ends() -> None:
    tasks = supervisor([])
    deaf = asyncio.Event()

    async def slow_to_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await deaf.wait()

    tasks.guard(slow_to_end(), "slow")
    await asyncio.sleep(0)
    stopping = asyncio.create_task(tasks.stop())
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    deaf.set()
    await tasks.stop()


async def test_whoever_plays_a_recording_hears_that_it_broke() -> None:
    """A recording that starts again from its beginning would be journaled twice: its kernel gives up."""
    ended: list[DeskError | None] = []

    class Broken:
        name = "replay"

        async def run(self, sink: Sink) -> None:
            raise ZeroDivisionError("a defect of ours")

    tasks = Supervisor(VirtualClock(1), Inbox(10), on_feed_end=ended.append, on_break=lambda why: None)
    tasks.run(Broken())
    async with asyncio.timeout(10):
        while not ended:
            await asyncio.sleep(0)
    assert ended[0] is not None and "a defect of ours" in str(ended[0])
    await tasks.stop()
