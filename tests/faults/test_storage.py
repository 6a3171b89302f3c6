"""The journal is altered, cut or in the way: the engine refuses to trade and says which record."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import EXIT_JOURNAL
from engine.journal.anchor import anchor_path
from engine.model import Light, TradingState
from engine.model.frames import Command
from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import Street
from tests.faults.test_engine import exits, posts, quiet_log, working_entries

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("faults-engine"), pytest.mark.slow]

REFUSES = "refuses to start, names the record and what to do; goes on from an intact copy"


@pytest.fixture(scope="module")
def machine(folder: Path, street: Street) -> Iterator[Machine]:
    with ending(Machine(folder, street)) as made:
        assert isinstance(made, Machine)
        yield made


def files(journal: Path) -> list[Path]:
    return [
        each
        for each in (journal, journal.with_name(journal.name + "-wal"), anchor_path(journal))
        if each.exists()
    ]  # fmt: skip


def change(journal: Path, *statements: str) -> int:
    """Do this behind the engine's back; the newest record before it."""
    with closing(sqlite3.connect(journal)) as connection, connection:
        last = int(connection.execute("SELECT max(seq) FROM records").fetchone()[0])
        for statement in statements:
            connection.execute(statement.format(last=last, middle=last - 20))
    return last


def altered(journal: Path) -> int:
    return change(journal, "UPDATE records SET body = replace(body, ':', ' :') WHERE seq = {middle}") - 20


def removed(journal: Path) -> int:
    return change(journal, "DELETE FROM records WHERE seq = {middle}") - 20


def cut(journal: Path) -> int:
    return change(journal, "DELETE FROM records WHERE seq > {middle}") - 19


def swapped(journal: Path) -> int:
    return (
        change(
            journal,
            "UPDATE records SET seq = -1 WHERE seq = {middle}",
            "UPDATE records SET seq = {middle} WHERE seq = {middle} + 1",
            "UPDATE records SET seq = {middle} + 1 WHERE seq = -1",
        )
        - 20
    )


WAYS = [
    pytest.param("a record altered", altered, id="altered"),
    pytest.param("a record removed", removed, id="removed"),
    pytest.param("the end cut off", cut, id="cut"),
    pytest.param("two records swapped", swapped, id="swapped"),
]


@pytest.mark.parametrize(("words", "tamper"), WAYS)
def test_a_journal_that_was_tampered_with(
    machine: Machine, tmp_path: Path, row: Row, words: str, tamper: Callable[[Path], int]
) -> None:
    row.where, row.fault, row.must = "storage", words, REFUSES
    if not machine.running:
        machine.begin()
        machine.reconciled()
    machine.wait(lambda: machine.snapshot().status.journal_seq > 60, "some records")
    assert machine.stop() == 0
    for file in files(machine.journal):
        shutil.copy(file, tmp_path)
    bad = tamper(machine.journal)
    length = len(machine.log)
    began = time.monotonic()
    machine.begin()
    assert machine.dead() == EXIT_JOURNAL
    row.tried(time.monotonic() - began)
    told = machine.log[length:]
    assert f"record {bad}" in told, told
    assert "Traceback" not in told
    for file in files(machine.journal):
        file.unlink()
    for file in tmp_path.iterdir():
        shutil.copy(file, machine.journal.parent)
    machine.begin()
    machine.reconciled()


def test_something_else_where_the_journal_should_be(machine: Machine, tmp_path: Path, row: Row) -> None:
    row.where, row.fault = "storage", "a directory, a foreign database, a text file in the journal's place"
    row.must = "refuses to start, names the file and what to do, touches nothing"
    if machine.running:
        assert machine.stop() == 0
    for file in files(machine.journal):
        shutil.move(file, tmp_path / file.name)

    def directory(at: Path) -> None:
        at.mkdir()

    def foreign(at: Path) -> None:
        with closing(sqlite3.connect(at)) as connection, connection:
            connection.execute("CREATE TABLE theirs (id)")

    def text(at: Path) -> None:
        at.write_text("notes of somebody\n" * 500, encoding="utf-8")

    for put in (directory, foreign, text):
        put(machine.journal)
        length = len(machine.log)
        began = time.monotonic()
        machine.begin()
        assert machine.dead() == EXIT_JOURNAL
        row.tried(time.monotonic() - began)
        told = machine.log[length:]
        assert str(machine.journal) in told
        assert "Traceback" not in told
        assert machine.journal.exists()
        if machine.journal.is_dir():
            machine.journal.rmdir()
        else:
            machine.journal.unlink()
        anchor_path(machine.journal).unlink(missing_ok=True)
    for file in tmp_path.iterdir():
        shutil.move(file, machine.journal.parent / file.name)
    machine.begin()
    machine.reconciled()
    machine.equal()


def test_a_disk_that_becomes_slow(machine: Machine, row: Row) -> None:
    row.where, row.fault = "storage", "every write of the journal takes 3 s"
    row.must = "REDUCING with an alert within 10 s, the loop goes on; ACTIVE again by itself when the disk is"
    machine.trading()
    machine.log_from = len(machine.log)
    length = machine.snapshot().status.journal_seq
    began = time.monotonic()
    machine.arm("slow-disk", 3)

    def told() -> bool:
        return any(alert.id == "watchdog:journal" for alert in machine.alerts("watchdog"))

    machine.wait(told, "an alert about the disk")
    machine.wait(lambda: machine.snapshot().status.state is TradingState.REDUCING, "no new risk", 10.0)
    told_s = time.monotonic() - began
    assert machine.snapshot().status.journal_seq > length, "posts are still taken in"
    machine.arm("slow-disk", 0)
    machine.wait(lambda: not told(), "the end of the alert", 40.0)
    machine.wait(lambda: machine.snapshot().status.state is TradingState.ACTIVE, "trading again", 40.0)
    row.tried(told_s)
    row.orders += machine.check_intents()
    machine.equal()
    machine.check_chain()


def test_a_journal_that_becomes_read_only(machine: Machine, row: Row) -> None:
    row.where, row.fault = "storage", "journal read-only under load"
    row.must = "no order any more, entries called off, exits stay, the socket says so; goes on when it can be written"
    machine.trading()
    machine.log_from = len(machine.log)
    street = machine.street
    street.size = Decimal(0)
    street.turning = True
    machine.wait(lambda: working_entries(machine), "an entry that rests", 40.0)
    began = time.monotonic()
    machine.arm("read-only", 1)

    def says_so() -> bool:
        seen = machine.seen()
        status = None if seen is None else seen.status
        return status is not None and status.state is TradingState.HALTED and "written" in status.state_reason

    row.tried(machine.wait(says_so, "an engine that says that the journal cannot be written"))
    row.worst_s = time.monotonic() - began
    legs = exits(machine)
    machine.wait(lambda: not working_entries(machine), "the entry called off", 10.0)

    def buys_nothing() -> bool:
        lights = {feed.name: feed.light for feed in machine.snapshot().feeds}
        return lights["x"] is lights["prices"] is Light.DOWN

    machine.wait(buys_nothing, "feeds that have ended: X bills posts that nobody records", 10.0)
    street.size = None
    before = posts(machine)
    time.sleep(4.0)
    assert posts(machine) == before
    assert legs <= exits(machine)
    killed, flattened = (machine.command(Command("kill", reason="drill", flatten=each)) for each in (False, True))
    assert killed.ok and "called off again" in killed.text
    assert not flattened.ok and "nothing can be flattened" in flattened.text
    quiet_log(machine)
    street.turning = False
    assert machine.stop() != 0
    row.orders += machine.check_intents()
    machine.check_chain()
    machine.begin()
    machine.reconciled()
    machine.equal()


@pytest.mark.slow
def test_a_journal_that_is_moved_away(machine: Machine, row: Row) -> None:
    """What would be written from now on would be gone with it: the next start would know of no order since."""
    row.where, row.fault = "storage", "journal moved away under load"
    row.must = "no order any more, exits stay, the socket says so; goes on from the same file when it is back"
    machine.trading()
    machine.street.turning = True
    machine.log_from = len(machine.log)
    legs = exits(machine)
    away = machine.journal.with_name("away")
    machine.journal.rename(away)

    def says_so() -> bool:
        seen = machine.seen()
        return seen is not None and seen.status.state is TradingState.HALTED and "moved" in seen.status.state_reason

    row.tried(machine.wait(says_so, "an engine that says that the journal is gone"))
    before = posts(machine)
    time.sleep(2.0)
    assert posts(machine) == before
    assert legs <= exits(machine)
    quiet_log(machine)
    machine.street.turning = False
    assert machine.stop() != 0
    away.rename(machine.journal)
    row.orders += machine.check_intents()
    machine.check_chain()
    machine.begin()
    machine.reconciled()
    machine.equal()
