"""The desk's line to the engine: attached, lost, found again, and what time it is meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from desk.client import Client
from desk.link import START_AGAIN, Link
from desk.mirror import Part
from engine.clock import SECOND
from engine.errors import DeskError
from engine.model import FeedState, Light
from engine.model.frames import Command, Frame, Goodbye
from tests.desk import made_up
from tests.desk.fake_engine import FakeEngine, fake_engine


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def playing(
    socket: Path, now: list[float], woken: Callable[[Part], None] = lambda parts: None
) -> AsyncIterator[tuple[Link, FakeEngine]]:
    """A desk on an engine that plays a recording at 20 times its pace; `now` is the desk's own clock, in seconds."""
    link = Link(Client(socket), woken, seconds=lambda: now[0])
    task = asyncio.create_task(link.run())
    try:
        async with fake_engine(socket) as engine:
            await until(lambda: link.attached and engine.attached.is_set())
            await engine.send(Frame(rev=0, status=made_up.status(clock_ns=made_up.NOW, speed=20.0)))
            await until(lambda: link.time.speed == 20.0)
            yield link, engine
    finally:
        task.cancel()
        await link.close()


async def test_it_follows_loses_and_finds_an_engine(socket: Path) -> None:
    woken: list[Part] = []
    now = [10.0]
    link = Link(Client(socket), woken.append, seconds=lambda: now[0])
    task = asyncio.create_task(link.run())
    try:
        await until(lambda: "no engine answers" in link.lost_why)
        async with fake_engine(socket) as engine:
            await until(lambda: link.attached and engine.attached.is_set())
            assert Part.ALL in woken
            assert link.time.now_ns() == made_up.NOW
            await engine.send(Frame(rev=0, status=made_up.status(clock_ns=made_up.NOW + 5)))
            await until(lambda: link.time.now_ns() == made_up.NOW + 5)
            await engine.stop()
            await until(lambda: not link.attached)
            now[0] += 12
            assert link.lost_s == 12
            assert "lost the engine" in link.lost_why or "no engine" in link.lost_why
            await engine.start()
            await until(lambda: link.attached)
            assert link.lost_s == 0
            await engine.send(Goodbye(rev=0, reason="stopped by a person"))
            await until(lambda: not link.attached)
            assert (link.stopped, link.lost_why) == (True, "stopped by a person")
            await engine.stop()
    finally:
        task.cancel()
        await link.close()
    with pytest.raises(DeskError, match="no engine answers"):
        await link.command(Command(verb="pause"))
    await link.close()


async def test_an_engine_that_said_goodbye_has_stopped_until_there_is_another(socket: Path) -> None:
    """However often nobody answers after it: why it stopped stays, with what to do. A killed one says nothing."""
    woken: list[Part] = []
    async with playing(socket, [10.0], woken.append) as (link, engine):
        await engine.send(Goodbye(rev=0, reason="asked by a person"))
        await until(lambda: not link.attached)
        await engine.stop()
        woken.clear()
        await until(lambda: woken.count(Part.STATUS) > 2)
        assert (link.stopped, link.lost_why, link.lost_remedy) == (True, "asked by a person", START_AGAIN)
        await engine.start()
        await until(lambda: link.attached)
        assert not link.stopped
        await engine.stop()
        await until(lambda: link.lost_why == "no engine answers")
        assert not link.stopped, "this one went without a word"


async def test_the_clock_of_a_recording_stands_while_no_engine_plays_it(socket: Path) -> None:
    now = [10.0]
    async with playing(socket, now) as (link, engine):
        await engine.stop()
        await until(lambda: not link.attached)
        now[0] += 3600
        assert link.time.now_ns() == made_up.NOW
        assert link.lost_s == 3600


async def test_the_clock_of_a_recording_stands_from_the_goodbye_on(socket: Path) -> None:
    """The connection may stay open for a while after it: the engine still closes its venue and its journal."""
    now = [10.0]
    async with playing(socket, now) as (link, engine):
        await engine.send(Goodbye(rev=0, reason="stopped by a person"))
        await until(lambda: not link.attached)
        now[0] += 2
        assert link.time.now_ns() == made_up.NOW


async def test_at_the_end_of_a_recording_the_clock_stands_still(socket: Path) -> None:
    now = [10.0]
    async with playing(socket, now) as (link, engine):
        last = made_up.NOW + 7 * SECOND
        now[0] += 3
        assert link.time.now_ns() == made_up.NOW + 60 * SECOND
        ended = FeedState("replay", Light.ENDED, last, last, "the recording has ended")
        await engine.send(Frame(rev=0, status=made_up.status(clock_ns=last, speed=20.0), feeds=(ended,)))
        await until(lambda: link.mirror.recording_ended)
        now[0] += 3600
        assert link.time.now_ns() == last
