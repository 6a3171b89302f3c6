"""The trading REST API of the pretend venue (paths and bodies of the trading specification, version 2.0.1)."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from engine.clock import NEW_YORK, new_york, parse_iso
from tests.venues.alpaca.entry import check_increment, parse
from tests.venues.alpaca.exchange import Exchange
from tests.venues.alpaca.faults import FILL_FIRST
from tests.venues.alpaca.wire import Refusal, SimOrder, asset_id, number

CENT = Decimal("0.01")


class TradingApi:
    """Handlers over one Exchange. `assets` maps a symbol to the fields that differ from the usual."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.assets: dict[str, dict[str, Any]] = {}
        self.account_fields: dict[str, Any] = {}
        """Laid over the account object (`trading_blocked`, `status`, …)."""
        self.sunset = False
        """True leaves out the fields the venue has announced to remove."""
        self.holidays: set[date] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v2/account", self.account),
            web.get("/v2/clock", self.clock),
            web.get("/v2/calendar", self.calendar),
            web.get("/v2/assets", self.list_assets),
            web.get("/v2/assets/{symbol_or_asset_id}", self.asset),
            web.post("/v2/orders", self.post_order),
            web.get("/v2/orders", self.list_orders),
            web.delete("/v2/orders", self.cancel_all),
            web.get("/v2/orders:by_client_order_id", self.by_client_order_id),
            web.get("/v2/orders/{order_id}", self.get_order),
            web.delete("/v2/orders/{order_id}", self.delete_order),
            web.patch("/v2/orders/{order_id}", self.patch_order),
            web.get("/v2/positions", self.list_positions),
            web.delete("/v2/positions", self.close_all),
            web.get("/v2/positions/{symbol_or_asset_id}", self.get_position),
            web.delete("/v2/positions/{symbol_or_asset_id}", self.close_position),
        ]

    async def account(self, request: web.Request) -> web.Response:
        book = self.exchange
        long_value = book.equity - book.cash
        body = {
            "id": asset_id("account"),
            "account_number": "PA3SIMULATED",
            "status": "ACTIVE",
            "crypto_status": "ACTIVE",
            "currency": "USD",
            "cash": number(book.cash),
            "buying_power": number(max(Decimal(0), book.cash - book.reserved)),
            "non_marginable_buying_power": number(max(Decimal(0), book.cash - book.reserved)),
            "portfolio_value": number(book.equity),
            "equity": number(book.equity),
            "last_equity": number(book.equity.quantize(CENT)),
            "long_market_value": number(long_value),
            "short_market_value": "0",
            "initial_margin": "0",
            "maintenance_margin": "0",
            "last_maintenance_margin": "0",
            "accrued_fees": "0",
            "multiplier": "1",
            "sma": "0",
            "shorting_enabled": False,
            "trading_blocked": False,
            "transfers_blocked": False,
            "account_blocked": False,
            "trade_suspended_by_user": False,
            "created_at": "2026-01-02T15:00:00Z",
            **self.account_fields,
        }
        return web.json_response(body)

    async def clock(self, request: web.Request) -> web.Response:
        now = new_york(self.exchange.now_ns())
        is_open = self.exchange.session == "regular"
        next_open = self._next(now, time(9, 30))
        next_close = now + timedelta(hours=2) if is_open else self._next(next_open, time(16))
        if self.exchange.session == "pre":
            next_open, next_close = now + timedelta(hours=1), now + timedelta(hours=7)
        return web.json_response(
            {
                "timestamp": now.isoformat(),
                "is_open": is_open,
                "next_open": next_open.isoformat(),
                "next_close": next_close.isoformat(),
            }
        )

    def _next(self, after: datetime, at: time) -> datetime:
        moment = datetime.combine(after.date(), at, NEW_YORK)
        while moment <= after or moment.weekday() >= 5 or moment.date() in self.holidays:
            moment += timedelta(days=1)
        return moment

    async def calendar(self, request: web.Request) -> web.Response:
        today = new_york(self.exchange.now_ns()).date()
        day = date.fromisoformat(request.query.get("start", today.isoformat())[:10])
        end = date.fromisoformat(request.query.get("end", (day + timedelta(days=30)).isoformat())[:10])
        days = []
        while day <= end and len(days) < 3000:
            if day.weekday() < 5 and day not in self.holidays:
                days.append(
                    {
                        "date": day.isoformat(),
                        "open": "09:30",
                        "close": "16:00",
                        "session_open": "0400",
                        "session_close": "2000",
                        "settlement_date": (day + timedelta(days=1)).isoformat(),
                    }
                )
            day += timedelta(days=1)
        return web.json_response(days)

    def _asset(self, symbol: str) -> dict[str, Any]:
        crypto = "/" in symbol
        body = {
            "id": asset_id(symbol),
            "class": "crypto" if crypto else "us_equity",
            "exchange": "NASDAQ",
            "symbol": symbol,
            "name": f"{symbol} Common Stock",
            "status": "active",
            "tradable": True,
            "marginable": not crypto,
            "shortable": not crypto,
            "easy_to_borrow": not crypto,
            "borrow_status": "easy_to_borrow",
            "fractionable": True,
            "attributes": [],
            "margin_requirement_long": "30",
            "margin_requirement_short": "100",
        }
        if crypto:
            body |= {"min_order_size": "0.0001", "min_trade_increment": "0.0000001", "price_increment": "0.01"}
        body |= self.assets.get(symbol, {})
        if self.sunset:
            body.pop("easy_to_borrow")
        return body

    async def asset(self, request: web.Request) -> web.Response:
        wanted = request.match_info["symbol_or_asset_id"]
        symbol = next((known for known in self.assets if wanted in (known, asset_id(known))), None)
        if symbol is None:
            raise Refusal(404, 40410000, f"asset not found for {wanted}")
        return web.json_response(self._asset(symbol))

    async def list_assets(self, request: web.Request) -> web.Response:
        return web.json_response([self._asset(symbol) for symbol in sorted(self.assets)])

    async def post_order(self, request: web.Request) -> web.Response:
        body = await request.json()
        order = parse(body, self.exchange.now_ns(), session=self.exchange.session)
        known = self.assets.get(order.symbol)
        if known is None:
            raise Refusal(422, 42210000, f'asset "{order.symbol}" not found')
        if known.get("tradable") is False:
            raise Refusal(422, 42210000, f'asset "{order.symbol}" is not tradable')
        if self.exchange.by_client_id(order.client_order_id) is not None:
            raise Refusal(422, 40010001, "client_order_id must be unique")
        self.exchange.check_funds(order)
        self.exchange.add(order)
        answer = order.json(nested=True)
        if request.get(FILL_FIRST):
            self.exchange.activate(order)
        else:
            asyncio.get_running_loop().call_soon(self.exchange.activate, order)
        return web.json_response(answer)

    def _find(self, request: web.Request) -> SimOrder:
        order = self.exchange.orders.get(request.match_info["order_id"])
        if order is None:
            raise Refusal(404, 40410000, f"order not found for {request.match_info['order_id']}")
        return order

    async def get_order(self, request: web.Request) -> web.Response:
        return web.json_response(self._find(request).json(nested=request.query.get("nested", "").lower() == "true"))

    async def by_client_order_id(self, request: web.Request) -> web.Response:
        wanted = request.query.get("client_order_id", "")
        order = self.exchange.by_client_id(wanted)
        if order is None:
            raise Refusal(404, 40410000, f"order not found for {wanted}")
        return web.json_response(order.json(nested=False))

    async def list_orders(self, request: web.Request) -> web.Response:
        query = request.query
        status = query.get("status", "open")
        limit = int(query.get("limit", "50"))
        if not 1 <= limit <= 500:
            raise Refusal(422, 40010001, "limit must be between 1 and 500")
        nested = query.get("nested", "").lower() == "true"
        after = parse_iso(query["after"]) if query.get("after") else None
        until = parse_iso(query["until"]) if query.get("until") else None
        symbols = set(query["symbols"].split(",")) if query.get("symbols") else None
        chosen = [
            order
            for order in self.exchange.orders.values()
            if (status == "all" or order.open == (status == "open"))
            and (after is None or order.created_ns > after)
            and (until is None or order.created_ns < until)
            and (symbols is None or order.symbol in symbols)
            and (query.get("side") in (None, order.side))
        ]
        if nested:
            ids = {order.id for order in chosen}
            chosen = [order for order in chosen if order.apart or order.parent is None or order.parent.id not in ids]
        chosen.sort(key=lambda order: order.created_ns, reverse=query.get("direction", "desc") == "desc")
        return web.json_response([order.json(nested=nested) for order in chosen[:limit]])

    async def delete_order(self, request: web.Request) -> web.Response:
        order = self._find(request)
        if not order.open:
            raise Refusal(422, 42210000, f'order is already in "{order.status}" state')
        asyncio.get_running_loop().call_soon(self.exchange.cancel, order)
        return web.Response(status=204)

    async def cancel_all(self, request: web.Request) -> web.Response:
        gone = [order for order in self.exchange.orders.values() if order.open]
        for order in gone:
            self.exchange.cancel(order)
        return web.json_response([{"id": order.id, "status": 200} for order in gone], status=207)

    async def patch_order(self, request: web.Request) -> web.Response:
        order, body = self._find(request), await request.json()
        if not order.open:
            raise Refusal(422, 42210000, f'order is already in "{order.status}" state')
        client_order_id = body.get("client_order_id") or str(uuid.uuid4())
        if self.exchange.by_client_id(client_order_id) is not None:
            raise Refusal(422, 40010001, "client_order_id must be unique")
        changes: dict[str, Any] = {
            name: Decimal(str(body[name])) for name in ("qty", "limit_price", "stop_price") if body.get(name)
        }
        for name in ("limit_price", "stop_price"):
            check_increment(name, changes.get(name), "/" in order.symbol)
        successor = replace(
            order,
            id=str(uuid.uuid4()),
            client_order_id=client_order_id,
            created_ns=self.exchange.now_ns(),
            status="pending_new",
            **changes,
        )
        answer = successor.json(nested=False) | {"replaces": order.id, "status": "accepted"}
        asyncio.get_running_loop().call_soon(self.exchange.replace, order, successor)
        return web.json_response(answer)

    def _position(self, symbol: str) -> dict[str, Any]:
        held = self.exchange.positions[symbol]
        price = self.exchange.price(symbol)
        value, gain = held.qty * price, held.qty * price - held.cost
        share = number((gain / held.cost).quantize(Decimal("0.000001")) if held.cost else Decimal(0))
        return {
            "asset_id": asset_id(symbol),
            "symbol": symbol.replace("/", ""),
            "exchange": "NASDAQ",
            "asset_class": "crypto" if "/" in symbol else "us_equity",
            "asset_marginable": "/" not in symbol,
            "qty": number(held.qty),
            "qty_available": number(self.exchange.available(symbol)),
            "avg_entry_price": number(held.average),
            "side": "long" if held.qty >= 0 else "short",
            "market_value": number(value),
            "cost_basis": number(held.cost),
            "unrealized_pl": number(gain),
            "unrealized_plpc": share,
            "unrealized_intraday_pl": number(gain),
            "unrealized_intraday_plpc": share,
            "current_price": number(price),
            "lastday_price": number(price),
            "change_today": "0",
        }

    async def list_positions(self, request: web.Request) -> web.Response:
        return web.json_response([self._position(symbol) for symbol in sorted(self.exchange.positions)])

    def _held(self, request: web.Request) -> str:
        wanted = request.match_info["symbol_or_asset_id"]
        symbol = next(
            (held for held in self.exchange.positions if wanted in (held.replace("/", ""), asset_id(held))), None
        )
        if symbol is None:
            raise Refusal(404, 40410000, "position does not exist")
        return symbol

    async def get_position(self, request: web.Request) -> web.Response:
        return web.json_response(self._position(self._held(request)))

    def _close(self, symbol: str, qty: Decimal) -> SimOrder:
        order = parse(
            {
                "symbol": symbol,
                "qty": str(qty),
                "side": "sell",
                "type": "market",
                "time_in_force": "gtc" if "/" in symbol else "day",
            },
            self.exchange.now_ns(),
            session=self.exchange.session,
        )
        self.exchange.check_funds(order)
        self.exchange.add(order)
        asyncio.get_running_loop().call_soon(self.exchange.activate, order)
        return order

    async def close_position(self, request: web.Request) -> web.Response:
        symbol = self._held(request)
        qty = self.exchange.positions[symbol].qty
        if request.query.get("qty"):
            qty = Decimal(request.query["qty"])
        elif request.query.get("percentage"):
            qty = qty * Decimal(request.query["percentage"]) / 100
        return web.json_response(self._close(symbol, qty).json(nested=False))

    async def close_all(self, request: web.Request) -> web.Response:
        if request.query.get("cancel_orders", "").lower() == "true":
            for order in list(self.exchange.orders.values()):
                self.exchange.cancel(order)
        rows = []
        for symbol, held in list(self.exchange.positions.items()):
            order = self._close(symbol, held.qty)
            rows.append({"symbol": symbol, "status": 200, "body": order.json(nested=False)})
        return web.json_response(rows, status=207)
