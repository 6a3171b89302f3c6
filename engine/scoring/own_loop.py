"""An event loop on a thread of its own, for code that is not ours and may block the loop that it runs in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from engine.errors import DeskError

GRACE_S: Final = 3.0
"""How long a call that was cancelled may take to end, and the loop to come back to it."""

_T = TypeVar("_T")


class OwnLoop:
    """Runs one scorer's coroutines. Whatever they raise, do not end or keep for themselves becomes a DeskError.

    A call that blocks its loop for good costs this thread, and no other: the engine's loop never waits longer than
    the limit. Only C code that keeps the interpreter's lock stops every thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._running: tuple[asyncio.AbstractEventLoop, threading.Thread] | None = None
        self._over = asyncio.Event()

    async def call(self, work: Callable[[], Coroutine[Any, Any, _T]], limit_s: float | None) -> _T:
        """What `work` returns, within `limit_s` seconds where there is a limit. Raises DeskError."""
        loop, _ = self._start()
        held = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._held(work, limit_s), loop))
        try:
            await asyncio.wait({held}, timeout=None if limit_s is None else limit_s + 2 * GRACE_S)
        finally:
            ended = held.done()
            held.cancel()
        if not ended:
            raise DeskError(
                f"expected an answer within {limit_s:g} s, found its event loop blocked",
                where=self._name,
                remedy="have its package await what takes long, or do it on a thread",
            )
        return held.result()

    async def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `last`, then end the loop and its thread. A blocked thread is left behind and ends with the process.

        Raises DeskError when `last` failed, after the end.
        """
        try:
            await self.call(last, GRACE_S)
        finally:
            loop, thread = self._start()
            loop.call_soon_threadsafe(self._over.set)
            await asyncio.to_thread(thread.join, GRACE_S)

    def _start(self) -> tuple[asyncio.AbstractEventLoop, threading.Thread]:
        if self._running is None:
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=self._run, args=(loop,), name=self._name, daemon=True)
            thread.start()
            self._running = loop, thread
        return self._running

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._over.wait())

    async def _held(self, work: Callable[[], Coroutine[Any, Any, _T]], limit_s: float | None) -> _T:
        task = asyncio.create_task(work())
        try:
            await asyncio.wait({task}, timeout=limit_s)
        finally:
            if not task.done():
                task.cancel()
        if not task.done():
            await asyncio.wait({task}, timeout=GRACE_S)
            raise DeskError(
                f"expected an answer within {limit_s:g} s, found none",
                where=self._name,
                remedy="give it a time limit of its own that is shorter than scoring.late.limit_s",
            )
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            return task.result()
        if isinstance(error, DeskError):
            raise error
        raise DeskError(
            f"expected an answer, found {type(error).__name__}: {error}"[:300],
            where=self._name,
            remedy="take it out of scoring.scorers if it stays so; the fault is in its package",
        ) from error
