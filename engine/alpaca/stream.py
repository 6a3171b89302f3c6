"""A websocket that comes back: connect, shake hands, read, and after any end wait, then connect again.

alpaca-py's own streams are not used (docs/decisions/002-alpaca-streams.md). A `Dialect` knows the words of one stream;
this module owns the socket: time limits, pings, silence, decoding, capped jittered waits. One reader, no tasks, no
threads: whoever iterates `events` drives it, and frames wait in a bounded queue and then in the kernel's buffers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from engine.alpaca.backoff import Backoff
from engine.alpaca.read import Json, decode, rows
from engine.model import Light, Value

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

T = TypeVar("T")

FRAME_LIMIT = 4 * 1024 * 1024
"""Largest frame taken, in bytes."""

_LOOK_S = 5.0
"""How often a waiting reader asks again whether silence means something (the market may have opened)."""

_log = logging.getLogger(__name__)
_log.setLevel(logging.INFO)  # at DEBUG the websocket library writes every frame, and one holds the secret key


class Pace(Value, frozen=True, gc=False):
    """The time limits of a stream, in seconds."""

    first_s: float = 0.5
    """First wait after an end; doubles up to `cap_s`."""
    cap_s: float = 30.0
    busy_s: float = 60.0
    """First wait when the venue says that another connection holds the place; doubles up to `refused_s`."""
    refused_s: float = 300.0
    """Wait after a refusal that only a person can mend."""
    stable_s: float = 10.0
    """A connection that held this long starts the waits anew."""
    open_s: float = 10.0
    """Limit for connecting, and again for the handshake."""
    ping_s: float = 10.0
    """A ping goes out this often, and must be answered within the same time."""


class Opening(Value, frozen=True, gc=False):
    """A connection is being made."""


class Up(Value, frozen=True, gc=False):
    """Connected, authorised and subscribed."""

    detail: str = ""
    """What does not work although the stream does; empty when all does."""
    remedy: str = ""


class Heard(Value, frozen=True, gc=False):
    """Messages of one frame, in order."""

    messages: tuple[dict[str, Json], ...]
    malformed: int = 0
    """Pieces of the frame that were no message."""


class Lost(Value, frozen=True, gc=False):
    """The connection ended, or could not be made; the next try comes after `retry_s`."""

    reason: str
    remedy: str
    light: Light
    """DOWN, DEGRADED (mute) or REFUSED."""
    retry_s: float


Event = Opening | Up | Heard | Lost


class StreamError(Exception):
    """The stream cannot go on. `busy`: another connection holds the place. `light` REFUSED: only a person helps."""

    def __init__(self, reason: str, remedy: str = "", *, light: Light = Light.DOWN, busy: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.light = light
        self.busy = busy


class Talk:
    """A connection during the handshake."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.early: list[dict[str, Json]] = []
        """Messages that came before their time: told after `Up`."""

    async def send(self, message: Json) -> None:
        """Send one message as JSON text."""
        import json

        await self._socket.send(json.dumps(message))

    async def hear(self) -> list[dict[str, Json]]:
        """The messages of the next frame; none of a malformed one."""
        return messages_of(await self._socket.recv())[0]


class Dialect(Protocol):
    """The words of one stream."""

    url: str
    setting: str
    """The configuration key that names `url`."""

    async def shake_hands(self, talk: Talk) -> Up:
        """Authorise and subscribe. Raises StreamError."""

    def check(self, message: dict[str, Json]) -> None:
        """Raises StreamError when a message says that the stream cannot go on."""

    def silence_s(self) -> float | None:
        """How long the stream may say nothing now; None when silence means nothing."""


class Stream:
    """See the module. Make one per subscription; iterate `events` once."""

    def __init__(self, dialect: Dialect, pace: Pace, backoff: Backoff | None = None) -> None:
        self._dialect = dialect
        self._pace = pace
        self._backoff = Backoff(pace.first_s, pace.cap_s) if backoff is None else backoff
        self._busy = Backoff(pace.busy_s, pace.refused_s)
        self._stop = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._ask = StreamError("")
        """Why a reconnect was asked for."""

    async def events(self) -> AsyncGenerator[Event, None]:
        """What happens, until `close`. Never raises for anything that the other side does."""
        from websockets.exceptions import WebSocketException

        loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            yield Opening()
            since: float | None = None
            error = StreamError("")
            try:
                socket = await self._or_stop(self._connect())
                if socket is None:
                    return
                self._socket = socket
                talk = Talk(socket)
                async with asyncio.timeout(self._pace.open_s):
                    up = await self._dialect.shake_hands(talk)
                since = loop.time()
                yield up
                if talk.early:
                    yield Heard(tuple(talk.early))
                while True:
                    messages, malformed = messages_of(await self._next(socket))
                    for message in messages:
                        self._dialect.check(message)
                    yield Heard(tuple(messages), malformed)
            except StreamError as problem:
                error = problem
            except (OSError, WebSocketException, ImportError) as problem:
                error = self._asked() or self._explain(problem, since is not None)
            finally:
                await self._leave()
            if self._stop.is_set():
                return
            if since is not None and loop.time() - since >= self._pace.stable_s:
                self._backoff.reset()
                self._busy.reset()
            retry_s = self._wait_s(error)
            yield Lost(error.reason, error.remedy, error.light, retry_s)
            await self._pause(retry_s)

    async def send(self, message: Json) -> bool:
        """Say something on the present connection; returns whether there was one to say it on."""
        from websockets.exceptions import WebSocketException

        if self._socket is None:
            return False
        try:
            await Talk(self._socket).send(message)
        except (OSError, WebSocketException):
            return False  # whoever reads finds out why
        return True

    def reconnect(self, reason: str, light: Light = Light.DEGRADED) -> None:
        """Drop the present connection, for this reason, and make a new one."""
        if self._socket is not None:
            self._ask = StreamError(reason, light=light)
            self._socket.transport.abort()

    async def close(self) -> None:
        """End `events`; the socket is closed by the time the iteration ends."""
        self._stop.set()
        if self._socket is not None:
            await self._socket.close()

    async def _connect(self) -> ClientConnection:
        from websockets.asyncio.client import connect

        pace = self._pace
        return await connect(
            self._dialect.url,
            open_timeout=pace.open_s,
            ping_interval=pace.ping_s,
            ping_timeout=pace.ping_s,
            close_timeout=1.0,
            max_size=FRAME_LIMIT,
            max_queue=64,
            logger=_log,
        )

    async def _next(self, socket: ClientConnection) -> str | bytes:
        loop = asyncio.get_running_loop()
        quiet_since = loop.time()
        while True:
            limit = self._dialect.silence_s()
            try:
                async with asyncio.timeout(_LOOK_S if limit is None else min(limit, _LOOK_S)):
                    return await socket.recv()
            except TimeoutError:
                if limit is None:
                    quiet_since = loop.time()
                elif loop.time() - quiet_since >= limit:
                    raise StreamError(
                        f"connected, but nothing said for {limit:g} s while the market is open",
                        "Reconnecting. If it stays mute, see the venue's status page.",
                        light=Light.DEGRADED,
                    ) from None

    async def _leave(self) -> None:
        socket, self._socket = self._socket, None
        if socket is None:
            return
        if not self._stop.is_set():
            socket.transport.abort()
        await socket.wait_closed()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    async def _or_stop(self, work: Awaitable[T]) -> T | None:
        """The result of `work`, or None when the stream is closed before."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            return None
        finally:
            stopping.cancel()
            working.cancel()

    def _asked(self) -> StreamError | None:
        asked, self._ask = self._ask, StreamError("")
        return asked if asked.reason else None

    def _wait_s(self, error: StreamError) -> float:
        if error.busy:
            return self._busy.next_s()
        return self._pace.refused_s if error.light is Light.REFUSED else self._backoff.next_s()

    def _explain(self, problem: Exception, was_up: bool) -> StreamError:
        from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI

        dialect = self._dialect
        where = f"{dialect.setting} = {dialect.url}"
        if isinstance(problem, InvalidStatus):
            status = problem.response.status_code
            if status in (401, 403):
                return StreamError(f"refused with HTTP {status}", "Check the keys: desk keys set", light=Light.REFUSED)
            return StreamError(f"HTTP {status} instead of a websocket", f"Check {where}", busy=status == 429)
        if isinstance(problem, InvalidURI):
            return StreamError("the address is not one of a websocket", f"Correct {where}", light=Light.REFUSED)
        if isinstance(problem, ImportError):  # websockets brings no SOCKS of its own
            return StreamError(
                f"the environment's proxy cannot be used: {problem}",
                "Name an http:// proxy in https_proxy, or none.",
                light=Light.REFUSED,
            )
        if isinstance(problem, ConnectionClosed):
            end = problem.rcvd or problem.sent
            code = f" (code {end.code})" if end is not None else ""
            return StreamError(f"the connection was closed{code}" if was_up else f"closed during the handshake{code}")
        if isinstance(problem, TimeoutError):
            return StreamError(f"no answer within {self._pace.open_s:g} s", f"Check the network and {where}")
        return StreamError(f"no connection: {type(problem).__name__}", f"Check the network and {where}")


def messages_of(frame: str | bytes) -> tuple[list[dict[str, Json]], int]:
    """The messages in a frame (JSON text, JSON in a binary frame, or msgpack), and how many pieces were none."""
    value = None
    if isinstance(frame, bytes) and frame[:1] >= b"\x80":  # msgpack's arrays and objects; no JSON begins so
        value = _unpack(frame)
    if value is None:
        with suppress(ValueError):
            value = decode(frame)
    if isinstance(value, dict):
        return [value], 0
    messages = [item for item in rows(value) if isinstance(item, dict)]
    return messages, (len(rows(value)) - len(messages)) if isinstance(value, list) else 1


def _unpack(frame: bytes) -> Json:
    try:
        return msgspec.msgpack.decode(frame)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
