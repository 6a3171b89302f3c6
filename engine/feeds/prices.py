"""Prices from Alpaca: a REST snapshot and the data stream, put together to one Quote per symbol.

A snapshot is asked for at the start, beside connecting, and after every connect, because the stream replays nothing;
which of them is newer decides, message by message. Quotes are passed on at most `PASS_HZ` times
a second per symbol, latest wins, so a fast tape cannot flood the engine; how many were overtaken is in the feed's
state (`dropped`). Halts are passed on all, in order, at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
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
from engine.feeds.prices_dialect import DataDialect, is_stock
from engine.model import FeedState, Halt, Light, Session, Sink
from engine.text import some

PASS_HZ = 20
"""Quotes per second and symbol that are passed on at most."""
SNAPSHOT_SYMBOLS = 100
"""Symbols per snapshot request."""
UNPRICED_REMEDY = "Flatten it or close it at the venue's own screen, or take a data plan that carries it."
_REPORT_NS = SECOND
_QUIET = "connected; waiting for the first price"


class AlpacaPriceFeed:
    """The Feed of stock prices, for the watchlist and what is held beside it. Pairs (`BTC/USD`) have another stream and
    are left out.

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
        self._watched = config.symbols
        self._left_out = _left_out(config.symbols, ())
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
        self._dialect = DataDialect(config.alpaca.data_stream_url, key_id, secret_key, self._symbols, self._silence)
        self._make_stream = partial(Stream, self._dialect, Pace() if pace is None else pace, backoff)
        self._moved = asyncio.Event()
        """Set once other symbols are held beside the watchlist than the connection may have been asked for."""
        self._new: set[str] = set()
        """Those of them that no snapshot was asked of. Another one of what the stream tells already would only bring
        the price from before a split back."""
        self._book = PriceBook(self._symbols, self._banded)
        now_ns = clock.now_ns()
        self._state = FeedState(self.name, Light.OFF, now_ns, now_ns)
        self._news = asyncio.Event()

    def __repr__(self) -> str:
        return f"AlpacaPriceFeed({len(self._symbols)} symbols, {self._feed})"

    def restore_halt(self, halt: Halt) -> None:
        """A halt that held when an earlier run of today ended: this one tells its end."""
        self._book.restore(halt)

    def follow(self, symbols: tuple[str, ...]) -> None:
        """These are held, or have an order that works: their prices are told too, and first where the plan is short."""
        before = self._dialect.beside
        self._dialect.held = tuple(symbol for symbol in symbols if is_stock(symbol))
        self._left_out = _left_out(self._watched, symbols)
        if set(self._dialect.beside) == set(before):
            return
        for symbol in self._dialect.beside:
            self._book.add(symbol)
        self._new.update(name for name in self._dialect.beside if name not in before)
        self._moved.set()

    async def run(self, sink: Sink) -> None:
        """Deliver Quotes and Halts until cancelled. Never raises for anything the venue does; can be run again."""
        while not self._symbols and not self._dialect.beside:
            self._say(sink, Light.OFF, "no stock on the watchlist", "Add symbols to [[watchlist]].")
            self._moved.clear()
            await self._moved.wait()
        rest, stream = self._make_rest(), self._make_stream()
        try:
            self._say(sink, Light.CONNECTING, "")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._snapshot(rest))
                tasks.create_task(self._pass_on(sink))
                tasks.create_task(self._listen(sink, stream, rest, tasks))
                tasks.create_task(self._keep_up(stream, rest))
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
                        if self._state.light is Light.UP and any(each.get("T") == "subscription" for each in messages):
                            self._say(sink, Light.UP, *self._coverage())
                    case Opening():
                        continue
                    case Up(detail, remedy):
                        self._book.connected()
                        self._limits = detail, remedy
                        if self._state.light is Light.DEGRADED:
                            self._say(sink, Light.DEGRADED, _QUIET, remedy)
                        else:
                            self._say(sink, Light.UP, *self._coverage())
                        tasks.create_task(self._snapshot(rest))
                        self._moved.set()  # what is held may have changed since it was asked for
                    case Lost(reason, remedy, light, retry_s):
                        self._state = msgspec.structs.replace(self._state, reconnects=self._state.reconnects + 1)
                        self._say(sink, light, f"{reason}; next try in {retry_s:.1f} s", remedy)

    async def _keep_up(self, stream: Stream, rest: Rest) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            if self._state.light in (Light.UP, Light.DEGRADED):  # else the next handshake asks for it
                await self._dialect.keep_up(stream.send)
                new = tuple(name for name in self._dialect.beside if name in self._new)
                self._new.clear()
                await self._ask(rest, _portions((), new))

    def _coverage(self) -> tuple[str, str]:
        """What the present connection does not carry, and the remedy."""
        detail, remedy = self._limits
        unpriced = self._dialect.unpriced
        held = f"held, and without prices: {some(unpriced)}" if unpriced else ""
        remedy = remedy or (UNPRICED_REMEDY if unpriced else "")
        return "; ".join(part for part in (held, detail, self._left_out) if part), remedy

    async def _pass_on(self, sink: Sink) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            events = self._book.take()
            if events:
                await sink.put(events)
            await asyncio.sleep(1 / PASS_HZ)

    async def _snapshot(self, rest: Rest) -> None:
        """Ask REST for the latest quote and trade of every symbol."""
        await self._ask(rest, _portions(self._symbols, self._dialect.beside))

    async def _ask(self, rest: Rest, portions: Iterable[tuple[str, ...]]) -> None:
        """Ask for these; a failure leaves it to the stream."""
        await rest.open()
        for symbols in portions:
            chosen = ",".join(symbols)
            reply = await rest.call("GET", "/stocks/snapshots", {"symbols": chosen, "feed": self._feed})
            if not reply.ok:
                self._state = msgspec.structs.replace(self._state, detail=f"no snapshot: {reply.reason}")
                continue
            self._book.snapshot(reply.body, self._clock.now_ns())
        self._news.set()

    def _heard(self, sink: Sink, now_ns: int) -> None:
        self._news.set()
        due = now_ns - self._state.received_ns >= _REPORT_NS
        self._state = msgspec.structs.replace(self._state, last_ns=now_ns)
        if self._state.light is Light.DEGRADED:
            self._say(sink, Light.UP, *self._coverage())
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


def _portions(watched: tuple[str, ...], beside: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Symbols to ask for together. What is held beside the watchlist goes alone: one bad name fails its request."""
    for start in range(0, len(watched), SNAPSHOT_SYMBOLS):
        yield watched[start : start + SNAPSHOT_SYMBOLS]
    for symbol in beside:
        yield (symbol,)


def _left_out(watched: tuple[str, ...], held: tuple[str, ...]) -> str:
    """Words for what has no prices on a stream of stocks; empty where all have."""
    names = dict.fromkeys((*watched, *held))
    pairs = [symbol for symbol in names if "/" in symbol]
    others = [symbol for symbol in held if symbol not in watched and "/" not in symbol and not is_stock(symbol)]
    told = [f"pairs have no prices here: {some(pairs)}"] if pairs else []
    told += [f"held, no stocks, and without prices here: {some(others)}"] if others else []
    return "; ".join(told)
