"""Trade updates against a real socket: lost, repeated, reordered, empty, cut, half-open, mute, refused."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest

from engine.clock import SystemClock
from engine.errors import VenueUnavailable
from engine.model import Light, OrderStatus, Role
from tests.engine.brokers.alpaca_desk import Listener, intent, make_broker, started
from tests.venues.alpaca import AlpacaSimulator

NOW = SystemClock().now_ns


@pytest.mark.parametrize("binary", [True, False])
async def test_a_bracket_is_told_from_entry_to_stop(venue: AlpacaSimulator, binary: bool) -> None:
    venue.trading_stream.binary = binary
    wanted = intent(stop="240", target="260")
    async with started(venue) as broker:
        heard = Listener(broker)
        await venue.trading_stream.connected()
        await broker.submit(wanted)
        await venue.settled(wanted.client_order_id, "filled")
        venue.quote("TSLA", "239.00", "239.20")
        await heard.until(lambda: len(heard.updates) == 5 and heard.states[-1].items == 5)
    story = [(update.event, update.order.role, update.order.parent_id) for update in heard.updates]
    assert story == [
        ("new", Role.ENTRY, ""),
        ("fill", Role.ENTRY, ""),
        ("new", Role.TARGET, wanted.client_order_id),
        ("fill", Role.STOP, wanted.client_order_id),
        ("canceled", Role.TARGET, wanted.client_order_id),
    ]
    assert (heard.updates[1].quantity, heard.updates[1].price) == (Decimal(10), Decimal("250.1"))
    assert heard.lights() == [Light.CONNECTING, Light.UP]


async def test_partial_fills_are_cumulative_and_a_cancel_ends_the_rest(venue: AlpacaSimulator) -> None:
    venue.quote("TSLA", "249.90", "250.10", ask_size=4)
    async with started(venue) as broker:
        heard = Listener(broker)
        await venue.trading_stream.connected()
        order = (await broker.submit(intent())).order
        await venue.settled(intent().client_order_id, "partially_filled")
        venue.quote("TSLA", "249.90", "250.20", ask_size=3)
        assert order is not None
        await broker.cancel(order)
        await heard.until(lambda: heard.updates[-1:] != [] and heard.updates[-1].event == "canceled")
    assert [(update.event, update.order.filled, update.quantity) for update in heard.updates] == [
        ("new", Decimal(0), None),
        ("partial_fill", Decimal(4), Decimal(4)),
        ("partial_fill", Decimal(7), Decimal(3)),
        ("canceled", Decimal(7), None),
    ]
    assert heard.updates[-1].order.status is OrderStatus.CANCELED


async def test_a_replaced_order_names_its_successor(venue: AlpacaSimulator) -> None:
    async with started(venue) as broker:
        heard = Listener(broker)
        await venue.trading_stream.connected()
        order = (await broker.submit(intent(limit="200"))).order
        assert order is not None
        await broker._rest.call("GET", "/account")
        client = broker._rest._client
        await asyncio.to_thread(client.patch, f"/orders/{order.venue_id}", {"limit_price": "201"})
        await heard.until(lambda: len(heard.updates) == 3)
    replaced, successor = heard.updates[1].order, heard.updates[2].order
    assert (replaced.status, replaced.replaced_by) == (OrderStatus.REPLACED, successor.venue_id)


async def test_the_fill_may_come_before_the_answer(venue: AlpacaSimulator) -> None:
    venue.faults.add("POST /v2/orders", "fill_first")
    async with started(venue) as broker:
        heard = Listener(broker)
        await venue.trading_stream.connected()
        answering = asyncio.create_task(broker.submit(intent()))
        await heard.until(lambda: [update.event for update in heard.updates] == ["new", "fill"])
        assert not answering.done()
        answer = await answering
    assert answer.order is not None
    assert (answer.order.status, heard.updates[1].order.status) == (OrderStatus.WORKING, OrderStatus.FILLED)


async def test_repeated_reordered_empty_and_foreign_messages(venue: AlpacaSimulator) -> None:
    stream = venue.trading_stream
    async with started(venue) as broker:
        heard = Listener(broker)
        await stream.connected()
        stream.repeat = 2
        await broker.submit(intent())
        await heard.until(lambda: len(heard.updates) == 4)
        assert len({update.execution_id for update in heard.updates}) == 2
        stream.hold = 2
        await broker.submit(intent("s2"))
        await heard.until(lambda: len(heard.updates) == 6)
        assert [update.event for update in heard.updates[4:]] == ["fill", "new"]
        stream.null = 2
        await broker.submit(intent("s3"))
        for raw in ("not json", b"\x93\x01\xff", "[]", "7", "null", json.dumps({"stream": "weather", "data": {}})):
            stream.raw(raw)
        stream.broadcast({"stream": "trade_updates", "data": {"event": "fill", "order": {"symbol": "TSLA"}}})
        unknown = {"event": "teleported", "order": {"id": "v9", "symbol": "TSLA", "side": "buy", "status": "elsewhere"}}
        stream.broadcast({"stream": "trade_updates", "data": unknown})
        await heard.until(lambda: len(heard.updates) == 7)
        last = heard.updates[-1]
        assert (last.event, last.order.status, last.order.venue_status) == (
            "teleported",
            OrderStatus.UNRESOLVED,
            "elsewhere",
        )
        assert heard.states[-1].malformed == 5
        assert stream.connects == 1


@pytest.mark.parametrize("how", ["close", "abort", "half_open"])
async def test_a_lost_connection_comes_back_and_says_so(venue: AlpacaSimulator, how: str) -> None:
    stream = venue.trading_stream
    async with started(venue) as broker:
        heard = Listener(broker)
        await stream.connected()
        if how == "close":
            await stream.close_all()
        elif how == "abort":
            stream.abort_all()
        else:
            stream.half_open()
        down = await heard.light(Light.DOWN)
        assert "next try" in down.detail
        await heard.light(Light.UP, 2)
        await broker.submit(intent())
        await heard.until(lambda: len(heard.updates) == 2)
    assert heard.states[-1].reconnects == 1


async def test_refused_keys_are_said_and_not_hammered(venue: AlpacaSimulator) -> None:
    broker = make_broker(venue, secret_key="wrong")
    heard = Listener(broker)
    refused = await heard.light(Light.REFUSED)
    assert "unauthorized" in refused.detail
    assert "desk keys set" in refused.remedy
    assert venue.trading_stream.connects == 1
    await broker.close()
    await heard.ended()
    assert venue.trading_stream.connects == 1


@pytest.mark.parametrize(
    ("status", "light"), [(401, Light.REFUSED), (403, Light.REFUSED), (404, Light.DOWN), (503, Light.DOWN)]
)
async def test_an_upgrade_that_is_refused(venue: AlpacaSimulator, status: int, light: Light) -> None:
    venue.trading_stream.http_status = status
    broker = make_broker(venue)
    heard = Listener(broker)
    assert str(status) in (await heard.light(light)).detail
    await broker.close()
    await heard.ended()


async def test_too_many_connections_wait_longer_than_a_lost_one(venue: AlpacaSimulator) -> None:
    venue.trading_stream.refuse_listen = 406
    broker = make_broker(venue)
    heard = Listener(broker)
    down = await heard.light(Light.DOWN)
    assert "406" in down.detail and "stop it" in down.remedy
    venue.trading_stream.refuse_listen = 0
    await heard.light(Light.UP)
    await broker.close()
    await heard.ended()


async def test_a_sign_in_that_is_never_answered_ends_by_itself(venue: AlpacaSimulator) -> None:
    venue.trading_stream.silent_auth = True
    broker = make_broker(venue)
    heard = Listener(broker)
    assert "no answer" in (await heard.light(Light.DOWN)).detail
    venue.trading_stream.silent_auth = False
    await heard.light(Light.UP)
    await broker.close()
    await heard.ended()


async def test_the_venue_being_away_is_waited_out_with_growing_waits(venue: AlpacaSimulator) -> None:
    broker = make_broker(venue)
    await venue.stop()
    heard = Listener(broker)
    await heard.light(Light.DOWN, 4)
    await venue.start()
    await heard.light(Light.UP)
    assert venue.trading_stream.connects == 1
    await broker.close()
    await heard.ended()
    waits = [
        float(state.detail.rpartition("next try in ")[2].split()[0])
        for state in heard.states
        if state.light is Light.DOWN
    ]
    assert max(waits) <= 0.1


async def test_a_stream_that_tells_nothing_is_found_out_by_two_snapshots(venue: AlpacaSimulator) -> None:
    stream = venue.trading_stream
    async with started(venue) as broker:
        heard = Listener(broker)
        await stream.connected()
        await broker.snapshot(NOW())
        stream.mute = True
        await broker.submit(intent())
        await venue.settled(intent().client_order_id, "filled")
        await broker.snapshot(NOW())
        assert heard.lights() == [Light.CONNECTING, Light.UP]
        await broker.snapshot(NOW())
        assert "never told" in (await heard.light(Light.DEGRADED)).detail
        await heard.light(Light.UP, 2)
        await broker.snapshot(NOW())
        await broker.snapshot(NOW())
        assert stream.connects == 2


async def test_a_stream_that_tells_is_never_called_mute(venue: AlpacaSimulator) -> None:
    async with started(venue) as broker:
        heard = Listener(broker)
        await venue.trading_stream.connected()
        for number in range(3):
            await broker.submit(intent(f"s{number}", stop="240", target="260"))
            await broker.snapshot(NOW())
        venue.quote("TSLA", "239.00", "239.20")
        for _ in range(3):
            await broker.snapshot(NOW())
        await heard.until(lambda: len(heard.updates) == 15)
    assert venue.trading_stream.connects == 1


async def test_leaving_ends_the_iteration_and_the_socket(venue: AlpacaSimulator) -> None:
    broker = make_broker(venue)
    heard = Listener(broker)
    await venue.trading_stream.connected()
    await broker.close()
    await heard.ended()
    await asyncio.wait_for(venue.trading_stream.disconnected(), 5)
    with pytest.raises(VenueUnavailable):
        await broker.snapshot(NOW())
