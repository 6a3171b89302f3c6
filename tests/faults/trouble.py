"""Things that go wrong on the wire, at random, several times a second: REST, trade updates, prices, posts."""

from __future__ import annotations

import random
import time
from collections import Counter
from decimal import Decimal
from typing import Any

from engine.clock import HOUR
from tests.venues.alpaca import AlpacaSimulator
from tests.venues.alpaca.wire import rfc3339
from tests.venues.x import XSimulator, faults
from tests.venues.x.faults import End

ROUTES = (
    *("POST /v2/orders",) * 4,
    *("DELETE /v2/orders/{order_id}",) * 3,
    *("GET /v2/orders:by_client_order_id",) * 2,
    "GET /v2/orders",
    "GET /v2/positions",
    "GET /v2/account",
)
"""Most of it is about orders."""
KINDS = ("500", "503", "504", "html", "html_200", "empty", "truncated", "reset", "hang", "429")
UPDATES = ("drop", "repeat", "null", "hold")
WORDS = {"drop": "lost", "repeat": "repeated", "null": "null", "hold": "held back, then in reverse order"}
STREAM = "/2/tweets/search/stream"
GARBAGE = (b'{"data": {"id": "1", "te\r\n', b"<html>bad gateway</html>\r\n", b'{"data": null}\r\n', b"\xff\xfe\x00\r\n")
PRICES = ("crossed", "zero", "NaN", "negative", "an hour old")
"""Quotes that no market has."""
LONG = 25_000
"""Characters of a long post."""


class Trouble:
    """One tick of it after the other. What it did is in `happened`, REST answers apart (the venue counts those)."""

    def __init__(self, luck: random.Random, venue: AlpacaSimulator, x: XSimulator) -> None:
        self._luck = luck
        self._venue = venue
        self._x = x
        self.happened: Counter[str] = Counter()
        self.apart_s = 0.0
        """Least time between two ends of the stream of posts."""
        self._ended_s = 0.0

    def tick(self) -> None:
        """A tenth of a second of trouble."""
        self._rest()
        self._updates()
        self._prices()
        self._posts()

    def calm(self) -> None:
        """Nothing more goes wrong; updates arranged to go wrong that did not come are not counted."""
        stream = self._venue.trading_stream
        for fault in UPDATES:
            self.happened[f"trade update {WORDS[fault]}"] -= getattr(stream, fault)
        stream.drop = stream.repeat = stream.null = stream.hold = 0
        stream.mute = False
        self._venue.faults.clear()

    def _rest(self) -> None:
        waiting = self._venue.faults.waiting
        if self._luck.random() < 0.3 and len(waiting) < 4:
            kind, when = self._luck.choice(KINDS), self._luck.choice(("before", "after"))
            self._venue.faults.add(self._luck.choice(ROUTES), kind, when)

    def _updates(self) -> None:
        stream = self._venue.trading_stream
        fault = self._luck.choice(UPDATES)
        if self._luck.random() < 0.4 and not getattr(stream, fault):
            many = 2 if fault == "hold" else 1
            setattr(stream, fault, many)
            self.happened[f"trade update {WORDS[fault]}"] += many
        if self._luck.random() < 0.01 and stream.sessions:
            stream.abort_all()
            self.happened["stream of trade updates cut"] += 1

    def _prices(self) -> None:
        """Quotes that no market has; the next good one follows within 0.15 s."""
        stream, luck = self._venue.data_stream, self._luck
        if not stream.sessions or luck.random() > 0.2:
            return
        symbol = luck.choice(sorted(self._venue.exchange.quotes))
        kind = luck.choice((*PRICES, "of a symbol nobody asked for", "garbage"))
        body = spoiled(self._venue, symbol, kind)
        if kind == "garbage":
            stream.raw(luck.choice((b"\xc1\xff\x00", b"\x93\x01", "[{", "null")))
        if kind == "of a symbol nobody asked for":
            for session in stream.sessions:
                stream.send(session, [{**body, "S": "ZZZZ"}])
        elif kind != "garbage":
            stream.publish(body)
        self.happened[f"price {kind}"] += 1
        if luck.random() < 0.02:
            stream.abort_all()
            self.happened["stream of prices cut"] += 1

    def _posts(self) -> None:
        luck, x = self._luck, self._x
        if not x.streams or not x.archive or luck.random() > 0.25:
            return
        kind = luck.choice(("repeated", "repeated", "late", "garbage line", "25 kB"))
        rules = list(x.rules.values())
        match kind:
            case "repeated":
                x.deliver(x.archive[-luck.randint(1, 20)], rules)
            case "late":
                x.deliver(x.make("$TSLA late", at_ns=x.clock.now_ns() - 5_000_000_000), rules)
            case "garbage line":
                x.send(luck.choice(GARBAGE))
            case "25 kB":
                x.post("$TSLA " + "so much to say " * (LONG // 15))
        self.happened[f"post {kind}" if kind != "garbage line" else "post line that is garbage"] += 1
        if luck.random() < 0.02 and time.monotonic() >= self._ended_s + self.apart_s:
            self._ended_s = time.monotonic()
            end = luck.choice((End.CLEAN, End.ABORT))
            x.refuse(STREAM, *[faults.unavailable()] * luck.randint(0, 1))
            x.end_stream(end)
            self.happened[f"stream of posts ended: {end.value}"] += 1


def spoiled(venue: AlpacaSimulator, symbol: str, kind: str) -> dict[str, Any]:
    """The symbol's quote as a message of the stream, made wrong; any other kind leaves it as it is."""
    quote = venue.exchange.quotes[symbol]
    bid, ask = float(quote.bid), float(quote.ask)
    body = {"T": "q", "S": symbol, **venue.data.quote_body(symbol, quote)}
    match kind:
        case "crossed":
            body |= {"bp": ask + 1, "ap": bid - 1}
        case "zero":
            body |= {"bp": 0.0, "ap": 0.0}
        case "NaN":
            body |= {"bp": float("nan"), "ap": float("inf")}
        case "negative":
            body |= {"bp": -bid, "ap": -ask}
        case "an hour old":
            body |= {"t": rfc3339(venue.data.quote_ns[symbol] - HOUR)}
    return body


def shown(luck: random.Random) -> Decimal | None:
    """Shares at the touch in troubled times: enough, or so few that orders fill in parts."""
    return luck.choice((None, None, Decimal(2), Decimal(5)))
