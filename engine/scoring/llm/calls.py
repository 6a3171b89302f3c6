"""How a question reaches an endpoint: within a time limit, tried again only where that is safe and within the limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import aiohttp

from engine.errors import ConfigError, CredentialsError, DeskError
from engine.model import Value

REPLY_LIMIT: Final = 1 << 20
"""Longest reply that is read, in bytes."""
PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0)
"""Least pauses before further attempts, whatever the endpoint says; the last one repeats."""
UNKNOWN: Final = frozenset({202, 204, 206, 408, 502, 504, 520, 524})
"""Statuses that leave open whether a model computed: a part of a reply, or a gateway that did not wait for it."""


class Said(Value, frozen=True, gc=False):
    """What an endpoint replied."""

    answer: bytes
    """The model's answer, as JSON; not checked yet. Empty where it gave none: it declined, or was cut off."""
    input_tokens: int
    """0 where the endpoint does not tell what the reply used."""
    output_tokens: int


class Unreadable(DeskError):
    """A reply that is none: it may have cost money, and asking again would cost it twice."""


class Busy(Exception):
    """The endpoint asks to come back (429, 5xx), `after_s` seconds from now at the earliest: nothing was computed."""

    def __init__(self, what: str, after_s: float = 0.0) -> None:
        super().__init__(what)
        self.after_s = after_s


class Caller(Protocol):
    """Puts one question to one kind of endpoint."""

    async def ask(self, question: str, schema: dict[str, Any]) -> Said:
        """Once. Raises Busy, Unreadable, or another DeskError for what was definitely refused."""

    async def close(self) -> None:
        """Leave."""


class Dialect(Protocol):
    """How an HTTP endpoint is spoken to."""

    path: str
    headers: dict[str, str]

    def body(self, question: str, schema: dict[str, Any]) -> dict[str, Any]:
        """The request."""

    def read(self, reply: bytes) -> Said:
        """The reply. Raises ValueError (also a JSON error) or RecursionError when it is none."""


class HttpCaller:
    """An endpoint over HTTP."""

    def __init__(self, base_url: str, dialect: Dialect, timeout_s: float) -> None:
        self._url = base_url.rstrip("/") + dialect.path
        self._dialect = dialect
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, question: str, schema: dict[str, Any]) -> Said:
        """One POST."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, trust_env=True)
        body = self._dialect.body(question, schema)
        try:
            async with self._session.post(
                self._url, json=body, headers=self._dialect.headers, allow_redirects=False
            ) as reply:
                status, after = reply.status, reply.headers.get("Retry-After", "")
                content = await _limited(reply.content)
        except aiohttp.ClientConnectorError as error:
            raise DeskError(
                f"expected an endpoint, found {error.strerror or 'no connection'}",
                where=self._url,
                remedy="correct scoring.llm.base_url, or start the server",
            ) from None
        except (aiohttp.ClientError, ConnectionError, ValueError) as error:
            raise Unreadable(
                f"expected a reply, found {type(error).__name__}", where=self._url, remedy="it is asked again"
            ) from None
        if status in UNKNOWN:
            raise Unreadable(
                f"expected a reply, found status {status}",
                where=self._url,
                remedy="it may have cost money; raise the time limit of what stands before the model",
            )
        if status == 429 or status >= 500:
            raise Busy(f"status {status}", _seconds(after))
        if status != 200:
            raise _refused(status, content, self._url)
        try:
            return self._dialect.read(content)
        except (ValueError, RecursionError) as error:
            raise Unreadable(
                f"expected a reply of this kind of endpoint, found {content[:80]!r} ({error})"[:300],
                where=self._url,
                remedy="check scoring.llm.api and base_url",
            ) from None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def patiently(ask: Callable[[], Awaitable[Said]], limit_s: float, where: str) -> Said:
    """Ask, and ask again while the endpoint is busy, all within the limit.

    Raises Unreadable when there is no answer in time, DeskError when the endpoint stays busy or refuses.
    """
    busy: Busy | None = None
    try:
        async with asyncio.timeout(limit_s) as limit:
            for attempt in range(1 << 20):
                try:
                    return await ask()
                except Busy as found:
                    busy = found
                pause_s = max(PAUSES_S[min(attempt, len(PAUSES_S) - 1)], busy.after_s)
                deadline = limit.when()
                if deadline is None or asyncio.get_running_loop().time() + pause_s >= deadline:
                    break
                await asyncio.sleep(pause_s)
                busy = None
    except TimeoutError:
        pass
    if busy is not None:
        raise DeskError(f"expected an answer, found {busy}", where=where, remedy="the endpoint is busy; wait")
    raise Unreadable(
        f"expected an answer within {limit_s:g} s, found none", where=where, remedy="raise scoring.llm.timeout_s"
    )


async def _limited(stream: aiohttp.StreamReader) -> bytes:
    content = bytearray()
    async for chunk in stream.iter_any():
        content += chunk
        if len(content) > REPLY_LIMIT:
            raise ValueError(f"more than {REPLY_LIMIT} bytes")
    return bytes(content)


def _seconds(text: str) -> float:
    """Retry-After in seconds; a date counts as none given."""
    return min(float(text), 3600.0) if text.isdecimal() else 0.0


def _refused(status: int, content: bytes, where: str) -> DeskError:
    said = content[:200].decode("utf-8", "replace")
    if status in (401, 403):
        return CredentialsError(
            f"expected the key to be accepted, found status {status}", where=where, remedy="desk keys set, then restart"
        )
    if status in (404, 405) or 300 <= status < 400:
        return ConfigError(
            f"expected an endpoint and a model there, found status {status}: {said}",
            where=where,
            remedy="correct scoring.llm.base_url, api and model",
        )
    return DeskError(
        f"expected an answer, found status {status}: {said}",
        where=where,
        remedy="check scoring.llm against the endpoint",
    )
