"""One connection to the filtered stream: opened once, read until it ends, never reconnected here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from engine.clock import Clock
from engine.errors import VenueUnavailable
from engine.feeds.x_client import EXPANSIONS, STREAM, TWEET_FIELDS, USER_FIELDS, XClient, read_body
from engine.feeds.x_errors import Limits, limits, refusal, unreachable
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

    def take_oversized(self) -> int:
        """Lines dropped for their length since last asked."""
        count = self._splitter.oversized
        self._splitter.oversized = 0
        return count

    async def lines(self) -> AsyncIterator[list[bytes]]:
        """The lines of each chunk, an empty list for bytes that complete none. Raises StreamEnded at its end."""
        content = self._response.content
        while True:
            try:
                async with asyncio.timeout(self._silence_s * SILENCE_GRACE):
                    chunk = await content.readany()
            except TimeoutError:
                raise StreamEnded(f"nothing came for {self._silence_s:g} s, not even a keep-alive") from None
            except (aiohttp.ClientError, OSError, ValueError) as error:
                broken = unreachable(error, where=STREAM, token=self._token)
                raise StreamEnded(f"the connection broke: {broken.message.rpartition('found ')[2]}") from None
            if not chunk:
                raise StreamEnded("X closed the stream")
            yield self._splitter.feed(chunk)


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
