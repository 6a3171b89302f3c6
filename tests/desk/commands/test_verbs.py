"""Every verb against a real engine: text and --json, exit codes, and no traceback ever.

The engine stands in the middle of a made-up morning with two tickets that wait; each test uses up what it needs.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import EXIT_FAILED, EXIT_NO_ENGINE, EXIT_USAGE
from engine.model import TradingState
from engine.model.frames import Command, Snapshot
from tests.engine.kernel import made_up
from tests.engine.kernel.process import EngineProcess, ending, until
from tests.program import REPLAYING, call, clean

pytestmark = pytest.mark.xdist_group("verbs")

PATIENT = {
    **REPLAYING,
    "DESK_REPLAY__SPEED": "10",
    "DESK_REPLAY__START": "10:45",
    "DESK_TICKETS__TTL_S": "36000",
    "DESK_TICKETS__DRIFT_BPS": "1000",
    "DESK_STRATEGY__SHIFT__EXPIRES_S": "36000",
    "DESK_RISK__STALE_SIGNAL_S": "36000",
}
"""A morning that has run to the turn of the mood, and tickets that nobody has to hurry for."""


def two_moods() -> list[dict[str, object]]:
    """The made-up morning in which Nvidia's mood turns as Tesla's does."""
    rows: list[dict[str, object]] = []
    for row in made_up.rows():
        rows.append(row)
        if "text" in row:
            text = str(row["text"]).replace("TSLA", "NVDA")
            rows.append({**row, "id": f"{row['id']}1", "text": text, "symbols": ["NVDA"]})
    return rows


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        home = Path(folder)
        recording = made_up.write(home / "morning.jsonl", two_moods())
        env = {**PATIENT, "DESK_REPLAY__PATH": str(recording), "DESK_GUARDS__ENABLED": "false"}
        # The same people say the same words of two symbols: the guards would take them for copies.
        with ending(EngineProcess(home, env=env)) as process:
            process.start()
            until(lambda: len(process.snapshot().tickets) == 2, f"two tickets\n{process.log}")
            yield process


def say(engine: EngineProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a verb on this engine; whatever comes of it, it is clean and no traceback."""
    found = call(engine.home, *arguments, "--profile", "simulated", settings=REPLAYING)
    assert clean(found.stdout)
    assert clean(found.stderr)
    return found


def done(engine: EngineProcess, *arguments: str) -> str:
    """What a verb says that must succeed."""
    found = say(engine, *arguments)
    assert found.returncode == 0, found.stdout + found.stderr
    assert not found.stderr
    return found.stdout


def refused(engine: EngineProcess, *arguments: str) -> str:
    """What a verb says that the engine must refuse."""
    found = say(engine, *arguments)
    assert found.returncode == EXIT_FAILED, found.stdout + found.stderr
    return found.stdout


def test_status_says_what_the_snapshot_holds(engine: EngineProcess) -> None:
    text = done(engine, "status")
    lines = text.splitlines()
    assert lines[0].startswith("SIMULATED on simulated · ")
    assert f"pid {engine.snapshot().pid}" in lines[0]
    for symbol in ("TSLA", "GOOG", "NVDA", "META", "AAPL"):
        assert sum(line.startswith(f"{symbol} ") for line in lines) == 1
    assert any(line.startswith("feed replay: up") for line in lines)
    printed = done(engine, "status", "--json")
    assert printed.isascii(), "JSON that not every encoding can write"
    snapshot = json.loads(printed)
    assert snapshot["type"] == "snapshot"
    assert snapshot["status"]["profile"] == "simulated"
    assert snapshot["pid"] == engine.snapshot().pid


def test_tickets_say_how_to_answer_them(engine: EngineProcess) -> None:
    pending = engine.snapshot().tickets
    text = done(engine, "tickets")
    for ticket in pending:
        assert f"desk confirm {ticket.id} --fingerprint {ticket.fingerprint}" in text
    assert [each["id"] for each in json.loads(done(engine, "tickets", "--json"))] == [each.id for each in pending]


def test_reject_with_a_reason_once(engine: EngineProcess) -> None:
    ticket = next(each for each in engine.snapshot().tickets if each.signal.symbol == "NVDA")
    reply = json.loads(done(engine, "reject", ticket.id, "--reason", "already in the price", "--json"))
    assert reply["ok"]
    assert "already in the price" in reply["text"]
    again = json.loads(refused(engine, "reject", ticket.id, "--reason", "again", "--json"))
    assert not again["ok"]
    assert ticket.id not in done(engine, "tickets")


def test_a_trade_from_the_ticket_to_the_lock(engine: EngineProcess) -> None:
    ticket = next(each for each in engine.snapshot().tickets if each.signal.symbol == "TSLA")
    refused(engine, "confirm", ticket.id, "--fingerprint", "0" * 16)
    fresh = engine.snapshot().tickets[0].fingerprint
    assert "confirmed: buy" in done(engine, "approve", ticket.id, "--fingerprint", fresh)
    refused(engine, "confirm", ticket.id, "--fingerprint", fresh)

    until(lambda: engine.snapshot().positions, "a position")
    until(lambda: len(_open(engine.snapshot())) == 2, "stop and target")
    assert "position TSLA" in done(engine, "status")
    stop = next(order for order in _open(engine.snapshot()) if order.endswith("-stop"))
    assert f"cancelling {stop}" in done(engine, "cancel", stop)
    assert "not an open order" in refused(engine, "cancel", "desk-nothing")

    assert "expected a symbol among AAPL" in refused(engine, "flatten", "TLSA", "--reason", "a slip")
    assert "nothing to close" in done(engine, "flatten", "META", "--reason", "none held")
    assert "closing TSLA" in done(engine, "flatten", "TSLA", "--reason", "the drill is over")
    until(lambda: not engine.snapshot().positions, "no position")

    (lock,) = json.loads(done(engine, "protections", "list", "--json"))
    assert lock["name"] == "cool_down"
    assert f"{lock['id']}: cool_down locks TSLA until" in done(engine, "protections", "list")
    assert "expected the id" in refused(engine, "protections", "lift", "p-nothing", "--reason", "r")
    assert "lifted" in done(engine, "protections", "lift", lock["id"], "--reason", "tested")
    assert "no protection is in force" in done(engine, "protections", "list")


def _open(snapshot: Snapshot) -> list[str]:
    return [order.client_order_id for order in snapshot.orders if order.status.open]


def test_pause_and_resume_need_reasons(engine: EngineProcess) -> None:
    assert "REDUCING: paused: lunch" in done(engine, "pause", "--reason", "lunch")
    assert engine.snapshot().status.state is TradingState.REDUCING
    assert "it was empty" in refused(engine, "resume", "--reason", " ")
    assert "ACTIVE" in done(engine, "resume", "--reason", "lunch is over")


def test_kill_is_sticky_and_its_alert_can_be_acknowledged(engine: EngineProcess) -> None:
    assert "HALTED" in done(engine, "kill", "--reason", "drill", "--flatten")
    halted = done(engine, "status")
    assert "HALTED (drill)" in halted
    assert "CRITICAL state:halted: trading is HALTED: drill" in halted
    assert "HALTED already" in refused(engine, "pause", "--reason", "r")
    assert "acknowledged" in done(engine, "acknowledge", "state:halted")
    assert "no such alert" in refused(engine, "acknowledge", "state:halted")
    done(engine, "resume", "--reason", "drill is over")
    assert engine.snapshot().status.state is TradingState.ACTIVE


def test_a_symbol_is_known_however_it_is_typed(engine: EngineProcess) -> None:
    for typed in ("META", "meta", "$META"):
        assert done(engine, "why", typed).startswith("META: ")
    found = say(engine, "why", "MEAT")
    assert found.returncode == EXIT_FAILED
    assert "expected a symbol of the watchlist, found 'MEAT'" in found.stderr
    assert "`desk config show --profile simulated` lists the watchlist" in found.stderr


def test_a_reason_that_is_too_long_is_refused(engine: EngineProcess) -> None:
    found = say(engine, "pause", "--reason", "r" * 50_000)
    assert found.returncode == EXIT_FAILED
    assert "say it in fewer words" in found.stderr
    assert engine.snapshot().status.state is TradingState.ACTIVE


def test_a_kill_with_a_reason_that_is_too_long_halts(engine: EngineProcess) -> None:
    assert "HALTED" in done(engine, "kill", "--reason", "r" * 50_000)
    done(engine, "acknowledge", "state:halted")
    done(engine, "resume", "--reason", "tested")


def test_a_symbol_that_is_none_is_not_asked_for(engine: EngineProcess) -> None:
    for verb in (("why", "A" * 5000), ("mode", "A" * 5000, "off"), ("flatten", "A" * 5000, "--reason", "r")):
        found = say(engine, *verb)
        assert found.returncode == EXIT_USAGE
        assert "expected a symbol such as TSLA, found 5000 characters" in found.stderr
        assert len(found.stderr) < 300


def test_an_edit_of_nothing_is_a_wrong_command_line(engine: EngineProcess) -> None:
    found = say(engine, "edit", "t", "--fingerprint", "f")
    assert found.returncode == EXIT_USAGE
    assert "at least one of --size, --limit, --stop and --target" in found.stderr


def test_mode_of_one_symbol_of_all_and_of_none(engine: EngineProcess) -> None:
    assert "off" in done(engine, "mode", "$meta", "off")
    modes = {row.symbol: row.mode.value for row in engine.snapshot().symbols}
    assert modes["META"] == "off"
    assert modes["TSLA"] == "confirm"
    done(engine, "mode", "*", "confirm")
    assert {row.mode.value for row in engine.snapshot().symbols} == {"confirm"}
    assert "expected a symbol among AAPL, GOOG, META, NVDA, TSLA or *" in refused(engine, "mode", "TLSA", "auto")


def test_reconcile_and_arm(engine: EngineProcess) -> None:
    assert json.loads(done(engine, "reconcile", "--json"))["ok"]
    assert engine.snapshot().status.reconciled
    assert "only the live profile is armed" in refused(engine, "arm", "1234")


def test_the_speed_of_a_recording_changes_and_is_not_journaled(engine: EngineProcess) -> None:
    assert "plays at 20×" in done(engine, "speed", "faster")
    assert "replay at 20×" in done(engine, "status")
    assert "plays at 10×" in done(engine, "speed", "10")
    refused = say(engine, "speed", "0")
    assert refused.returncode == EXIT_FAILED and "--speed 0" in refused.stdout
    assert "expected faster, slower or a number" in say(engine, "speed", "auto").stdout
    assert '"verb":"speed"' not in done(engine, "journal", "show", "--kind", "command")


def test_every_verb_is_journaled_with_its_answer(engine: EngineProcess) -> None:
    assert engine.command(Command("reconcile")).ok
    until(lambda: '"verb":"reconcile"' in done(engine, "journal", "show", "--kind", "command"), "the command's record")
    assert "unbroken" in done(engine, "journal", "verify")


def test_stop_stops_and_says_so_once(home: Path) -> None:
    recording = made_up.write(home / "morning.jsonl", made_up.rows(hours=0.5))
    settings = {**REPLAYING, "DESK_REPLAY__PATH": str(recording), "DESK_REPLAY__SPEED": "1"}
    with ending(EngineProcess(home, env=settings)) as engine:
        engine.start()
        assert "stopping" in done(engine, "stop")
        assert engine.process is not None
        assert engine.process.wait(15) == 0
        assert say(engine, "stop").returncode == EXIT_NO_ENGINE
