"""Who may be connected to a control socket at a time: so many, and those that say nothing make way.

A program of this user's that leaks connections would take every file handle of the engine, and its venues with them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

log = logging.getLogger(__name__)

MOST = 64
"""Connections to one socket at a time. A desk has one, a verb one for a moment."""
SILENT_S = 1.0
"""One that has asked for nothing for as long makes way where there are as many."""


class Connections:
    """Makes the protocol of each connection to one socket."""

    def __init__(self, server: web.Server) -> None:
        self._server = server
        self._silent: dict[web.RequestHandler, float] = {}
        """Those that have asked for nothing yet, oldest first, and when they came."""
        self._told = False

    def __call__(self) -> asyncio.Protocol:
        """The next connection's; one too many is closed again."""
        here = self._server.connections
        if len(here) < MOST:
            self._told = self._told and len(here) > MOST // 2
        elif not self._made_way(set(here)):
            return _Refused()
        handler = self._server()
        self._silent[handler] = time.monotonic()
        return handler

    def spoke(self, handler: web.RequestHandler) -> None:
        """This one asks for something."""
        self._silent.pop(handler, None)

    def _made_way(self, here: set[web.RequestHandler]) -> bool:
        if not self._told:
            self._told = True
            log.warning("%d programs are connected to the control socket: those that ask for nothing make way", MOST)
        for handler, since in tuple(self._silent.items()):
            if handler not in here:
                del self._silent[handler]
            elif time.monotonic() - since >= SILENT_S:
                del self._silent[handler]
                handler.force_close()
                return True
        return False


class _Refused(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()
