"""Programs that leak connections to the control socket take neither the engine's file handles nor a person's verbs."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path

import pytest

from desk.client import Client
from engine.control import ControlServer, connections
from engine.errors import DeskError
from engine.paths import view_socket
from tests.engine.control.source import Engine

pytestmark = pytest.mark.timeout(30)


async def leak(socket: Path, count: int, closed: AsyncExitStack) -> list[asyncio.StreamReader]:
    """So many connections that ask for nothing."""
    readers = []
    for _ in range(count):
        reader, writer = await asyncio.open_unix_connection(socket)
        closed.enter_context(closing(writer))
        readers.append(reader)
    return readers


async def test_those_that_ask_for_nothing_make_way_for_one_that_does(
    tmp_path: Path, server: ControlServer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SILENT_S", 0.0)
    socket = tmp_path / "desk.sock"
    async with Client(socket) as attached, AsyncExitStack() as closed:
        stream = attached.stream()
        await anext(stream)
        readers = await leak(socket, connections.MOST + 10, closed)
        async with Client(socket) as person:
            assert await person.feeds() == engine.feeds()
        for reader in readers[:10]:
            assert await reader.read() == b"", "the oldest made way"
        server.changed()
        await anext(stream)
        await stream.aclose()


async def test_one_too_many_is_closed_and_the_other_socket_is_free(
    tmp_path: Path, server: ControlServer, engine: Engine
) -> None:
    """They may be about to ask, so they stay; no more handles are taken."""
    socket = tmp_path / "desk.sock"
    async with AsyncExitStack() as closed:
        readers = await leak(socket, connections.MOST, closed)
        (late,) = await leak(socket, 1, closed)
        assert await late.read() == b""
        assert not any(reader.at_eof() for reader in readers)
        async with Client(view_socket(socket)) as looking:
            assert await looking.feeds() == engine.feeds()
    async with asyncio.timeout(20):
        while True:  # until the server has seen them go
            with suppress(DeskError):
                async with Client(socket) as person:
                    assert await person.feeds() == engine.feeds(), "there is room again"
                    return
