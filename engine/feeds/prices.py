"""Prices from Alpaca: a REST snapshot and the data stream, put together to one Quote per symbol.

A snapshot is asked for at the start, beside connecting, and after every connect, because the stream replays nothing;
which of them is newer decides, message by message. Quotes are passed on at most `PASS_HZ` times
a second per symbol, latest wins, so a fast tape cannot flood the engine; how many were overtaken is in the feed's
state (`dropped`). Halts are passed on all, in order, at once.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial

import msgspec

from engine.alpaca.backoff import Backoff
from engine.alpaca.rest import Rest
from engine.alpaca.stream import Heard, Lost, Opening, Pace, Stream, Up
from engine.calendar import Calendar
from engine.clock import SECOND, Clock
from engine.config import Config
from engine.feeds.prices_book import PriceBook
from engine.feeds.prices_dialect import DataDialect
from engine.model import FeedState, Halt, Light, Session, Sink

PASS_HZ = 20
"""Quotes per second and symbol that are passed on at most."""
SNAPSHOT_SYMBOLS = 100
"""Symbols per snapshot request."""
_REPORT_NS = SECOND
_QUIET = "connected; waiting for the first price"


class AlpacaPriceFeed:
    """The Feed of stock prices for the watchlist. Pairs (`BTC/USD`) have another stream and are left out.

    `calendar` decides whether silence is wrong: only in the regular session.
    """

    name = "prices"

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        key_id: str,
        secret_key: str,
        calendar: Calendar | None = None,
        pace: Pace | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._clock = clock
        self._calendar = Calendar() if calendar is None else calendar
        self._silence_s = config.alpaca.silence_s
        self._feed = config.alpaca.feed
        self._symbols = tuple(symbol for symbol in config.symbols if "/" not in symbol)
        pairs = [symbol for symbol in config.symbols if "/" in symbol]
        self._pairs = f"pairs have no prices here: {', '.join(pairs[:5])}" if pairs else ""
        self._limits = ("", "")
        """What the present connection does not carry, and the remedy."""
        self._make_rest = partial(
            Rest,
            config.alpaca.data_url,
            clock,
            key_id=key_id,
            secret_key=secret_key,
            timeout_s=config.alpaca.timeout_s,
            threads=2,
            name="alpaca-data",
        )
        dialect = DataDialect(config.alpaca.data_stream_url, key_id, secret_key, self._symbols, self._silence)
        self._make_stream = partial(Stream, dialect, Pace() if pace is None else pace, backoff)
        self._book = PriceBook(self._symbols, self._banded)
        now_ns = clock.now_ns()
        self._state = FeedState(self.name, Light.OFF, now_ns, now_ns)
        self._news = asyncio.Event()

    def __repr__(self) -> str:
        return f"AlpacaPriceFeed({len(self._symbols)} symbols, {self._feed})"

    def restore_halt(self, halt: Halt) -> None:
        """A halt that held when an earlier run of today ended: this one tells its end."""
        self._book.restore(halt)

    async def run(self, sink: Sink) -> None:
        """Deliver Quotes and Halts until cancelled. Never raises for anything the venue does; can be run again."""
        if not self._symbols:
            self._say(sink, Light.OFF, "no stock on the watchlist", "Add symbols to [[watchlist]].")
            await asyncio.Event().wait()
        rest, stream = self._make_rest(), self._make_stream()
        try:
            self._say(sink, Light.CONNECTING, "")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._snapshot(rest))
                tasks.create_task(self._pass_on(sink))
                tasks.create_task(self._listen(sink, stream, rest, tasks))
        finally:
            await stream.close()
            await rest.close()

    async def _listen(self, sink: Sink, stream: Stream, rest: Rest, tasks: asyncio.TaskGroup) -> None:
        async with aclosing(stream.events()) as events:
            async for event in events:
                match event:
                    case Heard(messages, malformed):
                        now_ns = self._clock.now_ns()
                        self._book.malformed += malformed
                        for message in messages:
                            self._book.message(message, now_ns)
                        self._heard(sink, now_ns)
                    case Opening():
                        continue
                    case Up(detail, remedy):
                        self._book.connected()
                        self._limits = "; ".join(part for part in (detail, self._pairs) if part), remedy
                        if self._state.light is Light.DEGRADED:
                            self._say(sink, Light.DEGRADED, _QUIET, remedy)
                        else:
                            self._say(sink, Light.UP, *self._limits)
                        tasks.create_task(self._snapshot(rest))
                    case Lost(reason, remedy, light, retry_s):
                        self._state = msgspec.structs.replace(self._state, reconnects=self._state.reconnects + 1)
                        self._say(sink, light, f"{reason}; next try in {retry_s:.1f} s", remedy)

    async def _pass_on(self, sink: Sink) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            events = self._book.take()
            if events:
                await sink.put(events)
            await asyncio.sleep(1 / PASS_HZ)

    async def _snapshot(self, rest: Rest) -> None:
        """Ask REST for the latest quote and trade of every symbol; a failure leaves it to the stream."""
        await rest.open()
        for start in range(0, len(self._symbols), SNAPSHOT_SYMBOLS):
            chosen = ",".join(self._symbols[start : start + SNAPSHOT_SYMBOLS])
            reply = await rest.call("GET", "/stocks/snapshots", {"symbols": chosen, "feed": self._feed})
            if not reply.ok:
                self._state = msgspec.structs.replace(self._state, detail=f"no snapshot: {reply.reason}")
                return
            self._book.snapshot(reply.body, self._clock.now_ns())
        self._news.set()

    def _heard(self, sink: Sink, now_ns: int) -> None:
        self._news.set()
        due = now_ns - self._state.received_ns >= _REPORT_NS
        self._state = msgspec.structs.replace(self._state, last_ns=now_ns)
        if self._state.light is Light.DEGRADED:
            self._say(sink, Light.UP, *self._limits)
        elif due:
            self._say(sink, self._state.light, self._state.detail, self._state.remedy)

    def _say(self, sink: Sink, light: Light, detail: str, remedy: str = "") -> None:
        now_ns, book = self._clock.now_ns(), self._book
        self._state = msgspec.structs.replace(
            self._state,
            light=light,
            since_ns=self._state.since_ns if self._state.light is light else now_ns,
            received_ns=now_ns,
            detail=detail,
            remedy=remedy,
            items=book.items,
            dropped=book.merged,
            duplicates=book.late,
            malformed=book.malformed,
        )
        sink.report(self._state)

    def _banded(self, at_ns: int) -> bool:
        return self._calendar.market(at_ns).session in (Session.REGULAR, Session.UNKNOWN)

    def _silence(self) -> float | None:
        regular = self._calendar.market(self._clock.now_ns()).session is Session.REGULAR
        return self._silence_s if regular else None
