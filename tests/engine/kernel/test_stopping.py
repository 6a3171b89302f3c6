"""An orderly stop calls entries off, protects what they have filled, and tells what is left alone."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from engine.clock import SECOND, SystemClock, VirtualClock
from engine.journal.reader import Reader
from engine.kernel import stopping
from engine.kernel.attendant import Attendant
from engine.kernel.hours import Hours
from engine.kernel.inbox import Commanded, Updated
from engine.kernel.meters import LoopLag
from engine.kernel.stopping import Stopping, farewell
from engine.kernel.timers import Timers
from engine.kernel.watchdog import Watchdog
from engine.model import Answer, Draft, Intent, Lookup, Order, OrderStatus, OrderUpdate, Outcome, Role, Side
from engine.model.frames import Command, Reply
from engine.model.records import CommandRecord
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import Desk
from tests.engine.kernel.process import ending, until
from tests.engine.kernel.test_attendant import Engine
from tests.engine.kernel.test_paper import BULLISH, ready, street

D = Decimal
REFUSED = Answer(Outcome.UNRESOLVED, "no answer")


class Venue:
    """A broker that takes orders and cancels, and confirms the end of what it cancels."""

    name, simulated = "alpaca", False

    def __init__(self, desk: Desk, *, answers: bool = True) -> None:
        self.desk, self.answers = desk, answers
        self.canceled: list[str] = []
        self.posted: list[Intent] = []
        desk.stages.link._broker = self  # type: ignore[assignment]

    async def submit(self, intent: Intent) -> Answer:
        self.posted.append(intent)
        return Answer(Outcome.ACCEPTED, order=self.desk.told(intent, OrderStatus.WORKING))

    async def cancel(self, order: Order) -> Answer:
        self.canceled.append(order.client_order_id)
        if not self.answers:
            return REFUSED
        gone = msgspec.structs.replace(order, status=OrderStatus.CANCELED, updated_ns=order.updated_ns + 1)
        self.desk.stages.inbox.urgent(Updated(OrderUpdate("canceled", gone, gone.updated_ns)))
        return Answer(Outcome.ACCEPTED)

    async def lookup(self, client_order_id: str) -> Lookup:
        return Lookup(None, reason="no answer")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.open()
    desk.stages.dealing.orders.due(NOW)
    return desk


async def stopped(desk: Desk) -> None:
    """The stop has run to its end, while the time went on."""

    async def tick() -> None:
        while True:
            desk.later(0.02)
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    try:
        await asyncio.wait_for(stopping_of(desk).run(), 3)
    finally:
        ticking.cancel()


def stopping_of(desk: Desk) -> Stopping:
    stages, clock = desk.stages, desk.clock
    hours = Hours(clock, ask=None, alert=stages.alarms.alert, clear_alert=stages.alarms.clear)
    timers = Timers(stages, clock, clock, hours, changed=lambda: None)
    attendant = Attendant(Engine(), stages, timers, hours, Watchdog(clock, stages=stages, lag=LoopLag()), arm="")
    return Stopping(stages, clock, attendant)


def entry(desk: Desk, quantity: str = "10", filled: str = "0") -> Intent:
    """An entry that works at the venue, and has filled so much."""
    draft = Draft("TSLA", Side.BUY, D(quantity), D("100.2"), D(100), NOW, D(95), D(110))
    orders = desk.dealing.orders
    intent = orders.intend("s-1", "t-1", Role.ENTRY, draft, NOW, valid_until_ns=NOW + 60 * SECOND)
    desk.stages.journal.append("intent", intent.client_order_id, intent, NOW)
    desk.dealing.on_answer(intent, Answer(Outcome.ACCEPTED, order=desk.told(intent, OrderStatus.WORKING)))
    if filled != "0":
        desk.fill(intent, filled)
    desk.dealing.requests.clear()
    return intent


async def test_an_entry_that_works_is_cancelled_and_its_end_is_waited_for(desk: Desk) -> None:
    venue, intent = Venue(desk), entry(desk)
    assert "1 entry is being cancelled" in farewell(desk.dealing)
    await stopped(desk)
    assert venue.canceled == [intent.client_order_id]
    assert desk.statuses(Role.ENTRY) == [OrderStatus.CANCELED]
    assert not [alert for alert in desk.stages.view.alerts.values() if alert.code == "stop"]


async def test_what_it_had_filled_gets_its_stop_before_the_engine_leaves(desk: Desk) -> None:
    venue, _ = Venue(desk), entry(desk, filled="4")
    await stopped(desk)
    (stop,) = venue.posted
    assert (stop.role, stop.draft.quantity, stop.draft.stop_price) == (Role.STOP, 4, 95)
    assert desk.statuses(Role.STOP) == [OrderStatus.WORKING]


async def test_a_stop_at_the_venue_stays(desk: Desk) -> None:
    venue, _ = Venue(desk), entry(desk, "4", filled="4")
    await stopped(desk)
    await stopped(desk)
    assert venue.canceled == [] and [intent.role for intent in venue.posted] == [Role.STOP]
    assert desk.statuses(Role.STOP) == [OrderStatus.WORKING]


async def test_one_whose_end_is_not_confirmed_is_told_and_cancelled_by_the_next_start(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "LIMIT_S", 0.2)
    intent = entry(desk)
    Venue(desk, answers=False)
    await stopped(desk)
    told = desk.stages.view.alerts["stop:entries"]
    assert intent.client_order_id in told.text and told.until_acknowledged
    desk.stages.journal.close()
    with Reader(desk.stages.journal.path) as reader:
        (command,) = (record.value() for record in reader.records(kinds=("command",)))
    assert isinstance(command, CommandRecord) and (command.verb, command.by) == ("cancel", "engine")
    after = bare.stages(bare.config(tmp_path), VirtualClock(NOW + 2 * SECOND))
    after.restore(NOW)
    assert not after.dealing.orders.wanted(intent.client_order_id)


async def test_exits_that_only_the_engine_watches_are_told(desk: Desk) -> None:
    Venue(desk)
    desk.buy("1.5")
    desk.dealing.requests.clear()
    assert "NOBODY watches the exits of TSLA" in farewell(desk.dealing)
    await stopped(desk)
    assert "TSLA" in desk.stages.view.alerts["stop:unwatched"].text


async def test_what_people_ask_meanwhile_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "LIMIT_S", 0.2)
    entry(desk)
    Venue(desk, answers=False)
    reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    desk.stages.inbox.urgent(Commanded(Command("resume", reason="go on"), reply))
    await stopped(desk)
    assert (await reply).text == "the engine is stopping"


@pytest.mark.timeout(240)
async def test_a_real_engine_leaves_no_entry_at_the_venue(tmp_path: Path) -> None:
    async with street() as made:
        with ending(made.engine(tmp_path / "home")) as engine:
            await asyncio.to_thread(engine.start)
            await ready(engine)
            made.venue.exchange.halted.add("TSLA")  # nothing fills, and nobody says why
            made.say(BULLISH, 60, begin_ns=SystemClock().now_ns(), step_ns=0)

            def working() -> bool:
                return any(each.open and each.side == "buy" for each in made.venue.exchange.orders.values())

            await asyncio.to_thread(until, working, f"an entry\n{engine.log}", 30.0)
            assert await asyncio.to_thread(engine.stop) == 0
            assert [each.status for each in made.venue.exchange.orders.values() if each.open] == []
        with Reader(engine.journal) as reader:
            kinds = [record.kind for record in reader.records(kinds=("order", "stopped"))]
            assert kinds[-1] == "stopped" and reader.verify().ok
