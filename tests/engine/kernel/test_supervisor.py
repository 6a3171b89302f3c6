"""Tasks end when the engine does, however they take it."""

from __future__ import annotations

import asyncio

import pytest

from engine.clock import VirtualClock
from engine.errors import DeskError
from engine.kernel import supervisor as supervisor_module
from engine.kernel.inbox import Inbox, Wake
from engine.kernel.supervisor import Supervisor
from engine.model import FeedState, Light, Sink


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


async def test_what_a_break_asks_for_is_carried_out_at_once() -> None:
    """A halt calls entries off: in a quiet hour nothing else would wake the loop that sends the cancellations."""

    async def breaks() -> None:
        raise ZeroDivisionError("a defect of ours")

    broke, inbox = list[str](), Inbox(10)
    tasks = Supervisor(VirtualClock(1), inbox, on_feed_end=lambda error: None, on_break=broke.append)
    tasks.guard(breaks(), "breaks")
    async with asyncio.timeout(10):
        await inbox.wait(None)
    assert isinstance(inbox.take_urgent(), Wake)
    assert broke == ["task breaks broke: ZeroDivisionError: a defect of ours"]
    await tasks.stop()


async def test_what_swallows_its_cancellation_keeps_the_stop_waiting_only_so_long(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor_module, "END_LIMIT_S", 0.05)
    deaf = True

    class Deaf:
        name = "deaf\x1b[2J"

        async def run(self, sink: Sink) -> None:
            while deaf:
                try:
                    await asyncio.sleep(0.001)
                except asyncio.CancelledError:
                    continue

    tasks, orderly = supervisor([]), asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            orderly.set()

    tasks.run(Deaf())
    tasks.guard(waits(), "waits")
    await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        assert await tasks.stop() == ("feed-deaf",)
    assert orderly.is_set() and "feed-deaf was called off and has not ended" in caplog.text
    deaf = False
    assert await tasks.stop() == ()


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


async def test_a_feed_that_ends_by_itself_is_told_and_started_again_and_a_recording_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing comes any more, and its last light may have been a live one."""
    monkeypatch.setattr(supervisor_module, "FEED_RETRY_S", 0.01)
    runs: list[Sink] = []

    class Brief:
        name = "theirs"

        async def run(self, sink: Sink) -> None:
            runs.append(sink)

    inbox, ended = Inbox(10), list[DeskError | None]()
    tasks = Supervisor(VirtualClock(1), inbox, on_feed_end=ended.append, on_break=lambda why: None)
    tasks.run(Brief())
    async with asyncio.timeout(10):
        while len(runs) < 3:
            await asyncio.sleep(0.001)
    await tasks.stop()
    told = inbox.take_urgent()
    assert isinstance(told, FeedState)
    assert (told.name, told.light, told.detail) == ("theirs", Light.DOWN, "the feed ended by itself")
    assert ended == []

    recording = Supervisor(
        VirtualClock(1), Inbox(10), on_feed_end=ended.append, on_break=lambda why: None, recording=True
    )
    runs.clear()
    recording.run(Brief())
    async with asyncio.timeout(10):
        while not ended:
            await asyncio.sleep(0)
    await recording.stop()
    assert len(runs) == 1


async def test_what_says_it_was_called_off_and_was_not_has_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library's timeout that slips out of a feed: it would be gone, with a live light, and nobody told."""
    monkeypatch.setattr(supervisor_module, "FEED_RESTART_S", 0.01)
    runs: list[Sink] = []

    class Slips:
        name = "slips"

        async def run(self, sink: Sink) -> None:
            runs.append(sink)
            raise asyncio.CancelledError

    async def leant_on() -> None:
        raise asyncio.CancelledError

    inbox, broke = Inbox(10), list[str]()
    tasks = Supervisor(VirtualClock(1), inbox, on_feed_end=lambda error: None, on_break=broke.append)
    tasks.run(Slips())
    tasks.guard(leant_on(), "leant-on")
    async with asyncio.timeout(10):
        while len(runs) < 3 or not broke:
            await asyncio.sleep(0.001)
    await tasks.stop()
    told = inbox.take_urgent()
    assert isinstance(told, FeedState)
    assert (told.name, told.light) == ("slips", Light.DOWN)
    assert broke == ["task leant-on broke: RuntimeError: it was called off from within"]


async def test_feeds_that_were_ended_buy_nothing_and_do_not_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once nothing can be recorded, posts that X bills would be thrown away for as long as nobody looks."""
    for name in ("FEED_RESTART_S", "FEED_RETRY_S"):
        monkeypatch.setattr(supervisor_module, name, 0.0)
    broke: list[str] = []
    inbox = Inbox(10)
    tasks = Supervisor(VirtualClock(1), inbox, on_feed_end=lambda error: None, on_break=broke.append)
    begun = 0

    class Buying:
        name = "buying"
        ended = asyncio.Event()

        async def run(self, sink: Sink) -> None:
            nonlocal begun
            begun += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.ended.set()

    feed, stubborn = Buying(), Stubborn()
    going = asyncio.Event()
    tasks.run(feed)
    tasks.run(stubborn)
    tasks.guard(_waits(going), "guarded")
    await stubborn.begun.wait()
    tasks.end_feeds("the disk is full")
    async with asyncio.timeout(5):
        await feed.ended.wait()
    stubborn.begun.clear()
    for _ in range(20):
        await asyncio.sleep(0)
    tasks.run(feed)
    await asyncio.sleep(0)
    assert (begun, stubborn.begun.is_set(), going.is_set(), broke) == (1, False, False, [])
    told = inbox.take_urgent()
    assert isinstance(told, FeedState) and (told.name, told.light, told.detail) == (
        "buying",
        Light.DOWN,
        "ended: the disk is full",
    )
    await tasks.stop()
    assert going.is_set(), "what trading leans on goes on until the stop"


async def _waits(ended: asyncio.Event) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.set()
