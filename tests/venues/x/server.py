"""A pretend X on a real socket: filtered stream, rules, recent search, usage, and every fault the real one has shown.

`async with XSimulator() as x` serves at `x.url` for the token `x.token`. `x.post("$TSLA up")` archives a post and
streams it where a rule matches; `x.end_stream(End.ABORT)`, `x.refuse(STREAM, faults.unavailable())` and so on go wrong.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from engine.clock import MINUTE, SECOND, Clock, SystemClock
from tests.venues.x import faults, wire
from tests.venues.x.faults import End, Refusal
from tests.venues.x.rest import Invalid, Rest, StoredRule, json_answer
from tests.venues.x.wire import Fields, Json, XPost, XUser

TOKEN = "AAAAAAAAAAAAAAAAAAAAAtest-bearer-token"
STREAM = "/2/tweets/search/stream"
RULES = "/2/tweets/search/stream/rules"
SEARCH = "/2/tweets/search/recent"
USAGE = "/2/usage/tweets"

FIELDS = frozenset({"expansions", "media.fields", "poll.fields", "user.fields", "place.fields"})
PARAMETERS = {
    STREAM: FIELDS | {"backfill_minutes", "start_time", "end_time", "tweet.fields"},
    RULES: frozenset({"ids", "max_results", "pagination_token", "dry_run", "delete_all"}),
    SEARCH: FIELDS | {"query", "max_results", "next_token", "pagination_token", "start_time", "end_time", "since_id",
                      "until_id", "sort_order"},
    USAGE: frozenset({"days", "usage.fields"}),
}  # fmt: skip
"""What each path takes (X's description 2.167); search also takes `tweet.fields` or `post.fields`, one of them."""


@dataclass(frozen=True)
class Seen:
    """One request and how it was answered."""

    at_ns: int
    method: str
    path: str
    query: dict[str, str]
    status: int


@dataclass(eq=False)
class Connection:
    """One open stream."""

    fields: Fields
    queue: asyncio.Queue[bytes | End] = field(default_factory=asyncio.Queue)


class XSimulator:
    """See the module. `search_lag_s`: how far recent search stands behind; 30 at X."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        clock: Clock | None = None,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        keep_alive_s: float = 20.0,
        search_lag_s: float = 30.0,
        names: str = "tweet",
        search_fields: str = "tweet.fields",
        connection_limit: int = 1,
        connects: int = 50,
        requests: int = 450,
        usage_requests: int = 50,
        compress: bool = False,
    ) -> None:
        self.token = token
        self.clock: Clock = clock or SystemClock()
        self.keep_alive_s = keep_alive_s
        self.names = names
        self.search_fields = search_fields
        """In which words recent search is asked: another parameter is refused, as is every one that is not known."""
        self.rest = Rest(self.clock, names=names, search_lag_s=search_lag_s)
        self.connection_limit = connection_limit
        self.port = port
        self.compress = compress
        """Whether the stream is compressed for clients that accept it, as X's is."""
        self.rules = self.rest.rules
        self.archive = self.rest.archive
        self.seen: list[Seen] = []
        self._tls = tls
        self._limits = {STREAM: connects, RULES: requests, SEARCH: requests, USAGE: usage_requests}
        self._used: dict[str, list[int]] = {}
        self._connections: list[Connection] = []
        self._refusals: dict[str, deque[Refusal]] = {}
        self._sequence = 0
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Event()

    # --- life -------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> XSimulator:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get(STREAM, self._stream)
        app.router.add_get(RULES, self.rest.get_rules)
        app.router.add_post(RULES, self.rest.post_rules)
        app.router.add_get(SEARCH, self.rest.search)
        app.router.add_get(USAGE, self.rest.usage)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        await web.SockSite(self._runner, listener, ssl_context=self._tls).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.queue.put_nowait(End.ABORT)
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    # --- what happens at X ------------------------------------------------------------------------------------------

    def make(self, text: str, *, at_ns: int | None = None, user: XUser | None = None, **more: object) -> XPost:
        """A new post that nobody has seen yet."""
        self._sequence += 1
        created_ns = self.clock.now_ns() if at_ns is None else at_ns
        post = {"user": user or XUser(), **more}
        return XPost(wire.post_id(created_ns, self._sequence), text, created_ns, **post)  # type: ignore[arg-type]

    def post(self, text: str, *, at_ns: int | None = None, user: XUser | None = None, **more: object) -> XPost:
        """Publish: archive for search, and deliver when somebody streams and a rule matches."""
        made = self.make(text, at_ns=at_ns, user=user, **more)
        self.publish(made)
        return made

    def publish(self, post: XPost) -> None:
        """Archive and deliver a post that was made."""
        self.archive.append(post)
        matching = [rule for rule in self.rules.values() if rule.query.matches(post.subject)]
        if matching:
            self.deliver(post, matching)

    def deliver(self, post: XPost, rules: Sequence[StoredRule] = (), *, tagged: bool = True) -> None:
        """Send a post to every open stream, matching or not, archived or not."""
        for connection in self._connections:
            connection.queue.put_nowait(self.line(post, connection.fields, rules, tagged=tagged) + b"\r\n")
            self.rest.posts_read += 1

    @property
    def waiting(self) -> int:
        """Lines that the slowest client has not been sent yet."""
        return max((connection.queue.qsize() for connection in self._connections), default=0)

    def line(self, post: XPost, fields: Fields, rules: Sequence[StoredRule] = (), *, tagged: bool = True) -> bytes:
        """One line of the stream, without its end."""
        body: Json = {"data": wire.tweet(post, fields, self.names)}
        included = wire.includes([post], fields, self.names)
        if included:
            body["includes"] = included
        held = rules or list(self.rules.values())[:1]
        body["matching_rules"] = [
            {"id": rule.id} | ({"tag": rule.tag} if tagged and rule.tag else {}) for rule in held
        ] or [{"id": "1"}]
        return json.dumps(body, ensure_ascii=False).encode()

    def add_rule(self, value: str, tag: str = "") -> StoredRule:
        """A rule that somebody made at X."""
        return self.rest.add_rule(value, tag)

    # --- faults -----------------------------------------------------------------------------------------------------

    def refuse(self, path: str, *refusals: Refusal) -> None:
        """The next requests to a path get these answers, in order."""
        self._refusals.setdefault(path, deque()).extend(refusals)

    def send(self, raw: bytes) -> None:
        """Put bytes on every open stream as they are."""
        for connection in self._connections:
            connection.queue.put_nowait(raw)

    def end_stream(self, end: End) -> None:
        """End, or silence, every open stream after what is queued."""
        for connection in self._connections:
            connection.queue.put_nowait(end)

    def disconnect(self) -> None:
        """Announce an operational disconnect, then EOF."""
        self.send(faults.OPERATIONAL_DISCONNECT + b"\r\n")
        self.end_stream(End.CLEAN)

    # --- what a test asks -------------------------------------------------------------------------------------------

    @property
    def streams(self) -> int:
        """Open streams."""
        return len(self._connections)

    def requests(self, path: str) -> list[Seen]:
        """Requests to a path so far."""
        return [seen for seen in self.seen if seen.path == path]

    async def until(self, condition: object, timeout_s: float = 10.0) -> None:
        """Wait until `condition()` holds; looked at after every request and stream change."""
        assert callable(condition)
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def streaming(self, connects: int = 1, timeout_s: float = 10.0) -> None:
        """Wait until a stream is open and this many were accepted."""
        await self.until(
            lambda: self.streams > 0 and sum(seen.status == 200 for seen in self.requests(STREAM)) >= connects,
            timeout_s,
        )

    # --- handlers ---------------------------------------------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: object) -> web.StreamResponse:
        """Credentials, injected refusals, rate limits; then the handler; everything is noted."""
        refused = self._refused(request)
        if refused is not None:
            self._note(request, refused.status)
            return refused
        try:
            self._check_parameters(request)
            response: web.StreamResponse = await handler(request)  # type: ignore[operator]
        except Invalid as invalid:
            response = json_answer(400, invalid.body)
        if not response.prepared:
            response.headers.update(self._rate_headers(request.path))
            self._note(request, response.status)
        return response

    def _check_parameters(self, request: web.Request) -> None:
        if request.path not in PARAMETERS:
            return
        known = PARAMETERS[request.path] | ({self.search_fields} if request.path == SEARCH else frozenset())
        for name in request.query:
            if name not in known:
                raise Invalid(f"The query parameter [{name}] is not one of [{','.join(sorted(known))}]")

    def _refused(self, request: web.Request) -> web.Response | None:
        queued = self._refusals.get(request.path)
        if queued:
            return self._answer(queued.popleft(), request.path)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return self._answer(faults.unauthorized(), request.path)
        now_ns = self.clock.now_ns()
        used = self._used.setdefault(request.path, [])
        used[:] = [at_ns for at_ns in used if at_ns > now_ns - 15 * MINUTE]
        if len(used) >= self._limits.get(request.path, 450):
            reset_s = (used[0] + 15 * MINUTE - now_ns) / SECOND
            return self._answer(faults.rate_limited(reset_s), request.path)
        used.append(now_ns)
        return None

    def _answer(self, refusal: Refusal, path: str) -> web.Response:
        headers = dict(refusal.headers)
        if refusal.reset_in_s is not None:
            reset = self.clock.now_ns() / SECOND + refusal.reset_in_s
            headers |= {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(-(-reset // 1)))}
        headers["Date"] = _http_date(self.clock.now_ns())
        return web.Response(
            status=refusal.status, body=refusal.body, headers=headers, content_type=refusal.content_type
        )

    def _rate_headers(self, path: str) -> dict[str, str]:
        limit = self._limits.get(path, 450)
        used = self._used.get(path) or [self.clock.now_ns()]
        return {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(0, limit - len(used))),
            "x-rate-limit-reset": str((used[0] + 15 * MINUTE) // SECOND),
            "Date": _http_date(self.clock.now_ns()),
        }

    def _note(self, request: web.Request, status: int) -> None:
        self.seen.append(Seen(self.clock.now_ns(), request.method, request.path, dict(request.query), status))
        self._changed.set()

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if not self.rules:
            return self._answer(faults.no_rules(), request.path)
        if len(self._connections) >= self.connection_limit:
            return self._answer(faults.too_many_connections(), request.path)
        connection = Connection(Fields.of(request.query))
        response = web.StreamResponse(headers=self._rate_headers(request.path))
        response.content_type = "application/json"
        self._connections.append(connection)
        packer = zlib.compressobj(wbits=31) if self.compress and "gzip" in str(request.headers) else None
        if packer is not None:
            response.headers["Content-Encoding"] = "gzip"
        try:
            await response.prepare(request)
            self._note(request, 200)
            await self._feed(connection, request, response, packer)
        finally:
            self._connections.remove(connection)
            self._changed.set()
        return response

    async def _feed(
        self,
        connection: Connection,
        request: web.Request,
        response: web.StreamResponse,
        packer: zlib._Compress | None,
    ) -> None:
        async def write(raw: bytes) -> None:
            await response.write(raw if packer is None else packer.compress(raw) + packer.flush(zlib.Z_SYNC_FLUSH))

        silent = False
        while True:
            try:
                async with asyncio.timeout(None if silent else self.keep_alive_s):
                    item = await connection.queue.get()
            except TimeoutError:
                await write(b"\r\n")
                continue
            if item is End.CLEAN:
                return
            if item is End.ABORT:
                if request.transport is not None:
                    request.transport.abort()
                return
            if item is End.SILENCE:
                silent = True
            elif not silent:
                assert isinstance(item, bytes)
                await write(item)


def _http_date(at_ns: int) -> str:
    from email.utils import formatdate

    return formatdate(at_ns / SECOND, usegmt=True)
