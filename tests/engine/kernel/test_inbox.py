"""The inbox: urgent things first, and what ends a wait."""

from __future__ import annotations

import asyncio

from engine.kernel.inbox import Inbox, Wake
from engine.model import FeedState, Light

EVENT = FeedState("made-up", Light.UP, 1, 1)
LONG_S = 60.0


async def test_urgent_things_come_before_feed_events() -> None:
    inbox = Inbox(10)
    await inbox.put([EVENT])
    inbox.urgent(Wake())
    assert inbox.take_urgent() == Wake()
    assert inbox.take_urgent() is None
    assert inbox.take_event() is EVENT


async def test_what_is_coming_can_be_looked_at_and_stays() -> None:
    inbox = Inbox(10)
    events = [FeedState(name, Light.UP, 1, 1) for name in "abc"]
    assert inbox.coming(2) == []
    await inbox.put(events)
    assert inbox.coming(2) == events[:2]
    assert inbox.coming(9) == events
    assert [inbox.take_event() for _ in events] == events


async def test_nothing_is_waited_for_while_there_is_something_to_take() -> None:
    inbox = Inbox(10)
    await inbox.put([EVENT])
    async with asyncio.timeout(LONG_S / 2):
        await inbox.wait(LONG_S)


async def test_a_rest_passes_over_feed_events_and_ends_with_its_time() -> None:
    inbox = Inbox(10)
    await inbox.put([EVENT])
    loop = asyncio.get_running_loop()
    began = loop.time()
    await inbox.wait(0.05, urgent=True)
    assert loop.time() - began >= 0.04
    assert inbox.take_event() is EVENT


async def test_a_rest_ends_with_something_urgent() -> None:
    inbox = Inbox(10)
    await inbox.put([EVENT])
    resting = asyncio.create_task(inbox.wait(LONG_S, urgent=True))
    await asyncio.sleep(0)
    assert not resting.done()
    inbox.urgent(Wake())
    async with asyncio.timeout(LONG_S / 2):
        await resting
        await inbox.wait(LONG_S, urgent=True)
    assert inbox.take_urgent() == Wake()
