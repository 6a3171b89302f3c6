"""Who may be connected to a control socket at a time: so many, and those that ask for nothing make way.

A program of this user's that leaks connections would take every file handle of the engine, and its venues with them.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

log = logging.getLogger(__name__)

MOST = 64
"""Connections to one socket at a time. A desk has one, a verb one for a moment."""
FEWEST = 8
"""As many there are always, however few files the engine may open."""
PART = 6
"""Each of its two sockets takes at most this part of the files that it may open: venues and feeds need the others."""
WAITING = 128
"""Connections that may wait to be taken."""
SILENT_S = 1.0
"""One that has asked for nothing for as long, or got what it asked for, makes way where there are as many."""
ASKING_S = 10.0
"""So does one whose question takes as long: it sends half of it, or reads no answer. Nobody waits longer for one."""


def most() -> int:
    """Connections to one socket at a time, by the files that this process may open now."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(FEWEST, min(MOST, files // PART))


def most_streams() -> int:
    """Desks attached at a time, on both sockets: the rest is kept for commands, so that a kill always gets through."""
    return most() * 3 // 4


class Connections:
    """Makes the protocol of each connection to one socket."""

    def __init__(self, server: web.Server) -> None:
        self._server = server
        self._silent: dict[web.RequestHandler, float] = {}
        """Those that ask for nothing, oldest first, and since when: since they came, or since they were answered."""
        self._asking: dict[web.RequestHandler, float] = {}
        """Those whose question is under way, oldest first, and since when; but for the desks, which stay."""
        self._told = False

    def __call__(self) -> asyncio.Protocol:
        """The next connection's; one too many is closed again."""
        here, limit = self._server.connections, most()
        if len(self._silent) > 2 * limit:  # those that went by themselves
            self._silent = {handler: since for handler, since in self._silent.items() if handler in set(here)}
        if len(here) < limit:
            self._told = self._told and len(here) > limit // 2
        elif not self._made_way(set(here)):
            return _Refused()
        handler = self._server()
        self._silent[handler] = time.monotonic()
        return handler

    def spoke(self, handler: web.RequestHandler, *, stays: bool) -> None:
        """This one asks for something; as a desk it `stays`."""
        self._silent.pop(handler, None)
        if not stays:
            self._asking[handler] = time.monotonic()

    def answered(self, handler: web.RequestHandler) -> None:
        """This one has what it asked for; it may ask again."""
        self._asking.pop(handler, None)
        self._silent[handler] = time.monotonic()

    def _made_way(self, here: set[web.RequestHandler]) -> bool:
        if not self._told:
            self._told = True
            log.warning("%d programs are connected to the control socket: the idle ones make way", most())
        for idle, limit_s in ((self._silent, SILENT_S), (self._asking, ASKING_S)):
            for handler, since in tuple(idle.items()):
                if handler not in here:
                    del idle[handler]
                elif time.monotonic() - since >= limit_s:
                    del idle[handler]
                    handler.force_close()
                    return True
        return False


async def serve(path: Path, connections: Connections) -> asyncio.Server:
    """Take connections at this path, one in each turn of the loop. Raises OSError.

    asyncio takes as many in one turn as may wait, before any of them is looked at, and where file handles end it tries
    each of them again and again, until the loop does nothing else: it is told that one may wait, and the system how
    many do.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        server = await asyncio.get_running_loop().create_unix_server(connections, sock=listening, backlog=1)
        listening.listen(WAITING)
    except OSError:
        listening.close()
        raise
    return server


class _Refused(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()
