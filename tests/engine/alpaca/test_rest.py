"""Calls through alpaca-py: what a Reply says, how long a call may take, and what never happens twice."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import threading
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from engine.alpaca.rest import RETRY_AFTER_LIMIT_S, Reply, Rest, _retry_after
from engine.clock import SystemClock
from tests.venues.alpaca import AlpacaSimulator


@pytest.fixture
async def venue() -> AsyncIterator[AlpacaSimulator]:
    async with AlpacaSimulator() as simulator:
        yield simulator


def made(venue: AlpacaSimulator, url: str, *, timeout_s: float, threads: int) -> Rest:
    return Rest(
        url, SystemClock(), key_id=venue.key_id, secret_key=venue.secret_key, timeout_s=timeout_s, threads=threads,
        name="test",
    )  # fmt: skip


@pytest.fixture
async def rest(venue: AlpacaSimulator) -> AsyncIterator[Rest]:
    calls = made(venue, venue.trading_url, timeout_s=1.0, threads=2)
    await calls.open()
    yield calls
    await calls.close()


async def test_an_answer_is_read_by_us_with_exact_numbers(rest: Rest) -> None:
    reply = await rest.call("GET", "/account")
    assert (reply.ok, reply.status, reply.problem) == (True, 200, "")
    assert reply.body["cash"] == "100000"


async def test_the_environments_proxy_is_used(venue: AlpacaSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", venue.trading_url)
    calls = made(venue, "http://alpaca.invalid", timeout_s=5.0, threads=1)
    await calls.open()
    reply = await calls.call("GET", "/account")
    await calls.close()
    assert reply.ok and venue.requests[0][:2] == ("GET", "/v2/account")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_an_authority_of_the_environment_is_trusted(
    venue: AlpacaSimulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)

    async def clock(request: web.Request) -> web.Response:
        return web.json_response({"is_open": True})

    app = web.Application()
    app.router.add_get("/v2/clock", clock)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    server = TestServer(app, host="localhost", scheme="https")
    await server.start_server(ssl=context)
    try:
        for trusted in (False, True):
            if trusted:
                monkeypatch.setenv(variable, str(tmp_path / "authority.pem"))
            calls = made(venue, str(server.make_url("")).rstrip("/"), timeout_s=5.0, threads=1)
            await calls.open()
            reply = await calls.call("GET", "/clock")
            await calls.close()
            assert reply.ok is trusted
            assert trusted or "TLS failed" in reply.reason
    finally:
        await server.close()


@pytest.mark.parametrize("kind", ["429", "504", "500", "html", "reset"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_nothing_is_ever_sent_twice(venue: AlpacaSimulator, rest: Rest, method: str, kind: str) -> None:
    venue.faults.add("*", kind, times=9)
    await rest.call(method, "/orders", {"symbol": "TSLA"} if method == "POST" else None)
    assert len(venue.requests) == 1


@pytest.mark.parametrize(
    ("kind", "ok", "refusal", "status"),
    [
        ("404", False, True, 404),
        ("html", False, False, 502),
        ("html_200", False, False, 200),
        ("html_403", False, False, 403),
        ("empty", False, False, 200),
        ("401", False, True, 401),
        ("429", False, False, 429),
        ("redirect", False, False, 302),
        ("reset", False, False, None),
    ],
)
async def test_what_an_answer_is_worth(
    venue: AlpacaSimulator, rest: Rest, kind: str, ok: bool, refusal: bool, status: int | None
) -> None:
    if kind != "404":
        venue.faults.add("*", kind)
    reply = await rest.call("GET", "/orders/none")
    assert (reply.ok, reply.refusal, reply.status) == (ok, refusal, status)
    assert reply.reason


async def test_a_hanging_and_a_dripping_answer_end_at_the_limit(venue: AlpacaSimulator, rest: Rest) -> None:
    for kind in ("hang", "drip"):
        venue.faults.add("*", kind)
        reply = await rest.call("GET", "/account")
        assert reply.status is None
        assert reply.problem in ("no answer within 1 s", "no answer in time")  # our limit, or the socket's just before
    assert (await rest.call("GET", "/account")).ok


async def test_before_opening_and_after_closing_nothing_is_sent(venue: AlpacaSimulator, rest: Rest) -> None:
    unopened = made(venue, venue.trading_url, timeout_s=1.0, threads=1)
    assert (await unopened.call("GET", "/account")).status is None
    await unopened.close()
    await rest.close()
    assert (await rest.call("GET", "/account")).status is None
    assert not venue.requests


class Door:
    """A permit that a test gives."""

    def __init__(self) -> None:
        self.opened, self.asked = threading.Event(), threading.Event()
        self.given_up: list[str] = []
        self.why = ""

    def wait(self) -> str:
        self.asked.set()
        self.opened.wait()
        return self.why

    async def known(self) -> None:
        await asyncio.to_thread(self.opened.wait)

    def give_up(self, reason: str) -> None:
        self.given_up.append(reason)
        self.opened.set()


ORDER = {"symbol": "TSLA", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}


async def test_what_needs_a_permit_is_made_ready_and_leaves_with_it(venue: AlpacaSimulator, rest: Rest) -> None:
    """Its limit of one second begins then."""
    door = Door()
    calling = asyncio.ensure_future(rest.begin("POST", "/orders", ORDER, door))
    assert await asyncio.to_thread(door.asked.wait, 30.0)
    done, _ = await asyncio.wait({calling}, timeout=1.2)
    assert not done and venue.requests == deque()
    door.opened.set()
    assert (await calling).ok
    assert len(venue.posts()) == 1


async def test_without_its_permit_nothing_is_sent(venue: AlpacaSimulator, rest: Rest) -> None:
    door = Door()
    door.why = "trading is halted"
    door.opened.set()
    reply = await rest.begin("POST", "/orders", ORDER, door)
    assert (reply.withheld, reply.status, reply.problem) == (True, None, "trading is halted")
    assert (await rest.call("GET", "/account")).ok
    assert [request[0] for request in venue.requests] == ["GET"]


async def test_closing_ends_what_waits_for_its_permit_and_sends_nothing(venue: AlpacaSimulator) -> None:
    before = set(threading.enumerate())
    calls = made(venue, venue.trading_url, timeout_s=30.0, threads=1)
    await calls.open()
    door = Door()
    calling = asyncio.ensure_future(calls.begin("POST", "/orders", ORDER, door))
    assert await asyncio.to_thread(door.asked.wait, 30.0)
    await calls.close()
    reply = await calling
    assert not reply.ok and not reply.withheld and door.given_up == ["the connection was closed"]
    assert venue.posts() == []
    assert {thread for thread in threading.enumerate() if thread.name.startswith("test")} <= before


async def test_an_echoed_secret_is_struck_out(venue: AlpacaSimulator, rest: Rest) -> None:
    reply = await rest.call("GET", f"/assets/{venue.secret_key}")
    assert reply.status == 404
    assert venue.secret_key not in repr(reply)
    assert "[secret]" in reply.reason


@given(st.dictionaries(st.sampled_from(["Retry-After", "X-RateLimit-Reset"]), st.text(max_size=40)))
def test_any_wish_of_the_venue_is_a_bounded_wait_or_none(headers: dict[str, str]) -> None:
    wait = _retry_after(headers, 1_000.0)
    assert wait is None or 0 <= wait <= RETRY_AFTER_LIMIT_S


def test_wishes_in_every_form() -> None:
    assert _retry_after({"retry-after": "7"}, 0) == 7
    assert _retry_after({"X-RateLimit-Reset": "1012"}, 1_000) == 12
    assert _retry_after({"X-RateLimit-Reset": "900"}, 1_000) == 0
    assert _retry_after({"Retry-After": "Thu, 01 Jan 1970 00:00:30 GMT"}, 10) == 20
    assert _retry_after({"Retry-After": "99999"}, 0) == RETRY_AFTER_LIMIT_S
    assert _retry_after({}, 0) is None


def test_a_reply_without_words_still_has_a_reason() -> None:
    assert Reply(503).reason == "HTTP 503: no reason given"
    assert Reply(None).reason == "no reason given"


def test_importing_the_broker_and_the_feed_imports_no_client_library() -> None:
    code = (
        "import sys, engine.brokers.alpaca, engine.feeds.prices;"
        "print([name for name in ('alpaca', 'pandas', 'requests', 'websockets', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_client_brings_no_data_library_along() -> None:
    code = (
        "import asyncio, sys\n"
        "from engine.alpaca.rest import Rest\n"
        "from engine.clock import SystemClock\n"
        "rest = Rest('http://localhost', SystemClock(), key_id='K', secret_key='S', timeout_s=1, threads=1, name='t')\n"
        "asyncio.run(rest.open())\n"
        "print('alpaca.common.rest' in sys.modules, [n for n in ('pandas', 'numpy', 'alpaca.trading', 'alpaca.data')"
        " if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "True []"
