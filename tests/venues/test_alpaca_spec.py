"""The pretend venue's bodies fit the venue's own OpenAPI documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from tests.venues.alpaca import AlpacaSimulator
from tests.venues.alpaca.parameters import DATA, TRADING
from tests.venues.alpaca.spec import component, document, schema_of

BRACKET = {
    "symbol": "TSLA",
    "qty": "10",
    "side": "buy",
    "type": "limit",
    "time_in_force": "gtc",
    "limit_price": "251",
    "order_class": "bracket",
    "take_profit": {"limit_price": "260"},
    "stop_loss": {"stop_price": "240"},
    "client_order_id": "one",
}


@pytest.fixture
async def venue() -> AsyncIterator[AlpacaSimulator]:
    async with AlpacaSimulator() as simulator:
        for symbol in ("TSLA", "AAPL"):
            simulator.quote(symbol, "249.90", "250.10", "250")
        yield simulator


async def ask(venue: AlpacaSimulator, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"APCA-API-KEY-ID": venue.key_id, "APCA-API-SECRET-KEY": venue.secret_key}
    async with (
        aiohttp.ClientSession(venue.trading_url, headers=headers) as session,
        session.request(method, path, json=body) as response,
    ):
        assert "X-RateLimit-Reset" in response.headers
        return response.status, await response.json() if response.status != 204 else None


async def test_trading_answers(venue: AlpacaSimulator) -> None:
    status, order = await ask(venue, "POST", "/v2/orders", BRACKET)
    assert status == 200
    schema_of("trading", "/v2/orders", "post")(order)
    await venue.settled("one", "filled")
    venue.activities.transfer("CSD", Decimal(500))
    for path, template in (
        ("/v2/account", None),
        ("/v2/account/activities?activity_types=CSD,CSW&page_size=100&direction=asc", "/v2/account/activities"),
        ("/v2/clock", None),
        ("/v2/calendar?start=2026-11-16&end=2026-11-20", "/v2/calendar"),
        ("/v2/assets/TSLA", "/v2/assets/{symbol_or_asset_id}"),
        ("/v2/assets/BTC%2FUSD", "/v2/assets/{symbol_or_asset_id}"),
        ("/v2/assets", None),
        ("/v2/orders?status=all&nested=true", "/v2/orders"),
        ("/v2/orders?status=all", "/v2/orders"),
        (f"/v2/orders/{order['id']}?nested=true", "/v2/orders/{order_id}"),
        ("/v2/orders:by_client_order_id?client_order_id=one", "/v2/orders:by_client_order_id"),
        ("/v2/positions", None),
        ("/v2/positions/TSLA", "/v2/positions/{symbol_or_asset_id}"),
    ):
        status, body = await ask(venue, "GET", path)
        assert (status, bool(body)) == (200, True), path
        schema_of("trading", template or path, "get")(body)


async def test_the_account_has_no_pattern_day_trader_fields(venue: AlpacaSimulator) -> None:
    _, account = await ask(venue, "GET", "/v2/account")
    assert not {"pattern_day_trader", "daytrade_count", "daytrading_buying_power"} & set(account)


async def test_closing_everything(venue: AlpacaSimulator) -> None:
    await ask(venue, "POST", "/v2/orders", BRACKET)
    await venue.settled("one", "filled")
    status, gone = await ask(venue, "DELETE", "/v2/orders")
    assert (status, len(gone)) == (207, 2)
    schema_of("trading", "/v2/orders", "delete", "207")(gone)
    status, closed = await ask(venue, "DELETE", "/v2/positions")
    assert status == 207
    schema_of("trading", "/v2/positions", "delete", "207")(closed)


async def test_data_answers(venue: AlpacaSimulator) -> None:
    bar = {"t": "2026-11-20T14:30:00Z", "o": 1.0, "h": 1.0, "l": 1.0, "c": 1.0, "v": 1, "n": 1, "vw": 1.0}
    venue.data.bars["TSLA"] = [bar]
    for number in range(1, 4):
        venue.article(number, "A headline", "TSLA", summary="In short")
    for path in (
        "/v2/stocks/snapshots",
        "/v2/stocks/quotes/latest",
        "/v2/stocks/trades/latest",
        "/v2/stocks/bars/latest",
    ):
        status, body = await ask(venue, "GET", f"{path}?symbols=TSLA,AAPL&feed=iex")
        assert status == 200
        schema_of("data", path, "get")(body)
    status, body = await ask(venue, "GET", "/v2/stocks/bars?symbols=TSLA&timeframe=1Min")
    assert body["bars"]["TSLA"] == [bar]
    component("data", "stock_bars_resp")(body | {"next_page_token": ""})
    status, body = await ask(venue, "GET", "/v1beta1/news?symbols=TSLA&limit=2")
    assert [item["id"] for item in body["news"]] == [3, 2]
    check = schema_of("data", "/v1beta1/news", "get")
    check(body)
    status, body = await ask(venue, "GET", f"/v1beta1/news?symbols=TSLA&limit=2&page_token={body['next_page_token']}")
    assert ([item["id"] for item in body["news"]], body["next_page_token"]) == ([1], None)
    check(body)
    assert (await ask(venue, "GET", "/v1beta1/news?limit=51"))[0] == 400


async def test_refusals_have_the_venues_codes(venue: AlpacaSimulator) -> None:
    await ask(venue, "POST", "/v2/orders", BRACKET)
    sell = {"symbol": "AAPL", "qty": "1", "side": "sell", "type": "market", "time_in_force": "day"}
    for body, status, code, words in (
        (BRACKET, 422, 40010001, "must be unique"),
        (BRACKET | {"client_order_id": "2", "limit_price": "250.123"}, 422, 42210000, "sub-penny"),
        (BRACKET | {"client_order_id": "2", "symbol": "NOPE"}, 422, 42210000, "not found"),
        (BRACKET | {"client_order_id": "2", "qty": "100000"}, 403, 40310000, "insufficient buying power"),
        (BRACKET | {"client_order_id": "2", "qty": "1.5"}, 422, 42210000, "fractional"),
        (BRACKET | {"client_order_id": "2", "stop_loss": {}}, 422, 40010001, "require"),
        (BRACKET | {"client_order_id": "2", "take_profit": {"limit_price": "230"}}, 422, 42210000, "must be >"),
        (sell, 403, 40310000, "insufficient qty"),
    ):
        found, answer = await ask(venue, "POST", "/v2/orders", body)
        assert (found, answer["code"]) == (status, code), answer
        assert words in answer["message"]
    assert (await ask(venue, "GET", "/v2/orders/none"))[0] == 404
    assert (await ask(venue, "GET", "/v2/nowhere"))[0] == 404


@pytest.mark.parametrize(("name", "known"), [("trading", TRADING), ("data", DATA)])
def test_the_parameters_are_those_of_the_description(name: str, known: dict[str, frozenset[str]]) -> None:
    spec = document(name)
    shared = spec["components"].get("parameters", {})
    for path, names in known.items():
        listed = spec["paths"][path]["get"].get("parameters", ())
        whole = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in listed]
        assert {each["name"] for each in whole if each["in"] == "query"} == names, path


async def test_a_parameter_that_is_not_known_is_refused(venue: AlpacaSimulator) -> None:
    status, body = await ask(venue, "GET", "/v2/orders?status=all&nest=true")
    assert (status, body["message"]) == (400, "unexpected parameter(s): nest")
    assert (await ask(venue, "GET", "/v2/stocks/snapshots?symbol=TSLA"))[0] == 400
