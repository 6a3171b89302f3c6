"""Programs that leak connections to the control socket take neither the engine's file handles nor a person's verbs."""

from __future__ import annotations

import asyncio
import resource
from contextlib import AsyncExitStack, aclosing, closing, suppress
from pathlib import Path

import pytest

from desk.client import Client
from engine.control import ControlServer, connections
from engine.errors import DeskError
from engine.model.frames import Command
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


async def test_who_was_answered_and_stays_makes_way_too(
    tmp_path: Path, server: ControlServer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that opens a connection for each question and closes none."""
    monkeypatch.setattr(connections, "SILENT_S", 0.0)
    socket = tmp_path / "desk.sock"
    async with AsyncExitStack() as closed:
        for _ in range(connections.most() + 10):
            person = await closed.enter_async_context(Client(socket))
            assert await person.feeds() == engine.feeds()


async def test_half_a_question_makes_way_and_a_desk_does_not(
    tmp_path: Path, server: ControlServer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ASKING_S", 0.0)
    socket = tmp_path / "desk.sock"
    async with Client(socket) as attached, aclosing(attached.stream()) as stream, AsyncExitStack() as closed:
        await anext(stream)
        for _ in range(connections.most() + 10):
            reader, writer = await asyncio.open_unix_connection(socket)
            closed.enter_context(closing(writer))
            writer.write(
                b"POST /v1/command HTTP/1.1\r\nHost: e\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n{"
            )
            assert (await reader.readline()).startswith(b"HTTP/1.1 100"), "it is being read"
        async with Client(socket) as person:
            assert (await person.command(Command("kill", reason="now"))).ok
        server.changed()
        await anext(stream)


async def test_desks_without_end_leave_room_for_a_kill(tmp_path: Path, server: ControlServer, engine: Engine) -> None:
    socket = tmp_path / "desk.sock"
    async with AsyncExitStack() as closed:
        for _ in range(connections.most_streams()):
            desk = await closed.enter_async_context(Client(socket))
            await anext(await closed.enter_async_context(aclosing(desk.stream())))
        for path in (socket, view_socket(socket)):
            async with Client(path) as one_more:
                with pytest.raises(DeskError, match="as many desks attached as the engine takes"):
                    await anext(one_more.stream())
        async with Client(socket) as person:
            assert (await person.command(Command("kill", reason="now"))).ok


async def test_an_engine_of_few_files_is_left_most_of_them(
    tmp_path: Path, server: ControlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """64 on each of two sockets were all of 128: no verb was heard, and no venue could be reached anew."""
    for files, expected in ((16, 8), (128, 21), (1024, 64), (resource.RLIM_INFINITY, 64)):
        monkeypatch.setattr(resource, "getrlimit", lambda which, files=files: (files, files))
        assert connections.most() == expected
    monkeypatch.setattr(resource, "getrlimit", lambda which: (128, 128))
    async with AsyncExitStack() as closed:
        readers = await leak(tmp_path / "desk.sock", 22, closed)
        assert await readers[-1].read() == b"", "one too many"


async def test_those_that_went_are_forgotten(tmp_path: Path, server: ControlServer, engine: Engine) -> None:
    (_, serving, _, _) = server._open[tmp_path / "desk.sock"]
    for _ in range(3 * connections.MOST):
        async with Client(tmp_path / "desk.sock") as person:
            await person.feeds()
    assert len(serving._silent) <= 2 * connections.MOST + 1


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
