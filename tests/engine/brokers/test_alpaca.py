"""The fault matrix of one order request against a real server: every fault before and after acceptance."""

from __future__ import annotations

import asyncio
import logging
import threading
from decimal import Decimal

import pytest

from engine.brokers.alpaca import THREADS
from engine.errors import CredentialsError, VenueUnavailable
from engine.model import Order, OrderStatus, Outcome, Role, Side
from tests.engine.brokers.alpaca_desk import TIMEOUT_S, intent, make_broker, started
from tests.venues.alpaca import AlpacaSimulator
from tests.venues.alpaca.faults import UNKNOWN

POST = "POST /v2/orders"


async def test_a_bracket_goes_out_in_exact_text_and_is_accepted_with_its_legs(venue: AlpacaSimulator) -> None:
    wanted = intent(limit="250.10", stop="237.50", target="275.00")
    async with started(venue) as broker:
        answer = await broker.submit(wanted)
    assert answer.outcome is Outcome.ACCEPTED
    assert answer.order is not None
    assert (answer.order.role, answer.order.signal_id) == (Role.ENTRY, "s1")
    assert {leg.role: (leg.status, leg.parent_id) for leg in answer.order.legs} == {
        Role.TARGET: (OrderStatus.HELD, wanted.client_order_id),
        Role.STOP: (OrderStatus.HELD, wanted.client_order_id),
    }
    assert venue.posts() == [
        {
            "symbol": "TSLA",
            "qty": "10",
            "side": "buy",
            "type": "limit",
            "time_in_force": "day",
            "client_order_id": wanted.client_order_id,
            "limit_price": "250.10",
            "order_class": "bracket",
            "take_profit": {"limit_price": "275.00"},
            "stop_loss": {"stop_price": "237.50"},
        }
    ]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", UNKNOWN)
async def test_what_cannot_be_known_is_unresolved_sent_once_and_resolved_by_lookup(
    venue: AlpacaSimulator, kind: str, when: str
) -> None:
    wanted = intent()
    venue.faults.add(POST, kind, when)
    async with started(venue) as broker:
        answer = await broker.submit(wanted)
        assert (answer.outcome, answer.order) == (Outcome.UNRESOLVED, None)
        assert answer.reason
        lookup = await broker.lookup(wanted.client_order_id)
        assert lookup.known is (when == "after")
        again = await broker.submit(wanted)
    assert again.outcome is Outcome.ACCEPTED
    assert len(venue.posts()) == 2
    assert [order.client_order_id for order in venue.exchange.orders.values()] == [wanted.client_order_id]
    assert venue.exchange.positions["TSLA"].qty == 10


async def test_a_dripping_answer_is_cut_at_the_limit(venue: AlpacaSimulator) -> None:
    venue.faults.add(POST, "drip", "after")
    async with started(venue) as broker:
        answer = await broker.submit(intent())
        assert answer.outcome is Outcome.UNRESOLVED
        assert f"{TIMEOUT_S:g} s" in answer.reason
        assert (await broker.lookup(intent().client_order_id)).known is True


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("401", "not authorized"),
        ("403_buying_power", "insufficient buying power"),
        ("403_shares", "insufficient qty"),
        ("403_short", "not allowed to short"),
        ("403_wash", "wash trade"),
        ("422_price", "sub-penny"),
        ("422_asset", "not tradable"),
        ("422_no_code", "unprocessable"),
    ],
)
async def test_a_definite_no_is_rejected_with_the_venues_words(venue: AlpacaSimulator, kind: str, words: str) -> None:
    venue.faults.add(POST, kind)
    async with started(venue) as broker:
        answer = await broker.submit(intent())
    assert answer.outcome is Outcome.REJECTED
    assert words in answer.reason
    assert len(venue.posts()) == 1
    assert not venue.exchange.orders


@pytest.mark.parametrize("kind", ["429", "429_html"])
async def test_a_rate_limit_is_rejected_with_the_time_to_wait(venue: AlpacaSimulator, kind: str) -> None:
    venue.faults.add(POST, kind, reset_in_s=20.0)
    async with started(venue) as broker:
        answer = await broker.submit(intent())
    assert answer.outcome is Outcome.REJECTED
    assert answer.retry_after_s is not None
    assert 15 < answer.retry_after_s <= 20
    assert len(venue.posts()) == 1


async def test_a_taken_id_is_looked_up_and_adopted(venue: AlpacaSimulator) -> None:
    async with started(venue) as broker:
        first = await broker.submit(intent())
        second = await broker.submit(intent())
        venue.faults.add("GET /v2/orders:by_client_order_id", "504")
        third = await broker.submit(intent())
        venue.faults.add(POST, "422_duplicate")
        stranger = await broker.submit(intent("never sent"))
    assert first.order is not None and second.order is not None
    assert (second.outcome, second.order.venue_id) == (Outcome.ACCEPTED, first.order.venue_id)
    assert third.outcome is Outcome.UNRESOLVED
    assert stranger.outcome is Outcome.UNRESOLVED
    assert third.taken and stranger.taken and not first.taken
    assert venue.exchange.positions["TSLA"].qty == 10


async def test_an_unknown_status_is_unresolved_and_keeps_the_venues_word(venue: AlpacaSimulator) -> None:
    venue.faults.add(POST, "unknown_status")
    async with started(venue) as broker:
        answer = await broker.submit(intent())
    assert answer.outcome is Outcome.UNRESOLVED
    assert answer.order is not None
    assert (answer.order.status, answer.order.venue_status) == (OrderStatus.UNRESOLVED, "quantum_entangled")


async def test_an_answer_without_its_fields_is_unresolved(venue: AlpacaSimulator) -> None:
    venue.faults.add(POST, "missing_fields")
    async with started(venue) as broker:
        assert (await broker.submit(intent())).outcome is Outcome.UNRESOLVED
        assert (await broker.lookup(intent().client_order_id)).known is True


async def test_what_cannot_be_said_is_denied_and_not_sent(venue: AlpacaSimulator) -> None:
    async with started(venue) as broker:
        answer = await broker.submit(intent(quantity="NaN"))
    assert answer.outcome is Outcome.DENIED
    assert not venue.posts()


class Refused:
    """A permit that says no."""

    def wait(self) -> str:
        return "trading is halted"

    async def known(self) -> None:
        """At once."""

    def give_up(self, reason: str) -> None:
        raise AssertionError(reason)


async def test_what_must_not_leave_is_denied_and_not_sent(venue: AlpacaSimulator) -> None:
    async with started(venue) as broker:
        answer = await broker.submit_when(intent(), Refused())
        assert (answer.outcome, answer.reason) == (Outcome.DENIED, "not sent: trading is halted")
        assert venue.posts() == []


@pytest.mark.parametrize(
    ("kind", "known"),
    [("504", None), ("html_404", None), ("reset", None), ("hang", None), ("empty", None), ("429", None)],
)
async def test_a_lookup_that_was_not_answered_is_never_a_no(
    venue: AlpacaSimulator, kind: str, known: bool | None
) -> None:
    venue.faults.add("GET /v2/orders:by_client_order_id", kind)
    async with started(venue) as broker:
        assert (await broker.lookup("desk-x")).known is known
        assert (await broker.lookup("desk-x")).known is False


async def test_cancel_is_accepted_refused_or_unresolved(venue: AlpacaSimulator) -> None:
    wanted = intent(limit="200")
    async with started(venue) as broker:
        order = (await broker.submit(wanted)).order
        assert order is not None
        venue.faults.add("DELETE /v2/orders/{order_id}", "504")
        assert (await broker.cancel(order)).outcome is Outcome.UNRESOLVED
        by_our_id = Order(wanted.client_order_id, "", "TSLA", Side.BUY, Decimal(10), OrderStatus.UNRESOLVED, Role.ENTRY)
        assert (await broker.cancel(by_our_id)).outcome is Outcome.ACCEPTED
        await venue.settled(wanted.client_order_id, "canceled")
        assert (await broker.cancel(order)).outcome is Outcome.REJECTED
        unknown = Order("desk-none", "", "TSLA", Side.BUY, Decimal(1), OrderStatus.UNRESOLVED, Role.ENTRY)
        assert (await broker.cancel(unknown)).outcome is Outcome.REJECTED


async def test_start_tells_refused_keys_from_a_venue_that_is_down(venue: AlpacaSimulator) -> None:
    wrong = make_broker(venue, secret_key="not-the-secret", timeout_s=5.0)
    with pytest.raises(CredentialsError, match="refused"):
        await wrong.start()
    await wrong.close()
    broker = make_broker(venue, timeout_s=5.0)
    venue.faults.add("GET /v2/account", "html")
    with pytest.raises(VenueUnavailable, match="HTTP 502"):
        await broker.start()
    await broker.start()
    await broker.close()


async def test_instruments_are_read_tolerantly(venue: AlpacaSimulator) -> None:
    venue.trading.sunset = True
    async with started(venue) as broker:
        tesla = await broker.instrument("TSLA")
        assert tesla is not None
        assert (tesla.tradable, tesla.fractionable, tesla.quantity_step) == (True, True, Decimal(1))
        pair = await broker.instrument("BTC/USD")
        assert pair is not None
        assert (pair.asset_class, pair.quantity_step) == ("crypto", Decimal("0.0000001"))
        assert await broker.instrument("NOPE") is None
        venue.faults.add("GET /v2/assets/{symbol_or_asset_id}", "html_404")
        with pytest.raises(VenueUnavailable):
            await broker.instrument("TSLA")


async def test_calls_beyond_the_threads_wait_their_turn(venue: AlpacaSimulator) -> None:
    venue.faults.add("GET /v2/orders:by_client_order_id", "hang", times=THREADS)
    async with started(venue, timeout_s=30.0) as broker:
        busy = [asyncio.create_task(broker.lookup(f"desk-{number}")) for number in range(THREADS)]
        await venue.requested("GET", "/v2/orders:by_client_order_id", THREADS)
        submitting = asyncio.create_task(broker.submit(intent()))
        done, _ = await asyncio.wait({submitting}, timeout=0.2)
        assert not done
        assert venue.posts() == []
        venue.faults.clear()
        await asyncio.gather(*busy)
        answer = await submitting
    assert answer.outcome is Outcome.ACCEPTED
    assert len(venue.posts()) == 1


async def test_close_breaks_off_what_hangs_and_leaves_no_thread(venue: AlpacaSimulator) -> None:
    before = set(threading.enumerate())
    venue.faults.add(POST, "hang")
    broker = make_broker(venue, timeout_s=30.0)
    await broker._rest.open()
    hanging = asyncio.create_task(broker.submit(intent()))
    await venue.requested("POST", "/v2/orders")
    await broker.close()
    assert (await hanging).outcome is Outcome.UNRESOLVED
    assert set(threading.enumerate()) == before
    assert (await broker.submit(intent("later"))).outcome is Outcome.UNRESOLVED


async def test_secrets_are_never_shown(venue: AlpacaSimulator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "very-secret-value"
    broker = make_broker(venue, secret_key=secret, timeout_s=5.0)
    with pytest.raises(CredentialsError) as refused:
        await broker.start()
    async for state in broker.updates():
        if getattr(state, "detail", ""):
            break
    answer = await broker.submit(intent())
    await broker.close()
    shown = [str(refused.value), repr(refused.value), repr(broker), repr(vars(broker)), answer.reason, repr(state)]
    assert not [text for text in (*shown, caplog.text) if secret in text or venue.key_id in text]
