"""The pretend venue as a server: one port for both REST APIs and both streams, driven by tests or over `/_venue/`.

Its state lives in the object, not in connections: clients may come, crash and come back, and find their orders.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, Self

from aiohttp import web

from tests.venues.alpaca.activities import Activities
from tests.venues.alpaca.changes import Changes
from tests.venues.alpaca.control import Control
from tests.venues.alpaca.data_api import DataApi
from tests.venues.alpaca.exchange import Exchange, SimOrder, SimQuote
from tests.venues.alpaca.faults import Faults, apply
from tests.venues.alpaca.parameters import check_parameters
from tests.venues.alpaca.streams import DataStream, TradingStream
from tests.venues.alpaca.trading_api import TradingApi
from tests.venues.alpaca.wire import Refusal, rfc3339

KEY_ID = "PKSIMULATEDKEYID"
SECRET_KEY = "simulated-secret-key"
SYMBOLS = ("TSLA", "GOOG", "NVDA", "META", "AAPL", "BTC/USD")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Price = Decimal | str | int | float


class AlpacaSimulator:
    """`async with AlpacaSimulator() as venue:` serves on loopback until the block ends.

    `venue.trading_url`, `data_url`, `trading_stream_url`, `data_stream_url`, `news_stream_url` are what the desk's
    configuration takes; `venue.key_id` and `secret_key` the only credentials it accepts.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        cash: Price = 100_000,
        symbols: tuple[str, ...] = SYMBOLS,
        key_id: str = KEY_ID,
        secret_key: str = SECRET_KEY,
    ) -> None:
        self.host, self.port = host, port
        self.key_id, self.secret_key = key_id, secret_key
        self.trading_stream = TradingStream(key_id, secret_key)
        self.data_stream = DataStream(key_id, secret_key)
        self.news_stream = DataStream(key_id, secret_key, ("news",))
        self.exchange = Exchange(self._told, cash=Decimal(str(cash)))
        self.trading = TradingApi(self.exchange)
        self.activities = Activities(self.exchange)
        self.data = DataApi(self.exchange)
        self.faults = Faults()
        self.changes = Changes()
        self.requests: deque[tuple[str, str, Any]] = deque(maxlen=100_000)
        """Every REST request as (method, path with query, body)."""
        self.updates: list[dict[str, Any]] = []
        """Every trade update that happened, told or not."""
        self._runner: web.AppRunner | None = None
        self._trades = 0
        for symbol in symbols:
            self.trading.assets[symbol] = {}

    @property
    def trading_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def data_url(self) -> str:
        return self.trading_url

    @property
    def trading_stream_url(self) -> str:
        return f"ws://{self.host}:{self.port}/stream"

    @property
    def data_stream_url(self) -> str:
        return f"ws://{self.host}:{self.port}/v2/iex"

    @property
    def news_stream_url(self) -> str:
        return f"ws://{self.host}:{self.port}/v1beta1/news"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Serve. The port is known afterwards (and kept over a stop and start)."""
        app = web.Application(middlewares=[self._middleware], client_max_size=1 << 20)
        app.add_routes(self.trading.routes())
        app.add_routes(self.activities.routes())
        app.add_routes(self.data.routes())
        app.add_routes([self.trading_stream.route("/stream")])
        app.add_routes([self.data_stream.route(path) for path in ("/v2/iex", "/v2/sip", "/v2/test")])
        app.add_routes([web.get("/v1beta1/news", self._news)])
        app.add_routes(Control(self).routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop serving; the books stay."""
        self.faults.clear()
        self.trading_stream.abort_all()
        self.data_stream.abort_all()
        self.news_stream.abort_all()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _news(self, request: web.Request) -> web.StreamResponse:
        """The venue has the news stream on another host, at the path of the list."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self.news_stream.handle(request)
        return await self.data.list_news(request)

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path
        if path.startswith("/_venue/") or request.headers.get("Upgrade", "").lower() == "websocket":
            return await handler(request)
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.method, request.path_qs, body))
        self.changes.tell()
        resource = request.match_info.route.resource
        route = f"{request.method} {resource.canonical if resource is not None else path}"
        fault = self.faults.take(route)
        if fault is not None:
            return await apply(fault, self.faults, request, lambda asked: self._answer(asked, handler))
        return await self._answer(request, handler)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        keys = request.headers.get("APCA-API-KEY-ID"), request.headers.get("APCA-API-SECRET-KEY")
        try:
            if keys != (self.key_id, self.secret_key):
                raise Refusal(401, 40110000, "request is not authorized")
            check_parameters(request)
            response = await handler(request)
        except Refusal as refusal:
            response = web.json_response(refusal.body, status=refusal.status)
        except web.HTTPNotFound:
            response = web.json_response({"code": 40410000, "message": "endpoint not found."}, status=404)
        response.headers["X-RateLimit-Limit"] = "200"
        response.headers["X-RateLimit-Remaining"] = "199"
        response.headers["X-RateLimit-Reset"] = str(int(time.time()) + 60)
        return response

    def _told(self, update: dict[str, Any]) -> None:
        self.updates.append(update)
        self.changes.tell()
        self.trading_stream.publish(update)

    def posts(self) -> list[dict[str, Any]]:
        """The bodies of every POST /v2/orders that arrived."""
        return [body for method, path, body in self.requests if method == "POST" and path == "/v2/orders"]

    def quote(
        self,
        symbol: str,
        bid: Price,
        ask: Price,
        last: Price | None = None,
        *,
        bid_size: Price | None = None,
        ask_size: Price | None = None,
        at_ns: int | None = None,
        announce: bool = True,
    ) -> None:
        """A new price: fills what it reaches, and is streamed. `last` is the middle unless given."""
        bid, ask = Decimal(str(bid)), Decimal(str(ask))
        middle = ((bid + ask) / 2).quantize(Decimal("0.0001"))
        quote = SimQuote(
            bid,
            ask,
            middle if last is None else Decimal(str(last)),
            None if bid_size is None else Decimal(str(bid_size)),
            None if ask_size is None else Decimal(str(ask_size)),
        )
        self.data.quote_ns[symbol] = time.time_ns() if at_ns is None else at_ns
        self.trading.assets.setdefault(symbol, {})
        if announce:
            messages = [{"T": "q", "S": symbol, **self.data.quote_body(symbol, quote)}]
            if last is not None:
                messages.append({"T": "t", "S": symbol, **self.data.trade_body(symbol, quote)})
            self.data_stream.publish(*messages)
        self.exchange.quote(symbol, quote)

    def trade(self, symbol: str, price: Price, *, size: int = 100) -> None:
        """A trade is printed; quotes stay."""
        self._trades += 1
        quote = self.exchange.quotes.get(symbol)
        if quote is not None:
            quote.last = Decimal(str(price))
        at = rfc3339(time.time_ns())
        self.data_stream.publish(
            {
                "T": "t",
                "S": symbol,
                "i": self._trades,
                "x": "V",
                "p": float(price),
                "s": size,
                "c": ["@"],
                "z": "C",
                "t": at,
            }
        )

    def halt(self, symbol: str, code: str = "H", message: str = "Trading Halt", reason: str = "T12") -> None:
        """Trading in the symbol stops."""
        self.exchange.halted.add(symbol)
        self._status(symbol, code, message, reason)

    def resume(self, symbol: str, code: str = "T", message: str = "Trading Resumption") -> None:
        """Trading in the symbol goes on."""
        self.exchange.halted.discard(symbol)
        self._status(symbol, code, message, "")
        self.exchange.match(symbol)

    def _status(self, symbol: str, code: str, message: str, reason: str) -> None:
        at = rfc3339(time.time_ns())
        self.data_stream.publish(
            {"T": "s", "S": symbol, "sc": code, "sm": message, "rc": reason, "rm": "", "t": at, "z": "C"}
        )

    def luld(self, symbol: str, down: Price, up: Price, indicator: str = "B") -> None:
        """New limit-up and limit-down bands."""
        at = rfc3339(time.time_ns())
        self.data_stream.publish(
            {"T": "l", "S": symbol, "u": float(up), "d": float(down), "i": indicator, "t": at, "z": "C"}
        )

    def article(
        self,
        number: int,
        headline: str,
        *symbols: str,
        summary: str = "",
        author: str = "A. Writer",
        age_s: float = 0.0,
        announce: bool = True,
        **fields: Any,
    ) -> dict[str, Any]:
        """News: streamed, and told by REST. The same number again is an update of that article; returns it."""
        at = rfc3339(time.time_ns() - int(age_s * 1e9))
        before = next((item for item in self.data.news if item["id"] == number), None)
        item = {
            "id": number,
            "headline": headline,
            "author": author,
            "created_at": at if before is None else before["created_at"],
            "updated_at": at,
            "summary": summary,
            "content": "In full",
            "images": [],
            "symbols": list(symbols),
            "source": "benzinga",
            "url": None,
        } | fields
        self.data.news = [each for each in self.data.news if each is not before] + [item]
        if announce:
            self.news_stream.publish({"T": "n", **item})
        return item

    def session(self, session: str) -> None:
        """`regular`, `pre`, `post` or `closed`."""
        self.exchange.open_market(session)

    def order(self, client_order_id: str) -> SimOrder:
        """The order with this client order id. Raises KeyError when there is none."""
        order = self.exchange.by_client_id(client_order_id)
        if order is None:
            raise KeyError(client_order_id)
        return order

    def fill(self, client_order_id: str, qty: Price | None = None, price: Price | None = None) -> None:
        """Execute an order, whatever the quote says."""
        order = self.order(client_order_id)
        at = Decimal(str(price)) if price is not None else order.limit_price or self.exchange.price(order.symbol)
        self.exchange.fill(order, order.remaining if qty is None else Decimal(str(qty)), at)

    async def settled(self, client_order_id: str, status: str) -> SimOrder:
        """Wait until the order has this status."""

        def there() -> bool:
            order = self.exchange.by_client_id(client_order_id)
            return order is not None and order.status == status

        await self.changes.until(there)
        return self.order(client_order_id)

    async def requested(self, method: str, path: str, count: int = 1) -> None:
        """Wait until so many requests to this path have arrived since the start."""

        def arrived() -> bool:
            seen = sum(1 for verb, where, _ in self.requests if verb == method and where.split("?")[0] == path)
            return seen >= count

        await self.changes.until(arrived)
