"""One connection to the filtered stream: opened once, read until it ends, never reconnected here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp

from engine.clock import Clock
from engine.errors import VenueUnavailable
from engine.feeds.x_client import EXPANSIONS, STREAM, TWEET_FIELDS, USER_FIELDS, XClient, read_body
from engine.feeds.x_errors import BadAnswer, Limits, limits, refusal, unreachable
from engine.feeds.x_lines import LineSplitter

SILENCE_GRACE = 1.05
"""X's keep-alive comes every 20 s; a limit of exactly that would cut live streams on a little jitter."""
REFUSAL_LIMIT = 64 << 10
"""Longest refusal read, in bytes."""
_PARAMS = {"tweet.fields": TWEET_FIELDS, "expansions": EXPANSIONS, "user.fields": USER_FIELDS}


class StreamEnded(Exception):
    """The stream ended after it had been accepted; the text says how. Always expected, always reconnected."""


class Stream:
    """An accepted stream: chunks of lines as they come."""

    def __init__(self, response: aiohttp.ClientResponse, rate: Limits, *, silence_s: float, token: str) -> None:
        self.limits = rate
        self._splitter = LineSplitter()
        self._response = response
        self._silence_s = silence_s
        self._token = token
        self._ended = ""

    def end(self, reason: str) -> None:
        """End it from here: `lines` raises StreamEnded with this reason."""
        self._ended = reason
        self._response.close()

    def take_oversized(self) -> int:
        """Lines dropped for their length since last asked."""
        count = self._splitter.oversized
        self._splitter.oversized = 0
        return count

    async def lines(self) -> AsyncIterator[list[bytes]]:
        """The lines of each chunk, an empty list for bytes that complete none. Raises StreamEnded at its end."""
        content = self._response.content
        with _Watchdog(self._silence_s * SILENCE_GRACE, self._response.close) as watchdog:
            while True:
                watchdog.watch()
                try:
                    chunk = await content.readany()
                except (aiohttp.ClientError, OSError, ValueError) as error:
                    if watchdog.bit:
                        raise StreamEnded(self._silent()) from None
                    if self._ended:
                        raise StreamEnded(self._ended) from None
                    broken = unreachable(error, where=STREAM, token=self._token)
                    raise StreamEnded(f"the connection broke: {broken.message.rpartition('found ')[2]}") from None
                if not chunk:
                    if not (watchdog.bit or self._ended) and (last := self._splitter.end()):
                        yield last  # what X says in parting may lack its line end
                    raise StreamEnded(self._silent() if watchdog.bit else self._ended or "X closed the stream")
                watchdog.rest()
                yield self._splitter.feed(chunk)

    def _silent(self) -> str:
        return f"nothing came for {self._silence_s:g} s, not even a keep-alive"


class _Watchdog:
    """Calls `bite` when what is watched has taken `limit_s`. One timer for a whole stream, not one per chunk."""

    def __init__(self, limit_s: float, bite: Callable[[], None]) -> None:
        self._limit_s = limit_s
        self._bite = bite
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None
        self.bit = False

    def __enter__(self) -> _Watchdog:
        self._look()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self) -> None:
        """Something is waited for from now on."""
        self._since = self._loop.time()

    def rest(self) -> None:
        """It came."""
        self._since = None

    def _look(self) -> None:
        now = self._loop.time()
        due = (now if self._since is None else self._since) + self._limit_s
        if now < due:
            self._timer = self._loop.call_at(due, self._look)
        else:
            self.bit = True
            self._bite()


@asynccontextmanager
async def connect(
    client: XClient, clock: Clock, *, token: str, connect_s: float, silence_s: float
) -> AsyncIterator[Stream]:
    """Open the stream. Raises `x_errors.refusal` for an answer that is not 200, VenueUnavailable when there is none."""
    where = f"GET {client.url(STREAM)}"
    request = client.session.get(
        client.url(STREAM),
        params=_PARAMS,
        headers=client.headers(),
        proxy=client.proxy,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_s),
        allow_redirects=False,
    )
    try:
        async with asyncio.timeout(connect_s):
            response = await request
    except TimeoutError:
        raise VenueUnavailable(
            f"expected the stream within {connect_s:g} s, found no answer",
            where=where,
            remedy="check the network and x.base_url; the desk connects again by itself",
        ) from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise unreachable(error, where=where, token=token) from None
    try:
        if response.status != 200:
            body = await _refusal_body(response, connect_s)
            raise refusal(response.status, response.headers, body, where=where, now_ns=clock.now_ns(), token=token)
        if response.content_type == "text/html":
            raise BadAnswer(
                "expected X's stream, found a web page: something stands between this machine and X",
                where=where,
                remedy="sign in to the network, or check the proxy and x.base_url; the desk connects again by itself",
            )
        yield Stream(response, limits(response.headers, clock.now_ns()), silence_s=silence_s, token=token)
    finally:
        response.close()


async def _refusal_body(response: aiohttp.ClientResponse, limit_s: float) -> bytes:
    """The reason, as far as it can be read; a refusal without one is still a refusal."""
    try:
        async with asyncio.timeout(limit_s):
            return await read_body(response.content, REFUSAL_LIMIT)
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return b""
