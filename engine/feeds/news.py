"""News from Alpaca as posts: the stream, REST for what it did not bring, versions put together.

connect ──▶ RECOVERING (warm start, gap) ──▶ UP ──(end)──▶ DOWN, wait ──▶ connect
              │ error 402, 409, 411 … ▶ REFUSED, tried again every five minutes

Nothing is paid per article, so every start reads both windows anew; what is in the journal already has the same id.
Beside another feed of posts it is that one which says from when on the windows are known: a mood may lack a headline,
and the light tells. Alone, the news says so itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial

import msgspec

from engine.alpaca.backoff import Backoff
from engine.alpaca.rest import Rest
from engine.alpaca.stream import Heard, Lost, Opening, Pace, Stream, Up
from engine.clock import MINUTE, SECOND, Clock, exchange_time, from_seconds, iso
from engine.config import Config
from engine.feeds.news_dialect import NewsDialect
from engine.feeds.news_parse import Article, Articles, pairs_of, parse_article
from engine.feeds.news_search import NewsSearch
from engine.model import FeedEvent, FeedState, Light, Post, Sink
from engine.model.base import Value

log = logging.getLogger(__name__)

OVERLAP_NS = MINUTE
"""REST is asked for so much more than a gap: an article is not found at the instant at which it is streamed."""
DOZE_NS = 10 * SECOND
"""A sleep of the machine that the venue's buffers bridge."""
_REPORT_NS = SECOND


class Span(Value, frozen=True, gc=False):
    """News of [from_ns, to_ns) that the stream did not bring."""

    from_ns: int
    to_ns: int
    first: bool = False
    """True for the warm start."""

    @property
    def name(self) -> str:
        """What is filled, in words."""
        return "warm start" if self.first else f"gap {_between(self.from_ns, self.to_ns)}"


def _between(from_ns: int, to_ns: int) -> str:
    """A stretch of the exchange's day, for a person."""
    return f"{exchange_time(from_ns)[11:19]}-{exchange_time(to_ns)[11:19]} NY"


class AlpacaNewsFeed:
    """The Feed of news for the watchlist.

    `known_until_ns`: posts up to then are in the journal already, so what came while the engine was off is a gap.
    """

    name = "news"

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        key_id: str,
        secret_key: str,
        known_until_ns: int = 0,
        pace: Pace | None = None,
    ) -> None:
        self._clock = clock
        others = [name for name in config.feeds.posts if name != self.name and (name != "x" or config.x.enabled)]
        self._alone = not others
        self._known_until_ns = known_until_ns
        self._horizon_ns = from_seconds(config.sentiment.window_s + config.sentiment.look_back_s)
        self._pairs = pairs_of(config.symbols)
        self._symbols = tuple(symbol.replace("/", "") for symbol in config.symbols)
        pace = Pace() if pace is None else pace
        self._make_backoff = partial(Backoff, pace.first_s, pace.cap_s)
        self._life_ns = from_seconds(2 * pace.ping_s)
        """How long a connection may be dead before that is noticed."""
        self._make_rest = partial(
            Rest,
            config.alpaca.data_url,
            clock,
            key_id=key_id,
            secret_key=secret_key,
            timeout_s=config.alpaca.timeout_s,
            threads=1,
            name="alpaca-news",
            version="v1beta1",
        )
        dialect = NewsDialect(config.alpaca.news_stream_url, key_id, secret_key, self._symbols)
        self._make_stream = partial(Stream, dialect, pace)
        self._stream: Stream | None = None
        self._articles = Articles()
        self._connected = False
        """Whether a connection has ever stood."""
        self._down_ns: int | None = None
        """Since when the stream brings nothing; None while it stands, and before it first did."""
        self._span: Span | None = None
        """What REST is to fill."""
        self._wanted = asyncio.Event()
        self._lacks = Up()
        """What the venue did not take of the subscription, if anything."""
        self._missing = ""
        self._missing_until_ns = 0
        now_ns = clock.now_ns()
        self._state = FeedState(self.name, Light.OFF, now_ns, now_ns)

    def __repr__(self) -> str:
        return f"AlpacaNewsFeed({len(self._symbols)} symbols)"

    def restore(self, post: Post) -> None:
        """An article that an earlier run journaled: another wording of it is an edit."""
        self._articles.restore(post)

    def woken(self, slept_ns: int) -> None:
        """What was streamed while the machine slept may be lost though the connection stands: connect anew."""
        if self._stream is None or not self._connected or self._down_ns is not None or slept_ns < DOZE_NS:
            return
        self._down_ns = self._clock.now_ns() - slept_ns - SECOND
        self._stream.reconnect(f"this machine slept for {slept_ns / SECOND:.0f} s", Light.DOWN)

    async def run(self, sink: Sink) -> None:
        """Deliver Posts until cancelled. Never raises for anything the venue does; can be run again."""
        if not self._symbols:
            self._say(sink, Light.OFF, "nothing on the watchlist", "Add symbols to [[watchlist]].")
            await asyncio.Event().wait()
        rest, self._stream = self._make_rest(), self._make_stream()
        search = NewsSearch(rest, self._clock, self._symbols, self._pairs, self._make_backoff())
        try:
            self._say(sink, Light.CONNECTING)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._fill(sink, search))
                tasks.create_task(self._listen(sink, self._stream))
        finally:
            self._went_down()
            await self._stream.close()
            await rest.close()

    async def _listen(self, sink: Sink, stream: Stream) -> None:
        async with aclosing(stream.events()) as events:
            async for event in events:
                match event:
                    case Heard(messages, malformed):
                        now_ns = self._clock.now_ns()
                        told = [message for message in messages if message.get("T") == "n"]
                        found = [parse_article(message, now_ns, self._pairs) for message in told]
                        self._count(malformed=malformed + found.count(None))
                        await self._deliver(sink, [article for article in found if article], now_ns, recovered=False)
                    case Opening():
                        continue
                    case Up() as up:
                        self._lacks = up
                        await self._cover(sink)
                    case Lost(reason, remedy, light, retry_s):
                        self._went_down()
                        self._count(reconnects=1)
                        self._say(sink, light, f"{reason}; next try in {retry_s:.1f} s", remedy)

    async def _cover(self, sink: Sink) -> None:
        """The stream is (again) live: tell what is missing, and have it filled."""
        now_ns = self._clock.now_ns()
        earliest_ns = now_ns - self._horizon_ns
        first, down_ns = not self._connected, self._down_ns
        self._connected, self._down_ns = True, None
        if first:
            stopped_ns = self._known_until_ns if 0 < self._known_until_ns <= now_ns else 0
            told = {"covered_since_ns": now_ns}
            if stopped_ns:
                told |= {"gap_from_ns": max(earliest_ns, stopped_ns - self._life_ns), "gap_to_ns": now_ns}
            span = Span(earliest_ns, now_ns, first=True)
        else:
            from_ns = max(earliest_ns, (now_ns if down_ns is None else down_ns) - self._life_ns)
            told = {"gap_from_ns": from_ns, "gap_to_ns": now_ns}
            span = Span(from_ns, now_ns)
        before = self._span
        self._span = span if before is None else Span(min(before.from_ns, span.from_ns), now_ns, before.first)
        self._count(last_ns=now_ns)
        self._say(sink, Light.RECOVERING, self._span.name)
        if self._alone:
            await sink.put([msgspec.structs.replace(self._state, **told)])
        self._wanted.set()

    async def _fill(self, sink: Sink, search: NewsSearch) -> None:
        """Fill what is wanted, one span after the other. What cannot be filled is told."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            span = self._span
            if span is None:
                continue
            found = await search.fetch(span.from_ns - OVERLAP_NS, span.to_ns)
            now_ns = self._clock.now_ns()
            self._count(malformed=found.malformed)
            complete_ns = max(span.from_ns, found.complete_ns)
            told: list[FeedEvent] = []
            if self._alone and complete_ns < span.to_ns:
                covered = {"covered_since_ns": complete_ns} if span.first else {}
                filled = {"filled_from_ns": complete_ns, "filled_to_ns": span.to_ns}
                told.append(msgspec.structs.replace(self._state, received_ns=now_ns, **covered, **filled))
            await self._deliver(sink, found.articles, now_ns, recovered=True, told=told)
            if complete_ns > span.from_ns:
                log.warning("news: %s is complete only from %s: %s", span.name, iso(complete_ns), found.why)
                self._missing = f"news of {_between(span.from_ns, complete_ns)} are missing: {found.why}"
                self._missing_until_ns = complete_ns + self._horizon_ns
            if self._span is span:
                self._span = None
                if self._state.light is Light.RECOVERING:
                    self._say(sink, Light.UP)

    async def _deliver(
        self,
        sink: Sink,
        articles: Sequence[Article],
        now_ns: int,
        *,
        recovered: bool,
        told: Sequence[FeedEvent] = (),
    ) -> None:
        """Hand over those that are new or reworded, then what is told of them."""
        found = [self._articles.post(article, now_ns, recovered=recovered) for article in articles]
        posts = [post for post in found if post is not None]
        events: list[FeedEvent] = [*posts, *told]
        self._count(items=len(posts), last_ns=now_ns)
        if events:
            delivered = False
            try:
                await sink.put(events)
                delivered = True
            finally:
                if not delivered:
                    self._articles.forget(posts)
        if now_ns - self._state.received_ns >= _REPORT_NS or posts:
            light = self._state.light
            told_already = ("", "") if light is Light.UP else (self._state.detail, self._state.remedy)
            self._say(sink, light, *told_already)

    def _went_down(self) -> None:
        if self._connected and self._down_ns is None:
            self._down_ns = self._clock.now_ns()

    def _count(self, *, items: int = 0, malformed: int = 0, reconnects: int = 0, last_ns: int = 0) -> None:
        state = self._state
        self._state = msgspec.structs.replace(
            state,
            items=state.items + items,
            malformed=state.malformed + malformed,
            reconnects=state.reconnects + reconnects,
            duplicates=self._articles.repeated,
            last_ns=max(state.last_ns, last_ns),
        )

    def _say(self, sink: Sink, light: Light, detail: str = "", remedy: str = "") -> None:
        now_ns, state = self._clock.now_ns(), self._state
        if now_ns >= self._missing_until_ns:
            self._missing = ""
        if light is Light.UP and not detail:
            detail = "; ".join(part for part in (self._lacks.detail, self._missing) if part)
            remedy = self._lacks.remedy
        self._state = msgspec.structs.replace(
            state,
            light=light,
            since_ns=state.since_ns if state.light is light else now_ns,
            received_ns=now_ns,
            detail=detail,
            remedy=remedy,
        )
        sink.report(self._state)
