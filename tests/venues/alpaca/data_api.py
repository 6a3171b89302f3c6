"""The market data REST API of the pretend venue: snapshots, latest quotes and trades, bars, news."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

from aiohttp import web

from engine.clock import parse_iso
from tests.venues.alpaca.exchange import Exchange, SimQuote
from tests.venues.alpaca.wire import Refusal, rfc3339


class DataApi:
    """Handlers over one Exchange's quotes. `bars` and `news` hold what tests put there."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.bars: dict[str, list[dict[str, Any]]] = {}
        self.news: list[dict[str, Any]] = []
        self.quote_ns: dict[str, int] = {}
        self.raw_snapshots: dict[str, Any] = {}
        """Snapshots to answer as they are, instead of those made from the quotes."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v2/stocks/snapshots", self.snapshots),
            web.get("/v2/stocks/quotes/latest", self.latest_quotes),
            web.get("/v2/stocks/trades/latest", self.latest_trades),
            web.get("/v2/stocks/bars/latest", self.latest_bars),
            web.get("/v2/stocks/bars", self.list_bars),
            web.get("/v2/stocks/{symbol}/snapshot", self.snapshot),
        ]

    def quote_body(self, symbol: str, quote: SimQuote) -> dict[str, Any]:
        """The quote object of the specification."""
        return {
            "t": rfc3339(self.quote_ns.get(symbol, 0)),
            "bx": "V",
            "bp": float(quote.bid),
            "bs": _size(quote.bid_size),
            "ax": "V",
            "ap": float(quote.ask),
            "as": _size(quote.ask_size),
            "c": ["R"],
            "z": "C",
        }

    def trade_body(self, symbol: str, quote: SimQuote) -> dict[str, Any]:
        """The trade object of the specification."""
        at_ns = self.quote_ns.get(symbol, 0)
        return {"t": rfc3339(at_ns), "x": "V", "p": float(quote.last), "s": 100, "c": ["@"], "i": 1, "z": "C"}

    def _bar(self, symbol: str, quote: SimQuote) -> dict[str, Any]:
        price = float(quote.last)
        at_ns = self.quote_ns.get(symbol, 0)
        return {"t": rfc3339(at_ns), "o": price, "h": price, "l": price, "c": price, "v": 100, "n": 1, "vw": price}

    def _snapshot(self, symbol: str, quote: SimQuote) -> dict[str, Any]:
        bar = self._bar(symbol, quote)
        return {
            "latestTrade": self.trade_body(symbol, quote),
            "latestQuote": self.quote_body(symbol, quote),
            "minuteBar": bar,
            "dailyBar": bar,
            "prevDailyBar": bar,
        }

    def _asked(self, request: web.Request) -> dict[str, SimQuote]:
        if request.query.get("feed", "iex") not in ("iex", "sip", "delayed_sip", "otc", "boats", "overnight"):
            raise Refusal(400, None, f"invalid feed: {request.query['feed']}")
        symbols = [symbol for symbol in request.query.get("symbols", "").split(",") if symbol]
        if not symbols:
            raise Refusal(400, None, "symbols is required")
        return {symbol: self.exchange.quotes[symbol] for symbol in symbols if symbol in self.exchange.quotes}

    async def snapshots(self, request: web.Request) -> web.Response:
        body = {symbol: self._snapshot(symbol, quote) for symbol, quote in self._asked(request).items()}
        return web.json_response(body | self.raw_snapshots)

    async def snapshot(self, request: web.Request) -> web.Response:
        symbol = request.match_info["symbol"]
        if symbol not in self.exchange.quotes:
            raise Refusal(404, None, f"no snapshot found for {symbol}")
        return web.json_response({"symbol": symbol, **self._snapshot(symbol, self.exchange.quotes[symbol])})

    async def latest_quotes(self, request: web.Request) -> web.Response:
        return web.json_response({"quotes": {s: self.quote_body(s, q) for s, q in self._asked(request).items()}})

    async def latest_trades(self, request: web.Request) -> web.Response:
        return web.json_response({"trades": {s: self.trade_body(s, q) for s, q in self._asked(request).items()}})

    async def latest_bars(self, request: web.Request) -> web.Response:
        return web.json_response({"bars": {s: self._bar(s, q) for s, q in self._asked(request).items()}})

    async def list_bars(self, request: web.Request) -> web.Response:
        symbols = [symbol for symbol in request.query.get("symbols", "").split(",") if symbol]
        start = parse_iso(request.query["start"]) if request.query.get("start") else 0
        rows = {s: [bar for bar in self.bars.get(s, []) if parse_iso(bar["t"]) >= start] for s in symbols}
        return web.json_response({"bars": {s: bars for s, bars in rows.items() if bars}, "next_page_token": None})

    async def list_news(self, request: web.Request) -> web.Response:
        """By time of update, inclusive at both ends; the token is how many have been told."""
        query = request.query
        limit = int(query.get("limit", "10"))
        if not 1 <= limit <= 50:
            raise Refusal(400, None, "invalid limit: must be between 1 and 50")
        wanted = {symbol for symbol in query.get("symbols", "").split(",") if symbol}
        start = parse_iso(query["start"]) if "start" in query else 0
        end = parse_iso(query["end"]) if "end" in query else time.time_ns()
        found = sorted(
            (item for item in self.news if not wanted or wanted & set(item["symbols"])),
            key=lambda item: (parse_iso(item["updated_at"]), item["id"]),
            reverse=query.get("sort", "desc") == "desc",
        )
        found = [item for item in found if start <= parse_iso(item["updated_at"]) <= end]
        told = int(query.get("page_token", "0"))
        rest = found[told + limit :]
        bare = {"content": ""} if query.get("include_content") == "false" else {}
        page = [item | bare for item in found[told : told + limit]]
        return web.json_response({"news": page, "next_page_token": str(told + limit) if rest else None})


def _size(size: Decimal | None) -> int:
    return 100 if size is None else int(size)
