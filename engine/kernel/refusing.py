"""What an engine still does once nothing can be recorded, or something broke in it again: no order is sent, entries are
called off, exits stay."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from engine.clock import Clock
from engine.errors import JournalError
from engine.kernel.inbox import Commanded, Kill
from engine.kernel.stages import Stages
from engine.model import FeedState
from engine.model.frames import Command, Reply
from engine.model.records import CommandRecord

log = logging.getLogger(__name__)


class Refusing:
    """The loop in place of the kernel's own. Feeds are drained; people are answered with what failed."""

    def __init__(
        self,
        stages: Stages,
        clock: Clock,
        *,
        changed: Callable[[], None],
        stop: Callable[[str, str], None],
        keep: Callable[[], bool],
    ) -> None:
        """`changed`: clients are to be shown what is new. `stop(reason, by)`: the engine is to end. `keep`: the next
        engine is to start HALTED; whether it will."""
        self._inbox = stages.inbox
        self._clock = clock
        self._journal = stages.journal
        self._dealing = stages.dealing
        self._link = stages.link
        self._view = stages.view
        self._changed = changed
        self._stop = stop
        self._keep = keep

    async def run(self, until: Callable[[], object], *, recording: bool) -> None:
        """Until the engine ends. Of what people ask only `stop` is carried out; the kill switch calls off again.

        `recording`: the journal holds, so that each command is in it with its reply.
        """
        log.critical("nothing is sent any more: %s", self._dealing.failed)
        self._dealing.requests.clear()
        self._link.call_off_entries()
        while not until():
            while self._inbox.take_event() is not None:
                pass
            urgent = self._inbox.take_urgent()
            if urgent is None:
                self._changed()
                await self._inbox.wait(1.0)
            elif isinstance(urgent, FeedState):
                self._view.feed_changed(urgent)
            elif isinstance(urgent, Kill):
                self._link.call_off_entries()
                self._keep()
            elif isinstance(urgent, Commanded) and not urgent.reply.done():
                reply = self._answer(urgent.command)
                urgent.reply.set_result(await self._recorded(urgent.command, reply) if recording else reply)

    async def _recorded(self, command: Command, reply: Reply) -> Reply:
        """The same reply once it is in the journal with its command; it says so where it is not."""
        now_ns = self._clock.now_ns()
        try:
            self._journal.append("command", command.verb, CommandRecord.of(command, reply, now_ns), now_ns)
            await self._journal.commit()
        except JournalError as error:
            return msgspec.structs.replace(reply, text=f"{reply.text}; not recorded: {error.told}")
        return reply

    def _answer(self, command: Command) -> Reply:
        failed, remedy = self._dealing.failed, "`desk stop`, then mend"
        if command.verb == "stop":
            self._stop("asked by a person after a failure", "person")
            return Reply(ok=True, text="stopping")
        if command.verb == "kill":
            self._link.call_off_entries()
            holds = "the next start is HALTED" if self._keep() else "NO disk keeps it: the next start is not HALTED"
            done = f"entries at the venue are called off again, protective exits stay; {holds}"
            if not command.flatten:
                return Reply(ok=True, text=f"{done}; {failed}", remedy=remedy)
            remedy = "close positions at the venue's own screen"
            return Reply(ok=False, text=f"{done}; nothing can be flattened: {failed}", remedy=remedy)
        return Reply(ok=False, text=failed, remedy=remedy)
