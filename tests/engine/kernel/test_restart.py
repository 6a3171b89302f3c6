"""What holds over a broken update stream and over a restart: the gate, a flatten, modes. One engine on one street."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.journal.reader import Reader
from engine.model import Mode, TradingState
from engine.model.frames import Command
from tests.engine.kernel.process import ending
from tests.faults.machine import Machine
from tests.faults.street import Street
from tests.venues.alpaca import AlpacaSimulator

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("restart")]


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    settings = {"ORDERS__RECONCILE_S": "0.5", "GUARDS__ENABLED": "false"}
    with (
        tempfile.TemporaryDirectory(prefix="desk-") as folder,
        Street() as street,
        ending(Machine(Path(folder), street, **settings)) as made,
    ):
        assert isinstance(made, Machine)
        made.begin()
        made.reconciled()
        yield made


def mode(machine: Machine) -> Mode:
    return machine.snapshot().status.mode


def test_a_comparison_opens_no_gate_while_order_updates_are_not_heard(machine: Machine) -> None:
    """R25: an equal book is not enough, for the next fill would not be told."""
    street = machine.street

    def deafen(venue: AlpacaSimulator) -> None:
        venue.trading_stream.silent_auth = True
        venue.trading_stream.abort_all()

    def compared() -> int:
        return street.ask(lambda venue: sum(path.startswith("/v2/positions") for _, path, _ in venue.requests))

    street.ask(deafen)
    machine.wait(lambda: not machine.snapshot().status.reconciled, "a closed gate")
    before = compared()
    machine.wait(lambda: compared() >= before + 4, "comparisons")
    machine.wait(lambda: machine.alerts("reconciliation"), "an alert")
    assert "order updates are not heard" in machine.alerts("reconciliation")[0].text
    assert not machine.snapshot().status.reconciled

    def hear(venue: AlpacaSimulator) -> None:
        venue.trading_stream.silent_auth = False
        venue.trading_stream.abort_all()

    street.ask(hear)
    machine.reconciled()
    machine.wait(lambda: not machine.alerts("reconciliation"), "no alert")


def test_a_flatten_goes_on_after_a_crash(machine: Machine) -> None:
    """Killed before the first cancel has left: the next engine ends what was asked for, and stays HALTED."""
    machine.warm()
    machine.trading()
    machine.hands_off()
    machine.arm("cancel asked", 1)
    machine.kill_file.write_text("drill flatten\n", encoding="utf-8")
    assert machine.dead() == -9
    assert machine.street.positions()
    machine.kill_file.unlink()
    machine.begin()
    machine.wait(lambda: not machine.street.positions(), "flat at the venue", 40.0)
    machine.equal()
    assert machine.snapshot().status.state is TradingState.HALTED
    machine.kill()
    machine.check_intents()
    with Reader(machine.journal) as reader:
        assert list(reader.records(kinds=("flatten",)))
    machine.begin()
    machine.reconciled()
    assert not machine.street.positions()
    assert machine.command(Command("mode", symbol="*", mode="auto")).ok


def test_a_guard_that_was_changed_before_a_crash_is_not_confirmed_by_it(machine: Machine) -> None:
    """What only a restart takes over, taken over by a restart that nobody asked for: no new risk until one resumes."""
    assert machine.command(Command("resume", reason="the drill is over")).ok
    for expected in (TradingState.REDUCING, TradingState.REDUCING, TradingState.ACTIVE):
        if expected is TradingState.ACTIVE:
            assert machine.command(Command("resume", reason="I changed the guard")).ok
        machine.kill()
        machine.env["DESK_GUARDS__COPY_WEIGHT"] = "0.9"
        machine.begin()
        machine.reconciled()
        status = machine.snapshot().status
        assert status.state is expected, status.state_reason
        assert expected is TradingState.ACTIVE or "guards.copy_weight: 0.5 → 0.9" in status.state_reason


def test_a_stricter_mode_survives_a_crash_and_not_a_persons_stop(machine: Machine) -> None:
    assert mode(machine) is Mode.AUTO
    assert machine.command(Command("mode", symbol="*", mode="confirm")).ok
    assert machine.command(Command("mode", symbol="TSLA", mode="off")).ok
    machine.kill()
    machine.begin()
    machine.reconciled()
    assert mode(machine) is Mode.CONFIRM
    rows = {row.symbol: row.mode for row in machine.snapshot().symbols}
    assert (rows["TSLA"], rows["NVDA"]) == (Mode.OFF, Mode.CONFIRM)
    assert machine.stop() == 0
    machine.begin()
    machine.reconciled()
    assert mode(machine) is Mode.CONFIRM, "a signal is not a person's decision to start anew"
    assert machine.command(Command("stop", reason="done")).ok
    assert machine.dead() == 0
    machine.begin()
    machine.reconciled()
    assert mode(machine) is Mode.AUTO
    machine.stop()
    machine.check_chain()
