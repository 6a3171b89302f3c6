"""What an engine wrote down can be played again: `desk replay X.journal`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from desk.client import Client
from engine.journal.chain import Record
from engine.journal.reader import Reader
from engine.model import Ticket
from engine.model.frames import Command, Push, Snapshot
from tests.end_to_end.replays import assert_same_chain, replay
from tests.engine.kernel import made_up
from tests.engine.kernel.process import EngineProcess, ending, until
from tests.program import REPLAYING

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("replay a made-up morning")]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.write(tmp_path_factory.mktemp("recording") / "morning.jsonl")


def records(journal: Path, *kinds: str) -> list[Record]:
    with Reader(journal) as reader:
        return list(reader.records(kinds=kinds))


async def first_ticket(socket: Path) -> Ticket:
    """The first ticket a person could confirm."""
    async with Client(socket) as client:
        async for message in client.stream():
            tickets = message.tickets if isinstance(message, Snapshot) else ()
            if isinstance(message, Push) and message.ticket is not None and message.decision is None:
                tickets = (message.ticket,)
            for ticket in tickets:
                if ticket.verdict.passed:
                    return ticket
    raise AssertionError("the engine stopped before a ticket came")


def test_a_replays_journal_gives_the_same_trades_again(morning: Path, home: Path) -> None:
    first, second, third = (home / f"{name}.journal" for name in ("first", "second", "third"))
    report = replay(home, str(morning), first)
    again = replay(home, str(first), second)
    assert (again["posts"], again["signals"], again["fills"]) == (report["posts"], report["signals"], report["fills"])
    assert report["fills"]
    for kind in ("signal", "intent", "fill"):
        assert [record.body for record in records(second, kind)] == [record.body for record in records(first, kind)]
    replay(home, str(second), third)
    assert_same_chain(third, second)


def test_a_day_on_which_a_person_decided_can_be_given_to_the_autopilot(morning: Path, home: Path) -> None:
    settings = {
        **REPLAYING,
        "DESK_REPLAY__PATH": str(morning),
        "DESK_REPLAY__SPEED": "900",
        "DESK_TICKETS__TTL_S": "900",
        "DESK_ORDERS__EXIT_TIMEOUT_S": "60",
    }
    engine = EngineProcess(home, env=settings)
    with ending(engine):
        engine.start()
        ticket = asyncio.run(first_ticket(engine.socket))
        assert engine.command(Command("confirm", ticket=ticket.id, fingerprint=ticket.fingerprint)).ok
        until(lambda: engine.snapshot().fills, "a fill")
        assert engine.command(Command("mode", symbol="NVDA", mode="off")).ok
        assert engine.command(Command("kill", reason="drill", flatten=True)).ok
        until(lambda: not engine.snapshot().positions, "no position")
        assert engine.command(Command("resume", reason="drill is over")).ok
        assert engine.stop() == 0
    verbs = [record.key for record in records(engine.journal, "command")]
    assert verbs == ["confirm", "mode", "kill", "resume"]

    autopilot = replay(home, str(engine.journal), home / "autopilot.journal")
    assert autopilot["posts"] == len(records(engine.journal, "post"))
    assert autopilot["decisions"]["auto"] >= 1  # type: ignore[index]
    signals = [record.key for record in records(home / "autopilot.journal", "signal")]
    assert signals[0] == ticket.signal.id
    assert not records(home / "autopilot.journal", "command")
    with Reader(engine.journal) as reader:
        assert reader.verify().ok
