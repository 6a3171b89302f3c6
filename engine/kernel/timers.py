"""Timers: due times of the stages. In a replay each fires at its own time, between the events it stands between."""

from __future__ import annotations

from collections.abc import Callable

from engine.clock import MINUTE, Clock, VirtualClock
from engine.kernel.hours import NEVER, Hours
from engine.kernel.stages import Stages
from engine.model import Market

TIMERS_PER_TURN = 10_000
"""A timer that does not move on would spin for ever; past this many it is a defect, and trading fails closed."""

AFTER_END_NS = 15 * MINUTE
"""How far the clock runs on after a recording's last event, so that tickets and entries come to their end."""


class Timers:
    """Knows what is due next, and does it. `virtual` is the clock of a replay; it moves to each due time in turn."""

    def __init__(
        self, stages: Stages, clock: Clock, virtual: VirtualClock, hours: Hours, *, changed: Callable[[], None]
    ) -> None:
        """`changed`: something that clients are shown may have changed."""
        self._stages = stages
        self._clock = clock
        self._virtual = virtual
        self._hours = hours
        self._changed = changed

    def next_due(self) -> int:
        """The earliest timer of any stage, in nanoseconds; far away when there is none."""
        stages, due = self._stages, self._hours.due_ns
        dealing = stages.dealing
        dues = (
            dealing.tickets.next_expiry_ns,
            dealing.orders.next_due_ns,
            stages.link.next_ns,
            stages.late.next_due_ns,
        )
        for other in dues:
            if other and other < due:
                due = other
        return due

    async def fire_until(self, to_ns: int) -> None:
        """Fire every timer due by `to_ns`, each at its own time in a replay."""
        for _ in range(TIMERS_PER_TURN):
            due = self.next_due()
            if due > to_ns:
                return
            self._virtual.advance(due)
            self._fire(self._clock.now_ns())
            await self._settle(self._clock.now_ns())
            await self._stages.link.carry_out()
        self._stages.dealing.fail(f"a timer due at {self.next_due()} does not move on")

    async def _settle(self, now_ns: int) -> None:
        """In a replay: late readings count when they are due, however long the recording has to wait for them."""
        late = self._stages.late
        if late.next_due_ns and late.next_due_ns <= now_ns:
            for rescored in await late.settle(now_ns):
                self._stages.pipeline.on_late(rescored)

    async def catch_up(self, to_ns: int) -> None:
        """A replay's clock moves to `to_ns`; what falls due before is done first."""
        await self.fire_until(to_ns)
        self._virtual.advance(to_ns)

    async def run_out(self) -> None:
        """The last word of a recording: let what is still open come to its end."""
        await self.fire_until(self._virtual.now_ns() + AFTER_END_NS)
        await self._stages.journal.commit()

    def enter_session(self, market: Market) -> None:
        """The market as it is known now; a new trading day starts the day's accounts.

        The day begins by our calendar: a venue whose clock is ahead tells the new session before it.
        """
        stages, dealing = self._stages, self._stages.dealing
        before = dealing.market.session
        dealing.enter_market(market)
        for update in stages.broker.on_time(self._clock.now_ns()):
            dealing.on_update(update)
        if market.session is not before:
            stages.view.session_changed(market.session)
        day_ns = self._hours.session_start_ns()
        dealing.day_ns = dealing.day_ns or day_ns
        if day_ns > dealing.day_ns:
            dealing.judge_account()

    def _fire(self, now_ns: int) -> None:
        stages = self._stages
        if self._hours.due_ns <= now_ns:
            self.enter_session(self._hours.now())
        if (stages.dealing.tickets.next_expiry_ns or NEVER) <= now_ns:
            stages.deciding.expire()
        if (stages.dealing.orders.next_due_ns or NEVER) <= now_ns:
            stages.dealing.due()
        if stages.link.next_ns and stages.link.next_ns <= now_ns:
            stages.link.reconcile("periodic", persist=False)
        self._changed()
