"""The control socket: who may bind it, who is answered, what a client gets and what one that does not read costs."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from desk.client import Client
from engine.control import VERBS, ControlServer, check_command
from engine.control.server import BACKLOG
from engine.control.socket_file import clear_stale_socket, peer_uid, socket_answers
from engine.control.verbs import read_command
from engine.errors import EXIT_ALREADY_RUNNING, EXIT_NO_ENGINE, DeskError
from engine.model import Account, Alert, DisplayText, Level, Market, Mode, Session, TradingState
from engine.model.feeds import FeedRule, FeedsDetail, StageLatency, Standing
from engine.model.frames import PROTOCOL, Command, Frame, Goodbye, Push, Reply, Snapshot, Status
from engine.paths import view_socket

pytestmark = pytest.mark.timeout(30)


def status() -> Status:
    return Status(
        profile="simulated",
        broker="simulated",
        state=TradingState.ACTIVE,
        state_reason="",
        mode=Mode.CONFIRM,
        market=Market(Session.REGULAR, 0),
        clock_ns=0,
        speed=1.0,
        reconciled=True,
        posts=0,
        duplicates=0,
        dropped=0,
        posts_per_s=0.0,
        latency_p50_ms=0.0,
        latency_p99_ms=0.0,
        lag_ms=0.0,
        journal_seq=0,
        journal_lag_ms=0.0,
        limits=(),
    )


class Engine:
    """The least a Source can be: counts what it is asked."""

    def __init__(self) -> None:
        self.frames = 0
        self.commands: list[Command] = []

    def feeds(self) -> FeedsDetail:
        rule = FeedRule("x", DisplayText("desk:TSLA"), DisplayText("$TSLA"), Standing.ACTIVE, 5, 1024, ("TSLA",))
        return FeedsDetail((rule,), (StageLatency("score", 0.5, 2.0),))

    def snapshot(self, rev: int) -> Snapshot:
        account = Account(Decimal(1), Decimal(1), Decimal(1), Decimal(1), Decimal(1))
        return Snapshot(
            protocol=PROTOCOL,
            version="test",
            pid=os.getpid(),
            rev=rev,
            started_ns=0,
            status=status(),
            account=account,
            symbols=(),
            posts=(),
            tickets=(),
            closed=(),
            orders=(),
            fills=(),
            positions=(),
            feeds=(),
            protections=(),
            alerts=(),
        )

    def frame(self, rev: int) -> Frame | None:
        self.frames += 1
        return Frame(rev=rev, status=status())

    async def command(self, command: Command) -> Reply:
        self.commands.append(command)
        return Reply(ok=True, text=f"did {command.verb}")


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
async def server(tmp_path: Path, engine: Engine) -> AsyncIterator[ControlServer]:
    control = ControlServer(tmp_path / "desk.sock", engine, frame_hz=50.0)
    await control.start()
    yield control
    await control.stop("test over")


def alert(number: int) -> Alert:
    return Alert(f"a{number}", Level.INFO, "test", str(number), "x" * 200, "", 0)


async def test_socket_is_private_and_goes_with_the_engine(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "desk.sock"
    control = ControlServer(path, engine, frame_hz=15.0)
    await control.start()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert socket_answers(path)
    await control.stop("over")
    assert not path.exists()


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


async def test_commands_are_checked_before_the_engine_sees_them(
    tmp_path: Path, server: ControlServer, engine: Engine
) -> None:
    async with Client(tmp_path / "desk.sock") as client:
        assert (await client.command(Command("pause", reason="lunch"))).ok
        assert not (await client.command(Command("pause"))).ok
        assert not (await client.command(Command("format-disk"))).ok
        assert not (await client.command(Command("pause", reason="x" * 501))).ok
        assert not (await client.command(Command("mode", symbol="*", mode="yolo"))).ok
    assert [command.verb for command in engine.commands] == ["pause"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"verb":1}', b'{"verb":"pause","nope":1}', b"\xff", b"x" * 10_000]
)
async def test_anything_else_is_refused_in_words(
    tmp_path: Path, server: ControlServer, engine: Engine, body: bytes
) -> None:
    import aiohttp

    connector = aiohttp.UnixConnector(path=str(tmp_path / "desk.sock"))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.post("http://engine/v1/command", data=body) as answer,
    ):
        reply = msgspec.json.decode(await answer.read(), type=Reply)
    assert not reply.ok
    assert "expected" in reply.text
    assert engine.commands == []


def test_every_verb_names_fields_that_exist() -> None:
    fields = set(Command.__struct_fields__)
    for verb in VERBS.values():
        assert set(verb.needs) <= fields
        size = "1" if verb.name == "edit" else ""
        assert check_command(Command(verb.name, quantity=size, **dict.fromkeys(verb.needs, "auto"))) == ""


@pytest.mark.parametrize("text", ["", "-1", "NaN", "1e9", "0x10", "1,000", "١", "1" * 30, "\x1b[2J"])
def test_an_edit_needs_a_plain_number(text: str) -> None:
    command = Command("edit", ticket="t-1", fingerprint="f", limit_price=text)
    assert check_command(command)


def test_a_stale_socket_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "desk.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.exists()
    clear_stale_socket(path)
    assert not path.exists()


def test_another_kind_of_file_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "desk.sock"
    path.write_text("mine")
    with pytest.raises(DeskError, match="another kind of file"):
        clear_stale_socket(path)
    assert path.read_text() == "mine"


async def test_an_answering_socket_is_not_taken(tmp_path: Path, server: ControlServer, engine: Engine) -> None:
    with pytest.raises(DeskError) as caught:
        await ControlServer(tmp_path / "desk.sock", engine, frame_hz=15.0).start()
    assert caught.value.exit_code == EXIT_ALREADY_RUNNING


def test_peer_credentials_are_those_of_this_user() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer_uid(ours) == os.getuid()
    assert peer_uid(None) is None


async def test_no_engine_is_an_exit_code(tmp_path: Path) -> None:
    async with Client(tmp_path / "absent.sock") as client:
        with pytest.raises(DeskError) as caught:
            await client.snapshot()
    assert caught.value.exit_code == EXIT_NO_ENGINE


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user for a moment")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="SO_PEERCRED is Linux's")
async def test_another_user_is_refused_whatever_the_files_mode_says(engine: Engine) -> None:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        path = Path(folder) / "desk.sock"
        control = ControlServer(path, engine, frame_hz=15.0)
        await control.start()
        path.parent.chmod(0o711)
        path.chmod(0o666)
        ask = b"POST /v1/command HTTP/1.1\r\nHost: engine\r\nContent-Length: 37\r\nConnection: close\r\n\r\n"
        ask += b'{"verb": "kill", "reason": "not you"}'
        try:
            for uid, status in ((65534, b"403"), (0, b"200")):
                with socket.socket(socket.AF_UNIX) as stranger:
                    os.seteuid(uid)
                    try:
                        stranger.connect(str(path))
                    finally:
                        os.seteuid(0)
                    reader, writer = await asyncio.open_connection(sock=stranger)
                    writer.write(ask)
                    answer = await reader.read()
                    writer.close()
                assert answer.split()[1] == status, answer
            assert [command.reason for command in engine.commands] == ["not you"], "asked once, by us"
        finally:
            await control.stop("over")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"verb": "kill", "reason": "\xff\xfe"}',
        b'{"verb": "kill", "shell": "rm"}',
        b'{"verb": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
)
async def test_what_is_no_command_gets_an_answer_in_words(
    tmp_path: Path, server: ControlServer, engine: Engine, body: bytes
) -> None:
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "desk.sock"))
    head = f"POST /v1/command HTTP/1.1\r\nHost: engine\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    reply = msgspec.json.decode(answer.partition(b"\r\n\r\n")[2], type=Reply)
    assert not reply.ok
    assert reply.text.startswith("expected a command")
    assert not engine.commands


def test_nobody_speaks_for_the_engine() -> None:
    """What the watchdog or a control may loosen by itself, a client may not by giving its name."""
    assert read_command(b'{"verb": "resume", "reason": "well again", "by": "watchdog"}').by == "person"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


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


async def test_a_sender_that_goes_before_its_command_is_whole_is_no_error(
    tmp_path: Path, server: ControlServer, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        _reader, writer = await asyncio.open_unix_connection(tmp_path / "desk.sock")
        writer.write(b'POST /v1/command HTTP/1.1\r\nHost: e\r\nContent-Length: 90\r\n\r\n{"verb":"kill"')
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.transport.abort()
    async with Client(tmp_path / "desk.sock") as client:
        assert (await client.snapshot()).pid == os.getpid()
    assert engine.commands == []
    assert caplog.text == ""


async def test_a_socket_that_cannot_be_opened_is_told(tmp_path: Path, engine: Engine) -> None:
    with pytest.raises(DeskError, match="expected to open the control socket") as caught:
        await ControlServer(tmp_path / "absent" / "desk.sock", engine, frame_hz=15.0).start()
    assert "engine.runtime_dir" in caught.value.remedy
    with pytest.raises(DeskError, match="at most 107 bytes"):
        await ControlServer(tmp_path / ("x" * 100), engine, frame_hz=15.0).start()


async def test_sockets_that_are_taken_away_are_opened_again(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """So does the end of a user's last session with the run-time directory. Who is attached does not notice."""
    monkeypatch.setattr("engine.control.server.KEEP_S", 0.01)
    path = home / "run" / "desk.sock"
    path.parent.mkdir()
    server = ControlServer(path, engine, frame_hz=50.0)
    await server.start()
    keeping = asyncio.create_task(server.keep())
    async with Client(path) as attached:
        stream = attached.stream()
        await anext(stream)
        shutil.rmtree(path.parent)
        path.parent.write_text("for a while there is a file")
        await until(lambda: "File exists" in caplog.text)
        path.parent.unlink()
        await until(lambda: socket_answers(path) and socket_answers(view_socket(path)))
        assert (stat.S_IMODE(path.parent.stat().st_mode), stat.S_IMODE(path.stat().st_mode)) == (0o700, 0o600)
        async with Client(path) as late, Client(view_socket(path)) as looking:
            assert (await late.command(Command(verb="stop"))).ok
            assert not (await looking.command(Command(verb="stop"))).ok
        server.changed()
        assert isinstance(await asyncio.wait_for(anext(stream), 10), Frame)
        await stream.aclose()
    keeping.cancel()
    await server.stop("over")
    assert not list(path.parent.iterdir())
