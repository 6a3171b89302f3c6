"""What moved the pretend account otherwise than by trading: cash and shares come and go, and a list tells it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiohttp import web

from engine.clock import new_york, parse_iso
from tests.venues.alpaca.exchange import ZERO, Exchange, SimPosition
from tests.venues.alpaca.wire import Refusal, number, rfc3339

SHARES = ("JNLS", "ACATS", "FOPT")
PAGE = 100


@dataclass
class Activities:
    """The list of one account, in the order in which the venue booked it."""

    exchange: Exchange
    listed: list[dict[str, Any]] = field(default_factory=list)
    timed: bool = True
    """False leaves out `created_at`: an entry then has only its day."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v2/account/activities", self.show)]

    def move(self, amount: Decimal) -> None:
        """Cash comes in or leaves, and no list says why."""
        self.exchange.cash += amount

    def move_shares(self, symbol: str, qty: Decimal) -> None:
        """Shares come in (at what they are worth) or leave."""
        held = self.exchange.positions.setdefault(symbol, SimPosition(symbol))
        held.cost += qty * (self.exchange.price(symbol) if qty > 0 else held.average)
        held.qty += qty
        if not held.qty:
            del self.exchange.positions[symbol]

    def book(self, kind: str, amount: Decimal = ZERO, *, symbol: str = "", qty: Decimal = ZERO) -> dict[str, Any]:
        """The list tells an entry; nothing moves by it. Returns it."""
        now_ns = self.exchange.now_ns()
        at = new_york(now_ns)
        entry = {
            "id": f"{at:%Y%m%d}000000000::{uuid.uuid4()}",
            "activity_type": kind,
            "date": f"{at:%Y-%m-%d}",
            "net_amount": number(amount),
            "status": "executed",
            "currency": "USD",
            "created_at": rfc3339(now_ns),
        }
        if symbol:
            entry |= {"symbol": symbol, "qty": number(qty)}
        if not self.timed:
            del entry["created_at"]
        self.listed.append(entry)
        return entry

    def transfer(self, kind: str, amount: Decimal) -> dict[str, Any]:
        """Cash moves, and the list tells it at once."""
        self.move(amount)
        return self.book(kind, amount)

    async def show(self, request: web.Request) -> web.Response:
        query = request.query
        size = int(query.get("page_size", str(PAGE)))
        if not 1 <= size <= PAGE:
            raise Refusal(422, 40010001, "page_size must be between 1 and 100")
        kinds = set(query["activity_types"].split(",")) if query.get("activity_types") else None
        if kinds is not None and "TRANS" in kinds:
            kinds |= {"CSD", "CSW"}
        after = parse_iso(query["after"]) if query.get("after") else None
        chosen = [
            entry
            for entry in self.listed
            if (kinds is None or entry["activity_type"] in kinds)
            and (after is None or "created_at" not in entry or parse_iso(entry["created_at"]) > after)
        ]
        if query.get("direction", "desc") == "desc":
            chosen.reverse()
        token = query.get("page_token")
        if token:
            ids = [entry["id"] for entry in chosen]
            chosen = chosen[ids.index(token) + 1 :] if token in ids else []
        return web.json_response(chosen[:size])
