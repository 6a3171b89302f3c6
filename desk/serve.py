"""The desk in a browser: textual-serve behind a door of our own.

textual-serve asks nobody who they are and starts a process per visitor, so everything that reaches it has come through
here: only on loopback and only under a loopback name (a page elsewhere cannot rebind its own), with the cookie that a
token in the printed address is exchanged for once, and a WebSocket only from our own page. What is served attaches to
an engine and owns none; view-only, it has nothing but the socket that commands nothing.
"""

from __future__ import annotations

import hmac
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from engine.errors import EXIT_USAGE, DeskError, installing

if TYPE_CHECKING:
    from aiohttp import web

HOST: Final = "127.0.0.1"
VIEWERS: Final = 4
"""Most pages at once: each is a process."""
PROFILES: Final = ("simulated", "paper")
"""Profiles that may be served."""
_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self' {socket}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class Door:
    """Lets one person in. `token` opens once; `session` is what their browser shows from then on."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.token = secrets.token_urlsafe(32)
        self._session = ""
        self._viewers = 0

    @property
    def address(self) -> str:
        """What to open; good for one browser, once."""
        return f"http://{HOST}:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """The session cookie's name. Browsers keep cookies by host, not by port: two served desks need two names."""
        return f"desk-{self.port}"

    @property
    def origins(self) -> tuple[str, ...]:
        """Where our own page comes from."""
        return (f"http://{HOST}:{self.port}", f"http://localhost:{self.port}")

    def refuses(self, request: web.Request) -> str:
        """Why a request is not answered; empty when it is."""
        if f"http://{request.headers.get('Host', '')}" not in self.origins:
            return "expected this machine's own name"
        if request.path == "/" and "token" in request.query:
            return "" if self._opens(request.query["token"]) else "expected a token that has not been used yet"
        shown = request.cookies.get(self.cookie, "")
        if not self._session or not hmac.compare_digest(shown.encode(), self._session.encode()):
            return "expected the address that `desk serve` printed"
        if request.path == "/ws":
            if request.headers.get("Origin", "") not in self.origins:
                return "expected a page of this desk"
            if self._viewers >= VIEWERS:
                return f"expected at most {VIEWERS} pages"
        elif request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return "expected a page of this desk"
        return ""

    def admit(self) -> str:
        """Spend the token; the session's cookie."""
        self.token = ""
        self._session = secrets.token_urlsafe(32)
        return self._session

    def viewing(self, change: int) -> None:
        """A page was opened (+1) or closed (−1)."""
        self._viewers += change

    def _opens(self, token: str) -> bool:
        return bool(self.token) and hmac.compare_digest(token.encode(), self.token.encode())


def middleware(door: Door) -> Callable[..., Awaitable[web.StreamResponse]]:
    """The door, as aiohttp puts it before every handler."""
    from aiohttp import web

    @web.middleware
    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        why = door.refuses(request)
        if why:
            return web.Response(status=403, text=f"403: {why}\n")
        if request.path == "/" and "token" in request.query:
            admitted = web.Response(status=303, headers={"Location": "/", "Referrer-Policy": "no-referrer"})
            admitted.set_cookie(door.cookie, door.admit(), httponly=True, samesite="Strict", path="/")
            return admitted
        if request.path == "/ws":
            door.viewing(1)
            try:
                return await handler(request)
            finally:
                door.viewing(-1)
        response = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = _POLICY.format(socket=f"ws://{HOST}:{door.port}")
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Cache-Control"] = "no-store"
        return response

    return guard


def listen(port: int) -> socket.socket:
    """A socket on loopback; port 0 takes a free one. Raises DeskError when it is taken."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise DeskError(
            f"expected a free port, found {error.strerror or error}",
            where=f"{HOST}:{port}",
            remedy="choose another with --port, or 0 for any",
            exit_code=EXIT_USAGE,
        ) from error


def served_command(arguments: list[str]) -> str:
    """The shell line that textual-serve starts for each page."""
    return shlex.join([sys.executable, "-m", "desk.served", *arguments])


async def application(door: Door, command: str, title: str) -> web.Application:
    """textual-serve's pages for this command, behind the door. Raises DeskError when it is not installed."""
    try:
        from textual_serve.server import Server
    except ModuleNotFoundError as error:
        raise DeskError(
            "expected textual-serve to show the desk in a browser, found it not installed",
            remedy=installing("web"),
            exit_code=EXIT_USAGE,
        ) from error

    class Quiet(Server):
        """Says nothing on standard output: the address is ours to print."""

        async def on_startup(self, app: web.Application) -> None:
            """Nothing to say."""

    app: web.Application = await Quiet(command, HOST, door.port, title=title)._make_app()
    app.middlewares.insert(0, middleware(door))
    return app
