"""Takes what must not wait behind posts: commands, the venue's answers and updates, comparisons, the kill switch."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from engine.errors import JournalError
from engine.kernel.hours import Hours
from engine.kernel.inbox import (
    Answered,
    CancelAnswered,
    Commanded,
    Compared,
    Kill,
    LookedUp,
    MarketTold,
    Reread,
    Unrecorded,
    Updated,
    Urgent,
    Watched,
)
from engine.kernel.reckoning import AT_ONCE
from engine.kernel.stages import Stages
from engine.kernel.timers import Timers
from engine.kernel.watchdog import Watchdog
from engine.model import FeedState, Light, OrderUpdate
from engine.model.frames import Command, Reply
from engine.scoring.lane import LateAnswer

log = logging.getLogger(__name__)


class Engine(Protocol):
    """What the attendant asks of the kernel: to end."""

    def stop_soon(self, reason: str, by: str = "signal") -> None:
        """Ask the loop to end after the event at hand."""

    def give_up(self, reason: str) -> None:
        """Stop because something broke: the exit code says so."""


class Attendant:
    """Takes the urgent lane's items, one at a time, in the order in which they came."""

    def __init__(
        self, engine: Engine, stages: Stages, timers: Timers, hours: Hours, watchdog: Watchdog, *, arm: str
    ) -> None:
        """`arm`: the suffix that arms a live engine once the venue has told its account; empty: nobody is armed."""
        self._engine = engine
        self._stages = stages
        self._timers = timers
        self._hours = hours
        self._watchdog = watchdog
        self._arm = arm
        self._answering: set[asyncio.Task[None]] = set()
        self._differed = 0
        """How many comparisons in a row have found a difference."""

    async def take(self, item: Urgent) -> None:
        """Do what one item asks. Raises JournalError when it cannot be recorded, or something before it could not."""
        dealing = self._stages.dealing
        match item:
            case Commanded():
                try:
                    await self._command(item)
                except JournalError as error:
                    if not item.reply.done():
                        item.reply.set_result(Reply(ok=False, text=f"not recorded: {error.told}", remedy=error.remedy))
                    raise
            case Answered(intent, answer):
                dealing.on_answer(intent, answer)
            case CancelAnswered(order, answer):
                dealing.on_cancel(order, answer)
            case LookedUp(client_order_id, lookup):
                dealing.on_lookup(client_order_id, lookup)
            case Compared():
                await self.take_compared(item)
            case Updated(update):
                self._update(update)
            case MarketTold():
                self._timers.enter_session(self._hours.take(item))
            case Kill(by, reason, flatten):
                log.critical("kill switch by %s: %s", by, self._stages.commands.kill(reason, by, flatten).text)
            case LateAnswer():
                rescored = self._stages.late.take(item)
                if rescored is not None:
                    self._stages.pipeline.on_late(rescored)
            case Unrecorded(error):
                raise error
            case Reread():
                self._stages.reloading.take(item)
            case Watched():
                self._watchdog.take(item)
            case FeedState():
                self._stages.intake.feed_state(item)
        await self._stages.link.carry_out()

    async def take_compared(self, compared: Compared) -> None:
        """A comparison came back; a difference is looked at again after what it asked for has been done."""
        stages = self._stages
        equal = stages.reckoning.take(compared)
        stages.arming.check()
        stages.following.look()
        await stages.link.carry_out()
        if equal:
            self._differed = 0
        elif compared.snapshot is not None:
            self._differed += 1
            if stages.broker.simulated:
                stages.dealing.fail("the simulated venue and our book differ")
            else:
                stages.link.look_again(compared.why, self._differed)
        elif compared.why not in AT_ONCE:  # those are asked again and again already
            stages.link.reconcile("periodic", persist=True)
        if stages.dealing.reconciled and self._arm:
            suffix, self._arm = self._arm, ""
            reply = stages.commands.carry_out(Command("arm", reason=suffix))
            if not reply.ok:
                self._engine.give_up(f"live was not armed: {reply.text}")

    def drain(self) -> None:
        """At the end: take the venue's last answers; nothing new is sent."""
        dealing, recorded = self._stages.dealing, self._stages.journal.failure is None
        while (item := self._stages.inbox.take_urgent()) is not None:
            if isinstance(item, Commanded) and not item.reply.done():
                item.reply.set_result(Reply(ok=False, text="the engine is stopping"))
            elif isinstance(item, Answered) and recorded:
                dealing.on_answer(item.intent, item.answer)
        dealing.requests.clear()

    async def _command(self, item: Commanded) -> None:
        stages = self._stages
        if stages.replay is not None and not stages.inbox.waiting:
            await self._timers.catch_up(stages.replay.position())
        reply = stages.commands.carry_out(item.command)
        await stages.link.carry_out()
        if stages.commands.take_reconcile():
            if stages.broker.simulated:
                await self.take_compared(await stages.link.compare("person"))
            else:
                stages.link.reconcile("person", persist=False)
        if stages.commands.stop_asked:
            await self._answer(item, reply)
            self._engine.stop_soon(stages.commands.stop_asked, "person")
            return
        answering = asyncio.create_task(self._answer(item, reply), name="answer")
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)

    async def _answer(self, item: Commanded, reply: Reply) -> None:
        """Answer a command once what it did is durable. Only the answer waits for the disk, not what comes next."""
        if self._stages.journal.failure is None:
            try:
                await self._stages.journal.commit()
            except JournalError as error:
                reply = Reply(ok=False, text=f"not recorded: {error.told}", remedy=error.remedy)
                self._stages.inbox.urgent(Unrecorded(error))
        if not item.reply.done():
            item.reply.set_result(reply)

    def _update(self, update: OrderUpdate | FeedState) -> None:
        if isinstance(update, OrderUpdate):
            self._stages.dealing.on_update(update)
            return
        dealing = self._stages.dealing
        self._stages.intake.feed_state(update)
        if update.light is Light.UP:
            if dealing.heard_since_ns is None:  # each update is told with the stream's state, which is no reconnect
                dealing.heard_since_ns = update.received_ns
                self._stages.link.reconcile("reconnect", persist=True)
            return
        if dealing.heard_since_ns is not None:
            dealing.unheard_ns = update.received_ns
            self._stages.link.reconcile("lost", persist=False)  # exits go on while the book is known another way
        dealing.heard_since_ns = None
        dealing.reconciled = False
