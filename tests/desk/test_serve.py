"""`desk serve` as a process: who is let in, what a page may do, and that real money is never served."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import psutil
import pytest
from msgspec.structs import replace
from yarl import URL

from desk.client import Client
from desk.commands.serve import _run
from desk.serve import VIEWERS, Door
from desk.served import ServedClient
from engine.errors import EXIT_NO_ENGINE, EXIT_USAGE, DeskError
from engine.model.frames import Command
from tests.desk import made_up
from tests.desk.fake_engine import fake_engine
from tests.desk.serving import serving
from tests.program import call

pytest.importorskip("textual_serve", reason="the extra `web` is not installed")
pytestmark = pytest.mark.timeout(120)


def browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=30))


async def status(session: aiohttp.ClientSession, url: URL, **headers: str) -> int:
    async with session.get(url, headers=headers, allow_redirects=False) as answer:
        return answer.status


async def test_one_address_opens_once_for_one_browser(home: Path) -> None:
    async with serving(home) as (_, address), browser() as mine, browser() as other:
        root = address.with_query(None)
        assert root.host == "127.0.0.1"
        for url in (root, root / "static/js/textual.js", root / "ws", address.with_query(token="guess")):
            assert await status(other, url) == 403
        assert await status(other, address, Host="evil.example") == 403
        assert await status(mine, address) == 303
        assert await status(other, address) == 403
        assert await status(mine, address) == 403
        async with mine.get(root) as page:
            assert page.status == 200
            assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
            assert "googleapis" not in page.headers["Content-Security-Policy"]
            assert f"ws://127.0.0.1:{root.port}/ws" in await page.text()
        assert await status(other, root) == 403
        assert await status(mine, root / "static/js/textual.js") == 200
        assert await status(mine, root, **{"Sec-Fetch-Site": "cross-site"}) == 403
        for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await mine.ws_connect(root / "ws", headers=origin)
            assert refused.value.status == 403


async def raw(url: URL, request: str) -> bytes:
    """What is answered to bytes that no well-behaved client sends."""
    assert url.port is not None
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(request.encode().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    async with asyncio.timeout(20):
        answer = await reader.read(65536)
    writer.close()
    return answer


async def test_no_other_way_through_the_door(home: Path) -> None:
    """A name that was rebound to this machine, no name at all, paths that climb, foreign pages, a method of its own."""
    async with serving(home) as (engine, address), browser() as mine:
        root, here = address.with_query(None), f"127.0.0.1:{address.port}"
        for head in (
            "GET / HTTP/1.0",
            f"GET /?token={address.query['token']} HTTP/1.0",
            f"GET / HTTP/1.1\nHost: rebound.example:{address.port}\nConnection: close",
            f"GET / HTTP/1.1\nHost: {here}.example\nConnection: close",
            f"GET /?token={address.query['token']} HTTP/1.1\nHost: [::1]:{address.port}\nConnection: close",
            f"GET http://rebound.example/ HTTP/1.1\nHost: {here}\nConnection: close",
            f"GET / HTTP/1.1\nHost: {here}\nCookie: desk-{address.port}=\nConnection: close",
            f"GET / HTTP/1.1\nHost: {here}\nCookie: desk-{address.port}=a; desk-{address.port}=b\nConnection: close",
            f"GET /ws HTTP/1.1\nHost: {here}\nOrigin: http://{here}\nUpgrade: websocket\nConnection: close",
        ):
            assert b" 403 " in (await raw(root, head)).split(b"\r\n")[0], head
        async with mine.get(address, allow_redirects=False) as admitted:
            cookie = admitted.cookies[f"desk-{address.port}"]
            assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Strict", "")
            assert admitted.headers["Location"] == "/", "the token is in no address that a browser keeps"
            assert admitted.headers["Referrer-Policy"] == "no-referrer"
        shown = f"Host: {here}\nCookie: {cookie.key}={cookie.value}\nConnection: close"
        for path in ("/static/../../../etc/passwd", "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/static//etc/passwd",
                     "/static/..%2f..%2f..%2fserver.py", "/download/../../etc/passwd", "//etc/passwd"):  # fmt: skip
            answer = await raw(root, f"GET {path} HTTP/1.1\n{shown}")
            assert answer.split()[1] in (b"400", b"403", b"404"), (path, answer[:200])
            assert b"root:" not in answer
        assert (await raw(root, f"POST / HTTP/1.1\n{shown}\nContent-Length: 0")).split()[1] == b"405"
        assert engine.commands == []


async def test_the_token_is_seen_nowhere_but_in_the_address(home: Path) -> None:
    """Neither in what `ps` shows of the server and its pages, nor in any file."""
    async with serving(home) as (_, address), browser() as mine:
        token = address.query["token"].encode()
        assert await status(mine, address) == 303
        root = address.with_query(None)
        origin = {"Origin": f"http://127.0.0.1:{root.port}"}
        async with mine.ws_connect((root / "ws").with_query(width=90, height=30), headers=origin) as page:
            await until_painted(page, "READ-ONLY")
            ours = psutil.Process().children(recursive=True)
            assert any("desk.served" in " ".join(each.cmdline()) for each in ours)
            for each in ours:
                assert token not in " ".join(each.cmdline()).encode()
                assert token.decode() not in "".join(each.environ().values())
            pages = [each for each in ours if "desk.served" in each.cmdline()]
        psutil.wait_procs(pages, 20)
        assert not [each for each in pages if each.is_running()], "a page that was left has no process"
        for file in home.rglob("*"):
            assert not file.is_file() or token not in file.read_bytes(), file


async def until_painted(page: aiohttp.ClientWebSocketResponse, text: str) -> None:
    """Read what the page is sent until this text has been painted."""
    seen = b""
    async with asyncio.timeout(60):
        async for message in page:
            if message.type is aiohttp.WSMsgType.BINARY:
                seen = (seen + message.data)[-200_000:]
                if text.encode() in seen:
                    return
    raise AssertionError(f"expected {text!r}, found the end: {seen[-300:]!r}")


async def test_a_page_looks_and_commands_nothing(home: Path) -> None:
    async with serving(home) as (engine, address), browser() as mine:
        assert await status(mine, address) == 303
        root = address.with_query(None)
        origin = {"Origin": f"http://127.0.0.1:{root.port}"}
        async with mine.ws_connect((root / "ws").with_query(width=100, height=30), headers=origin) as page:
            await until_painted(page, "READ-ONLY")
            for key in (
                "t",
                "y",
                "n",
                "1",
                "\x1b[27u",
                "e",
                "\x1b[27u",
                "K",
                "h",
                "m",
                "C",
                "R",
                "a",
                "x",
                "U",
                "X",
                "q",
                "s",
            ):
                await page.send_str(json.dumps(["stdin", key]))
                await asyncio.sleep(0.3)
            await page.send_str(json.dumps(["stdin", "\x1b[27u"]))
            await page.send_str(json.dumps(["stdin", "p"]))
            await until_painted(page, "read-only: nothing was sent")
        assert engine.commands == []


async def test_a_page_that_may_command_does(home: Path) -> None:
    async with serving(home, "--with-commands") as (engine, address), browser() as mine:
        assert await status(mine, address) == 303
        root = address.with_query(None)
        origin = {"Origin": f"http://127.0.0.1:{root.port}"}
        async with mine.ws_connect((root / "ws").with_query(width=100, height=30), headers=origin) as page:
            await until_painted(page, "SIMULATED")
            await asyncio.wait_for(engine.attached.wait(), 30)
            async with asyncio.timeout(30):
                while not engine.commands:
                    await page.send_str(json.dumps(["stdin", "R"]))
                    await asyncio.sleep(0.3)
        assert engine.commands[0].verb == "reconcile"


def test_real_money_is_never_served(home: Path) -> None:
    found = call(home, "serve", "--profile", "live")
    assert found.returncode == EXIT_USAGE
    assert "real money stays in the terminal" in found.stderr


async def test_real_money_is_not_served_under_another_name(socket: Path) -> None:
    """What counts is the profile that the engine has, not the one that was asked for."""
    snapshot = made_up.snapshot()
    live = replace(snapshot, status=replace(snapshot.status, profile="live"))
    async with fake_engine(socket, live):
        with pytest.raises(DeskError, match="real money stays in the terminal"):
            await _run(Client(socket), 0, "true", "desk", acts=False)


async def test_real_money_that_takes_the_place_of_a_served_engine_is_neither_shown_nor_commanded(socket: Path) -> None:
    async with fake_engine(socket) as engine, ServedClient(socket) as client:
        assert (await client.command(Command(verb="reconcile"))).ok
        status = replace(engine.state.status, profile="live")
        engine.state = replace(engine.state, status=status)
        with pytest.raises(DeskError, match="real money stays in the terminal"):
            await client.command(Command(verb="kill", reason="r"))
        with pytest.raises(DeskError, match="real money stays in the terminal"):
            async for _ in client.stream():
                pass
        assert [command.verb for command in engine.commands] == ["reconcile"]


def test_it_owns_no_engine(home: Path) -> None:
    found = call(home, "serve", "--profile", "paper")
    assert found.returncode == EXIT_NO_ENGINE
    assert "no engine answers" in found.stderr


def test_pages_are_counted() -> None:
    door = Door(8000)
    for _ in range(VIEWERS):
        door.viewing(1)
    assert door._viewers == VIEWERS
    assert door.address == f"http://127.0.0.1:8000/?token={door.token}"
    assert door.admit()
    assert door.token == ""
