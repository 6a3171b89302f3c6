"""Commands on the control socket: what is one, what it needs, and words for everything else."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import aiohttp
import msgspec
import pytest

from desk.client import Client
from engine.control import VERBS, ControlServer, check_command
from engine.control.verbs import read_command
from engine.model.frames import Command, Reply
from tests.engine.control.source import Engine

pytestmark = pytest.mark.timeout(30)


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
    fields, needed = set(Command.__struct_fields__), {"speed": "faster"}
    for verb in VERBS.values():
        assert set(verb.needs) <= fields
        size = "1" if verb.name == "edit" else ""
        assert (
            check_command(
                Command(verb.name, quantity=size, **{field: needed.get(field, "auto") for field in verb.needs})
            )
            == ""
        )


@pytest.mark.parametrize("text", ["", "-1", "NaN", "1e9", "0x10", "1,000", "١", "1" * 30, "\x1b[2J"])
def test_an_edit_needs_a_plain_number(text: str) -> None:
    command = Command("edit", ticket="t-1", fingerprint="f", limit_price=text)
    assert check_command(command)


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


@pytest.mark.parametrize("text", ["", "auto", "-1", "NaN", "1e9", "1,000", "∞", "max"])
def test_a_speed_is_a_step_or_a_plain_number(text: str) -> None:
    assert check_command(Command("speed", speed=text))
    for plain in ("faster", "slower", "0", "0.5", "3600"):
        assert check_command(Command("speed", speed=plain)) == ""


def test_nobody_speaks_for_the_engine() -> None:
    """What the watchdog or a control may loosen by itself, a client may not by giving its name."""
    assert read_command(b'{"verb": "resume", "reason": "well again", "by": "watchdog"}').by == "person"


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


def test_a_figure_that_is_refused_is_called_what_people_call_it() -> None:
    long = Command("edit", ticket="t-1", fingerprint="f", quantity="9" * 20)
    assert check_command(long) == f"expected a number of at most 12 digits and 9 decimals for size, found '{'9' * 20}'"
    assert "size, limit, stop, target: all were empty" in check_command(Command("edit", ticket="t", fingerprint="f"))
