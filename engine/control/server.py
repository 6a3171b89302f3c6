"""The control socket's server: HTTP and WebSocket over a Unix domain socket of mode 0600.

Called by the kernel, on the engine's loop. `GET /v1/snapshot`, `GET /v1/symbol`, `GET /v1/feeds`, `GET /v1/stream`
(a Snapshot, then Frames and Pushes), `POST /v1/command`. A second socket beside it shows the same and refuses every
command. Only processes of the same user are answered. A client that does not read never slows the engine: what it has
missed is dropped and a fresh Snapshot follows when it reads again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from engine.control import unreadable
from engine.control.connections import Connections, most_streams, serve
from engine.control.socket_file import Identity, clear_stale_socket, identity, keep_private, peer_uid
from engine.control.verbs import check_command, read_command
from engine.control.wire import encoded
from engine.errors import DeskError
from engine.model import SymbolDetail
from engine.model.feeds import FeedsDetail
from engine.model.frames import Command, Frame, Goodbye, Message, Push, Reply, Snapshot
from engine.paths import check_socket_path, private_dir, view_socket
from engine.text import one_line

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Handler

log = logging.getLogger(__name__)

BACKLOG = 512
"""Messages kept for a client that is behind; past that it gets a Snapshot instead."""

QUIET_S = 0.01
"""A frame waits this long after a push, once: what a signal or an order asks for next goes before it."""

AGAIN_S = 1.0
"""After a defect in making a frame, frames begin again after this long."""

STREAM = "/v1/stream"
"""Where a desk attaches."""

KEEP_S = 2.0
"""How often it is looked whether the sockets are still there."""

BODY_LIMIT = 16 * 1024
"""Longest command body in bytes."""

DEFECT = b"the engine could not make what it sends; its log says why"
"""Why a stream is closed whose next message cannot be made: at most 123 bytes (RFC 6455 5.5)."""


class Source(Protocol):
    """What the server shows and whom it asks: the kernel."""

    def snapshot(self, rev: int) -> Snapshot:
        """Everything, as of revision `rev`."""

    def frame(self, rev: int) -> Frame | None:
        """What changed since the last frame, or None when nothing did."""

    def symbol(self, name: str) -> SymbolDetail | None:
        """Everything about one symbol, or None when it is not watched."""

    def feeds(self) -> FeedsDetail:
        """How the engine is fed: rules, and what each stage takes."""

    async def command(self, command: Command) -> Reply:
        """Carry out a command that `check_command` passed."""


class _Client:
    """One attached stream: a bounded backlog, and a wake-up for its writer. It begins with a Snapshot, being behind."""

    def __init__(self) -> None:
        self.backlog: deque[bytes] = deque()
        self.wake = asyncio.Event()
        self.wake.set()
        self.behind = True
        self.closing = False

    def offer(self, message: bytes) -> None:
        if self.behind:
            return
        if len(self.backlog) >= BACKLOG:
            self.backlog.clear()
            self.behind = True
        else:
            self.backlog.append(message)
        self.wake.set()


class ControlServer:
    """Serves one engine's control socket."""

    def __init__(self, path: Path, source: Source, *, frame_hz: float) -> None:
        self._path = path
        self._source = source
        self._interval = 1.0 / frame_hz
        self._clients: set[_Client] = set()
        self._rev = 0
        self._pushed = 0.0
        """When the last push went out, on the monotonic clock."""
        self._dirty = asyncio.Event()
        self._open: dict[Path, tuple[web.AppRunner, Connections, asyncio.Server, Identity | None]] = {}
        """The sockets that are ours, who serves on each, and which file it is."""
        self._ticker: asyncio.Task[None] | None = None

    @property
    def clients(self) -> int:
        """Streams attached now."""
        return len(self._clients)

    async def start(self) -> None:
        """Bind the socket, and beside it the one that only shows. Raises DeskError when something is in the way."""
        check_socket_path(self._path)
        clear_stale_socket(self._path)
        clear_stale_socket(view_socket(self._path))
        await self._bind(self._path, self._post_command)
        await self._bind(view_socket(self._path), self._refuse_command)
        self._begin_frames()

    async def _bind(self, path: Path, commands: Callable[[web.Request], Awaitable[web.Response]]) -> None:
        """Serve on one socket; `commands` answers those that are sent there."""
        from aiohttp import web

        @web.middleware
        async def heard(request: web.Request, handler: Handler) -> web.StreamResponse:
            connections.spoke(request.protocol, stays=request.path == STREAM)
            try:
                return await handler(request)
            finally:
                connections.answered(request.protocol)

        app = web.Application(client_max_size=BODY_LIMIT, middlewares=[heard])
        app.router.add_get("/v1/snapshot", self._get_snapshot)
        app.router.add_get(STREAM, self._get_stream)
        app.router.add_get("/v1/symbol", self._get_symbol)
        app.router.add_get("/v1/feeds", self._get_feeds)
        app.router.add_post("/v1/command", commands)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, auto_decompress=False, logger=unreadable.log)
        await runner.setup()
        assert runner.server is not None
        connections = Connections(runner.server)
        try:
            await self._listen(path, runner, connections)
        except DeskError:
            await runner.cleanup()
            raise

    async def _listen(self, path: Path, runner: web.AppRunner, connections: Connections) -> None:
        """Open the socket that `runner` serves on; only this user may connect, and it goes when we go."""
        mask = os.umask(0o177)
        try:
            server = await serve(path, connections)
            self._open[path] = runner, connections, server, identity(path)
            keep_private(path)
        except OSError as error:
            raise DeskError(
                f"expected to open the control socket, found: {error.strerror or error}",
                where=str(path),
                remedy="set engine.runtime_dir to a directory of yours, on a disk with space",
            ) from error
        finally:
            os.umask(mask)

    async def keep(self) -> None:
        """Open a socket again whose file is gone, until cancelled; who is attached stays so.

        A run-time directory is taken away when its user's last session ends, or by a clean-up of old files: the engine
        goes on, and must be reached. What somebody else has put there instead is told, and left alone.
        """
        told = ""
        while True:
            await asyncio.sleep(KEEP_S)
            try:
                for path, (runner, connections, gone, ours) in list(self._open.items()):
                    if identity(path) != ours or ours is None:
                        private_dir(path.parent)
                        clear_stale_socket(path)
                        await self._listen(path, runner, connections)
                        gone.close()
                        log.warning("the control socket was taken away, and is open again: %s", path)
                told = ""
            except (DeskError, OSError) as error:
                if str(error) != told:
                    told = str(error)
                    log.error("the control socket was taken away: %s", error)

    async def stop(self, reason: str) -> None:
        """Say goodbye to every client, close, and remove the socket; leaves alone what stood there before."""
        ticker, self._ticker = self._ticker, None
        if ticker is not None:
            ticker.cancel()
            await asyncio.wait((ticker,))
        self._broadcast(Goodbye(self._next(), reason))
        for client in self._clients:
            client.closing = True
            client.wake.set()
        while self._open:
            path, (runner, _, server, ours) = self._open.popitem()
            still = identity(path) == ours
            server.close()
            await runner.cleanup()
            if still:
                path.unlink(missing_ok=True)

    def changed(self) -> None:
        """Something that frames show has changed; the next frame will carry it."""
        self._dirty.set()

    def push(self, push: Push) -> None:
        """Send a lossless message at once; `rev` is set here."""
        self._pushed = time.monotonic()
        self._broadcast(msgspec.structs.replace(push, rev=self._next()))

    def _next(self) -> int:
        self._rev += 1
        return self._rev

    def _broadcast(self, message: Message) -> None:
        if self._clients:
            body = encoded(message)
            for client in self._clients:
                client.offer(body)

    def _begin_frames(self) -> None:
        self._ticker = asyncio.create_task(self._tick(), name="control-frames")
        self._ticker.add_done_callback(self._frames_ended)

    def _frames_ended(self, ticker: asyncio.Task[None]) -> None:
        """A frame that cannot be made is a defect of ours: it is told, and neither trading nor other frames suffer."""
        if not ticker.cancelled() and (error := ticker.exception()) is not None:
            log.critical("a frame could not be made", exc_info=error)
            if self._ticker is ticker:
                ticker.get_loop().call_later(AGAIN_S, self._frames_again, ticker)

    def _frames_again(self, ended: asyncio.Task[None]) -> None:
        """What changed may be lost with the frame that was not made: every client begins anew."""
        if self._ticker is ended:
            self._begin_frames()
            for client in self._clients:
                client.backlog.clear()
                client.behind = True
                client.wake.set()

    async def _tick(self) -> None:
        """One frame per interval at most, none while nothing changes or nobody looks; none on the heels of a push."""
        while True:
            await self._dirty.wait()
            heels_s = self._pushed + QUIET_S - time.monotonic()
            if heels_s > 0:
                await asyncio.sleep(heels_s)
            self._dirty.clear()
            if self._clients:
                self._flush()
            await asyncio.sleep(self._interval)

    def _flush(self) -> None:
        """Send what changed since the last frame to every stream.

        A frame that cannot be made leaves a gap in the revisions, by which every client knows to begin anew.
        """
        rev = self._next()
        frame = self._source.frame(rev)
        if frame is None:
            self._rev = rev - 1
        else:
            self._broadcast(frame)

    def _fresh_snapshot(self) -> bytes:
        """A Snapshot that starts exactly where the frames sent so far end, so that nothing comes twice."""
        self._flush()
        return encoded(self._source.snapshot(self._rev))

    def _refuse_foreign(self, request: web.Request) -> None:
        from aiohttp import web

        transport = request.transport
        peer = None if transport is None else transport.get_extra_info("socket")
        uid = peer_uid(peer)
        if uid is not None and uid != os.getuid():
            raise web.HTTPForbidden(text="this engine answers only its own user")

    async def _get_snapshot(self, request: web.Request) -> web.Response:
        from aiohttp import web

        self._refuse_foreign(request)
        body = encoded(self._source.snapshot(self._rev))
        return web.Response(body=body, content_type="application/json")

    async def _get_symbol(self, request: web.Request) -> web.Response:
        from aiohttp import web

        self._refuse_foreign(request)
        detail = self._source.symbol(request.query.get("name", ""))
        if detail is None:
            return web.Response(status=404, text="expected a symbol of the watchlist in ?name=")
        return web.Response(body=encoded(detail), content_type="application/json")

    async def _get_feeds(self, request: web.Request) -> web.Response:
        from aiohttp import web

        self._refuse_foreign(request)
        return web.Response(body=encoded(self._source.feeds()), content_type="application/json")

    async def _post_command(self, request: web.Request) -> web.Response:
        from aiohttp import web

        self._refuse_foreign(request)
        if packed := unreadable.encoding(request.headers.get("Content-Encoding", "")):
            unreadable.log.warning("a command that cannot be read: %s", packed)
            return web.Response(status=400, text=packed)
        try:
            command = read_command(await request.read())
        except ValueError as error:
            reply = Reply(ok=False, text=str(error))
        except web.RequestPayloadError as error:
            raise web.HTTPBadRequest(text=one_line(str(error), unreadable.LINE_LIMIT)) from None
        except ConnectionError:  # it went before its command was whole: nothing is done, nobody is left to be told
            return web.Response(status=400)
        else:
            problem = check_command(command)
            reply = Reply(ok=False, text=problem) if problem else await self._source.command(command)
        return web.Response(body=encoded(reply), content_type="application/json")

    async def _refuse_command(self, request: web.Request) -> web.Response:
        """Commands that come by the socket that only shows."""
        from aiohttp import web

        self._refuse_foreign(request)
        reply = Reply(ok=False, text="refused: this way only shows", remedy="use a desk that is not read-only")
        return web.Response(body=encoded(reply), content_type="application/json")

    async def _get_stream(self, request: web.Request) -> web.StreamResponse:
        from aiohttp import WSCloseCode, web

        self._refuse_foreign(request)
        if len(self._clients) >= most_streams():
            log.warning("a desk was not attached: %d are", len(self._clients))
            return web.Response(status=503, text=f"{len(self._clients)} desks are attached, which is the most")
        stream = web.WebSocketResponse(heartbeat=20.0, max_msg_size=BODY_LIMIT, compress=False)
        try:
            await stream.prepare(request)
        except ConnectionError:  # it went before it was answered
            return web.Response(status=400)
        client = _Client()
        self._clients.add(client)
        writer = asyncio.create_task(self._write(client, stream), name="control-writer")
        reader = asyncio.create_task(_read_to_the_end(stream), name="control-reader")
        try:
            await asyncio.wait((writer, reader), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._clients.discard(client)
            writer.cancel()
            reader.cancel()
            await asyncio.wait((writer, reader))
        error = None if writer.cancelled() else writer.exception()
        if error is not None and not isinstance(error, ConnectionError):
            log.critical("what a desk is to be shown could not be made", exc_info=error)
            await stream.close(code=WSCloseCode.INTERNAL_ERROR, message=DEFECT)
        return stream

    async def _write(self, client: _Client, stream: web.WebSocketResponse) -> None:
        while not stream.closed:
            await client.wake.wait()
            client.wake.clear()
            if client.behind:
                snapshot = self._fresh_snapshot()
                client.backlog.clear()
                client.behind = False
                await stream.send_bytes(snapshot)
            while client.backlog:
                await stream.send_bytes(client.backlog.popleft())
            if client.closing:
                await stream.close()


async def _read_to_the_end(stream: web.WebSocketResponse) -> None:
    """Answer pings, and notice that the other end goes. Nothing else is expected from there."""
    from aiohttp import WSMsgType

    async for message in stream:
        if message.type is WSMsgType.ERROR:
            break
