"""What an engine still does once nothing can be recorded, or something broke in it again: no order is sent, entries are
called off, exits stay."""

from __future__ import annotations

import logging
from collections.abc import Callable

from engine.kernel.dealing import Dealing
from engine.kernel.inbox import Commanded, Inbox, Kill
from engine.kernel.venue import VenueLink
from engine.kernel.view import View
from engine.model import FeedState
from engine.model.frames import Command, Reply

log = logging.getLogger(__name__)


class Refusing:
    """The loop in place of the kernel's own. Feeds are drained; people are answered with what failed."""

    def __init__(
        self,
        inbox: Inbox,
        dealing: Dealing,
        link: VenueLink,
        view: View,
        *,
        changed: Callable[[], None],
        stop: Callable[[str, str], None],
        keep: Callable[[], bool],
    ) -> None:
        """`changed`: clients are to be shown what is new. `stop(reason, by)`: the engine is to end. `keep`: the next
        engine is to start HALTED; whether it will."""
        self._inbox = inbox
        self._dealing = dealing
        self._link = link
        self._view = view
        self._changed = changed
        self._stop = stop
        self._keep = keep

    async def run(self, until: Callable[[], object]) -> None:
        """Until the engine ends. Of what people ask only `stop` is carried out; the kill switch calls off again."""
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
                urgent.reply.set_result(self._answer(urgent.command))

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
