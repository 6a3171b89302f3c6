"""Alpaca paper and live: alpaca-py for REST, made safe (`engine.alpaca.rest`), and our own reader of trade updates.

One POST per attempt, never repeated by any library; every answer is an outcome (CONTROLS §3); what cannot be known is
unresolved, not failed. After every reconnect of the stream the engine must reconcile, because Alpaca replays nothing:
`updates` says so with a FeedState.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any
from urllib.parse import quote as quoted

import msgspec

from engine.alpaca.backoff import Backoff
from engine.alpaca.read import decimal, fields, identifier, text
from engine.alpaca.rest import Reply, Rest
from engine.alpaca.stream import Heard, Lost, Opening, Pace, Stream, Up
from engine.brokers.alpaca_activities import ActivityReader
from engine.brokers.alpaca_answer import canceled, duplicate, found_after_duplicate, looked_up, submitted
from engine.brokers.alpaca_market import Day, market_of, parse_clock, parse_day, trading_date
from engine.brokers.alpaca_parse import Malformed, parse_update
from engine.brokers.alpaca_request import Unsendable, order_request
from engine.brokers.alpaca_snapshot import SnapshotReader
from engine.brokers.alpaca_updates import KEYS_REMEDY, MuteWatch, TradingDialect
from engine.clock import Clock
from engine.config import Config
from engine.errors import CredentialsError, VenueUnavailable
from engine.model import (
    Answer,
    FeedState,
    Fill,
    Halt,
    Instrument,
    Intent,
    Light,
    Lookup,
    Market,
    Order,
    OrderUpdate,
    Outcome,
    Quote,
    VenueSnapshot,
)
from engine.model.ports import Permit

THREADS = 6
"""Most REST calls at once."""
STREAM = "alpaca-orders"
"""Name of the trade update stream's FeedState."""
_LEGS_KNOWN = 10_000


class AlpacaBroker:
    """The Broker for Alpaca. `start` before use, `close` after; `updates` is iterated by one task.

    Secrets go to alpaca-py and to the stream's sign-in, nowhere else.
    """

    name = "alpaca"
    simulated = False

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        key_id: str,
        secret_key: str,
        pace: Pace | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._clock = clock
        self._url = config.alpaca.trading_url
        self._rest = Rest(
            self._url,
            clock,
            key_id=key_id,
            secret_key=secret_key,
            timeout_s=config.alpaca.timeout_s,
            threads=THREADS,
            name="alpaca-rest",
        )
        dialect = TradingDialect(config.alpaca.trading_stream_url, key_id, secret_key)
        self._stream = Stream(dialect, Pace() if pace is None else pace, backoff)
        self._reader = SnapshotReader(self._get, self._url)
        self._activities = ActivityReader(self._get)
        self._mute = MuteWatch()
        self._legs: dict[str, Order] = {}
        """Legs seen under their entry, by venue id: their own updates do not name it."""
        self._days: dict[str, Day] = {}

    def __repr__(self) -> str:
        return f"AlpacaBroker({self._url})"

    async def start(self) -> None:
        """Import alpaca-py (off the loop) and read the account once.

        Raises CredentialsError when the keys are refused, VenueUnavailable when the account cannot be read.
        """
        await self._rest.open()
        reply = await self._get("/account")
        if reply.status in (401, 403):
            raise CredentialsError(
                f"expected keys that Alpaca takes, found refused ones ({reply.reason})",
                where=self._url,
                remedy=KEYS_REMEDY,
            )
        if not reply.ok:
            raise VenueUnavailable(
                f"expected the account, found {reply.reason}",
                where=self._url,
                remedy="Check the network and alpaca.trading_url; it is asked again by itself.",
            )

    async def close(self) -> None:
        """End the stream, break off calls in flight, leave no thread. Orders stay at the venue."""
        await self._stream.close()
        await self._rest.close()

    async def submit(self, intent: Intent) -> Answer:
        """POST the order once. DENIED when it cannot be said in Alpaca's words; outcomes: see `alpaca_answer`."""
        return await self.submit_when(intent)

    def submit_when(self, intent: Intent, permit: Permit | None = None) -> Awaitable[Answer]:
        """The same, begun at once: the request is made ready, and leaves when `permit` lets it."""
        try:
            body = order_request(intent)
        except Unsendable as problem:
            return _told(Answer(Outcome.DENIED, str(problem)))
        return self._answered(intent, self._rest.begin("POST", "/orders", body, permit))

    async def _answered(self, intent: Intent, replying: Awaitable[Reply]) -> Answer:
        reply = await replying
        if reply.withheld:
            return Answer(Outcome.DENIED, f"not sent: {reply.problem}")
        if duplicate(reply):
            answer = found_after_duplicate(await self.lookup(intent.client_order_id), reply)
        else:
            answer = submitted(reply, intent.client_order_id)
        if answer.order is None:
            return answer
        self._remember(answer.order)
        order = msgspec.structs.replace(
            answer.order, role=intent.role, signal_id=intent.signal_id, parent_id=intent.parent
        )
        return msgspec.structs.replace(answer, order=order)

    async def cancel(self, order: Order) -> Answer:
        """Ask to cancel by the venue's id, which is looked up first when it is not known."""
        venue_id = order.venue_id
        if not venue_id:
            found = await self.lookup(order.client_order_id)
            if found.order is None:
                outcome = Outcome.REJECTED if found.known is False else Outcome.UNRESOLVED
                return Answer(outcome, f"no venue id to cancel by: {found.reason}")
            venue_id = found.order.venue_id
        return canceled(await self._rest.call("DELETE", f"/orders/{quoted(venue_id, safe='')}"))

    async def lookup(self, client_order_id: str) -> Lookup:
        """Ask for an order by our id: known, definitely not known, or not answered."""
        reply = await self._get("/orders:by_client_order_id", client_order_id=client_order_id)
        return looked_up(reply, client_order_id)

    async def snapshot(self, since_ns: int) -> VenueSnapshot:
        """See `SnapshotReader.read`. Raises VenueUnavailable; never partial.

        What moved the account is read last: what is listed by then and not in the account yet waits for the next one.
        Also compares with what the stream told, and reconnects it when it turns out to be mute.
        """
        snapshot = await self._reader.read(since_ns, self._clock.now_ns())
        for order in snapshot.orders:
            self._remember(order)
        reason = self._mute.shown(snapshot)
        if reason:
            self._stream.reconnect(f"connected but mute: {reason}")
        activities, problem = await self._activities.read(snapshot.at_ns, snapshot.account.currency)
        return msgspec.structs.replace(snapshot, activities=activities, activities_problem=problem)

    async def instrument(self, symbol: str) -> Instrument | None:
        """The asset; None on a definite 404. Raises VenueUnavailable for any other failure.

        Stocks step in whole shares although fractions may be allowed (`fractionable`): only whole shares can carry
        their stop and target at the venue.
        """
        reply = await self._get(f"/assets/{quoted(symbol, safe='')}")
        if reply.status == 404 and reply.refusal:
            return None
        given = fields(reply.body)
        if not reply.ok or identifier(given.get("symbol")).replace("/", "") != symbol.replace("/", ""):
            raise VenueUnavailable(
                f"expected the asset {symbol}, found {'another' if reply.ok else reply.reason}",
                where=self._url,
                remedy="Asked again by itself; until then the symbol cannot trade.",
            )
        crypto = given.get("class") == "crypto"
        step = decimal(given.get("min_trade_increment")) if crypto else None
        return Instrument(
            symbol,
            name=text(given.get("name"), 120),
            tradable=given.get("tradable") is True and given.get("status", "active") == "active",
            fractionable=given.get("fractionable") is True,
            shortable=given.get("shortable") is True,
            quantity_step=step if step is not None and step > 0 else Decimal("0.000000001") if crypto else Decimal(1),
            asset_class="crypto" if crypto else "stock",
        )

    async def market(self) -> Market:
        """The venue's clock and, while that is not open, its calendar. Raises VenueUnavailable for an unread clock.

        A clock that says "not open" beside a calendar that cannot be read is an answer: the session is UNKNOWN.
        """
        reply = await self._get("/clock")
        clock = parse_clock(reply.body) if reply.ok else None
        if clock is None:
            found = "no times in it" if reply.ok else reply.reason
            raise VenueUnavailable(
                f"expected the venue's clock, found {found}",
                where=self._url,
                remedy="Asked again by itself; without it the session is unknown, and unknown is closed.",
            )
        now_ns, is_open = clock[0], clock[1]
        return market_of(clock, None if is_open else await self._day(now_ns))

    async def updates(self) -> AsyncIterator[OrderUpdate | FeedState]:
        """Trade updates as they come, and the stream's state on every change. Ends when the broker is closed."""
        counts = FeedState(STREAM, Light.OFF, self._clock.now_ns(), self._clock.now_ns())
        async with aclosing(self._stream.events()) as events:
            async for event in events:
                now_ns = self._clock.now_ns()
                match event:
                    case Heard(messages, malformed):
                        bad = counts.malformed + malformed
                        for message in messages:
                            update = parse_update(message)
                            if isinstance(update, OrderUpdate):
                                update = self._placed(update)
                                self._mute.told(update.order)
                                yield update
                            elif isinstance(update, Malformed):
                                bad += 1
                        counts = msgspec.structs.replace(
                            counts,
                            items=counts.items + len(messages),
                            malformed=bad,
                            last_ns=now_ns,
                            received_ns=now_ns,
                        )
                        if messages or malformed:
                            yield counts
                    case Opening():
                        if counts.light is Light.OFF:
                            counts = _state(counts, Light.CONNECTING, now_ns, "", "")
                            yield counts
                    case Up(detail, remedy):
                        self._mute.connected()
                        counts = _state(counts, Light.UP, now_ns, detail, remedy)
                        yield counts
                    case Lost(reason, remedy, light, retry_s):
                        counts = msgspec.structs.replace(counts, reconnects=counts.reconnects + 1)
                        counts = _state(counts, light, now_ns, f"{reason}; next try in {retry_s:.1f} s", remedy)
                        yield counts

    def on_quote(self, quote: Quote) -> Sequence[OrderUpdate]:
        """The venue has its own prices: nothing."""
        return ()

    def on_halt(self, halt: Halt) -> None:
        """The venue knows its own halts: nothing."""

    def on_time(self, now_ns: int) -> Sequence[OrderUpdate]:
        """The venue has its own clock: nothing."""
        return ()

    def restore(self, values: Iterable[Intent | Order | Fill]) -> None:
        """The venue keeps its own book: only how far back its closed orders have to be read."""
        self._reader.know(values)

    async def _get(self, path: str, query: dict[str, Any] | None = None, **more: str) -> Reply:
        return await self._rest.call("GET", path, {**(query or {}), **more})

    async def _day(self, now_ns: int) -> Day | None:
        day = trading_date(now_ns)
        known = self._days.get(day.isoformat())
        if known is None:
            reply = await self._get("/calendar", start=day.isoformat(), end=day.isoformat())
            known = parse_day(reply.body, day) if reply.ok else None
            if known is not None:
                self._days = {day.isoformat(): known}
        return known

    def _remember(self, order: Order) -> None:
        for leg in order.legs:
            if leg.venue_id:
                self._legs[leg.venue_id] = leg
        while len(self._legs) > _LEGS_KNOWN:
            del self._legs[next(iter(self._legs))]

    def _placed(self, update: OrderUpdate) -> OrderUpdate:
        """The update with its order's place known: a leg gets its role and entry back."""
        self._remember(update.order)
        leg = self._legs.get(update.order.venue_id)
        if leg is None:
            return update
        order = msgspec.structs.replace(update.order, role=leg.role, parent_id=leg.parent_id)
        return msgspec.structs.replace(update, order=order)


async def _told(answer: Answer) -> Answer:
    return answer


def _state(state: FeedState, light: Light, now_ns: int, detail: str, remedy: str) -> FeedState:
    since_ns = state.since_ns if state.light is light else now_ns
    return msgspec.structs.replace(
        state, light=light, since_ns=since_ns, received_ns=now_ns, detail=detail, remedy=remedy
    )
