"""What is sent to the control socket and cannot be read: 400 and a line, for each kind, and the engine serves on."""

from __future__ import annotations

import asyncio
import gzip
import logging
from pathlib import Path

import pytest

from desk.client import Client
from engine.control import ControlServer
from engine.control.unreadable import encoding
from tests.engine.control.source import Engine

pytestmark = pytest.mark.timeout(30)

COMMAND = b'{"verb":"pause","reason":"lunch"}'
CHUNKED = b"POST /v1/command HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n"


def post(body: bytes, packing: str) -> bytes:
    head = (
        f"POST /v1/command HTTP/1.1\r\nHost: desk\r\nContent-Encoding: {packing}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


UNREADABLE = [
    pytest.param(post(b"this is no gzip", "gzip"), b"found Content-Encoding gzip", id="no-gzip"),
    pytest.param(post(gzip.compress(COMMAND), "gzip"), b"found Content-Encoding gzip", id="gzip"),
    pytest.param(post(gzip.compress(b" " * 50_000_000), "gzip"), b"found Content-Encoding gzip", id="bomb"),
    pytest.param(post(b"\xff\xfe!!", "deflate"), b"found Content-Encoding deflate", id="no-deflate"),
    pytest.param(post(b"\xff\xfe!!", "br"), b"found Content-Encoding br", id="br"),
    pytest.param(CHUNKED + b"ZZ\r\nabc\r\n0\r\n\r\n", b"chunk size", id="chunk"),
    pytest.param(b"BREW /v1/command HTTP/1.1\r\nHost: desk\r\n\r\n", b"Invalid method", id="method"),
]


@pytest.mark.parametrize(("sent", "words"), UNREADABLE)
async def test_what_cannot_be_read_is_answered_with_400_and_told_in_a_line(
    tmp_path: Path,
    server: ControlServer,
    engine: Engine,
    caplog: pytest.LogCaptureFixture,
    sent: bytes,
    words: bytes,
) -> None:
    caplog.set_level(logging.INFO)
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "desk.sock"))
    writer.write(sent)
    answer = b""
    async with asyncio.timeout(5):
        while words not in answer:
            more = await reader.read(4096)
            assert more, answer
            answer += more
    writer.close()
    assert answer.split(b" ", 2)[1] == b"400"
    assert not any(record.exc_info for record in caplog.records), caplog.text
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert any("cannot be read" in record.getMessage() for record in caplog.records) or b"method" in words
    async with Client(tmp_path / "desk.sock") as client:
        assert await client.feeds() == engine.feeds()


async def test_a_packed_body_where_none_is_read_leaves_no_traceback(
    tmp_path: Path, server: ControlServer, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "desk.sock"))
    writer.write(b"GET /v1/feeds HTTP/1.1\r\nHost: desk\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
    assert not caplog.records


def test_what_is_named_is_told_cleaned_and_plain_text_is_taken() -> None:
    assert encoding("") == encoding("identity") == ""
    assert "\x1b" not in encoding("gz\x1b[2Jip")
