"""An engine that can record nothing: what it still does, and what it says to everybody who asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from engine.errors import JournalError
from engine.journal import Reader
from engine.kernel.inbox import Commanded, Kill, Wake
from engine.kernel.refusing import Refusing
from engine.model import Answer, FeedState, Light, Order, OrderStatus, Outcome, Quote, Role
from engine.model.frames import Command, Reply
from engine.model.records import CommandRecord
from engine.orders import Place
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import Desk
from tests.engine.orders.talk import draft, legs, told

WHY = "the journal could not write record 7: the disk is full"


class Broken:
    """A desk whose journal failed while an entry with its exits works at the venue and another order was to be sent."""

    def __init__(self, desk: Desk) -> None:
        desk.open()
        orders = desk.dealing.orders
        self.entry = orders.intend("s-1", "t-1", Role.ENTRY, draft(), NOW)
        working = told(self.entry, legs=legs(self.entry, OrderStatus.HELD), at_ns=NOW)
        desk.dealing.on_answer(self.entry, Answer(Outcome.ACCEPTED, order=working))
        desk.dealing.requests.append(Place(orders.intend("s-2", "t-2", Role.ENTRY, draft(symbol="AAPL"), NOW)))
        desk.dealing.failed = WHY
        self.desk = desk
        self.inbox = desk.stages.inbox
        self.cancelled: list[str] = []
        """Orders that the venue was asked to cancel."""
        self.stopped: list[tuple[str, str]] = []
        self.kept = [False, True, True]
        """Whether a disk keeps that it was halted, each time it is asked to."""

    async def cancel(self, order: Order) -> Answer:
        self.cancelled.append(order.client_order_id)
        return Answer(Outcome.UNRESOLVED)

    def keep(self) -> bool:
        return self.kept.pop()

    def stop(self, reason: str, by: str) -> None:
        self.stopped.append((reason, by))
        self.inbox.urgent(Wake())

    async def answer(self, verb: str, *, flatten: bool = False) -> Reply:
        """What a person hears."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.inbox.urgent(Commanded(Command(verb, flatten=flatten), reply))
        return await asyncio.wait_for(reply, 10)

    async def called_off(self, times: int) -> None:
        async with asyncio.timeout(10):
            while len(self.cancelled) < times:
                await asyncio.sleep(0)


@pytest.fixture
async def broken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Broken]:
    async with refusing(Broken(desk), monkeypatch, recording=False) as made:
        yield made


@asynccontextmanager
async def refusing(made: Broken, monkeypatch: pytest.MonkeyPatch, *, recording: bool) -> AsyncIterator[Broken]:
    desk = made.desk
    monkeypatch.setattr(desk.stages.broker, "cancel", made.cancel)
    loop = Refusing(desk.stages, desk.clock, changed=lambda: None, stop=made.stop, keep=made.keep)
    running = asyncio.create_task(loop.run(lambda: made.stopped, recording=recording))
    await made.called_off(1)
    yield made
    made.stop("the test is over", "test")
    await asyncio.wait_for(running, 10)
    await desk.stages.link.finish(0.0)


def commands(desk: Desk) -> list[tuple[str, bool, str]]:
    """Verb, outcome and answer of each command in the journal."""
    with Reader(desk.stages.journal.path) as reader:
        found = [record.value() for record in reader.records(kinds=("command",))]
    return [(each.verb, each.ok, each.text) for each in found if isinstance(each, CommandRecord)]


async def test_entries_are_called_off_exits_stay_and_nothing_is_sent(broken: Broken) -> None:
    assert broken.cancelled == [broken.entry.client_order_id]
    assert not broken.desk.dealing.requests


async def test_the_kill_switch_calls_off_again_by_command_and_from_outside(broken: Broken) -> None:
    killed = await broken.answer("kill")
    assert killed.ok and "called off again" in killed.text and WHY in killed.text
    assert "the next start is HALTED;" in killed.text
    await broken.called_off(2)
    flattened = await broken.answer("kill", flatten=True)
    assert (
        not flattened.ok and "nothing can be flattened" in flattened.text and "venue's own screen" in flattened.remedy
    )
    await broken.called_off(3)
    broken.inbox.urgent(Kill("file", "KILL", False))
    await broken.called_off(4)
    assert not broken.kept, "by file or signal it is kept too"
    assert set(broken.cancelled) == {broken.entry.client_order_id}


@pytest.mark.parametrize("verb", ["confirm", "resume", "flatten", "mode"])
async def test_everything_else_is_refused_with_what_failed(broken: Broken, verb: str) -> None:
    assert await broken.answer(verb) == Reply(ok=False, text=WHY, remedy="`desk stop`, then mend")
    assert len(broken.cancelled) == 1 and not broken.stopped


async def test_stop_is_carried_out_for_the_person_who_asked(broken: Broken) -> None:
    assert (await broken.answer("stop")).ok
    assert broken.stopped == [("asked by a person after a failure", "person")]


async def test_feeds_are_drained_so_that_they_never_wait(broken: Broken) -> None:
    await broken.inbox.put([Quote("TSLA", NOW, NOW, Decimal(100), Decimal(101), None)] * 5)
    async with asyncio.timeout(10):
        while broken.inbox.waiting:
            await asyncio.sleep(0)


async def test_lights_go_on_to_tell_what_is_so(broken: Broken) -> None:
    """A stream that went down since, and feeds that were ended, do not stay UP on the desk."""
    view = broken.desk.stages.view
    broken.inbox.report(FeedState("x", Light.DOWN, NOW, NOW, "ended: nothing can be recorded"))
    async with asyncio.timeout(10):
        while "x" not in view.feeds or view.feeds["x"].light is not Light.DOWN:
            await asyncio.sleep(0)


async def test_what_people_ask_after_a_defect_is_in_the_journal_when_they_are_answered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with refusing(Broken(desk), monkeypatch, recording=True) as broken:
        for verb in ("resume", "kill", "stop"):
            told = await broken.answer(verb)
            assert commands(desk)[-1] == (verb, told.ok, told.text)


async def test_where_the_journal_fails_after_all_the_answer_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing() -> None:
        raise JournalError("the disk is full", where="the journal")

    async with refusing(Broken(desk), monkeypatch, recording=True) as broken:
        monkeypatch.setattr(desk.stages.journal, "commit", failing)
        killed = await broken.answer("kill")
        assert killed.ok and killed.text.endswith("; not recorded: the journal: the disk is full")
