"""Unmodified alpaca-py works against the pretend venue, and shows the faults that keep it off our order path."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.data.enums import DataFeed
from alpaca.data.historical.news import NewsClient
from alpaca.data.historical.stock import StockHistoricalDataClient
from alpaca.data.live.news import NewsDataStream
from alpaca.data.live.stock import StockDataStream
from alpaca.data.requests import NewsRequest, StockLatestQuoteRequest, StockSnapshotRequest
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    GetCalendarRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
)
from alpaca.trading.stream import TradingStream
from pydantic import ValidationError

from tests.venues.alpaca import AlpacaSimulator


@pytest.fixture
async def venue() -> AsyncIterator[AlpacaSimulator]:
    async with AlpacaSimulator() as simulator:
        simulator.quote("TSLA", "249.90", "250.10", "250.00")
        yield simulator


def client(venue: AlpacaSimulator) -> TradingClient:
    return TradingClient(venue.key_id, venue.secret_key, paper=True, url_override=venue.trading_url)


def limit(client_order_id: str, price: float, **more: Any) -> LimitOrderRequest:
    return LimitOrderRequest(
        symbol="TSLA",
        qty=10,
        side=OrderSide.BUY,
        time_in_force=TimeInForce.GTC,
        limit_price=price,
        client_order_id=client_order_id,
        **more,
    )


async def test_the_trading_client_trades(venue: AlpacaSimulator) -> None:
    trading = client(venue)

    def work() -> None:
        assert trading.get_account().equity == "100000"
        assert trading.get_clock().is_open
        assert trading.get_calendar(GetCalendarRequest(start="2026-11-16", end="2026-11-20"))
        assert trading.get_asset("TSLA").fractionable
        exits = {
            "order_class": "bracket",
            "take_profit": TakeProfitRequest(limit_price=260),
            "stop_loss": StopLossRequest(stop_price=240),
        }
        order = trading.submit_order(limit("one", 251, **exits))
        assert [leg.status for leg in order.legs] == [OrderStatus.HELD, OrderStatus.HELD]
        (filled,) = trading.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, nested=True))
        assert (filled.status, filled.filled_avg_price) == (OrderStatus.FILLED, "250.1")
        assert [leg.status for leg in filled.legs] == [OrderStatus.NEW, OrderStatus.HELD]
        assert trading.get_order_by_client_id("one").id == order.id
        assert trading.get_open_position("TSLA").qty == "10"
        resting = trading.submit_order(limit("two", 200))
        successor = trading.replace_order_by_id(resting.id, ReplaceOrderRequest(limit_price=201))
        assert trading.get_order_by_id(resting.id).replaced_by == successor.id
        trading.cancel_order_by_id(successor.id)
        assert trading.get_order_by_id(successor.id).status is OrderStatus.CANCELED
        trading.cancel_orders()
        trading.close_position("TSLA")
        assert trading.get_all_positions() == []
        with pytest.raises(APIError):
            trading.submit_order(limit("one", 251))

    await asyncio.to_thread(work)


async def test_the_data_clients_read(venue: AlpacaSimulator) -> None:
    venue.article(1, "A headline", "TSLA")

    def work() -> None:
        stocks = StockHistoricalDataClient(venue.key_id, venue.secret_key, url_override=venue.data_url)
        quote = stocks.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="TSLA", feed=DataFeed.IEX))
        assert quote["TSLA"].ask_price == 250.1
        snapshot = stocks.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols=["TSLA"], feed=DataFeed.IEX))
        assert snapshot["TSLA"].latest_trade.price == 250.0
        news = NewsClient(venue.key_id, venue.secret_key, url_override=venue.data_url)
        assert len(news.get_news(NewsRequest(symbols="TSLA")).data["news"]) == 1

    await asyncio.to_thread(work)


class Ear:
    """Collects what a stream's handler gets."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.bell = asyncio.Event()

    async def __call__(self, item: Any) -> None:
        self.items.append(item)
        self.bell.set()

    async def until(self, true: Callable[[], bool]) -> None:
        while not true():
            self.bell.clear()
            await asyncio.wait_for(self.bell.wait(), 10)


async def leave(stream: Any, running: asyncio.Task[None]) -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await stream.close()


@pytest.mark.parametrize("binary", [True, False])
async def test_the_trading_stream_hears(venue: AlpacaSimulator, binary: bool) -> None:
    venue.trading_stream.binary = binary
    ear = Ear()

    async def hear(update: Any) -> None:
        await ear(update)

    stream = TradingStream(venue.key_id, venue.secret_key, paper=True, url_override=venue.trading_stream_url)
    stream.subscribe_trade_updates(hear)
    running = asyncio.create_task(stream._run_forever())
    await venue.trading_stream.connected()
    order = MarketOrderRequest(symbol="TSLA", qty=2, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
    await asyncio.to_thread(client(venue).submit_order, order)
    await ear.until(lambda: len(ear.items) == 2)
    assert [update.event for update in ear.items] == ["new", "fill"]
    assert ear.items[1].order.status is OrderStatus.FILLED
    await leave(stream, running)


async def test_the_data_stream_hears_in_msgpack(venue: AlpacaSimulator) -> None:
    ear = Ear()

    async def hear(item: Any) -> None:
        await ear(item)

    stream = StockDataStream(venue.key_id, venue.secret_key, url_override=venue.data_stream_url)
    stream.subscribe_quotes(hear, "TSLA")
    stream.subscribe_trades(hear, "TSLA")
    stream.subscribe_trading_statuses(hear, "TSLA")
    running = asyncio.create_task(stream._run_forever())
    await venue.data_stream.connected()
    venue.quote("TSLA", "250.00", "250.20", "250.10")
    venue.quote("AAPL", "7", "8")
    venue.halt("TSLA")
    await ear.until(lambda: len(ear.items) == 3)
    quote, trade, status = ear.items
    assert (quote.bid_price, trade.price, status.status_code) == (250.0, 250.1, "H")
    await leave(stream, running)


async def test_the_news_stream_hears(venue: AlpacaSimulator) -> None:
    ear = Ear()

    async def hear(item: Any) -> None:
        await ear(item)

    stream = NewsDataStream(venue.key_id, venue.secret_key, url_override=venue.news_stream_url)
    stream.subscribe_news(hear, "TSLA")
    running = asyncio.create_task(stream._run_forever())
    await venue.news_stream.connected()
    venue.article(1, "A headline", "AAPL")
    venue.article(2, "Another headline", "F", "TSLA")
    await ear.until(lambda: len(ear.items) == 1)
    assert (ear.items[0].id, ear.items[0].headline, ear.items[0].symbols) == (2, "Another headline", ["F", "TSLA"])
    await leave(stream, running)


async def test_why_not_its_order_call_504_is_sent_again(venue: AlpacaSimulator) -> None:
    trading = client(venue)
    trading._retry_wait = 0.01
    venue.faults.add("POST /v2/orders", "504", "after", times=9)
    order = MarketOrderRequest(symbol="TSLA", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
    with pytest.raises(APIError):
        await asyncio.to_thread(trading.submit_order, order)
    assert len(venue.posts()) == 4
    assert len(venue.exchange.orders) == 4


async def test_why_not_its_parsing_an_unknown_status_hides_an_order_that_stands(venue: AlpacaSimulator) -> None:
    venue.faults.add("POST /v2/orders", "unknown_status")
    with pytest.raises(ValidationError):
        await asyncio.to_thread(client(venue).submit_order, limit("one", 251))
    assert venue.order("one").status == "filled"


async def test_why_not_its_streams_refused_keys_are_tried_for_ever(
    venue: AlpacaSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)

    async def hear(update: Any) -> None:
        raise AssertionError(update)

    stream = TradingStream(venue.key_id, "wrong", paper=True, url_override=venue.trading_stream_url)
    stream._reconnect_min_backoff = stream._reconnect_max_backoff = 0.01
    stream.subscribe_trade_updates(hear)
    running = asyncio.create_task(stream._run_forever())
    await asyncio.wait_for(venue.trading_stream.attempted(4), 10)
    assert not running.done()
    await leave(stream, running)


async def test_why_not_its_streams_an_unknown_status_loses_the_update(
    venue: AlpacaSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    ear = Ear()

    async def hear(update: Any) -> None:
        await ear(update)

    stream = TradingStream(venue.key_id, venue.secret_key, paper=True, url_override=venue.trading_stream_url)
    stream.subscribe_trade_updates(hear)
    running = asyncio.create_task(stream._run_forever())
    await venue.trading_stream.connected()
    await asyncio.to_thread(client(venue).submit_order, limit("one", 200))
    update = venue.updates[-1]
    strange = {**update, "order": {**update["order"], "status": "quantum_entangled"}}
    venue.trading_stream.publish(strange)
    venue.trading_stream.publish({**update, "event": "last"})
    await ear.until(lambda: ear.items[-1:] != [] and ear.items[-1].event == "last")
    assert [item.event for item in ear.items] == ["new", "last"]
    await leave(stream, running)
