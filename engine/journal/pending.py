"""Records on their way to the disk, waited for on the loop and in any thread."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from engine.errors import JournalError


class Pending:
    """What was appended until now; made on the loop that waits for it, called by the journal's writer."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._known: asyncio.Future[JournalError | None] = self._loop.create_future()
        self._told = threading.Event()
        self.failure: JournalError | None = None
        """Why it never will be durable; None while that is not known, and once it is durable."""

    def __call__(self, failure: JournalError | None) -> None:
        """It is durable, or why it never will be. On the writer's thread."""
        self.failure = failure
        self._told.set()
        with suppress(RuntimeError):  # a loop that was closed meanwhile has nobody waiting
            self._loop.call_soon_threadsafe(self._settle)

    def give_up(self) -> None:
        """Nobody needs it any more: both waits end, durable or not."""
        if not self._told.is_set():
            self(None)

    def wait(self) -> JournalError | None:
        """Block until it is durable or given up; why it never will be, None otherwise. Not on the loop."""
        self._told.wait()
        return self.failure

    async def known(self) -> JournalError | None:
        """The same on the loop."""
        return await asyncio.shield(self._known)

    def _settle(self) -> None:
        if not self._known.done():
            self._known.set_result(self.failure)
