"""`desk follow` as a process: over a restart, into a closed pipe, without an engine, and what it never imports."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from desk.events import KINDS
from engine.errors import EXIT_FAILED, EXIT_NO_ENGINE, EXIT_USAGE
from engine.model import DisplayText
from engine.model.frames import Frame, Goodbye, Push
from tests.desk import made_up
from tests.desk.fake_engine import FakeEngine, fake_engine
from tests.hostile.corpus import CORPUS
from tests.program import call, clean, command, environment

replace = msgspec.structs.replace


def socket_of(home: Path) -> Path:
    (home / "run").mkdir(mode=0o700)
    return home / "run" / "paper.sock"


async def follower(home: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command("follow", *arguments),
        env=environment(home),
        cwd=home,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )


async def line_with(process: asyncio.subprocess.Process, text: str) -> str:
    """Read on to the line that holds this text."""
    assert process.stdout is not None
    async with asyncio.timeout(30):
        while line := await process.stdout.readline():
            if text in line.decode():
                return line.decode()
    assert process.stderr is not None
    raise AssertionError(f"expected a line with {text!r}, found the end: {(await process.stderr.read()).decode()}")


async def ended(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(20):
        return await process.wait()


async def stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_it_tells_events_over_a_restart_of_the_engine(home: Path) -> None:
    socket = socket_of(home)
    async with fake_engine(socket) as engine:
        process = await follower(home, "--posts")
        try:
            await line_with(process, "attached to the simulated engine")
            await line_with(process, "ticket     SELL 26 META")
            await engine.send(Push(rev=0, alert=made_up.alert()))
            assert "WARNING the price stream was silent" in await line_with(process, " alert ")
            new = made_up.post(5000, made_up.NOW)
            await engine.send(Frame(rev=0, status=made_up.status(posts=engine.posts + 1), posts=(new,)))
            assert f"@{new.author}: " in await line_with(process, " post ")
            await engine.stop()
            assert "attaching again when it is back" in await line_with(process, " engine ")
            engine.state = replace(engine.state, pid=4343)
            await engine.start()
            await line_with(process, "attached to the simulated engine, version 0.1.0, pid 4343")
        finally:
            await stop(process)


async def test_an_end_in_order_is_told_once(home: Path) -> None:
    socket = socket_of(home)
    async with fake_engine(socket) as engine:
        process = await follower(home, "--only", "engine")
        try:
            await line_with(process, "attached to the simulated engine")
            await engine.send(Goodbye(rev=0, reason="stopped by a person"))
            await engine.stop()
            said = await line_with(process, "the engine stops: stopped by a person")
            assert said.endswith("; attaching again when it is back\n")
            await engine.start()
            assert process.stdout is not None
            assert "attached again to the simulated engine" in (await process.stdout.readline()).decode()
        finally:
            await stop(process)


async def test_a_closed_pipe_ends_it_even_while_nothing_happens(home: Path) -> None:
    async with fake_engine(socket_of(home)):
        process = await follower(home)
        try:
            await line_with(process, "SELL 26 META")
            assert process.stdout is not None
            process.stdout._transport.close()  # type: ignore[attr-defined]
            assert await ended(process) == 0
            assert process.stderr is not None
            assert await process.stderr.read() == b""
        finally:
            await stop(process)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
async def test_a_disk_that_is_full_is_said_and_nothing_is_left_open(home: Path) -> None:
    async with fake_engine(socket_of(home)):
        with Path("/dev/full").open("wb") as full:
            process = await asyncio.create_subprocess_exec(
                *command("follow"), env=environment(home), cwd=home, stdout=full, stderr=asyncio.subprocess.PIPE
            )
        _, said = await process.communicate()
    assert process.returncode == EXIT_FAILED
    assert said.decode().startswith("desk: could not read or write: No space left on device\n→ ")
    assert said.count(b"\n") == 2


async def test_json_is_one_clean_object_a_line_whatever_a_post_says(home: Path) -> None:
    engine_state = made_up.snapshot()
    async with fake_engine(socket_of(home), engine_state) as engine:
        text, process = (await follower(home, "--only", "post")), await follower(home, "--only", "post,alert", "--json")
        try:
            await until_attached(engine, 2)
            hostile = [value for name, value in CORPUS.items() if name != "surrogate"]
            posts = tuple(
                replace(made_up.post(9000 + n, made_up.NOW), text=DisplayText(value), author=DisplayText(value[:50]))
                for n, value in enumerate(hostile)
            )
            await engine.send(Frame(rev=0, status=made_up.status(posts=engine.posts + len(posts)), posts=posts))
            await engine.send(Push(rev=0, alert=made_up.alert()))
            lines = [await process.stdout.readline() for _ in posts]  # type: ignore[union-attr]
            assert [json.loads(line)["value"]["text"] for line in lines] == hostile
            assert all(line.decode().rstrip("\n").isascii() and clean(line.decode()) for line in lines)
            assert json.loads(await line_with(process, "price_silence"))["kind"] == "alert"
            plain = [(await text.stdout.readline()).decode() for _ in posts]  # type: ignore[union-attr]
            assert all(clean(line) and line.count("\n") == 1 and " post " in line for line in plain)
        finally:
            await stop(process)
            await stop(text)


async def until_attached(engine: FakeEngine, clients: int) -> None:
    async with asyncio.timeout(30):
        while len(engine._sockets) < clients:
            await asyncio.sleep(0.02)


async def test_another_protocol_is_refused_with_both_versions_named(home: Path) -> None:
    async with fake_engine(socket_of(home), replace(made_up.snapshot(), protocol=99, version="9.9")):
        process = await follower(home)
        _, said = await process.communicate()
        assert process.returncode == EXIT_FAILED
        assert "found protocol 99 (engine version 9.9)" in said.decode()


async def test_it_waits_for_an_engine_when_asked(home: Path) -> None:
    socket = socket_of(home)
    process = await follower(home, "--wait")
    try:
        assert "no engine answers; waiting for one" in await line_with(process, " engine ")
        async with fake_engine(socket):
            await line_with(process, "attached to the simulated engine")
    finally:
        await stop(process)


def test_without_an_engine_and_with_an_unknown_kind(home: Path) -> None:
    found = call(home, "follow")
    assert found.returncode == EXIT_NO_ENGINE
    assert "no engine answers" in found.stderr
    found = call(home, "follow", "--only", "tickets")
    assert found.returncode == EXIT_USAGE
    assert "expected kinds out of engine, state" in found.stderr


def test_its_help_names_every_kind(home: Path) -> None:
    assert f"between them: {', '.join(KINDS)}." in " ".join(call(home, "follow", "--help").stdout.split())


@pytest.mark.parametrize("module", ["desk.commands.follow", "desk.events"])
def test_no_screen_code_is_loaded(module: str) -> None:
    script = (
        f"import sys, {module}; sys.exit(any(m.split('.')[0] in ('textual', 'rich', 'aiohttp') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
