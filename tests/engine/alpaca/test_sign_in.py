"""Signing in to a data stream, over a real socket: greeted first, then the keys, then nothing until they are taken."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from engine.alpaca.read import Json
from engine.alpaca.sign_in import sign_in
from engine.alpaca.stream import Talk

CONNECTED = [{"T": "success", "msg": "connected"}]
AUTHENTICATED = [{"T": "success", "msg": "authenticated"}]
REFUSED = [{"T": "error", "code": 402, "msg": "auth failed"}]


class Refusal(Exception):
    """What the caller's check makes of an error message."""


def check(message: dict[str, Json]) -> None:
    if message.get("T") == "error":
        raise Refusal(message.get("msg"))


@asynccontextmanager
async def venue(before: Sequence[str], after: Sequence[str], heard: list[object]) -> AsyncIterator[Talk]:
    """A socket that says `before`, hears one message, and says `after`."""

    async def answer(socket: ServerConnection) -> None:
        for frame in before:
            await socket.send(frame)
        heard.append(json.loads(await socket.recv()))
        for frame in after:
            await socket.send(frame)
        await socket.wait_closed()

    async with serve(answer, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}") as socket:
            yield Talk(socket)


async def test_the_keys_go_out_after_the_greeting_and_once() -> None:
    heard: list[object] = []
    noise = [json.dumps([{"T": "success", "msg": "authenticated"}]), "[]"]
    async with venue([*noise, json.dumps(CONNECTED)], ["not json", json.dumps(AUTHENTICATED)], heard) as talk:
        await sign_in(talk, "a made-up key", "a made-up secret", check)
    assert heard == [{"action": "auth", "key": "a made-up key", "secret": "a made-up secret"}]


async def test_a_refusal_ends_it_by_the_callers_word() -> None:
    async with venue([json.dumps(CONNECTED)], [json.dumps(REFUSED)], []) as talk:
        with pytest.raises(Refusal, match="auth failed"):
            await sign_in(talk, "k", "s", check)


async def test_a_refusal_in_place_of_the_greeting_sends_no_key() -> None:
    heard: list[object] = []
    async with venue([json.dumps(REFUSED)], [], heard) as talk:
        with pytest.raises(Refusal):
            await sign_in(talk, "k", "s", check)
    assert heard == []
