"""Live arming and the watched configuration file, on a real engine in the live profile against the pretend Alpaca.

The tests share one engine, and each says what it begins with: in another order than this one it is started anew more
often.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import EXIT_CREDENTIALS, EXIT_FAILED, EXIT_USAGE
from engine.journal.reader import Reader
from engine.model import StateChange, TradingState
from engine.model.frames import Command, Snapshot
from engine.model.records import ConfigRecord, Started
from tests.engine.kernel.process import ROOT, EngineProcess, ending, until
from tests.faults.street import Street

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("live")]


FIRST = ("order_notional = 4000",)
SECOND = ("order_notional = 3000",)
LATER = ("order_notional = 9000", "min_price = 6")
OTHERS = ("[sentiment]", "floor = 0.2")
"""What is in the file, in the order in which the tests make it of each other."""


class Live(EngineProcess):
    """A live engine whose configuration file can be edited."""

    def __init__(self, home: Path, street: Street) -> None:
        settings = street.settings(WATCHDOG__LAG_MS="60000")
        for name in ("DESK_ALPACA_KEY_ID", "DESK_ALPACA_SECRET_KEY"):
            del settings[name]
        for name in [name for name in settings if name.startswith(("DESK_RISK__", "DESK_TICKETS__"))]:
            del settings[name]
        keys = home.parent / "keyring.json"
        venue = street.venue
        keys.write_text(
            json.dumps({"desk/alpaca_key_id@live": venue.key_id, "desk/alpaca_secret_key@live": venue.secret_key}),
            encoding="utf-8",
        )
        settings |= {
            "PYTHON_KEYRING_BACKEND": "tests.engine.kernel.kept_keys.FileKeyring",
            "TEST_KEYRING": str(keys),
            "PYTHONPATH": str(ROOT),
        }
        super().__init__(home, profile="live", env=settings)
        self.file = home.parent / "config.toml"
        self.configure(*FIRST)
        self.number = "PA3SIMULATED"

    def configure(self, *risk: str) -> None:
        """Write the file anew, in one step."""
        draft = self.file.with_suffix(".new")
        draft.write_text(written(risk), encoding="utf-8")
        draft.replace(self.file)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def forget(self) -> None:
        """No engine, and none that was ever armed."""
        if self.runs:
            self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        self.configure(*FIRST)

    def stands(self, *risk: str) -> None:
        """An armed engine with these limits, as a person left it."""
        same = self.file.exists() and self.file.read_text(encoding="utf-8") == written(risk)
        if self.runs and not (same and not self.alert("config:confirm") and not self.alert("config:kept")):
            assert self.command(Command("stop", reason="another test")).ok
            assert self.process is not None
            self.process.wait(15)
        elif not self.runs:
            self.forget()
        if not self.runs:
            self.configure(*risk)
            self.begin()
        if halted(self.snapshot()):
            self.arm()
        assert self.snapshot().status.state is TradingState.ACTIVE

    def begin(self) -> None:
        self.start("--config", str(self.file))
        until(lambda: self.snapshot().status.reconciled, f"a comparison\n{self.log}", 40.0)

    def alert(self, id: str) -> str:
        """Text and remedy of an alert, or nothing."""
        return next((f"{each.text} → {each.remedy}" for each in self.snapshot().alerts if each.id == id), "")

    def limit(self, control: str) -> str:
        return next((str(use.limit) for use in self.snapshot().status.limits if use.control == control), "")

    def changes(self, newest: int) -> list[ConfigRecord]:
        """The newest records of what changed in the configuration, oldest first."""
        with Reader(self.journal) as reader:
            found = [record.value() for record in reader.records(kinds=("config",))]
        return [record for record in found[-newest:] if isinstance(record, ConfigRecord)]

    def arm(self) -> None:
        assert self.command(Command("arm", reason=self.number[-4:])).ok


def written(risk: tuple[str, ...]) -> str:
    """A configuration file with these lines under [risk]."""
    return "\n".join(("[risk]", *risk)) + "\n"


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder, Street() as street:
        street.talking = False
        with ending(Live(Path(folder) / "home", street)) as made:
            assert isinstance(made, Live)
            yield made


def halted(seen: Snapshot) -> bool:
    return seen.status.state is TradingState.HALTED


def test_it_starts_halted_and_only_the_accounts_suffix_arms_it(live: Live) -> None:
    live.forget()
    live.begin()
    seen = live.snapshot()
    assert halted(seen)
    assert seen.status.state_reason.startswith("live is not armed")
    assert seen.account.number.endswith(live.number[-4:]), "the account is shown"
    for words in ("", "1", "0000", live.number[-3:], "x" + live.number[-4:]):
        refused = live.command(Command("arm", reason=words))
        assert not refused.ok
        assert live.number[-4:] not in refused.text
    assert not live.command(Command("resume", reason="go on")).ok
    assert not live.command(Command("mode", symbol="*", mode="auto")).ok
    assert halted(live.snapshot())
    reply = live.command(Command("arm", reason=live.number[-4:]))
    assert reply.ok
    assert "limits" in reply.text
    assert live.snapshot().status.state is TradingState.ACTIVE
    with Reader(live.journal) as reader:
        last = next(record.value() for record in reader.records(kinds=("state",), limit=1, reverse=True))
        started = next(record.value() for record in reader.records(kinds=("started",)))
    assert isinstance(last, StateChange)
    assert live.number[-4:] in last.reason
    assert started.limits_hash in last.reason  # type: ignore[attr-defined]


def test_a_stricter_file_applies_at_once_and_disarms(live: Live) -> None:
    live.stands(*FIRST)
    live.configure(*SECOND)
    until(lambda: halted(live.snapshot()), f"disarmed\n{live.log}")
    assert "risk.order_notional: 4000 → 3000" in live.snapshot().status.state_reason
    assert not live.alert("config:confirm")
    live.arm()
    assert live.snapshot().status.state is TradingState.ACTIVE
    (change,) = live.changes(1)  # answered once it is on the disk, as all before it
    assert (change.by, change.changes) == ("file", ("risk.order_notional: 4000 → 3000",))


def test_a_looser_file_waits_for_a_person(live: Live) -> None:
    live.stands(*SECOND)
    live.configure(*LATER, *OTHERS)
    until(lambda: live.alert("config:confirm"), f"a question\n{live.log}")
    question = live.alert("config:confirm")
    assert "risk.order_notional: 3000 → 9000" in question
    assert "min_price" not in question, "what allows less is applied"
    assert "sentiment.floor: 0.1 → 0.2" in live.alert("config:restart")
    assert halted(live.snapshot())
    refused = live.command(Command("apply", fingerprint="00000000"))
    assert not refused.ok
    fingerprint = question.split("apply ")[1][:8]
    assert live.command(Command("apply", fingerprint=fingerprint)).ok
    assert not live.alert("config:confirm")
    assert not live.command(Command("apply", fingerprint=fingerprint)).ok, "once"
    live.arm()
    by_file, by_person = live.changes(2)
    assert (by_file.by, by_file.changes) == ("file", ("risk.min_price: 5 → 6",))
    assert (by_person.by, by_person.changes) == ("person", ("risk.order_notional: 3000 → 9000",))
    assert by_file.after == by_person.before


def test_a_wrong_file_changes_nothing_and_says_where(live: Live) -> None:
    live.stands(*LATER, *OTHERS)
    live.configure("order_notional = -1")
    until(lambda: live.alert("config:kept"), f"an alert\n{live.log}")
    assert f"{live.file}:2" in live.alert("config:kept")
    assert halted(live.snapshot()), "armed for a configuration that nobody can read any more"
    live.file.unlink()
    until(lambda: "No such file" in live.alert("config:kept"), f"an alert\n{live.log}")
    live.configure(*LATER)
    until(lambda: not live.alert("config:kept"), f"no alert\n{live.log}")


def test_arming_ends_no_other_halt(live: Live) -> None:
    """The kill switch is left by a reason, not by a number; over a restart too."""
    live.stands(*LATER)
    assert live.command(Command("kill", reason="smoke")).ok
    assert live.stop() == 0
    live.begin()
    assert "smoke" in live.snapshot().status.state_reason
    reply = live.command(Command("arm", reason=live.number[-4:]))
    assert reply.ok
    assert "stays HALTED" in reply.text
    assert halted(live.snapshot())
    assert live.command(Command("resume", reason="it was steam")).ok
    assert live.snapshot().status.state is TradingState.ACTIVE
    assert live.stop() == 0


def test_a_restart_that_nobody_asked_for_is_no_confirmation(live: Live) -> None:
    """What waited goes on to wait: what held stays. A person's own stop takes the file as it is."""
    live.stands(*LATER)
    live.configure("order_notional = 20000", "min_price = 7")
    until(lambda: live.alert("config:confirm"), f"a question\n{live.log}")
    live.kill()
    live.begin()
    question = live.alert("config:confirm")
    assert "risk.order_notional: 9000 → 20000" in question
    assert "min_price" not in question
    with Reader(live.journal) as reader:
        started = next(record.value() for record in reader.records(kinds=("started",), limit=1, reverse=True))
    (config,) = live.changes(1)
    assert isinstance(started, Started)
    assert (config.by, config.changes) == ("restart", ("risk.order_notional: 9000 → 20000",))
    assert config.after == started.config_hash
    assert started.settings["risk.order_notional"] == "9000"
    assert started.settings["risk.min_price"] == "7"
    assert live.command(Command("apply", fingerprint=question.split("apply ")[1][:8])).ok
    live.kill()
    live.begin()
    assert not live.alert("config:confirm"), "confirmed before"
    assert live.command(Command("stop", reason="new limits")).ok
    assert live.process is not None
    live.process.wait(15)
    live.configure("order_notional = 30000", "min_price = 7")
    live.begin()
    assert not live.alert("config:confirm")
    assert live.stop() == 0


def desk(live: Live, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desk", *arguments, "--config", str(live.file)],
        env={**live.env, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_autopilot_needs_the_arm(live: Live) -> None:
    live.forget()
    refused = desk(live, "autopilot", "--profile", "live")
    assert refused.returncode == EXIT_USAGE
    assert "--arm" in refused.stderr
    wrong = desk(live, "autopilot", "--profile", "live", "--arm", "0000")
    assert wrong.returncode == EXIT_FAILED
    assert "live was not armed" in wrong.stderr


def test_live_keys_come_from_no_variable(live: Live) -> None:
    live.forget()
    refused = desk(live, "autopilot", "--profile", "live", "--arm", "0000", DESK_ALPACA_SECRET_KEY="marked-live-key")
    assert refused.returncode == EXIT_CREDENTIALS
    assert "marked-live-key" not in refused.stderr
    assert "desk keys set alpaca_secret_key --profile live" in refused.stderr
