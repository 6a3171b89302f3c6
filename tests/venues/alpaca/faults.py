"""What can go wrong on purpose, per REST route: the wrong answer, no answer, or the right answer at the wrong time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

HTML = "<html><head><title>502 Bad Gateway</title></head><body><center>cloudflare</center></body></html>"

FILL_FIRST = web.RequestKey("fill_first", bool)
"""Set on a request whose order is worked before it is answered."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _error(code: int | None, message: str, **extra: Any) -> str:
    return json.dumps({**({} if code is None else {"code": code}), "message": message, **extra})


ANSWERS: dict[str, tuple[int, str, str]] = {
    "500": (500, "application/json", _error(50010000, "internal server error occurred")),
    "503": (503, "text/plain", "service unavailable"),
    "504": (504, "application/json", _error(None, "request timed out")),
    "html": (502, "text/html", HTML),
    "html_200": (200, "text/html", HTML),
    "html_403": (403, "text/html", HTML),
    "html_404": (404, "text/html", HTML),
    "empty": (200, "application/json", ""),
    "truncated": (200, "application/json", '{"id":"6f1d52f5-'),
    "list": (200, "application/json", "[1, null]"),
    "401": (401, "application/json", _error(40110000, "request is not authorized")),
    "401_html": (401, "text/html", HTML),
    "403_buying_power": (
        403,
        "application/json",
        _error(40310000, "insufficient buying power", buying_power="12.5", cost_basis="2500"),
    ),
    "403_shares": (
        403,
        "application/json",
        _error(40310000, "insufficient qty available for order (requested: 10, available: 0)", held_for_orders="10"),
    ),
    "403_short": (403, "application/json", _error(40310000, "account is not allowed to short")),
    "403_wash": (
        403,
        "application/json",
        _error(
            40310000,
            "potential wash trade detected. use complex orders",
            reject_reason="opposite side limit order exists",
        ),
    ),
    "422_price": (
        422,
        "application/json",
        _error(42210000, "invalid limit_price 250.123. sub-penny increment does not fulfill minimum pricing criteria"),
    ),
    "422_asset": (422, "application/json", _error(42210000, 'asset "NOPE" is not tradable')),
    "422_no_code": (422, "application/json", _error(None, "unprocessable")),
    "422_duplicate": (422, "application/json", _error(40010001, "client_order_id must be unique")),
    "429": (429, "application/json", _error(42910000, "rate limit exceeded")),
    "429_html": (429, "text/html", HTML),
}
"""Answers by name: HTTP status, content type, body."""

ACTIONS = ("reset", "hang", "drip", "unknown_status", "fill_first", "missing_fields", "redirect")
"""Faults that are not a plain answer.

reset: the connection is cut. hang: nothing is answered until released. drip: the body comes one byte at a time.
unknown_status: the order's status is a word nobody knows. fill_first: the fill is streamed before the POST is answered.
missing_fields: only id and status are answered. redirect: 302 to elsewhere.
"""

UNKNOWN = (
    "500", "503", "504", "html", "html_200", "html_403", "empty", "truncated", "list", "reset", "hang", "drip",
    "redirect",
)  # fmt: skip
"""No definite answer to an order's POST: what the venue did has to be found out."""


@dataclass
class Fault:
    """One thing to go wrong on `route` (`POST /v2/orders`, `*` for all), `times` times, before or after the work."""

    route: str
    kind: str
    when: str = "before"
    times: int = 1
    reset_in_s: float = 2.0
    """For 429: when the limit resets."""

    def __post_init__(self) -> None:
        if self.kind not in ANSWERS and self.kind not in ACTIONS:
            raise ValueError(f"expected one of {sorted((*ANSWERS, *ACTIONS))}, found {self.kind!r}")
        if self.when not in ("before", "after"):
            raise ValueError(f"expected before or after, found {self.when!r}")


@dataclass
class Faults:
    """The faults waiting to happen, and the gate that hanging requests wait at."""

    waiting: list[Fault] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, route: str, kind: str, when: str = "before", times: int = 1, **more: float) -> Fault:
        """Arrange a fault; returns it."""
        fault = Fault(route, kind, when, times, **more)
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Nothing more goes wrong; hanging requests are let go."""
        self.waiting.clear()
        self.release.set()
        self.release = asyncio.Event()

    def take(self, route: str) -> Fault | None:
        """The next fault for this route, used up by one."""
        for fault in self.waiting:
            if fault.route in ("*", route):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                self.happened.append(f"{route} {fault.kind} {fault.when}")
                return fault
        return None


async def apply(fault: Fault, faults: Faults, request: web.Request, work: Handler) -> web.StreamResponse:
    """Answer `request` with the fault: do the work first when it is an `after` fault, then answer wrongly."""
    if fault.kind in ("unknown_status", "missing_fields"):
        return _altered(fault.kind, await work(request))
    if fault.kind == "fill_first":
        request[FILL_FIRST] = True
        response = await work(request)
        await asyncio.sleep(0.1)
        return response
    answer = await work(request) if fault.when == "after" else None
    if fault.kind == "reset":
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("cut on purpose")
    if fault.kind == "hang":
        await faults.release.wait()
        return answer or web.Response(status=503)
    if fault.kind == "redirect":
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"})
    if fault.kind == "drip":
        return await _drip(request, faults, answer)
    status, content_type, body = ANSWERS[fault.kind]
    headers = {}
    if status == 429:
        headers = {"X-RateLimit-Reset": str(int(time.time() + fault.reset_in_s)), "X-RateLimit-Remaining": "0"}
    return web.Response(status=status, text=body, content_type=content_type, headers=headers)


def _altered(kind: str, answer: web.StreamResponse) -> web.StreamResponse:
    if not isinstance(answer, web.Response) or not answer.text:
        return answer
    body = json.loads(answer.text)
    body = {**body, "status": "quantum_entangled"} if kind == "unknown_status" else {"id": body["id"], "status": "new"}
    return web.json_response(body, status=answer.status)


async def _drip(request: web.Request, faults: Faults, answer: web.StreamResponse | None) -> web.StreamResponse:
    text = answer.text if isinstance(answer, web.Response) and answer.text else "{" + " " * 10_000 + "}"
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(text))})
    await response.prepare(request)
    release = faults.release
    for character in text:
        if release.is_set() or request.transport is None or request.transport.is_closing():
            break
        await response.write(character.encode())
        await asyncio.sleep(0.05)
    return response
