"""The built-in venue with a clock, and someone who trades there."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from engine.brokers.simulated import SimulatedBroker
from engine.clock import SECOND, VirtualClock, parse_iso
from engine.config import Config, SimulatedConfig
from engine.model import (
    Answer,
    Draft,
    Fill,
    Intent,
    Order,
    OrderUpdate,
    Quote,
    Role,
    Side,
    client_order_id,
)

NOON = parse_iso("2026-03-10T12:00:00-04:00")
"""A Tuesday in the regular session."""


class Desk:
    """A clock, a venue and someone who trades there."""

    def __init__(self, start_ns: int = NOON, **settings_: object) -> None:
        kind = {"partial_fill_chance": 0.0, "fee_per_share": Decimal(0), **settings_}
        self.config = Config(simulated=SimulatedConfig(**kind))  # type: ignore[arg-type]
        self.clock = VirtualClock(start_ns)
        self.broker = SimulatedBroker(self.config, self.clock)
        self.journal: list[Intent | Order | Fill] = []
        self.signals = 0

    def intent(
        self,
        side: Side = Side.BUY,
        quantity: str = "10",
        limit: str = "100",
        *,
        stop: str | None = None,
        target: str | None = None,
        role: Role | None = None,
        extended_hours: bool = False,
        signal_id: str = "",
        parent: str = "",
        tif: str = "day",
    ) -> Intent:
        self.signals += 1
        role = role or (Role.ENTRY if side is Side.BUY else Role.EXIT)
        signal_id = signal_id or f"s{self.signals}"
        draft = Draft(
            "TSLA", side, Decimal(quantity), Decimal(limit), Decimal(limit), NOON,
            None if stop is None else Decimal(stop), None if target is None else Decimal(target), tif, extended_hours,
        )  # fmt: skip
        at_ns = self.clock.now_ns()
        return Intent(client_order_id(signal_id, role, 1), signal_id, "t", 1, role, draft, at_ns, parent=parent)

    async def submit(self, intent: Intent) -> Answer:
        self.journal.append(intent)
        answer = await self.broker.submit(intent)
        if answer.order is not None:
            self.note(answer.order)
        return answer

    def quote(
        self, bid: str | None, ask: str | None, last: str | None = None, *, after_ns: int = SECOND
    ) -> list[OrderUpdate]:
        self.clock.advance(self.clock.now_ns() + after_ns)
        now_ns = self.clock.now_ns()
        numbers = [None if text is None else Decimal(text) for text in (bid, ask, last)]
        return self.take(self.broker.on_quote(Quote("TSLA", now_ns, now_ns, *numbers)))

    def time(self, after_ns: int) -> list[OrderUpdate]:
        self.clock.advance(self.clock.now_ns() + after_ns)
        return self.take(self.broker.on_time(self.clock.now_ns()))

    def take(self, updates: Iterable[OrderUpdate]) -> list[OrderUpdate]:
        taken = list(updates)
        for update in taken:
            if update.execution_id:
                order = update.order
                assert update.quantity is not None and update.price is not None
                self.journal.append(
                    Fill(
                        update.execution_id, order.client_order_id, order.symbol, order.side, update.quantity,
                        update.price, update.fee, update.at_ns, order.signal_id, order.role, order.filled,
                    )
                )  # fmt: skip
            self.note(update.order)
        return taken

    def note(self, order: Order) -> None:
        self.journal.append(msgspec.structs.replace(order, legs=()))
        for leg in order.legs:
            self.note(leg)

    async def held(self) -> Decimal:
        snapshot = await self.broker.snapshot(0)
        return sum((position.quantity for position in snapshot.positions), Decimal(0))

    async def buy(self, quantity: str = "10") -> None:
        await self.submit(self.intent(quantity=quantity))
        self.quote("99", "100")
        assert await self.held() == Decimal(quantity)
