"""The line to the venue: what is sent, when it leaves, and what comes back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.alpaca.transport import Call
from engine.brokers.alpaca import AlpacaBroker
from engine.clock import SECOND, VirtualClock
from engine.config import AlpacaConfig, BrokerConfig
from engine.errors import DeskError
from engine.journal import writer
from engine.kernel.inbox import Answered, CancelAnswered, LookedUp, Unrecorded
from engine.kernel.stages import Stages
from engine.model import Answer, Draft, Intent, Lookup, Order, OrderStatus, Outcome, Role, Side, TradingState
from engine.model.ports import Permit
from engine.orders import Cancel, LookUp, Place, Request
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW
from tests.venues.alpaca import AlpacaSimulator

INTENT = Intent(
    "desk-1", "s", "t", 1, Role.ENTRY, Draft("TSLA", Side.BUY, Decimal(1), Decimal(250), Decimal(250), NOW), NOW
)

ORDER = Order("desk-1", "at-the-venue", "TSLA", Side.BUY, Decimal(1), OrderStatus.CANCELING, Role.ENTRY)


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    with bare.opened(bare.config(tmp_path), VirtualClock(NOW)) as made:
        yield made


@asynccontextmanager
async def selling(home: Path) -> AsyncIterator[tuple[AlpacaSimulator, Stages, Intent]]:
    """A connected venue, and an exit that is recorded and asked for."""
    async with AlpacaSimulator() as venue:
        urls = AlpacaConfig(trading_url=venue.trading_url, trading_stream_url=venue.trading_stream_url)
        with bare.opened(msgspec.structs.replace(bare.config(home), alpaca=urls), VirtualClock(NOW)) as made:
            assert isinstance(made.broker, AlpacaBroker)
            await made.broker._rest.open()
            intent = made.dealing.orders.intend("s", "t", Role.EXIT, INTENT.draft, NOW)
            made.journal.append("intent", intent.client_order_id, intent, NOW)
            made.dealing.requests.append(Place(intent))
            yield venue, made, intent
            await made.link.finish(30.0)
            await made.broker.close()


async def answered(stages: Stages) -> object:
    """The next thing that the link hands to the kernel."""
    async with asyncio.timeout(30.0):
        await stages.inbox.wait(None)
    return stages.inbox.take_urgent()


async def test_every_order_is_answered(stages: Stages) -> None:
    link = stages.link
    other = msgspec.structs.replace(INTENT, client_order_id="desk-2")
    stages.dealing.requests += [Place(INTENT), Place(other)]
    await link.carry_out()
    for intent in (INTENT, other):
        told = await answered(stages)
        assert isinstance(told, Answered)
        assert told.intent is intent
        assert told.answer.outcome is Outcome.DENIED
    await link.finish(30.0)


async def test_a_cancellation_is_answered(stages: Stages) -> None:
    stages.dealing.requests.append(Cancel(ORDER))
    await stages.link.carry_out()
    told = await answered(stages)
    assert isinstance(told, CancelAnswered)
    assert told.order is ORDER
    await stages.link.finish(30.0)


async def test_an_order_that_cannot_be_recorded_is_told_and_not_sent(stages: Stages) -> None:
    stages.dealing.requests.append(Place(INTENT))
    stages.journal.close()
    await stages.link.carry_out()
    assert isinstance(await answered(stages), Unrecorded)
    await stages.link.finish(30.0)


@pytest.mark.parametrize("killed", [False, True])
async def test_an_order_is_made_ready_meanwhile_and_leaves_once_its_intent_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    """Unless it must not be sent any more by then."""
    durable, ready = threading.Event(), threading.Event()
    insert, leave = writer.insert, Call.leave

    def slow(*given: Any) -> None:
        durable.wait()
        insert(*given)

    def leaving(call: Call) -> None:
        ready.set()
        leave(call)

    async with selling(tmp_path) as (venue, made, intent):
        monkeypatch.setattr(writer, "insert", slow)
        monkeypatch.setattr(Call, "leave", leaving)
        try:
            await made.link.carry_out()
            assert await asyncio.to_thread(ready.wait, 30.0)
            assert venue.posts() == []
            if killed:
                made.dealing.enter(made.dealing.risk.kill("while the disk took its time", "person", NOW))
        finally:
            durable.set()
        told = await answered(made)
        assert isinstance(told, Answered) and told.intent is intent
        if killed:
            assert (told.answer.outcome, told.answer.reason) == (Outcome.DENIED, "not sent: trading is halted")
        assert len(venue.posts()) == (0 if killed else 1)


async def test_an_order_whose_intent_the_disk_refuses_is_told_and_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise OSError(28, "No space left on device")

    async with selling(tmp_path) as (venue, made, _):
        monkeypatch.setattr(writer, "insert", broken)
        await made.link.carry_out()
        told = await answered(made)
        assert isinstance(told, Unrecorded) and "No space left" in str(told.error)
        assert venue.posts() == []


async def test_a_simulated_venue_gets_nothing_either_that_must_not_be_sent_any_more(tmp_path: Path) -> None:
    config = msgspec.structs.replace(bare.config(tmp_path, "simulated"), broker=BrokerConfig(name="simulated"))
    with bare.opened(config, VirtualClock(NOW)) as made:
        dealing, told = made.dealing, INTENT.draft
        intent = dealing.orders.intend("s", "t", Role.EXIT, msgspec.structs.replace(told, side=Side.SELL), NOW)
        dealing.requests.append(Place(intent))
        dealing.enter(dealing.risk.kill("halted by what the same event brought", "person", NOW))
        await made.link.carry_out()
        order = dealing.orders.get(intent.client_order_id)
        assert order is not None and order.status is OrderStatus.DENIED and "trading is halted" in order.reason
        assert not (await made.broker.lookup(intent.client_order_id)).known


async def test_a_lookup_is_as_of_when_it_was_asked(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer may take seconds: an order that was on its way has reached the venue by then."""

    async def slow(client_order_id: str) -> Lookup:
        clock = stages.link._clock
        assert isinstance(clock, VirtualClock)
        clock.advance(NOW + 3 * SECOND)
        return Lookup(known=False, reason=client_order_id)

    monkeypatch.setattr(stages.broker, "lookup", slow)
    stages.dealing.requests.append(LookUp("desk-1"))
    await stages.link.carry_out()
    told = await answered(stages)
    assert isinstance(told, LookedUp)
    assert told.lookup == Lookup(known=False, reason="desk-1", asked_ns=NOW)


async def test_a_defect_where_an_order_begins_halts_trading_and_the_order_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It begins on the loop: a defect there ended the engine. Nothing leaves of what had begun already."""
    threads: list[asyncio.Future[str]] = []

    def breaking(asked: Intent, permit: Permit) -> Awaitable[Answer]:
        threads.append(asyncio.ensure_future(asyncio.to_thread(permit.wait)))
        raise ZeroDivisionError("a defect of ours")

    async with selling(tmp_path) as (_, made, intent):
        monkeypatch.setattr(made.broker, "submit_when", breaking)
        await made.link.carry_out()
        told = await answered(made)
        assert isinstance(told, Answered) and told.intent is intent
        assert told.answer.outcome is Outcome.UNRESOLVED and "a defect of ours" in told.answer.reason
        assert made.dealing.risk.state is TradingState.HALTED
        assert made.dealing.failed.endswith("our own code: ZeroDivisionError: a defect of ours")
        assert "Traceback" in caplog.text
        made.dealing.on_answer(intent, told.answer)
        order = made.dealing.orders.get(intent.client_order_id)
        assert order is not None and order.status is OrderStatus.UNRESOLVED
        await made.journal.commit()
        assert await asyncio.wait_for(threads[0], 30.0), "its thread is told not to send"


@pytest.mark.parametrize(
    ("request_", "call", "kind"),
    [
        (Place(msgspec.structs.replace(INTENT, role=Role.EXIT)), "submit", Answered),
        (Cancel(ORDER), "cancel", CancelAnswered),
        (LookUp("desk-1"), "lookup", LookedUp),
    ],
    ids=["order", "cancellation", "lookup"],
)
async def test_what_breaks_while_the_venue_is_asked_leaves_nothing_unanswered(
    stages: Stages, monkeypatch: pytest.MonkeyPatch, request_: Request, call: str, kind: type
) -> None:
    async def breaking(*given: object) -> None:
        raise DeskError("expected a word, found none", where="here", remedy="say it")

    monkeypatch.setattr(stages.broker, call, breaking)
    monkeypatch.setattr(stages.broker, "submit_when", breaking)
    stages.dealing.requests.append(request_)
    await stages.link.carry_out()
    told = await answered(stages)
    assert isinstance(told, kind)
    assert stages.dealing.failed.endswith("our own code: here: expected a word, found none"), "the remedy stands beside"
    assert stages.view.alerts["engine:failed"].remedy == "say it"
    await stages.link.finish(30.0)


async def test_a_defect_of_a_simulated_venue_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = msgspec.structs.replace(bare.config(tmp_path, "simulated"), broker=BrokerConfig(name="simulated"))
    with bare.opened(config, VirtualClock(NOW)) as made:

        async def breaking(order: Order) -> Answer:
            raise ZeroDivisionError("a defect of ours")

        monkeypatch.setattr(made.broker, "cancel", breaking)
        made.dealing.requests.append(Cancel(ORDER))
        await made.link.carry_out()
        assert isinstance(await answered(made), CancelAnswered)
        assert made.dealing.risk.state is TradingState.HALTED and "a defect of ours" in made.dealing.failed
