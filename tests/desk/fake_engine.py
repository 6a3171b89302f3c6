"""An engine that is not one: speaks the control socket's protocol on a real Unix socket, with made-up data.

Tests attach the desk to it and assert on the commands it received. By hand:

    python -m tests.desk.fake_engine --socket /run/user/1000/fake.sock --rate 20
    python -m tests.desk.fake_engine --socket /run/user/1000/fake.sock --desk
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import msgspec
from aiohttp import WSMsgType, web

from engine.clock import SECOND
from engine.model import DecisionKind, Edits, Mode, OrderStatus, Side, Ticket, TradingState, fingerprint
from engine.model.frames import Command, Frame, Goodbye, Push, Reply, Snapshot
from tests.desk import made_up, made_up_answers

FRAME_HZ = 15.0


class FakeEngine:
    """One snapshot, the frames and pushes a test sends, and every command it received."""

    def __init__(self, socket: Path, snapshot: Snapshot | None = None) -> None:
        self.socket = socket
        self.state = snapshot or made_up.snapshot()
        self.commands: list[Command] = []
        self.asked: list[str] = []
        """Symbols that were asked about."""
        self.fed = made_up_answers.feeds_detail()
        self.replies: dict[str, Reply] = {}
        """Answers by verb; what is not here is carried out."""
        self.rev = self.state.rev
        self.attached = asyncio.Event()
        self.posts = self.state.status.posts
        self._sockets: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/v1/snapshot", self._snapshot),
                web.get("/v1/stream", self._stream),
                web.get("/v1/symbol", self._symbol),
                web.get("/v1/feeds", self._feeds),
                web.post("/v1/command", self._command),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self.socket)).start()

    async def stop(self) -> None:
        """Go away without a word, as a killed engine does."""
        for socket in list(self._sockets):
            if socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self.attached.clear()

    async def send(self, message: Frame | Push | Goodbye) -> None:
        """Send under the next revision."""
        self.rev += 1
        data = msgspec.json.encode(msgspec.structs.replace(message, rev=self.rev)).decode()
        for socket in list(self._sockets):
            with contextlib.suppress(ConnectionError):
                await socket.send_str(data)

    async def load(self, posts_per_s: float, seconds: float, *, hz: float = FRAME_HZ) -> int:
        """Send frames with posts, gauges and account at a rate; how many posts there were."""
        sent, step = 0, 0
        began = time.monotonic()
        while (elapsed := time.monotonic() - began) < seconds:
            due = int(elapsed * posts_per_s) - sent
            rows = tuple(made_up.post(self.posts + n, self._now()) for n in range(min(due, 200)))
            sent += due
            self.posts += due
            step += 1
            await self.send(
                Frame(
                    rev=0,
                    status=made_up.status(
                        self.state.status.profile, posts=self.posts, clock_ns=self._now(), posts_per_s=posts_per_s
                    ),
                    account=made_up.account(),
                    symbols=tuple(made_up.symbol_row(symbol, step) for symbol in made_up.SYMBOLS),
                    posts=rows,
                    feeds=made_up.feeds(self._now()),
                )
            )
            await asyncio.sleep(1 / hz)
        return sent

    def _now(self) -> int:
        return made_up.NOW + round((time.monotonic() - self._began) * SECOND)

    _began = time.monotonic()

    async def _snapshot(self, request: web.Request) -> web.Response:
        return web.Response(body=msgspec.json.encode(self._current()), content_type="application/json")

    async def _symbol(self, request: web.Request) -> web.Response:
        self.asked.append(request.query.get("name", ""))
        if self.asked[-1] not in {row.symbol for row in self.state.symbols}:
            return web.Response(status=404, text="no such symbol")
        detail = made_up_answers.symbol_detail(self.asked[-1])
        return web.Response(body=msgspec.json.encode(detail), content_type="application/json")

    async def _feeds(self, request: web.Request) -> web.Response:
        return web.Response(body=msgspec.json.encode(self.fed), content_type="application/json")

    def _current(self) -> Snapshot:
        status = msgspec.structs.replace(self.state.status, posts=self.posts)
        return msgspec.structs.replace(self.state, rev=self.rev, status=status)

    async def _stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_str(msgspec.json.encode(self._current()).decode())
        self._sockets.add(socket)
        self.attached.set()
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self._sockets.discard(socket)
        return socket

    async def _command(self, request: web.Request) -> web.Response:
        command = msgspec.json.decode(await request.read(), type=Command)
        self.commands.append(command)
        reply = self.replies.get(command.verb) or await self._carry_out(command)
        return web.Response(body=msgspec.json.encode(reply), content_type="application/json")

    async def _carry_out(self, command: Command) -> Reply:
        pending = {ticket.id: ticket for ticket in self.state.tickets}
        if command.verb in ("confirm", "reject"):
            ticket = pending.get(command.ticket)
            if ticket is None:
                return Reply(ok=False, text=f"no pending ticket {command.ticket}", remedy="it may have expired")
            return await self._decide(ticket, command)
        if command.verb in ("pause", "kill", "resume"):
            state = {
                "pause": TradingState.REDUCING, "kill": TradingState.HALTED, "resume": TradingState.ACTIVE,
            }[command.verb]  # fmt: skip
            changed = made_up.status(
                self.state.status.profile, state=state, state_reason=command.reason, posts=self.posts
            )
            self.state = msgspec.structs.replace(self.state, status=changed)
            await self.send(Frame(rev=0, status=changed))
            return Reply(ok=True, text=f"trading state is {state.value}")
        if command.verb == "edit":
            return await self._edit(pending[command.ticket], command)
        if command.verb == "mode":
            rows = tuple(
                msgspec.structs.replace(row, mode=Mode(command.mode))
                for row in self.state.symbols
                if command.symbol in ("*", row.symbol)
            )
            await self.send(Frame(rev=0, symbols=rows))
            return Reply(ok=True, text=f"{command.symbol} is on {command.mode}")
        if command.verb == "acknowledge":
            kept = tuple(alert for alert in self.state.alerts if alert.id != command.alert)
            self.state = msgspec.structs.replace(self.state, alerts=kept)
            await self.send(Push(rev=0, alert_gone=command.alert))
        return Reply(ok=True, text=f"{command.verb}: done")

    async def _edit(self, ticket: Ticket, command: Command) -> Reply:
        if command.fingerprint != ticket.fingerprint:
            return Reply(ok=False, text="not edited: not as seen", ticket=ticket)
        assert ticket.draft is not None
        figures = {
            name: Decimal(text)
            for name in ("quantity", "limit_price", "stop_price", "target_price")
            if (text := getattr(command, name))
        }
        draft = msgspec.structs.replace(ticket.draft, **figures)
        fresh = msgspec.structs.replace(
            ticket,
            revision=ticket.revision + 1,
            draft=draft,
            edits=Edits(**figures),
            note=f"edited by person: {', '.join(figures)}",
            fingerprint=fingerprint(ticket.signal, draft, ticket.verdict),
        )
        tickets = tuple(fresh if other.id == ticket.id else other for other in self.state.tickets)
        self.state = msgspec.structs.replace(self.state, tickets=tickets)
        await self.send(Push(rev=0, ticket=fresh))
        return Reply(ok=True, text=fresh.note, ticket=fresh)

    async def _decide(self, ticket: Ticket, command: Command) -> Reply:
        confirmed = command.verb == "confirm"
        if confirmed and command.fingerprint != ticket.fingerprint:
            return Reply(ok=False, text="not as seen", difference=("fingerprint",), ticket=ticket)
        kind = DecisionKind.CONFIRMED if confirmed else DecisionKind.REJECTED
        decision = made_up.decision(ticket, kind, reason=command.reason)
        left = tuple(other for other in self.state.tickets if other.id != ticket.id)
        self.state = msgspec.structs.replace(self.state, tickets=left, closed=(*self.state.closed, (ticket, decision)))
        await self.send(Push(rev=0, ticket=ticket, decision=decision))
        if not confirmed:
            return Reply(ok=True, text=f"rejected {ticket.signal.symbol}: {command.reason}")
        assert ticket.draft is not None
        filled = made_up.order(ticket, OrderStatus.FILLED)
        await self.send(Push(rev=0, order=made_up.order(ticket)))
        await self.send(Push(rev=0, order=filled))
        held = made_up.position(
            ticket.draft.symbol, 26, str(ticket.draft.reference_price), str(ticket.draft.limit_price)
        )
        positions = (*self.state.positions, held)
        self.state = msgspec.structs.replace(self.state, positions=positions, orders=(*self.state.orders, filled))
        await self.send(Frame(rev=0, positions=positions))
        return Reply(ok=True, text=f"{ticket.signal.side.name} {ticket.draft.quantity} {ticket.draft.symbol}: accepted")


@asynccontextmanager
async def fake_engine(socket: Path, snapshot: Snapshot | None = None) -> AsyncIterator[FakeEngine]:
    """A running fake engine."""
    engine = FakeEngine(socket, snapshot)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


async def _serve(arguments: argparse.Namespace) -> None:
    snapshot = made_up.snapshot(arguments.profile, tickets=arguments.tickets)
    async with fake_engine(arguments.socket, snapshot) as engine:
        print(f"listening on {arguments.socket}", flush=True)
        if arguments.rate:
            await engine.attached.wait()
            await engine.load(arguments.rate, arguments.seconds)
            while arguments.then_idle:
                await asyncio.sleep(3600)
            return
        number = 100
        while True:
            await asyncio.sleep(arguments.every)
            number += 1
            new = made_up.ticket(number, "NVDA", Side.BUY, at_ns=engine._now())
            if arguments.every < 3600:
                engine.state = msgspec.structs.replace(engine.state, tickets=(*engine.state.tickets, new))
                await engine.send(Push(rev=0, ticket=new))


def main() -> None:
    """Serve until killed, or show the desk of an engine that another shell serves."""
    parser = argparse.ArgumentParser(description="A made-up engine on a control socket")
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--profile", default="simulated")
    parser.add_argument("--tickets", type=int, default=2)
    parser.add_argument("--rate", type=float, default=0.0, help="posts a second, 0 for a quiet engine")
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long the load lasts")
    parser.add_argument("--then-idle", action="store_true", help="stay, quiet, after the load")
    parser.add_argument("--every", type=float, default=86_400.0, help="seconds between new tickets")
    parser.add_argument("--desk", action="store_true", help="show the desk instead of serving")
    parser.add_argument("--no-mouse", action="store_true", help="the desk leaves the mouse to the terminal")
    arguments = parser.parse_args()
    if arguments.desk:
        from desk.app import run
        from engine.config import ScreenConfig

        raise SystemExit(run(arguments.socket, ScreenConfig(mouse=not arguments.no_mouse)))
    arguments.socket.unlink(missing_ok=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments))


if __name__ == "__main__":
    main()
