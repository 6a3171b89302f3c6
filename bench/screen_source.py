"""Frames for the bench of the screen: the control socket's protocol at a set rate, with any number of symbols.

A process of its own, so that making frames costs the desk nothing; every row is built before the load begins. It does
what the engine does: 15 frames a second, the newest 200 posts in each and the gauge of every symbol that a post or a
price moved since the one before, its sparkline every half minute. It feeds while its standard input last said `go`,
and is quiet after `stop`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from decimal import Decimal
from itertools import cycle, islice
from pathlib import Path

import msgspec
from aiohttp import web

from engine.clock import SECOND
from engine.model import DecisionKind, Fill, OrderStatus, Role, Side
from engine.model.frames import Frame, PostRow, Push, Snapshot, SymbolRow
from tests.desk import made_up, made_up_answers
from tests.desk.fake_engine import FRAME_HZ, FakeEngine

FRAME_POSTS = 200
"""Most posts of a frame, as in the engine."""
_SPARK_FRAMES = 30 * FRAME_HZ
"""Frames between two that carry sparklines."""
_STEPS = 8
"""Different looks of each gauge, shown in turn."""
_POOL = 4_000
"""Different posts, shown in turn."""
_BOOK = 200
"""Orders and fills: as many as the engine keeps for display."""


def symbols(count: int) -> list[str]:
    """The names of a watchlist of that length: the made-up ones first."""
    return [*made_up.SYMBOLS, *(f"S{number:03d}" for number in range(count))][:count]


def gauges(names: list[str], step: int) -> list[SymbolRow]:
    """The gauge of each symbol at a step."""
    looks = cycle(made_up.symbol_row(symbol, step + 1) for symbol in ("TSLA", "GOOG", "NVDA", "META"))
    return [
        msgspec.structs.replace(row, symbol=name, mood=msgspec.structs.replace(row.mood, symbol=name))
        for name, row in zip(names, looks, strict=False)
    ]


def crowded(names: list[str]) -> Snapshot:
    """A desk with everything it can hold: every symbol, a full book, tickets that outlast the run."""
    base = made_up.snapshot(tickets=0)
    tickets = tuple(made_up.ticket(n, symbol, ttl_s=36_000) for n, symbol in enumerate(("TSLA", "NVDA", "META"), 1))
    filled = [made_up.order(made_up.ticket(n, "NVDA"), OrderStatus.FILLED) for n in range(100, 100 + _BOOK)]
    fills = tuple(
        Fill(f"x{n}", order.client_order_id, order.symbol, Side.BUY, order.quantity, Decimal("482.01"), Decimal("0.13"),
             made_up.NOW, order.signal_id, Role.ENTRY)
        for n, order in enumerate(filled)
    )  # fmt: skip
    return msgspec.structs.replace(
        base, symbols=tuple(gauges(names, 0)), tickets=tickets, orders=(*base.orders, *filled), fills=fills
    )


class Source(FakeEngine):
    """A fake engine with many symbols, whose frames cost next to nothing to make."""

    def __init__(self, socket: Path, names: list[str], posts_per_s: float) -> None:
        super().__init__(socket, crowded(names))
        self._names = names
        self._rate = posts_per_s
        self._looks = [gauges(names, step) for step in range(_STEPS)]
        self._bare = [[msgspec.structs.replace(row, spark=()) for row in rows] for rows in self._looks]
        self._random = random.Random(7)
        shown = cycle(names)
        self._pool: list[PostRow] = [
            msgspec.structs.replace(made_up.post(n), symbols=(next(shown),), id=str(n)) for n in range(_POOL)
        ]
        self.feeding = asyncio.Event()

    async def feed(self) -> None:
        """Frames while `feeding` is set, for ever."""
        pool, step = cycle(self._pool), 0
        while True:
            await self.feeding.wait()
            began, sent, frames = time.monotonic(), 0, 0
            while self.feeding.is_set():
                step += 1
                frames += 1
                due = int((time.monotonic() - began) * self._rate) - sent
                sent += due
                self.posts += due
                await self.send(self._frame(tuple(islice(pool, min(due, FRAME_POSTS))), due, step))
                await asyncio.sleep(max(0.0, began + frames / FRAME_HZ - time.monotonic()))

    async def end_tickets(self) -> None:
        """Decide every ticket: a countdown that runs is no rest."""
        for ticket in self.state.tickets:
            decision = made_up.decision(ticket, DecisionKind.EXPIRED, "clock", "not decided in time")
            await self.send(Push(rev=0, ticket=ticket, decision=decision))
        self.state = msgspec.structs.replace(self.state, tickets=())

    def _frame(self, posts: tuple[PostRow, ...], due: int, step: int) -> Frame:
        moved = set(self._random.choices(range(len(self._names)), k=due)) | set(range(step % 15, len(self._names), 15))
        looks, now_ns = (self._bare if step % _SPARK_FRAMES else self._looks)[step % _STEPS], self._now()
        stamped = tuple(msgspec.structs.replace(post, published_ns=now_ns) for post in posts)
        return Frame(
            rev=0,
            status=made_up.status(posts=self.posts, clock_ns=now_ns, posts_per_s=self._rate),
            account=made_up.account(),
            symbols=tuple(looks[index] for index in sorted(moved)),
            posts=stamped,
            feeds=made_up.feeds(now_ns - now_ns % SECOND),
        )

    async def _symbol(self, request: web.Request) -> web.Response:
        detail = msgspec.structs.replace(made_up_answers.symbol_detail(), symbol=request.query["name"])
        return web.Response(body=msgspec.json.encode(detail), content_type="application/json")


async def _serve(socket: Path, count: int, rate: float) -> None:
    source = Source(socket, symbols(count), rate)
    await source.start()
    feed = asyncio.create_task(source.feed())
    print("listening", flush=True)
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    ending: list[asyncio.Task[None]] = []

    def told() -> None:
        line = sys.stdin.readline().strip()
        if line == "go":
            source.feeding.set()
        elif line == "stop":
            source.feeding.clear()
            ending.append(loop.create_task(source.end_tickets()))
        else:
            loop.remove_reader(sys.stdin)
            ended.set_result(None)

    loop.add_reader(sys.stdin, told)
    await ended
    feed.cancel()
    await source.stop()


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description="Frames at a set rate on a control socket")
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--symbols", type=int, default=5)
    parser.add_argument("--rate", type=float, default=1_000.0, help="posts a second")
    given = parser.parse_args()
    asyncio.run(_serve(given.socket, given.symbols, given.rate))


if __name__ == "__main__":
    main()
