"""Work in a thread that nobody waits for when the desk is left: asyncio's own threads are joined at exit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TypeVar

ResultT = TypeVar("ResultT")


async def in_background(work: Callable[[], ResultT]) -> ResultT:
    """What the work returns or raises. Whoever is called off meanwhile leaves it to end by itself."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[ResultT] = loop.create_future()

    def settle(tell: Callable[[], None]) -> None:
        if not answer.done():
            tell()

    def run() -> None:
        try:
            told = partial(answer.set_result, work())
        except Exception as error:  # noqa: BLE001 - raised where it is awaited
            told = partial(answer.set_exception, error)
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(settle, told)

    Thread(target=run, name="journal", daemon=True).start()
    return await answer
