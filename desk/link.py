"""The desk's line to the engine: attaches, keeps the mirror, attaches again by itself.

It runs as one task on the screen's event loop. Messages go into the mirror as they come; the screen is woken once and
draws when it likes: there is never one screen message per post.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from time import monotonic

from desk.client import Client
from desk.engine_time import EngineTime
from desk.mirror import Mirror, Part, RevisionGap
from engine.errors import EXIT_NO_ENGINE, DeskError
from engine.model import SymbolDetail
from engine.model.feeds import FeedsDetail
from engine.model.frames import Command, Message, Reply

_FIRST_RETRY_S = 0.25
_LAST_RETRY_S = 2.0
READ_ONLY = "This desk is read-only: nothing was sent."
"""What a read-only desk says to whatever would command the engine."""
START_AGAIN = "`desk` starts it again"
"""What to do about an engine that has stopped."""


class Link:
    """What the desk knows of one engine, and the way to command it."""

    def __init__(
        self,
        client: Client,
        wake: Callable[[Part], None],
        *,
        seconds: Callable[[], float] = monotonic,
        read_only: bool = False,
        way_to_act: str = "open one without --read-only",
    ) -> None:
        """`wake` is called with the parts that changed, often; it must not block. A read-only link sends nothing, and
        says how to get one that does."""
        self.read_only = read_only
        self.way_to_act = way_to_act
        self._client = client
        self._wake = wake
        self._seconds = seconds
        self._heard_at = seconds()
        self.mirror = Mirror()
        self.time = EngineTime(seconds)
        self.attached = False
        self.lost_why = ""
        """Why the engine is not attached, in words; empty before the first attempt ended."""
        self.lost_remedy = ""
        """What to do about it, where there is something to do."""
        self.stopped = False
        """Whether the engine that is not attached had said that it stops: `lost_why` is then its reason."""

    @property
    def lost_s(self) -> int:
        """Whole seconds since the engine was last heard; 0 while attached."""
        return 0 if self.attached else max(0, int(self._seconds() - self._heard_at))

    async def prepare(self) -> None:
        """Load what attaching takes, while there is no engine to attach to yet."""
        await self._client.prepare()

    async def run(self) -> None:
        """Attach and follow, for ever; a lost engine is tried again with growing pauses of at most two seconds."""
        pause = _FIRST_RETRY_S
        while True:
            why, remedy, fresh = await self._follow()
            if fresh:
                pause = _FIRST_RETRY_S
            self.attached, self.lost_why, self.lost_remedy = False, why, remedy
            self.stopped = why == self.mirror.goodbye
            self.time.lost()
            self._wake(Part.STATUS)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LAST_RETRY_S)

    async def command(self, command: Command) -> Reply:
        """Send a command; a read-only link refuses it itself. Raises DeskError when the engine does not answer."""
        if self.read_only:
            return Reply(ok=False, text=READ_ONLY, remedy=self.way_to_act)
        return await self._client.command(command)

    async def symbol(self, name: str) -> SymbolDetail:
        """Ask about one symbol. Raises DeskError when the engine does not answer."""
        return await self._client.symbol(name)

    async def feeds(self) -> FeedsDetail:
        """Ask how the engine is fed. Raises DeskError when it does not answer."""
        return await self._client.feeds()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _follow(self) -> tuple[str, str, bool]:
        """Follow one connection to its end: why it ended, what to do about it, and whether it had attached at all.

        An engine that said goodbye has stopped for the reason it gave, until there is another one to attach to.
        """
        fresh = False
        try:
            async with aclosing(self._client.stream()) as stream:
                async for message in stream:
                    fresh = True
                    await asyncio.sleep(0)  # a key that came while it was read is answered first
                    self._apply(message)
        except RevisionGap as gap:
            return f"a message is missing ({gap}); attaching again", "", fresh
        except DeskError as error:
            if not self.mirror.goodbye or error.exit_code != EXIT_NO_ENGINE:
                return error.message, error.remedy, fresh
        if self.mirror.goodbye:
            return self.mirror.goodbye, START_AGAIN, fresh
        return "the engine went away", "", fresh

    def _apply(self, message: Message) -> None:
        parts = self.mirror.apply(message)
        self._heard_at = self._seconds()
        self.attached, self.stopped = not self.mirror.goodbye, bool(self.mirror.goodbye)
        status = self.mirror.status
        if self.mirror.goodbye:
            self.lost_why, self.lost_remedy = self.mirror.goodbye, START_AGAIN
            self.time.lost()
        elif status is not None and parts & (Part.STATUS | Part.FEEDS):
            self.time.tell(status.clock_ns, 0.0 if self.mirror.recording_ended else status.speed)
        if parts:
            self._wake(parts)
