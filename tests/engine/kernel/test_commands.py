"""What each verb does, and that it is in the journal, with the real stages."""

from __future__ import annotations

import asyncio

from engine.errors import JournalError
from engine.journal import Reader
from engine.kernel.attendant import Attendant
from engine.kernel.hours import Hours
from engine.kernel.inbox import Commanded
from engine.kernel.meters import LoopLag
from engine.kernel.timers import Timers
from engine.kernel.watchdog import Watchdog
from engine.model.frames import Command, Reply
from engine.model.records import CommandRecord
from tests.engine.kernel.desk_at_hand import Desk


def recorded(desk: Desk) -> list[tuple[str, bool, str]]:
    """Verb, outcome and answer of each command in the journal."""
    with Reader(desk.stages.journal.path) as reader:
        found = [record.value() for record in reader.records(kinds=("command",))]
    return [(each.verb, each.ok, each.text) for each in found if isinstance(each, CommandRecord)]


async def answered(desk: Desk, command: Command) -> Reply:
    """What a person hears, from the loop that lives on after a defect."""
    stages, clock = desk.stages, desk.clock
    hours = Hours(clock, ask=None, alert=stages.alarms.alert, clear_alert=stages.alarms.clear)
    timers = Timers(stages, clock, clock, hours, changed=lambda: None)
    attendant = Attendant(Engine(), stages, timers, hours, Watchdog(clock, stages=stages, lag=LoopLag()), arm="")
    reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    await attendant.take(Commanded(command, reply))
    return await asyncio.wait_for(reply, 10)


class Engine:
    """One that goes on."""

    def stop_soon(self, reason: str, by: str = "signal") -> None:
        raise AssertionError(reason)

    def give_up(self, reason: str) -> None:
        raise AssertionError(reason)


async def test_what_people_ask_after_a_defect_halted_trading_is_in_the_journal_when_they_are_answered(
    desk: Desk,
) -> None:
    desk.open()
    desk.dealing.fail("the engine's loop broke: a defect of ours")
    for command in (Command("resume", reason="try"), Command("pause", reason="wait"), Command("kill", reason="enough")):
        told = await answered(desk, command)
        assert recorded(desk)[-1] == (command.verb, told.ok, told.text)
    assert [ok for _, ok, _ in recorded(desk)] == [False, False, True]


async def test_where_the_journal_has_failed_people_are_answered_all_the_same(desk: Desk) -> None:
    desk.open()
    desk.stages.journal._failure = desk.stages.journal._refusal = JournalError("the disk is full")
    desk.dealing.fail("the disk is full")
    told = await answered(desk, Command("resume", reason="try"))
    assert (told.ok, told.text) == (False, "the disk is full")
