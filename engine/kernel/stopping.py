"""An orderly stop leaves nothing at the venue that somebody would have to watch.

Entries that work are cancelled: nobody would end them after their time, nor protect what they fill. What is held keeps
its stops and targets there, and a part that lacks a stop gets it without waiting. What could not be done in time, and
what nobody watches from now on, is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from engine.clock import SECOND, Clock, stopwatch_ns
from engine.kernel.dealing import Dealing
from engine.kernel.inbox import Commanded
from engine.model import Alert, Level, Order, OrderStatus, Role
from engine.model.frames import Command, Reply
from engine.model.records import CommandRecord

if TYPE_CHECKING:
    from engine.kernel.attendant import Attendant
    from engine.kernel.stages import Stages

LIMIT_S: Final = 5.0
"""How long a stop waits for the venue's word on what it has called off."""
STEP_S: Final = 0.05
"""How long it waits for an answer before it looks at what is due."""
SOON_NS: Final = 3 * SECOND
"""What is due so soon is waited for: a stop that is missing is placed, a cancel is asked for again."""
_UNSURE: Final = (OrderStatus.INTENT, OrderStatus.UNRESOLVED, OrderStatus.CANCELING)


class Stopping:
    """What stands between the last event and the end."""

    def __init__(self, stages: Stages, clock: Clock, attendant: Attendant) -> None:
        self._stages = stages
        self._dealing = stages.dealing
        self._clock = clock
        self._attendant = attendant

    async def run(self) -> None:
        """Call entries off and wait for what follows. Raises JournalError when it cannot be recorded."""
        dealing, stages = self._dealing, self._stages
        dealing.apply(dealing.orders.cancel_entries(self._clock.now_ns(), leaving=True))
        await stages.link.carry_out()
        until_ns = stopwatch_ns() + int(LIMIT_S * SECOND)
        while self._unsettled() and stopwatch_ns() < until_ns and stages.journal.failure is None:
            item = stages.inbox.take_urgent()
            if isinstance(item, Commanded):
                if not item.reply.done():
                    item.reply.set_result(Reply(ok=False, text="the engine is stopping"))
            elif item is not None:
                await self._attendant.take(item)
            else:
                if self._due():
                    dealing.due()
                    await stages.link.carry_out()
                await stages.inbox.wait(STEP_S, urgent=True)
        self._tell()

    def tell_deaf(self, names: Iterable[str]) -> None:
        """These went on when they were called off: the next desk shows it too."""
        for name in names:
            text = f"{name} did not end when the engine stopped, which went on without it"
            remedy = "mend or replace the package that it comes from; orders and journal are whole"
            self._alert(Level.WARNING, name, text, remedy, stays=True)

    def _due(self, within_ns: int = 0) -> bool:
        due_ns = self._dealing.orders.next_due_ns
        return due_ns is not None and due_ns <= self._clock.now_ns() + within_ns

    def _unsettled(self) -> bool:
        """Whether something is under way that ends, or protects, what a stop would leave."""
        orders = self._dealing.orders
        working = [order for order in orders.open if order.role is not Role.EXTERNAL]
        if self._due(SOON_NS) or any(order.role is Role.ENTRY or order.status in _UNSURE for order in working):
            return True
        selling = {order.symbol for order in working}
        held = (position.symbol for position in self._dealing.held() if position.ours)
        return any(orders.leaving(symbol) and symbol not in selling for symbol in held)

    def _tell(self) -> None:
        """What is left. An entry whose end the venue has not confirmed is cancelled by the next start."""
        now_ns, left = self._clock.now_ns(), entries(self._dealing)
        for order in left:
            asked = Command("cancel", order=order.client_order_id, by="engine")
            record = CommandRecord.of(asked, Reply(ok=True, text="the engine stops"), now_ns)
            self._stages.journal.append("command", asked.verb, record, now_ns)
        if left:
            names = ", ".join(
                f"{order.side.value} {order.remaining} {order.symbol} ({order.client_order_id})" for order in left
            )
            remedy = "cancel it at the venue's own screen; the next start asks the venue again"
            text = f"not confirmed as cancelled when the engine stopped: {names}"
            self._alert(Level.CRITICAL, "entries", text, remedy, stays=True)
        if alone := unwatched(self._dealing):
            remedy = "start an engine, or place stops at the venue's own screen"
            self._alert(Level.WARNING, "unwatched", f"nobody watches the exits of {alone}: no engine runs", remedy)

    def _alert(self, level: Level, subject: str, text: str, remedy: str, *, stays: bool = False) -> None:
        self._stages.alarms.alert(
            Alert(
                f"stop:{subject}", level, "stop", subject, text, remedy, self._clock.now_ns(), until_acknowledged=stays
            )
        )


def entries(dealing: Dealing) -> list[Order]:
    """Entries that may still execute."""
    return [order for order in dealing.orders.open if order.role is Role.ENTRY]


def unwatched(dealing: Dealing) -> str:
    """What is held whose exits no venue carries, in words; empty where all have theirs."""
    symbols = dict.fromkeys(position.symbol for position in dealing.held() if position.ours)
    return ", ".join(symbol for symbol in symbols if dealing.orders.exits(symbol).watched)


def farewell(dealing: Dealing) -> str:
    """What a person who asks for the end is told of what is left."""
    working, alone = len(entries(dealing)), unwatched(dealing)
    parts = ["stopping"]
    if working:
        parts.append(f"{working} {'entry is' if working == 1 else 'entries are'} being cancelled")
    parts.append("positions keep the stops and targets that stand at the venue")
    if alone:
        parts.append(f"NOBODY watches the exits of {alone} until an engine runs again")
    return "; ".join(parts)
