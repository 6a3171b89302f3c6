from __future__ import annotations

import asyncio
import errno
import os
import socket as sockets
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from desk.client import Client, NoEngine
from engine.control import check_command
from engine.control.verbs import read_command
from engine.errors import EXIT_FAILED, EXIT_NO_ENGINE, EXIT_USAGE, DeskError
from engine.model.frames import Command, Frame, Goodbye, Reply, Snapshot
from tests.desk import made_up
from tests.desk.fake_engine import fake_engine


async def serve(socket: Path, path: str, answer: bytes, status: int = 200) -> web.AppRunner:
    app = web.Application()

    async def handler(request: web.Request) -> web.StreamResponse:
        if path.endswith("stream"):
            stream = web.WebSocketResponse()
            await stream.prepare(request)
            await stream.send_str(answer.decode())
            await stream.close()
            return stream
        return web.Response(body=answer, status=status)

    app.add_routes([web.route("*", path, handler)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    return runner


async def test_snapshot_and_command(socket: Path) -> None:
    async with fake_engine(socket) as engine, Client(socket) as client:
        assert await client.snapshot() == engine.state
        ticket = engine.state.tickets[0]
        reply = await client.command(Command(verb="confirm", ticket=ticket.id, fingerprint=ticket.fingerprint))
        assert reply.ok
        assert engine.commands == [Command(verb="confirm", ticket=ticket.id, fingerprint=ticket.fingerprint)]


async def test_the_stream_begins_with_a_snapshot_and_ends_with_goodbye(socket: Path) -> None:
    async with fake_engine(socket) as engine, Client(socket) as client:
        stream = client.stream()
        assert isinstance(await anext(stream), Snapshot)
        await engine.attached.wait()
        await engine.send(Frame(rev=0, status=made_up.status(posts=9)))
        await engine.send(Goodbye(rev=0, reason="stopped"))
        frame, goodbye = await anext(stream), await anext(stream)
        assert isinstance(frame, Frame)
        assert frame.status is not None
        assert frame.status.posts == 9
        assert goodbye == Goodbye(rev=engine.rev, reason="stopped")
        await stream.aclose()


@pytest.mark.parametrize("stale", [False, True])
async def test_no_engine_has_its_own_exit_code(socket: Path, stale: bool) -> None:
    if stale:
        left = sockets.socket(sockets.AF_UNIX)
        left.bind(str(socket))
        left.close()
    async with Client(socket) as client:
        for call in (client.snapshot(), anext(client.stream()), client.command(Command(verb="pause"))):
            with pytest.raises(DeskError, match="no engine answers") as caught:
                await call
            assert caught.value.exit_code == EXIT_NO_ENGINE
            assert caught.value.where == str(socket)
            assert "desk autopilot" in caught.value.remedy


@pytest.mark.parametrize("name", ["demo.sock", "demo.view.sock"])
async def test_a_demo_that_went_away_is_started_again_as_one(socket: Path, name: str) -> None:
    async with Client(socket.with_name(name)) as client:
        with pytest.raises(DeskError) as caught:
            await client.snapshot()
    assert caught.value.remedy == "start it: `desk demo`"


@pytest.mark.parametrize("path", ["/v1/snapshot", "/v1/stream"])
async def test_another_protocol_says_so_even_when_its_messages_cannot_be_read(socket: Path, path: str) -> None:
    runner = await serve(socket, path, b'{"type":"snapshot","protocol":99,"version":"7.0","other":true}')
    async with Client(socket) as client:
        with pytest.raises(DeskError, match=r"protocol 1, found protocol 99 \(engine version 7\.0\)") as caught:
            await (client.snapshot() if path.endswith("snapshot") else anext(client.stream()))
    assert caught.value.exit_code == EXIT_FAILED
    await runner.cleanup()


async def test_what_cannot_be_read_names_what_is_wrong(socket: Path) -> None:
    broken = msgspec.json.encode(made_up.snapshot()).replace(b'"pid":4242', b'"pid":"x"')
    runner = await serve(socket, "/v1/snapshot", broken)
    async with Client(socket) as client:
        with pytest.raises(DeskError, match=r"Expected `int`, got `str` - at `\$\.pid`"):
            await client.snapshot()
    await runner.cleanup()


async def test_a_status_that_is_not_200_is_reported(socket: Path) -> None:
    runner = await serve(socket, "/v1/command", b"boom", status=500)
    async with Client(socket) as client:
        with pytest.raises(DeskError, match="found status 500: 'boom'"):
            await client.command(Command(verb="pause"))
    await runner.cleanup()


async def test_an_engine_that_does_not_know_a_command_is_another_one(socket: Path) -> None:
    with pytest.raises(ValueError, match="unknown field") as unknown_field:
        read_command(b'{"verb": "pause", "reason": "lunch", "until": "13:00"}')
    for text in (str(unknown_field.value), check_command(Command("hedge"))):
        runner = await serve(socket, "/v1/command", msgspec.json.encode(Reply(ok=False, text=text)))
        async with Client(socket) as client:
            reply = await client.command(Command(verb="pause", reason="lunch"))
        assert not reply.ok
        assert reply.text == (
            "nothing was done: this engine is older than the desk, or another, and does not know this pause"
        )
        assert reply.remedy.startswith("start it anew: `desk stop`, then `desk`;")
        await runner.cleanup()


async def test_a_question_that_is_refused_says_what_to_do(socket: Path) -> None:
    runner = await serve(socket, "/v1/symbol", b"no such", status=404)
    async with Client(socket) as client:
        with pytest.raises(DeskError, match="expected a symbol of the watchlist, found 'NOPE'"):
            await client.symbol("NOPE")
    await runner.cleanup()
    runner = await serve(socket, "/v1/command", b"too much", status=413)
    async with Client(socket) as client:
        with pytest.raises(DeskError, match="say it in fewer words"):
            await client.command(Command(verb="pause", reason="r" * 50_000))
    await runner.cleanup()


async def test_an_engine_that_does_not_answer_is_not_waited_for(socket: Path) -> None:
    async with fake_engine(socket) as engine, Client(socket, timeout_s=0.05) as client:
        engine.replies["pause"] = Reply(ok=True, text="")
        never = asyncio.Event()
        engine._carry_out = lambda command: never.wait()  # type: ignore[method-assign,assignment,return-value]
        with pytest.raises(DeskError, match="did not answer POST /v1/command within"):
            await client.command(Command(verb="resume"))
        never.set()


async def test_a_stopped_process_is_not_waited_for_by_a_stream(socket: Path) -> None:
    """The system still takes the connection for it."""
    with closing(sockets.socket(sockets.AF_UNIX)) as stopped:
        stopped.bind(str(socket))
        stopped.listen()
        async with Client(socket, timeout_s=0.05) as client:
            with pytest.raises(DeskError, match="did not answer GET /v1/stream within"):
                await anext(client.stream())


async def test_a_file_in_the_place_of_a_directory_or_the_socket_is_named(tmp_path: Path) -> None:
    """Nothing is sent, and no engine that were started would mend it."""
    (tmp_path / "state").write_text("")
    (tmp_path / "paper.sock").write_text("")
    for path, what in (
        (tmp_path / "state" / "paper.sock", "a directory"),
        (tmp_path / "state" / "run" / "paper.sock", "a directory"),
        (tmp_path / "paper.sock", "the engine's control socket"),
    ):
        async with Client(path) as client:
            with pytest.raises(NoEngine, match=f"expected {what}, found another kind of file") as caught:
                await client.snapshot()
        assert caught.value.where == str(tmp_path / ("state" if "state" in path.parts else "paper.sock"))
        assert caught.value.exit_code == EXIT_USAGE and caught.value.remedy.startswith("move it away")


async def test_a_socket_that_this_user_may_not_reach_is_no_engine_that_is_gone(
    socket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    async with fake_engine(socket), Client(socket) as client:
        monkeypatch.setattr(Path, "lstat", refused)
        with pytest.raises(NoEngine, match="that this user may reach, found: Permission denied") as caught:
            await client.snapshot()
    assert caught.value.exit_code == EXIT_USAGE


async def test_a_killed_engine_breaks_the_stream_off(socket: Path) -> None:
    async with fake_engine(socket) as engine, Client(socket) as client:
        stream = client.stream()
        await anext(stream)
        await engine.attached.wait()
        await engine.stop()
        with pytest.raises(DeskError, match="lost the engine") as caught:
            await anext(stream)
        assert caught.value.exit_code == EXIT_NO_ENGINE


def test_the_client_is_imported_without_aiohttp() -> None:
    script = "import sys, desk.client; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
