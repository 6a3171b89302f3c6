"""The HTTP adapter under alpaca-py: every call has a time limit, a size limit, and can be broken off from outside.

requests waits for ever by default, and its time-out counts from byte to byte, so a server that drips keeps a thread
for good. Here each call is known (`Call`), and `Call.abort` shuts its socket down, which ends the thread at once.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from engine.model.ports import Permit

BODY_LIMIT = 32 * 1024 * 1024
"""Largest body that is read, in bytes: 500 nested orders are about 2 MB."""

_CHUNK = 64 * 1024
_working = threading.local()


class NotSent(Exception):
    """The request must not leave, and has not."""


class Call:
    """One request in flight, what its answer was, and the handle to break it off."""

    def __init__(self, permit: Permit | None = None) -> None:
        self._permit = permit
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.body: bytes | None = None
        """The whole body; None while it is not complete."""
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.aborted = ""
        """Why the call was broken off; empty while it was not."""

    def abort(self, reason: str) -> None:
        """End the call now, wherever it is: its thread gets a connection error."""
        with self._lock:
            self.aborted = reason
            held = self._socket
        if self._permit is not None:
            self._permit.give_up(reason)
        if held is not None:
            _shut(held)

    def uses(self, sock: socket.socket | None) -> None:
        """The call goes over this socket. Raises ConnectionAbortedError when it has been broken off already."""
        with self._lock:
            self._socket = sock
        self._go_on()

    def leave(self) -> None:
        """Wait until the request may go out. Raises NotSent when it must not, ConnectionAbortedError as `uses`."""
        if self._permit is None:
            return
        why = self._permit.wait()
        self._go_on()
        if why:
            raise NotSent(why)

    def _go_on(self) -> None:
        with self._lock:
            aborted = self.aborted
        if aborted:
            raise ConnectionAbortedError(aborted)

    def __enter__(self) -> Call:
        _working.call = self
        return self

    def __exit__(self, *exc: object) -> None:
        _working.call = None


def _shut(sock: socket.socket) -> None:
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return  # closed in the meantime: nothing is left to break off


def _current() -> Call | None:
    return getattr(_working, "call", None)


class _Known(HTTPConnection):
    """Tells the call in flight which socket it uses."""

    def connect(self) -> None:
        super().connect()
        if (call := _current()) is not None:
            call.uses(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if (call := _current()) is not None:
            call.uses(self.sock)
            call.leave()
        super().request(*args, **kwargs)


class _KnownSecure(_Known, HTTPSConnection):
    """The same under TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Known


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _KnownSecure


class BoundedAdapter(HTTPAdapter):
    """Mounted on alpaca-py's session. Never retries; reads the whole body within the limits before it returns."""

    def __init__(self, timeout_s: float, connections: int) -> None:
        self._timeout_s = timeout_s
        super().__init__(pool_connections=2, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs |= {"stream": True, "timeout": self._timeout_s}
        response = super().send(request, *args, **kwargs)
        call = _current()
        if call is not None:
            call.status, call.headers = response.status_code, dict(response.headers)
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > BODY_LIMIT:
                response.close()
                raise requests.ConnectionError(f"the answer is larger than {BODY_LIMIT} bytes")
        response._content = b""  # it is read from the call: alpaca-py would decode it too, 500 orders at a time
        if call is not None:
            call.body = bytes(body)
        return response
