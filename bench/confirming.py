"""The desk of `bench.latency`: a client on the control socket that notes what it is shown and confirms every BUY."""

from __future__ import annotations

import asyncio
from pathlib import Path

from desk.client import Client
from engine.clock import SystemClock
from engine.model import Light, Side, Ticket
from engine.model.frames import Command, Frame, Push, Reply, Snapshot


class Desk:
    """A client that confirms every BUY that it is shown, one after the other as a person does: the next one once the
    last has been answered."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._clock = SystemClock()
        self.signals_ns: list[int] = []
        """When each signal was given."""
        self.tickets_ms: list[float] = []
        self.confirmed: dict[str, tuple[str, int]] = {}
        """The ticket of each order, and when its confirm was sent, by client order id."""
        self.refused: dict[str, int] = {}
        self.ready = asyncio.Event()
        """Set once the engine is reconciled and every feed is up."""
        self._up: dict[str, bool] = {}
        self._shown: asyncio.Queue[Ticket] = asyncio.Queue()

    async def watch(self) -> None:
        """Until the engine says goodbye."""
        async with Client(self._socket) as client:
            confirming = asyncio.create_task(self._confirm(client))
            try:
                await self._follow(client)
            finally:
                confirming.cancel()

    async def _follow(self, client: Client) -> None:
        async for message in client.stream():
            if isinstance(message, Snapshot | Frame):
                self._note(message)
            if not isinstance(message, Push) or message.ticket is None or message.decision is not None:
                continue
            ticket = message.ticket
            if ticket.revision > 1:
                continue
            self.signals_ns.append(ticket.signal.at_ns)
            self.tickets_ms.append((self._clock.now_ns() - ticket.signal.at_ns) / 1e6)
            if ticket.signal.side is Side.BUY:
                self._shown.put_nowait(ticket)

    def _note(self, message: Snapshot | Frame) -> None:
        self._up.update({feed.name: feed.light is Light.UP for feed in message.feeds})
        if message.status is not None and message.status.reconciled and self._up.get("x") and self._up.get("prices"):
            self.ready.set()

    async def _confirm(self, client: Client) -> None:
        while True:
            ticket = await self._shown.get()
            sent_ns = self._clock.now_ns()
            reply: Reply = await client.command(Command("confirm", ticket=ticket.id, fingerprint=ticket.fingerprint))
            if reply.ok:
                self.confirmed[reply.text.rpartition("(")[2].rstrip(")")] = ticket.id, sent_ns
            else:
                why = "; ".join(reply.difference) or reply.text
                self.refused[why] = self.refused.get(why, 0) + 1
