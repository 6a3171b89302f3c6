"""A thread with an event loop for code that is not ours: limits, faults, and an end in any case."""

from __future__ import annotations

import asyncio
import threading
from typing import NoReturn

import pytest

from engine.errors import ConfigError, DeskError
from engine.scoring import own_loop
from engine.scoring.own_loop import OwnLoop


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_loop, "GRACE_S", 0.2)


async def nothing() -> None:
    """What is done last."""


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "own"]


async def test_calls_run_on_one_thread_that_is_not_ours_and_ends() -> None:
    loop = OwnLoop("own")

    async def where() -> tuple[int, int]:
        return threading.get_ident(), id(asyncio.get_running_loop())

    found = {await loop.call(where, 5.0) for _ in range(3)}
    assert len(found) == 1 and found != {await where()}
    assert len(threads()) == 1
    await loop.close(nothing)
    assert not threads()


async def test_calls_wait_beside_each_other() -> None:
    loop, both = OwnLoop("own"), threading.Barrier(2)

    async def meet() -> int:
        return await asyncio.to_thread(both.wait, 10)

    assert sorted(await asyncio.gather(loop.call(meet, 10.0), loop.call(meet, 10.0))) == [0, 1]
    await loop.close(nothing)


@pytest.mark.parametrize("error", [ZeroDivisionError("none"), MemoryError(), asyncio.CancelledError(), KeyError("k")])
async def test_what_it_raises_is_an_error_with_a_name(error: BaseException) -> None:
    loop = OwnLoop("own")

    async def fail() -> NoReturn:
        raise error

    with pytest.raises(DeskError, match=rf"own: expected an answer, found {type(error).__name__}"):
        await loop.call(fail, 5.0)
    await loop.close(nothing)


async def test_our_own_errors_come_as_they_are() -> None:
    loop = OwnLoop("own")

    async def fail() -> NoReturn:
        raise ConfigError("expected a model, found none")

    with pytest.raises(ConfigError, match="expected a model"):
        await loop.call(fail, None)
    await loop.close(nothing)


async def test_a_call_that_hangs_is_cancelled_there() -> None:
    loop, cancelled = OwnLoop("own"), threading.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(DeskError, match=r"within 0\.05 s, found none"):
        await loop.call(hang, 0.05)
    assert cancelled.is_set()
    await loop.close(nothing)


async def test_a_caller_that_leaves_takes_its_call_along() -> None:
    loop, begun, cancelled = OwnLoop("own"), threading.Event(), threading.Event()

    async def hang() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    caller = asyncio.create_task(loop.call(hang, None))
    assert await asyncio.to_thread(begun.wait, 10)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await asyncio.to_thread(cancelled.wait, 10)
    await loop.close(nothing)


async def test_a_blocked_loop_costs_the_limit_and_serves_again_once_it_is_free() -> None:
    loop, free = OwnLoop("own"), threading.Event()

    async def block() -> None:
        free.wait(30)

    with pytest.raises(DeskError, match=r"within 0\.05 s, found its event loop blocked"):
        await loop.call(block, 0.05)
    free.set()

    async def answer() -> str:
        return "here"

    assert await loop.call(answer, 10.0) == "here"
    await loop.close(nothing)
    assert not threads()


async def test_the_last_call_may_fail_and_the_thread_ends_all_the_same() -> None:
    loop = OwnLoop("own")

    async def fail() -> NoReturn:
        raise OSError("no such process")

    with pytest.raises(DeskError, match="no such process"):
        await loop.close(fail)
    assert not threads()
