"""Pretend endpoints on loopback: one HTTP server that speaks Anthropic Messages, chat completions and Bedrock Converse.

The model behind them is gullible: it does what the post says, where a post says `ANSWER <json>`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

from engine.scoring.llm.prompt import SYSTEM, TOOL

KEY = "made-up-key"
Reply = web.Response
Fault = Callable[[web.Request], Any]


class Endpoint:
    """One server. `faults` are used up one per request; then it answers well."""

    def __init__(self) -> None:
        self.url = ""
        self.questions: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.faults: list[Any] = []
        """Each a response, or a coroutine function that makes one."""
        self.tokens = (700, 60)
        self.open = 0
        self.hold: asyncio.Event | None = None

    async def _enter(self, request: web.Request) -> web.Response | None:
        self.open += 1
        try:
            self.bodies.append(json.loads(await request.read()))
            if self.hold is not None:
                await self.hold.wait()
            if self.faults:
                fault = self.faults.pop(0)
                return await fault() if callable(fault) else fault
        finally:
            self.open -= 1
        return None

    def _answer(self, system: str, question: str) -> dict[str, Any]:
        assert system == SYSTEM
        self.questions.append(question)
        return gullible(question)

    async def anthropic(self, request: web.Request) -> web.Response:
        fault = await self._enter(request)
        if fault is not None:
            return fault
        body = self.bodies[-1]
        if request.headers.get("x-api-key") != KEY or "anthropic-version" not in request.headers:
            return web.json_response({"type": "error"}, status=401)
        assert body["tool_choice"] == {"type": "tool", "name": TOOL} and body["max_tokens"] > 0
        answer = self._answer(body["system"], body["messages"][0]["content"])
        block = {"type": "tool_use", "id": "toolu_1", "name": TOOL, "input": answer}
        usage = {"input_tokens": self.tokens[0], "output_tokens": self.tokens[1]}
        return web.json_response(
            {"id": "msg_1", "type": "message", "content": [block], "stop_reason": "tool_use", "usage": usage}
        )

    async def chat(self, request: web.Request) -> web.Response:
        fault = await self._enter(request)
        if fault is not None:
            return fault
        body = self.bodies[-1]
        if request.headers.get("Authorization") not in (None, f"Bearer {KEY}"):
            return web.json_response({"error": {}}, status=401)
        assert body["response_format"]["json_schema"]["strict"] is True
        system, user = body["messages"]
        message = {"role": "assistant", "content": json.dumps(self._answer(system["content"], user["content"]))}
        usage = {"prompt_tokens": self.tokens[0], "completion_tokens": self.tokens[1]}
        return web.json_response(
            {"id": "c1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
        )

    async def converse(self, request: web.Request) -> web.Response:
        fault = await self._enter(request)
        if fault is not None:
            return fault
        body = self.bodies[-1]
        assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")
        answer = self._answer(body["system"][0]["text"], body["messages"][0]["content"][0]["text"])
        block = {"toolUse": {"toolUseId": "t1", "name": TOOL, "input": answer}}
        usage = {"inputTokens": self.tokens[0], "outputTokens": self.tokens[1], "totalTokens": sum(self.tokens)}
        return web.json_response(
            {
                "output": {"message": {"role": "assistant", "content": [block]}},
                "stopReason": "tool_use",
                "usage": usage,
                "metrics": {"latencyMs": 1},
            }
        )


def gullible(question: str) -> dict[str, Any]:
    """The answer of a model that does what a post tells it to; else 0.5 for every symbol that it was asked about."""
    head, _, post = question.partition("\n\n")
    symbols = head.removeprefix("Symbols: ").split(", ")
    lines = post.strip().split("\n")
    mark = re.fullmatch(r"<post ([0-9a-f]{16})>", lines[0])
    assert mark is not None and lines[-1] == f"</post {mark[1]}>" and len(lines) == 3, "one line between two marks"
    assert post.count(mark[1]) == 2, "the text does not know its marks"
    text = json.loads(lines[1])
    _, told, order = text.partition("ANSWER ")
    if told:
        with contextlib.suppress(ValueError):
            return dict(json.loads(order))
    entry = {"score": 0.5, "confidence": 0.9, "reason": "sales rose"}
    return {"scores": [{"symbol": symbol, **entry} for symbol in symbols], "impact": "medium"}


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Endpoint]:
    """The server on a free port."""
    endpoint = Endpoint()
    app = web.Application(client_max_size=4 << 20)
    app.router.add_post("/v1/messages", endpoint.anthropic)
    app.router.add_post("/chat/completions", endpoint.chat)
    app.router.add_post("/model/{model}/converse", endpoint.converse)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    endpoint.url = f"http://{host}:{port}"
    try:
        yield endpoint
    finally:
        await runner.cleanup()
