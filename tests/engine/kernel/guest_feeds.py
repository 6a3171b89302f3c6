"""Feeds of somebody's package: `Talk` posts and `Tape` quotes as they should, until TALK_DOES names a fault."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from decimal import Decimal
from typing import Any

from engine.clock import Clock
from engine.model import Author, DisplayText, FeedState, Light, Post, Quote, Sink


class Talk:
    """A feed of posts."""

    name = "whatever it calls itself"

    def __init__(self, config: object, clock: Clock) -> None:
        self._clock = clock
        self._does = os.environ.get("TALK_DOES", "")

    def _post(self, number: int, **other: Any) -> Post:
        now_ns = self._clock.now_ns()
        text = "$TSLA \x1b[2J is great"
        values: dict[str, Any] = {"author": Author("1", DisplayText("ann")), "raw": text, "text": DisplayText(text)}
        values |= {"id": str(number), "source": "talk", "published_ns": now_ns, "received_ns": now_ns} | other
        return Post(**values)

    def run(self, sink: Sink) -> Any:
        if self._does == "not a coroutine":
            return 7
        return self._run(sink)

    async def _run(self, sink: Sink) -> None:
        now_ns = self._clock.now_ns()
        sink.report(FeedState(self.name, Light.UP, now_ns, now_ns))
        await sink.put([self._post(1)])
        match self._does:
            case "deaf":
                while True:
                    try:
                        await asyncio.sleep(0.01)
                    except asyncio.CancelledError:
                        print("not listening", flush=True)
            case "deaf to all":
                while True:
                    try:
                        await asyncio.sleep(0.01)
                    except BaseException:  # noqa: BLE001
                        print("not listening", flush=True)
            case "blocks when called off":
                try:
                    await asyncio.Event().wait()
                finally:
                    time.sleep(1000)
            case "thread":
                await asyncio.to_thread(time.sleep, 1000)
            case "own thread":
                threading.Thread(target=time.sleep, args=(1000,), name="theirs").start()
            case "blocks":
                time.sleep(1000)
            case "exits":
                sys.exit()
            case "exits in a task":
                theirs = asyncio.create_task(self._exit())
                await asyncio.wait((theirs,))
            case "raises":
                raise ZeroDivisionError("a fault in \x1b[31m somebody's package")
            case "wrong type":
                await sink.put([self._post(2, published_ns="yesterday")])
            case "endless":
                await sink.put(self._post(number) for number in iter(int, 1))  # type: ignore[arg-type]
        await asyncio.Event().wait()

    async def _exit(self) -> None:
        sys.exit()


class Tape:
    """A feed of prices."""

    name = "tape"

    def __init__(self, config: object, clock: Clock) -> None:
        self._clock = clock

    async def run(self, sink: Sink) -> None:
        now_ns = self._clock.now_ns()
        sink.report(FeedState(self.name, Light.UP, now_ns, now_ns))
        while True:
            now_ns = self._clock.now_ns()
            await sink.put([Quote("TSLA", now_ns, now_ns, Decimal("250"), Decimal("250.10"), None)])
            await asyncio.sleep(0.2)
