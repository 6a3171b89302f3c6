"""The line to the venue: until when the kernel hurries for an order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from engine.clock import SECOND, VirtualClock
from engine.config import BrokerConfig
from engine.kernel.inbox import Answered, CancelAnswered, LookedUp, Unrecorded
from engine.kernel.stages import Stages
from engine.model import Draft, Intent, Lookup, Order, OrderStatus, Outcome, Role, Side
from engine.orders import Cancel, LookUp, Place
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW

INTENT = Intent(
    "desk-1", "s", "t", 1, Role.ENTRY, Draft("TSLA", Side.BUY, Decimal(1), Decimal(250), Decimal(250), NOW), NOW
)

ORDER = Order("desk-1", "at-the-venue", "TSLA", Side.BUY, Decimal(1), OrderStatus.CANCELING, Role.ENTRY)


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    with bare.opened(bare.config(tmp_path), VirtualClock(NOW)) as made:
        yield made


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
