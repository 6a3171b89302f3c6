"""One REST call through alpaca-py, made safe: sent once, bounded in time, off the loop, its answer read by us.

alpaca-py builds the address and signs the request. Its own retry of POST (429, 504) is off, because a 504 may come
after the order was accepted; its parsing is not used, because an unknown status made it throw although the order stood
(both shown in the tests of this room). So the client is the class under all of alpaca-py's clients, and not
`TradingClient`: that one's module brings pandas, which is most of a second of a start.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from engine.alpaca.read import TEXT_LIMIT, Json, decimal, decode, fields, text
from engine.clock import SECOND, Clock
from engine.model import Value
from engine.text import display_text

if TYPE_CHECKING:
    from engine.alpaca.transport import Call
    from engine.model.ports import Permit

RETRY_AFTER_LIMIT_S = 300.0
"""A longer wish of the venue is cut to this."""

_ENDING_S = 2.0
"""How long a broken-off call may take to end its thread."""

_IMPORTING = threading.Lock()
"""Held while alpaca-py is imported. The venue's thread and the price feed's come to it at the same moment of a start:
one after the other is no slower, and neither can be handed a module that the other has half imported."""


class Reply(Value, frozen=True, gc=False):
    """What came back. `status` None: no complete answer at all, so what the venue did is unknown."""

    status: int | None
    body: Json = None
    """The decoded JSON; None when there was none."""
    problem: str = ""
    """Why the answer is not one to rely on; empty when it is JSON, or complete and empty."""
    retry_after_s: float | None = None
    """The venue's own wish, when it named one."""
    withheld: bool = False
    """Whether it was not sent, since its permit said no: `problem` says why."""

    @property
    def ok(self) -> bool:
        """A 2xx answer whose body could be read."""
        return self.status is not None and 200 <= self.status < 300 and not self.problem

    @property
    def refusal(self) -> bool:
        """A definite no of the venue itself: 4xx with a JSON object that says so. A proxy's HTML page is not one."""
        named = fields(self.body)
        return (
            self.status is not None
            and 400 <= self.status < 500
            and self.status not in (408, 425, 429, 499)
            and ("message" in named or "code" in named)
        )

    @property
    def reason(self) -> str:
        """In one line: the HTTP status with the venue's code and words, or what went wrong."""
        named = fields(self.body)
        words = text(named.get("message")) or self.problem or "no reason given"
        code = decimal(named.get("code"))
        if self.status is None:
            return words
        return f"HTTP {self.status}{'' if code is None else f', code {code}'}: {words}"


class Rest:
    """Calls to one Alpaca host. alpaca-py's client is made in a thread because its import is slow.

    The keys never appear in what a Reply says. At most `threads` calls run at once; a call that waits for a thread
    counts against its own limit and is not sent after it.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        key_id: str,
        secret_key: str,
        timeout_s: float,
        threads: int,
        name: str,
        version: str = "v2",
    ) -> None:
        """`url`: the host, with `/v2` after it or without; `version`: of the API there, before every path."""
        self._url = url.rstrip("/").removesuffix("/v2")
        self._version = version
        self._clock = clock
        self._key_id, self._secret_key = key_id, secret_key
        self._timeout_s = timeout_s
        self._threads = threads
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self._client: Any = None
        self._running: dict[Future[Reply], Call] = {}
        self._opening = asyncio.Lock()
        self._making: Future[Any] | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"Rest({len(self._running)} calls in flight)"

    async def open(self) -> None:
        """Import alpaca-py and build its client, once. Without a network."""
        async with self._opening:
            if self._client is None and not self._closed:
                self._making = self._pool.submit(self._make)
                self._client = await asyncio.wrap_future(self._making)

    def _make(self) -> Any:
        with _IMPORTING:
            from alpaca.common.rest import RESTClient

            from engine.alpaca.transport import BoundedAdapter

            client = RESTClient(self._url, self._key_id, self._secret_key, api_version=self._version, raw_data=True)
        client._retry = 0
        session = client._session
        for scheme in ("http://", "https://"):
            session.mount(scheme, BoundedAdapter(self._timeout_s, self._threads))
        # The environment's proxy and certificates are read once here, not before every order; no netrc signs for us.
        found = session.merge_environment_settings(self._url, {}, None, None, None)
        session.proxies, session.verify, session.trust_env = found["proxies"], found["verify"], False
        if session.verify is True:  # requests knows its own variables only; every other connection here knows OpenSSL's
            session.verify = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or True
        return client

    async def call(self, method: str, path: str, data: dict[str, Json] | None = None) -> Reply:
        """Send one request, once: `data` is the query of GET and DELETE, the JSON body of POST. No answer raises."""
        return await self.begin(method, path, data)

    def begin(
        self, method: str, path: str, data: dict[str, Json] | None = None, permit: Permit | None = None
    ) -> Awaitable[Reply]:
        """The same, begun before it is awaited. With a `permit` the request is made ready, and leaves when that lets
        it; its time limit begins then."""
        if self._client is None or self._closed:
            return _told(Reply(None, problem="the connection is not open"))
        from engine.alpaca.transport import Call

        call = Call(permit)
        running = self._pool.submit(self._send, call, method, path, data)
        self._running[running] = call
        running.add_done_callback(self._running.pop)
        return self._finish(call, running, permit)

    async def _finish(self, call: Call, running: Future[Reply], permit: Permit | None) -> Reply:
        waiting = asyncio.wrap_future(running)
        if permit is not None:
            await permit.known()
        await asyncio.wait({waiting}, timeout=self._timeout_s)
        if not waiting.done():
            if running.cancel():
                return Reply(None, problem=f"not sent: {self._threads} calls were busy for {self._timeout_s:g} s")
            call.abort(f"no answer within {self._timeout_s:g} s")
            await asyncio.wait({waiting}, timeout=_ENDING_S)
        if not waiting.done() or waiting.cancelled():
            return Reply(None, problem=call.aborted or "the connection was closed")
        return waiting.result()

    async def close(self) -> None:
        """Break off what is in flight; leave no thread and no socket."""
        self._closed = True
        for running, call in list(self._running.items()):
            if not running.cancel():
                call.abort("the connection was closed")
        ending: list[asyncio.Future[Any]] = [asyncio.wrap_future(running) for running in list(self._running)]
        if self._making is not None and not self._making.done():
            ending.append(asyncio.wrap_future(self._making))
        left: set[asyncio.Future[Any]] = set()
        if ending:
            _, left = await asyncio.wait(ending, timeout=_ENDING_S)
        self._pool.shutdown(wait=not left, cancel_futures=True)
        if self._client is not None:
            self._client._session.close()

    def _send(self, call: Call, method: str, path: str, data: dict[str, Json] | None) -> Reply:
        import requests
        from alpaca.common.exceptions import APIError

        from engine.alpaca.transport import NotSent

        send = {"GET": self._client.get, "POST": self._client.post, "DELETE": self._client.delete}[method]
        try:
            with call:
                send(path, data)
        except (APIError, requests.JSONDecodeError, RecursionError):
            return self._read(call)  # an answer that alpaca-py has no use for
        except NotSent as why:
            return Reply(None, problem=self._clean(str(why)), withheld=True)
        except (requests.RequestException, OSError) as error:
            return Reply(None, problem=self._clean(call.aborted or _in_words(error)))
        except ValueError:
            return self._read(call)  # JSON with a number too long for Python
        return self._read(call)

    def _read(self, call: Call) -> Reply:
        if call.status is None or call.body is None:
            return Reply(None, problem="no complete answer")
        now_s = self._clock.now_ns() / SECOND
        retry_after_s = _retry_after(call.headers, now_s) if call.status in (429, 503) else None
        if not call.body:
            problem = "" if call.status == 204 else "an empty answer"
            return Reply(call.status, problem=problem, retry_after_s=retry_after_s)
        try:
            body = self._redact(decode(call.body))
        except ValueError:
            kind = str(call.headers.get("Content-Type", "no content type")).partition(";")[0]
            return Reply(call.status, problem=self._clean(f"not JSON ({kind})"), retry_after_s=retry_after_s)
        return Reply(call.status, body, retry_after_s=retry_after_s)

    def _redact(self, body: Json) -> Json:
        message = fields(body).get("message")
        return {**body, "message": self._clean(message)} if isinstance(message, str) else body

    def _clean(self, words: str) -> str:
        for secret in (self._secret_key, self._key_id):
            words = words.replace(secret, "[secret]")
        return display_text(words, TEXT_LIMIT)


def _in_words(error: Exception) -> str:
    import requests

    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return f"TLS failed: {error}"
    return f"connection failed: {error}"


def _retry_after(headers: Mapping[str, str], now_s: float) -> float | None:
    """Seconds to wait from `Retry-After` (seconds or a date) or `X-RateLimit-Reset` (epoch seconds)."""
    folded = {name.lower(): value for name, value in headers.items()}
    wish: float | None = None
    asked = folded.get("retry-after", "")
    seconds, reset = decimal(asked), decimal(folded.get("x-ratelimit-reset"))
    if seconds is not None:
        wish = float(seconds)
    elif asked:
        try:
            wish = parsedate_to_datetime(asked).timestamp() - now_s
        except (ValueError, OverflowError):
            wish = None
    if wish is None and reset is not None:
        wish = float(reset) - now_s
    return None if wish is None else min(RETRY_AFTER_LIMIT_S, max(0.0, wish))


async def _told(reply: Reply) -> Reply:
    return reply
