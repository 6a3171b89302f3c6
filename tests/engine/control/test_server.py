"""What a client of the control socket gets, and what one that does not read, or a defect of ours, costs the others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from desk.client import Client
from engine.control import ControlServer
from engine.control.server import BACKLOG
from engine.errors import DeskError
from engine.model.frames import Frame, Goodbye, Push, Snapshot
from engine.paths import view_socket
from tests.engine.control.source import Engine, alert, until

pytestmark = pytest.mark.timeout(30)


async def test_rules_and_latencies_are_asked_for(tmp_path: Path, server: ControlServer, engine: Engine) -> None:
    async with Client(tmp_path / "desk.sock") as client, Client(view_socket(tmp_path / "desk.sock")) as looking:
        assert await client.feeds() == engine.feeds() == await looking.feeds()


async def test_snapshot_then_frames_then_pushes_then_goodbye(
    tmp_path: Path, server: ControlServer, engine: Engine
) -> None:
    async with Client(tmp_path / "desk.sock") as client:
        stream = client.stream()
        first = await anext(stream)
        assert isinstance(first, Snapshot)
        server.changed()
        frame = await anext(stream)
        assert isinstance(frame, Frame)
        assert frame.rev == first.rev + 1
        server.push(Push(rev=0, alert=alert(1)))
        push = await anext(stream)
        assert isinstance(push, Push)
        assert push.rev == frame.rev + 1
        assert push.alert == alert(1)
        stopping = asyncio.create_task(server.stop("done"))
        assert await anext(stream) == Goodbye(push.rev + 1, "done")
        await stream.aclose()
        await stopping


async def test_no_frame_while_nothing_changes_and_many_changes_make_one(
    tmp_path: Path, server: ControlServer, engine: Engine
) -> None:
    async with Client(tmp_path / "desk.sock") as client:
        stream = client.stream()
        await anext(stream)
        before = engine.frames
        for _ in range(1000):
            server.changed()
        await anext(stream)
        assert engine.frames == before + 1
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.2)
        assert engine.frames == before + 1


async def test_a_client_that_does_not_read_gets_a_fresh_snapshot_later(tmp_path: Path, server: ControlServer) -> None:
    async with Client(tmp_path / "desk.sock") as client:
        stream = client.stream()
        await anext(stream)
        count = BACKLOG * 8
        for number in range(count):
            server.push(Push(rev=0, alert=alert(number)))
        read = 0
        while True:
            message = await asyncio.wait_for(anext(stream), 5)
            read += 1
            if isinstance(message, Snapshot) and message.rev >= count:
                break
        assert read < count
        server.push(Push(rev=0, alert=alert(1)))
        after = await asyncio.wait_for(anext(stream), 5)
        assert isinstance(after, Push)
        assert after.rev == message.rev + 1
        await stream.aclose()


async def test_a_client_that_goes_before_it_has_its_snapshot_is_forgotten(
    tmp_path: Path, server: ControlServer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = msgspec.structs.replace(engine.snapshot(0), version="x" * (8 << 20))
    monkeypatch.setattr(engine, "snapshot", lambda rev: msgspec.structs.replace(large, rev=rev))
    _reader, writer = await asyncio.open_unix_connection(tmp_path / "desk.sock", limit=1)
    writer.write(
        b"GET /v1/stream HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await until(lambda: server.clients == 1)
    writer.transport.abort()
    await until(lambda: server.clients == 0)
    server.changed()
    before = engine.frames
    await asyncio.sleep(0.1)
    assert engine.frames == before, "frames are made though nobody looks"


async def test_a_desk_that_goes_while_it_attaches_is_no_defect(
    tmp_path: Path, server: ControlServer, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "desk.sock")
        writer.write(
            b"GET /v1/stream HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        writer.write_eof()
        await reader.read()
        writer.close()
    await until(lambda: server.clients == 0)
    assert "Traceback" not in caplog.text and not caplog.records


async def test_a_frame_that_cannot_be_made_ends_neither_the_frames_nor_the_stop(
    tmp_path: Path,
    server: ControlServer,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("engine.control.server.AGAIN_S", 0.01)
    whole = engine.frame

    def broken(rev: int) -> Frame | None:
        monkeypatch.setattr(engine, "frame", whole)
        raise ZeroDivisionError("a defect of ours")

    async with Client(tmp_path / "desk.sock") as client:
        stream = client.stream()
        await anext(stream)
        monkeypatch.setattr(engine, "frame", broken)
        server.changed()
        await until(lambda: "a defect of ours" in caplog.text)
        assert isinstance(await asyncio.wait_for(anext(stream), 10), Snapshot), "what was in that frame may be lost"
        server.changed()
        assert isinstance(await asyncio.wait_for(anext(stream), 10), Frame)
        await stream.aclose()


async def test_a_snapshot_that_cannot_be_made_is_told_and_logged(
    tmp_path: Path,
    server: ControlServer,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole = engine.snapshot

    def broken(rev: int) -> Snapshot:
        raise ZeroDivisionError("a defect of ours")

    async with Client(tmp_path / "desk.sock") as before, Client(tmp_path / "desk.sock") as client:
        attached = before.stream()
        await anext(attached)
        monkeypatch.setattr(engine, "snapshot", broken)
        with pytest.raises(DeskError, match="could not make what it sends; its log says why"):
            await asyncio.wait_for(anext(client.stream()), 10)
        assert "a defect of ours" in caplog.text
        server.changed()
        assert isinstance(await asyncio.wait_for(anext(attached), 10), Frame), "other desks go on"
        monkeypatch.setattr(engine, "snapshot", whole)
        again = client.stream()
        assert isinstance(await asyncio.wait_for(anext(again), 10), Snapshot)
        await again.aclose()
        await attached.aclose()


async def test_text_that_utf_8_cannot_carry_is_sent_all_the_same(
    tmp_path: Path, server: ControlServer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path may hold it: an alert that names one must reach the desk, and must not stop the engine that tells it."""
    told = msgspec.structs.replace(alert(1), text="/home/caf\udce9/config.toml is wrong")
    whole = engine.snapshot
    monkeypatch.setattr(engine, "snapshot", lambda rev: msgspec.structs.replace(whole(rev), alerts=(told,)))
    shown = msgspec.structs.replace(told, text="/home/caf?/config.toml is wrong")
    async with Client(tmp_path / "desk.sock") as client:
        assert (await client.snapshot()).alerts == (shown,)
        stream = client.stream()
        first = await anext(stream)
        assert isinstance(first, Snapshot) and first.alerts == (shown,)
        server.push(Push(rev=0, alert=told))
        assert await asyncio.wait_for(anext(stream), 10) == Push(first.rev + 1, alert=shown)
        await stream.aclose()


async def test_a_frame_that_is_lost_for_a_new_desk_leaves_a_gap_for_the_others(
    tmp_path: Path, server: ControlServer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changed goes to everybody before a snapshot is made for one: if it cannot, all must begin anew."""
    whole = engine.frame

    def broken(rev: int) -> Frame | None:
        monkeypatch.setattr(engine, "frame", whole)
        raise ZeroDivisionError("a defect of ours")

    async with Client(tmp_path / "desk.sock") as before, Client(tmp_path / "desk.sock") as client:
        attached = before.stream()
        first = await anext(attached)
        monkeypatch.setattr(engine, "frame", broken)
        with pytest.raises(DeskError, match="could not make what it sends"):
            await asyncio.wait_for(anext(client.stream()), 10)
        server.changed()
        frame = await asyncio.wait_for(anext(attached), 10)
        assert isinstance(first, Snapshot)
        assert isinstance(frame, Frame)
        assert frame.rev > first.rev + 1
        await attached.aclose()
