"""The loop: takes everything that happens, in one order, in turns that leave the other tasks their time.

What is urgent (commands, the venue's answers) goes before what the feeds bring, and timers that are due before both.
Live, the time is the system's; in a replay it is the recording's: the clock moves to each event's `received_ns`, and
timers that fall due before it fire at their own time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from engine.clock import MILLISECOND, SECOND, Clock, VirtualClock, stopwatch_ns
from engine.kernel.attendant import Attendant
from engine.kernel.inbox import Wake
from engine.kernel.stages import Stages
from engine.kernel.timers import Timers

TURN_NS: Final = MILLISECOND
"""How long feed events are taken before other tasks (control socket, venue answers) get the loop: every step from a
confirmed ticket to its order waits for a turn to end."""
REPLAY_TURN_NS: Final = 20 * MILLISECOND
"""The same in a replay, where nobody waits for a venue."""
AHEAD: Final = 64
"""Events that are looked at together in a replay as fast as possible."""

JOURNAL_BACKLOG: Final = 20_000
"""Records waiting for the disk past which the loop waits for it (a replay at full speed)."""
ENDED: Final = "the recording has ended"
"""Why a replay stops that was played whole."""


class Loop:
    """Runs until `stop` is called. `virtual` is the clock of a replay; it moves to each event in turn."""

    def __init__(
        self,
        stages: Stages,
        clock: Clock,
        virtual: VirtualClock,
        timers: Timers,
        attendant: Attendant,
        *,
        changed: Callable[[], None],
        stop_at_end: bool,
    ) -> None:
        """`changed`: clients are to be shown what is new. `stop_at_end`: stop when a recording has ended."""
        self._stages = stages
        self._clock = clock
        self._virtual = virtual
        self._timers = timers
        self._attendant = attendant
        self._changed = changed
        self._stop_at_end = stop_at_end
        self._inbox = stages.inbox
        self._link = stages.link
        self._replay = stages.replay
        self._hurried = stages.replay is not None and not stages.replay.speed
        """Whether a recording is played as fast as possible."""
        self._recording_ended = False
        """Whether the recording has ended and what it left open is still to come to its end."""
        self.stop_reason = ""
        """Why the loop stops after the event at hand; empty while it goes on."""

    def stop(self, reason: str) -> None:
        """Stop after the event at hand; of several reasons the first counts."""
        self.stop_reason = self.stop_reason or reason
        self._inbox.urgent(Wake())

    def end_recording(self) -> None:
        """Nothing more comes from the recording: once all of it is taken, what is open comes to its end."""
        self._recording_ended = True
        self._inbox.urgent(Wake())

    async def run(self) -> None:
        """Take everything that happens until `stop` is called. Raises JournalError when a step cannot be recorded."""
        inbox, timers, requests, virtual = self._inbox, self._timers, self._stages.dealing.requests, self._virtual
        replaying, link = self._replay is not None, self._link
        turn_ns = REPLAY_TURN_NS if replaying else TURN_NS
        turn_ends = stopwatch_ns() + turn_ns
        taken, begun, looked_at = 0, True, 0
        while not self.stop_reason:
            urgent = inbox.take_urgent()
            if urgent is not None:
                await self._attendant.take(urgent)
                self._changed()
                if stopwatch_ns() >= turn_ends:
                    await asyncio.sleep(0)
                    turn_ends, begun = stopwatch_ns() + turn_ns, True
                continue
            if begun and not replaying and timers.next_due() <= (now_ns := self._clock.now_ns()):
                await timers.fire_until(now_ns)
            begun = False
            if self._hurried and not looked_at:
                looked_at = self._stages.intake.read_ahead(inbox.coming(AHEAD))
            event = inbox.take_event()
            if event is None:
                if taken:
                    self._changed()
                await self._idle()
                turn_ends = stopwatch_ns() + turn_ns
                taken, begun = 0, True
                continue
            if replaying and event.received_ns > virtual.now_ns():
                if timers.next_due() <= event.received_ns:
                    await timers.fire_until(event.received_ns)
                virtual.advance(event.received_ns)
            self._stages.intake.take(event)
            looked_at -= 1
            if requests:
                await link.carry_out()
            taken += 1
            if stopwatch_ns() >= turn_ends:
                self._changed()
                if self._stages.journal.backlog > JOURNAL_BACKLOG:
                    await self._stages.journal.commit()
                await asyncio.sleep(0)
                turn_ends = stopwatch_ns() + turn_ns
                taken, begun = 0, True

    async def _idle(self) -> None:
        """Nothing to take: wait for it, or for the next timer. In a paced replay the clock runs with the recording."""
        if self._replay is None:
            left_s = (self._timers.next_due() - self._clock.now_ns()) / SECOND
            await self._inbox.wait(max(0.001, min(left_s, 1.0)))
        elif self._recording_ended:
            self._recording_ended = False
            await self._timers.run_out()
            if self._stop_at_end:
                self.stop_reason = ENDED
        else:
            position = self._replay.position()
            if position > self._virtual.now_ns():
                await self._timers.catch_up(position)
            await self._inbox.wait(0.1)
