"""The pretend venue at the end of a line that loses, delays, repeats and reorders, in a time that moves by `advance`.

Everything is drawn from one seed: a sequence that breaks something breaks it again. The venue's book is the one of
`tests.venues.alpaca`; what it says is read by the broker's own parsers.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any, ParamSpec

import msgspec

from engine.alpaca.rest import Reply
from engine.brokers.alpaca_answer import canceled, duplicate, found_after_duplicate, looked_up, submitted
from engine.brokers.alpaca_parse import Malformed, parse_order, parse_update
from engine.brokers.alpaca_request import order_request
from engine.clock import DAY, SECOND, VirtualClock
from engine.model import (
    Answer,
    Intent,
    Lookup,
    Order,
    OrderUpdate,
    Outcome,
    VenueAccount,
    VenuePosition,
    VenueSnapshot,
)
from tests.venues.alpaca.entry import parse
from tests.venues.alpaca.exchange import Exchange
from tests.venues.alpaca.wire import Refusal, SimOrder

P = ParamSpec("P")

TIMEOUT_S = 5.0
"""How long an answer is waited for."""
LAG_S = 8.0
"""How far positions may be behind orders at the venue, while the line is bad."""
UNANSWERED = (0.05, 3.0)
"""A failure is told at once, or after a while."""


class Line:
    """Requests go to the venue and answers come back, each at its own time, or never. `quiet` ends all trouble."""

    def __init__(self, luck: Random, begin_ns: int, trouble: float) -> None:
        """`trouble` scales how often something goes wrong; 1 is every tenth request or so."""
        self.luck = luck
        self.clock = VirtualClock(begin_ns)
        self.venue = Exchange(self._told, now_ns=self.clock.now_ns, cash=Decimal(10_000_000))
        self.trouble = trouble
        self.quiet = False
        self.down = False
        """Whether nobody answers at the venue's address."""
        self.streaming = True
        self.on_update: Callable[[OrderUpdate], None] = lambda update: None
        self.intents: dict[str, Intent] = {}
        """What each order at the venue was meant as, by the venue's id."""
        self._events: list[tuple[int, int, int | None, Callable[..., None], tuple[Any, ...]]] = []
        self._count, self._ids = count(), count(1)
        self._life = 0
        self._connection = 0
        self._legs: dict[str, Order] = {}
        self._read_ns = begin_ns
        """When the last snapshot that was told was asked for."""
        self._positions: list[tuple[int, tuple[VenuePosition, ...]]] = [(begin_ns, ())]

    @property
    def now_ns(self) -> int:
        return self.clock.now_ns()

    # --- time

    def after(self, seconds: float, call: Callable[..., None], *given: Any, engine: bool = True) -> None:
        """Do this then; what is for the `engine` is lost with it."""
        life = self._life if engine else None
        heapq.heappush(self._events, (self.now_ns + int(seconds * SECOND), next(self._count), life, call, given))

    def next_ns(self) -> int:
        """When something happens next; far away when nothing does."""
        return self._events[0][0] if self._events else 1 << 62

    def happen(self) -> None:
        """Let the next thing happen."""
        _, _, life, call, given = heapq.heappop(self._events)
        if life is None or life == self._life:
            call(*given)
        held = tuple(
            VenuePosition(symbol, each.qty, each.average) for symbol, each in sorted(self.venue.positions.items())
        )
        if held != self._positions[-1][1]:
            self._positions.append((self.now_ns, held))

    def cut_off(self) -> None:
        """The engine is gone: what was under way to it reaches nobody."""
        self._life += 1

    def goes_wrong(self, chance: float) -> bool:
        """Whether something of this chance happens now."""
        return not self.quiet and self.luck.random() < chance * self.trouble

    def travel_s(self) -> float:
        """How long a message takes."""
        slow = not self.quiet and self.luck.random() < 0.2
        return self.luck.uniform(0.05, 3) if slow else self.luck.uniform(0.005, 0.05)

    # --- requests

    def post(self, intent: Intent, back: Callable[[Intent, Answer], None]) -> None:
        """POST an order, once."""
        back = self._while_it_lives(back)
        if self.down or self.goes_wrong(0.04):
            self.after(self.luck.choice((0.05, TIMEOUT_S)), back, intent, Answer(Outcome.UNRESOLVED, "reset"))
        elif self.goes_wrong(0.02):
            limited = Reply(429, {"message": "rate limit exceeded"}, retry_after_s=2.0)
            self.after(0.05, back, intent, submitted(limited, intent.client_order_id))
        else:
            lost = self.goes_wrong(0.08)
            travel_s = self.luck.uniform(3, TIMEOUT_S - 0.1) if self.goes_wrong(0.03) else self.travel_s()
            self.after(travel_s, self._take, intent, None if lost else back, engine=False)
            if lost:
                self.after(TIMEOUT_S, back, intent, Answer(Outcome.UNRESOLVED, "timeout"))

    def delete(self, order: Order, back: Callable[[Order, Answer], None]) -> None:
        """DELETE an order."""
        back = self._while_it_lives(back)
        if self.down or self.goes_wrong(0.06):
            self.after(self.luck.choice(UNANSWERED), back, order, Answer(Outcome.UNRESOLVED, "503"))
        elif self.goes_wrong(0.02):
            self.after(0.05, back, order, canceled(Reply(429, {"message": "rate limit"}, retry_after_s=2.0)))
        else:
            self.after(self.travel_s(), self._end, order, back, engine=False)

    def get(self, client_order_id: str, back: Callable[[str, Lookup], None]) -> None:
        """GET an order by our id."""
        back = self._while_it_lives(back)
        if self.down or self.goes_wrong(0.1):
            self.after(self.luck.choice(UNANSWERED), back, client_order_id, Lookup(None, reason="503"))
        else:
            self.after(self.travel_s(), self._look_up, client_order_id, self.now_ns, back, engine=False)

    def snapshot(self, back: Callable[[VenueSnapshot | None], None]) -> None:
        """Read everything; None when that could not be."""
        back = self._while_it_lives(back)
        if self.down or self.goes_wrong(0.05):
            self.after(self.luck.choice(UNANSWERED), back, None)
        else:
            lag_s = self.luck.uniform(0.5, LAG_S) if self.goes_wrong(0.1) else 0.0
            self.after(self.travel_s(), self._read, self.now_ns, lag_s, back, engine=False)

    def connect(self, streaming: bool) -> None:
        """The stream of updates ends, or begins anew; what was not told is lost."""
        self.streaming = streaming
        self._connection += 1

    def _while_it_lives(self, back: Callable[P, None]) -> Callable[P, None]:
        """An answer reaches the engine that asked, and no later one."""
        life = self._life

        def answer(*given: P.args, **named: P.kwargs) -> None:
            if life == self._life:
                back(*given, **named)

        return answer

    # --- at the venue

    def _take(self, intent: Intent, back: Callable[[Intent, Answer], None] | None) -> None:
        venue, id = self.venue, intent.client_order_id
        try:
            if self.goes_wrong(0.03):
                raise Refusal(422, 42210000, "an odd refusal")
            order = self.named(parse(order_request(intent), self.now_ns, session=venue.session))
            if venue.by_client_id(id) is not None:
                raise Refusal(422, 40010001, "client_order_id must be unique")
            venue.add(order)
            self.intents[order.id] = intent
            reply = Reply(200, order.json(nested=True))
            if self.goes_wrong(0.03):
                reply = Reply(200, {**order.json(nested=True), "status": "quantum_entangled"})
            self.after(0 if self.quiet else self.luck.choice((0, 0.001, 0.2)), venue.activate, order, engine=False)
        except Refusal as refusal:
            reply = Reply(refusal.status, refusal.body)
        if back is None:
            return
        if duplicate(reply):
            self.get(id, lambda _, found: back(intent, _placed(intent, found_after_duplicate(found, reply))))
        else:
            self.after(self.travel_s(), back, intent, _placed(intent, submitted(reply, id)))

    def named(self, order: SimOrder) -> SimOrder:
        """The order under an id that is another in no other run of the same seed; its legs too."""
        for each in (order, *order.legs):
            each.id = f"v-{next(self._ids)}"
        for leg in order.legs:
            leg.client_order_id = f"leg-{leg.id}"
        return order

    def _end(self, order: Order, back: Callable[[Order, Answer], None]) -> None:
        found = self.venue.orders.get(order.venue_id) or self.venue.by_client_id(order.client_order_id)
        reply = Reply(204)
        if found is None:
            reply = Reply(404, {"code": 40410000, "message": "order not found"})
        elif not found.open:
            reply = Reply(422, {"code": 42210000, "message": f'order is already in "{found.status}" state'})
        elif self.goes_wrong(0.3):
            found.status = "pending_cancel" if self.luck.random() < 0.5 else found.status
            self.after(self.luck.uniform(0.01, 3), self.venue.cancel, found, engine=False)
        else:
            self.venue.cancel(found)
        answer = Answer(Outcome.UNRESOLVED, "timeout") if self.goes_wrong(0.05) else canceled(reply)
        self.after(self.travel_s(), back, order, answer)

    def _look_up(self, id: str, asked_ns: int, back: Callable[[str, Lookup], None]) -> None:
        found = self.venue.by_client_id(id)
        missing = Reply(404, {"code": 40410000, "message": f"order not found for {id}"})
        reply = missing if found is None else Reply(200, found.json(nested=False))
        self.after(self.travel_s(), back, id, msgspec.structs.replace(looked_up(reply, id), asked_ns=asked_ns))

    def _read(self, begun_ns: int, lag_s: float, back: Callable[[VenueSnapshot | None], None]) -> None:
        at_ns = self.now_ns - int(lag_s * SECOND)
        held = next((each for told_ns, each in reversed(self._positions) if told_ns <= at_ns), ())
        orders = []
        for each in self.venue.orders.values():
            nested = (each, *each.legs)
            if each.apart and any(one.open or one.updated_ns >= min(begun_ns, self._read_ns) - DAY for one in nested):
                order = parse_order(each.json(nested=True))
                assert not isinstance(order, Malformed)
                self._legs |= {leg.venue_id: leg for leg in order.legs}
                orders.append(order)
        cash = self.venue.cash
        account = VenueAccount(self.venue.equity, cash, cash, number="made-up")
        self.after(self.travel_s(), self._told_all, back, VenueSnapshot(begun_ns, account, held, tuple(orders)))

    def _told_all(self, back: Callable[[VenueSnapshot | None], None], snapshot: VenueSnapshot) -> None:
        self._read_ns = snapshot.at_ns
        back(snapshot)

    def _told(self, data: dict[str, Any]) -> None:
        if not self.streaming or self.goes_wrong(0.05):
            return
        data["execution_id"] = f"x-{next(self._ids)}"
        update = parse_update({"stream": "trade_updates", "data": data})
        assert isinstance(update, OrderUpdate)
        for _ in range(1 + self.goes_wrong(0.05)):
            late_s = self.luck.uniform(0, 4) if self.goes_wrong(0.3) else 0.002
            self.after(late_s, self._hear, update, self._connection)

    def _hear(self, update: OrderUpdate, connection: int) -> None:
        if connection != self._connection:
            return
        self._legs |= {leg.venue_id: leg for leg in update.order.legs}
        leg = self._legs.get(update.order.venue_id)
        if leg is not None:
            order = msgspec.structs.replace(update.order, role=leg.role, parent_id=leg.parent_id)
            update = msgspec.structs.replace(update, order=order)
        self.on_update(update)


def _placed(intent: Intent, answer: Answer) -> Answer:
    """The answer as the broker gives it: its order's place is known."""
    if answer.order is None:
        return answer
    order = msgspec.structs.replace(answer.order, role=intent.role, signal_id=intent.signal_id, parent_id=intent.parent)
    return msgspec.structs.replace(answer, order=order)
