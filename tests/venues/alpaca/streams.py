"""Both websocket dialects of the pretend venue, and what can go wrong on them.

Trading stream: JSON objects, in binary frames as paper sends them or in text frames as live does. Data stream: arrays,
as JSON text, or as msgpack when the client asks for it by `Content-Type: application/msgpack`.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import msgpack
from aiohttp import WSMsgType, web

from engine.clock import parse_iso
from tests.venues.alpaca.changes import Changes

CHANNELS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "corrections", "cancelErrors")
CHANNEL_OF = {
    "t": "trades", "q": "quotes", "b": "bars", "s": "statuses", "l": "lulds", "n": "news", "c": "corrections",
    "x": "cancelErrors",
}  # fmt: skip
ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    411: "insufficient scope",
    500: "internal error",
}


@dataclass(eq=False)
class Session:
    """One connected client: its socket, what it may hear, and what waits to be sent to it."""

    socket: web.WebSocketResponse
    request: web.Request
    packed: bool = False
    authorized: bool = False
    listening: set[str] = field(default_factory=set)
    channels: dict[str, set[str]] = field(default_factory=dict)
    outbox: asyncio.Queue[bytes | str | None] = field(default_factory=asyncio.Queue)

    def put(self, frame: bytes | str) -> None:
        self.outbox.put_nowait(frame)

    async def pump(self) -> None:
        """Send what waits until the socket closes."""
        while not self.socket.closed:
            frame = await self.outbox.get()
            if frame is None or self.socket.closed:
                return
            try:
                await (self.socket.send_bytes(frame) if isinstance(frame, bytes) else self.socket.send_str(frame))
            except ConnectionError:
                return


class Stream:
    """What both dialects share: sessions, and the faults of a socket."""

    def __init__(self, key_id: str, secret_key: str) -> None:
        self.key_id, self.secret_key = key_id, secret_key
        self.sessions: list[Session] = []
        self.connects = 0
        self.changes = Changes()
        self.mute = False
        """True: connected and authorized, but nothing is sent."""
        self.http_status = 0
        """Refuse the upgrade with this HTTP status instead of opening a socket."""
        self.silent_auth = False
        """True: the authentication is never answered."""

    def route(self, path: str) -> web.RouteDef:
        return web.get(path, self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.connects += 1
        self.changes.tell()
        if self.http_status:
            return web.json_response({"message": "no"}, status=self.http_status)
        socket = web.WebSocketResponse(heartbeat=None, max_msg_size=1 << 20)
        await socket.prepare(request)
        packed = "msgpack" in request.headers.get("Content-Type", "")
        session = Session(socket, request, packed)
        self.sessions.append(session)
        pump = asyncio.create_task(session.pump())
        try:
            self.greet(session)
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await self.hear(session, message.data)
                    self.changes.tell()
        finally:
            self.sessions.remove(session)
            self.changes.tell()
            session.outbox.put_nowait(None)
            await pump
        return socket

    def greet(self, session: Session) -> None:
        """What the venue says first."""

    async def hear(self, session: Session, data: bytes | str) -> None:
        raise NotImplementedError

    async def close_all(self, code: int = 1001) -> None:
        """Close every socket cleanly."""
        for session in list(self.sessions):
            await session.socket.close(code=code)

    def abort_all(self) -> None:
        """Cut every connection without a goodbye."""
        for session in list(self.sessions):
            if session.request.transport is not None:
                session.request.transport.abort()

    def half_open(self) -> None:
        """Stop reading, so that pings stay unanswered, and send nothing more on the present connections."""
        for session in list(self.sessions):
            session.outbox = asyncio.Queue()
            transport = session.request.transport
            if isinstance(transport, asyncio.ReadTransport):
                transport.pause_reading()

    async def connected(self, count: int = 1) -> None:
        """Wait until so many clients are ready to hear."""
        await self.changes.until(lambda: sum(1 for session in self.sessions if self.ready(session)) >= count)

    async def disconnected(self) -> None:
        """Wait until no client is connected."""
        await self.changes.until(lambda: not self.sessions)

    async def attempted(self, count: int) -> None:
        """Wait until so many connections have been tried since the start."""
        await self.changes.until(lambda: self.connects >= count)

    def ready(self, session: Session) -> bool:
        return session.authorized


class TradingStream(Stream):
    """Trade updates. The fault counters eat that many of the next updates."""

    def __init__(self, key_id: str, secret_key: str) -> None:
        super().__init__(key_id, secret_key)
        self.binary = True
        self.drop = self.repeat = self.null = self.hold = 0
        """Lose, send twice, blank, or keep back and later send in reverse, this many updates."""
        self.held: list[dict[str, Any]] = []
        self.refuse = ""
        """Answer every authentication with this status (`unauthorized`)."""
        self.refuse_listen = 0
        """Answer `listen` with this error code."""

    def ready(self, session: Session) -> bool:
        return "trade_updates" in session.listening

    def send(self, session: Session, message: object) -> None:
        text = json.dumps(message)
        session.put(text.encode() if self.binary else text)

    async def hear(self, session: Session, data: bytes | str) -> None:
        message = json.loads(data)
        body = message.get("data") or {}
        if message.get("action") in ("authenticate", "auth"):
            if self.silent_auth:
                return
            key = body.get("key_id", message.get("key")), body.get("secret_key", message.get("secret"))
            good = key == (self.key_id, self.secret_key) and not self.refuse
            session.authorized = good
            status = "authorized" if good else self.refuse or "unauthorized"
            self.send(session, {"stream": "authorization", "data": {"status": status, "action": message["action"]}})
        elif message.get("action") == "listen":
            if not session.authorized:
                self.send(session, {"stream": "authorization", "data": {"status": "unauthorized", "action": "listen"}})
                await session.socket.close(code=1008)
                return
            if self.refuse_listen:
                code = self.refuse_listen
                self.send(session, [{"T": "error", "code": code, "msg": ERRORS[code]}])
                return
            session.listening = set(body.get("streams") or ()) & {"trade_updates"}
            self.send(session, {"stream": "listening", "data": {"streams": sorted(session.listening)}})

    def publish(self, update: dict[str, Any]) -> None:
        """Tell every listener of a trade update, or let the next fault have it."""
        if self.mute:
            return
        if self.drop:
            self.drop -= 1
            return
        if self.hold:
            self.hold -= 1
            self.held.insert(0, update)
            if not self.hold:
                kept, self.held = self.held, []
                for late in kept:
                    self.broadcast({"stream": "trade_updates", "data": late})
            return
        data: dict[str, Any] | None = update
        if self.null:
            self.null -= 1
            data = None
        self.broadcast({"stream": "trade_updates", "data": data})
        if self.repeat:
            self.repeat -= 1
            self.broadcast({"stream": "trade_updates", "data": data})

    def broadcast(self, message: object) -> None:
        """Send any message to everyone who listens."""
        for session in self.sessions:
            if "trade_updates" in session.listening:
                self.send(session, message)

    def raw(self, frame: bytes | str) -> None:
        """Send a frame as it is."""
        for session in self.sessions:
            session.put(frame)


class DataStream(Stream):
    """Prices, bars and statuses; or news, which has a stream of its own."""

    def __init__(self, key_id: str, secret_key: str, carries: tuple[str, ...] = CHANNELS) -> None:
        super().__init__(key_id, secret_key)
        self.carries = carries
        """Channels that the stream has; a subscription to another is an error 410."""
        self.symbol_limit = 30
        self.connection_limit: int | None = None
        self.refuse_auth = 0
        """Answer every authentication with this error code."""
        self.refuse_channels: dict[str, int] = {}
        """Answer a subscription to one of these channels with its error code."""
        self.refuse_symbols: dict[str, int] = {}
        """Answer a subscription that names one of these with its error code."""
        self.unknown: dict[str, set[str]] = {}
        """By channel, symbols that are left out of a subscription without an error."""

    def ready(self, session: Session) -> bool:
        return any(session.channels.values())

    def greet(self, session: Session) -> None:
        self.send(session, [{"T": "success", "msg": "connected"}])

    def send(self, session: Session, messages: list[dict[str, Any]]) -> None:
        if not session.packed:
            session.put(json.dumps(messages))
            return
        session.put(msgpack.packb([_stamped(message) for message in messages]))

    def error(self, session: Session, code: int) -> None:
        self.send(session, [{"T": "error", "code": code, "msg": ERRORS.get(code, "unknown")}])

    async def hear(self, session: Session, data: bytes | str) -> None:
        message = msgpack.unpackb(data) if session.packed else json.loads(data)
        action = message.get("action")
        if action == "auth":
            await self._auth(session, message)
        elif not session.authorized:
            self.error(session, 401)
        elif action == "subscribe":
            self._subscribe(session, message)
        elif action == "unsubscribe":
            for name, wanted in message.items():
                if isinstance(wanted, list):
                    session.channels.setdefault(name, set()).difference_update(wanted)
            self._acknowledge(session)
        else:
            self.error(session, 400)

    async def _auth(self, session: Session, message: dict[str, Any]) -> None:
        if self.silent_auth:
            return
        if session.authorized:
            self.error(session, 403)
            return
        code = self.refuse_auth
        if not code and (message.get("key"), message.get("secret")) != (self.key_id, self.secret_key):
            code = 402
        others = sum(1 for other in self.sessions if other.authorized and other is not session)
        if not code and self.connection_limit is not None and others >= self.connection_limit:
            code = 406
        if code:
            self.error(session, code)
            return
        session.authorized = True
        self.send(session, [{"T": "success", "msg": "authenticated"}])

    def _subscribe(self, session: Session, message: dict[str, Any]) -> None:
        refused = [self.refuse_channels[name] for name in message if name in self.refuse_channels]
        names = {name for value in message.values() if isinstance(value, list) for name in value}
        refused += [code for name, code in self.refuse_symbols.items() if name in names]
        if refused:
            self.error(session, refused[0])
            return
        wanted = {
            name: set(value) - self.unknown.get(name, set())
            for name, value in message.items()
            if isinstance(value, list)
        }
        if any(chosen and name not in self.carries for name, chosen in wanted.items()):
            self.error(session, 410)
            return
        merged = {name: session.channels.get(name, set()) | wanted.get(name, set()) for name in self.carries}
        if any(len(merged[name]) > self.symbol_limit for name in ("trades", "quotes") if name in merged):
            self.error(session, 405)
            return
        if "trades" in merged:
            merged["corrections"] = merged["cancelErrors"] = merged["trades"]  # they come unasked with trades
        session.channels = merged
        self._acknowledge(session)

    def _acknowledge(self, session: Session) -> None:
        held = {name: sorted(session.channels.get(name, set())) for name in self.carries}
        self.send(session, [{"T": "subscription", **held}])

    def publish(self, *messages: dict[str, Any]) -> None:
        """Send market data to those who subscribed to its channel and symbol."""
        if self.mute:
            return
        for session in self.sessions:
            mine = [message for message in messages if self._hears(session, message)]
            if mine:
                self.send(session, mine)

    @staticmethod
    def _hears(session: Session, message: dict[str, Any]) -> bool:
        chosen = session.channels.get(CHANNEL_OF.get(str(message.get("T")), ""), set())
        symbols = message.get("symbols") or [message.get("S")]
        return "*" in chosen or any(symbol in chosen for symbol in symbols)

    def broadcast(self, code: int) -> None:
        """An error to everyone connected."""
        for session in self.sessions:
            self.error(session, code)

    def raw(self, frame: bytes | str) -> None:
        """Send a frame as it is."""
        for session in self.sessions:
            session.put(frame)


def _stamped(message: dict[str, Any]) -> dict[str, Any]:
    stamps = {
        name: msgpack.Timestamp.from_unix_nano(parse_iso(message[name]))
        for name in ("t", "created_at", "updated_at")
        if isinstance(message.get(name), str) and len(message[name]) > 10
    }
    return {**message, **stamps}
