"""The kernel's one queue: everything that happens to the engine passes through it, in order.

Two lanes. Feed events wait in a bounded lane, and a feed waits with them while the engine is behind. Answers from the
venue, commands and the like go in the urgent lane, which is taken first and is bounded by what we asked for ourselves.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice

from engine.config import Config
from engine.errors import JournalError
from engine.model import Answer, FeedEvent, FeedState, Intent, Lookup, Market, Order, OrderUpdate, Value, VenueSnapshot
from engine.model.frames import Command, Reply
from engine.scoring.lane import LateAnswer


class Answered(Value, frozen=True, gc=False):
    """The venue answered an order."""

    intent: Intent
    answer: Answer


class CancelAnswered(Value, frozen=True, gc=False):
    """The venue answered a cancel request."""

    order: Order
    answer: Answer


class LookedUp(Value, frozen=True, gc=False):
    """The venue answered whether it knows an order."""

    client_order_id: str
    lookup: Lookup


class Compared(Value, frozen=True, gc=False):
    """The venue's snapshot arrived, or could not be had (`snapshot` None, `problem` says why)."""

    snapshot: VenueSnapshot | None
    problem: str
    why: str


class Updated(Value, frozen=True, gc=False):
    """The venue's update stream said something."""

    update: OrderUpdate | FeedState


class MarketTold(Value, frozen=True, gc=False):
    """The venue told its clock and session, or could not be asked (`market` None)."""

    market: Market | None
    problem: str = ""


class Kill(Value, frozen=True, gc=False):
    """The kill switch was thrown outside the socket: by signal or by file."""

    by: str
    reason: str
    flatten: bool


class Unrecorded(Value, frozen=True, gc=False):
    """The journal does not hold: a request was not sent because its record could not be made durable, or an earlier
    record is found not to be what was written (`engine.kernel.earlier`). Nothing is sent any more."""

    error: JournalError


class Problem(Value, frozen=True, gc=False):
    """Something that keeps the engine from deciding well, or will."""

    name: str
    text: str
    remedy: str
    reduces: bool = True
    """Whether nothing new is traded while it lasts."""


class Watched(Value, frozen=True, gc=False):
    """The watchdog found other problems than before, or none any more."""

    problems: tuple[Problem, ...]


class Reread(Value, frozen=True, gc=False):
    """The configuration file was read again; `config` None where it is wrong, and `problem` says how."""

    config: Config | None
    problem: str = ""
    remedy: str = ""


class Wake(Value, frozen=True, gc=False):
    """Look at the timers."""


class Commanded:
    """A command and the future its sender waits on."""

    __slots__ = ("command", "reply")

    def __init__(self, command: Command, reply: asyncio.Future[Reply]) -> None:
        self.command = command
        self.reply = reply


Urgent = (
    LateAnswer
    | Answered
    | CancelAnswered
    | LookedUp
    | Compared
    | Updated
    | MarketTold
    | Kill
    | Unrecorded
    | Watched
    | Reread
    | Wake
    | Commanded
    | FeedState
)


class Inbox:
    """Speaks `model.Sink` to the feeds and hands the kernel what came, urgent things first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._events: deque[FeedEvent] = deque()
        self._urgent: deque[Urgent] = deque()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def put(self, events: Sequence[FeedEvent]) -> None:
        """Take a batch from a feed; waits while the lane is full."""
        while len(self._events) >= self._limit:
            self._room.clear()
            await self._room.wait()
        self._events.extend(events)
        self._wake.set()

    def report(self, state: FeedState) -> None:
        """A feed's state, at once."""
        self.urgent(state)

    def urgent(self, item: Urgent) -> None:
        """Something that must not wait behind posts."""
        self._urgent.append(item)
        self._wake.set()

    @property
    def waiting(self) -> int:
        """Feed events not yet taken."""
        return len(self._events)

    def coming(self, most: int) -> list[FeedEvent]:
        """The oldest feed events not yet taken, in order; they stay."""
        return list(islice(self._events, most))

    async def wait(self, timeout_s: float | None, *, urgent: bool = False) -> None:
        """Return when there is something to take, or after `timeout_s` seconds.

        `urgent`: feed events that are there already are not waited for; one that comes ends the wait.
        """
        if self._urgent or (self._events and not urgent):
            return
        self._wake.clear()
        if timeout_s is None:
            await self._wake.wait()
            return
        alarm = asyncio.get_running_loop().call_later(timeout_s, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            alarm.cancel()

    def take_urgent(self) -> Urgent | None:
        """The oldest urgent item, or None."""
        return self._urgent.popleft() if self._urgent else None

    def take_event(self) -> FeedEvent | None:
        """The oldest feed event, or None."""
        if not self._events:
            return None
        event = self._events.popleft()
        if not self._room.is_set() and len(self._events) < self._limit:
            self._room.set()
        return event
