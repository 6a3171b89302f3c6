"""Waiting for something to become true without polling: whoever changes state tells, whoever waits looks again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Changes:
    """A bell for one event loop."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self) -> None:
        """Something changed."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def until(self, true: Callable[[], bool]) -> None:
        """Return once `true()` holds; it is asked again at every `tell`."""
        while not true():
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(waiting)
            try:
                await waiting
            finally:
                self._waiting.discard(waiting)
