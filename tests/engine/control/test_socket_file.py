"""The socket as a file: who may bind it, who is answered, and what happens when it is taken away."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from desk.client import Client
from engine.control import ControlServer
from engine.control.socket_file import clear_stale_socket, peer_uid, socket_answers
from engine.errors import EXIT_ALREADY_RUNNING, EXIT_NO_ENGINE, DeskError
from engine.model.frames import Command, Frame
from engine.paths import view_socket
from tests.engine.control.source import Engine, until

pytestmark = pytest.mark.timeout(30)


async def test_socket_is_private_and_goes_with_the_engine(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "desk.sock"
    control = ControlServer(path, engine, frame_hz=15.0)
    await control.start()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert socket_answers(path)
    await control.stop("over")
    assert not path.exists()


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


@pytest.mark.parametrize("kind", ["directory", "broken link", "file", "somebody's socket"])
async def test_what_is_put_in_a_sockets_place_is_told_and_left_alone(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    monkeypatch.setattr("engine.control.server.KEEP_S", 0.01)
    path = home / "desk.sock"
    server = ControlServer(path, engine, frame_hz=50.0)
    await server.start()
    keeping = asyncio.create_task(server.keep())
    for _ in range(2):
        caplog.clear()
        path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            match kind:
                case "directory":
                    path.mkdir()
                case "broken link":
                    path.symlink_to(home / "nowhere")
                case "file":
                    path.write_text("mine")
                case _:
                    other.bind(str(path))
                    other.listen()
            await until(lambda: "the control socket was taken away: " in caplog.text)
            assert os.path.lexists(path)
            if kind == "directory":
                path.rmdir()
            elif kind != "somebody's socket":
                path.unlink()
        await until(lambda: socket_answers(path))
    path.unlink()
    keeping.cancel()
    path.write_text("mine")
    await server.stop("over")
    assert path.read_text() == "mine", "what is not ours stays"


async def test_a_stale_socket_in_its_place_is_taken_away(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.control.server.KEEP_S", 0.01)
    path = home / "desk.sock"
    server = ControlServer(path, engine, frame_hz=50.0)
    await server.start()
    keeping = asyncio.create_task(server.keep())
    path.unlink()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    await until(lambda: socket_answers(path))
    keeping.cancel()
    await server.stop("over")
    assert not path.exists()
