"""The watchdog against real faults: a scorer that raises or hangs, a mute price stream. One engine, broken in turn."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.journal.reader import Reader
from engine.model import Alert, Light, StateChange, TradingState
from engine.model.frames import Command, Snapshot
from tests.engine.kernel.process import EngineProcess, ending, until
from tests.faults.street import Street

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("watchdog")]

SETTINGS = {
    "WATCHDOG__UNSCORED_S": "1.5",
    "WATCHDOG__CALM_S": "1.0",
    "RISK__STALE_PRICE_S": "2",
}


class Watched:
    """An engine on a street of its own, whose scorer can be told to misbehave."""

    def __init__(self, street: Street, engine: EngineProcess, orders: Path) -> None:
        self.street = street
        self.engine = engine
        self._orders = orders

    def scorer(self, words: str) -> None:
        self._orders.write_text(words, encoding="utf-8")

    def alerts(self) -> dict[str, Alert]:
        return {alert.subject: alert for alert in self.engine.snapshot().alerts if alert.code == "watchdog"}

    def state(self) -> TradingState:
        return self.engine.snapshot().status.state

    def until(self, condition: Callable[[Snapshot], object], what: str) -> None:
        try:
            until(lambda: condition(self.engine.snapshot()), what, 40.0)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.engine.log[-4000:]}") from None

    def well(self) -> None:
        """Trading again, nothing said any more, no light but UP."""
        self.until(lambda seen: seen.status.state is TradingState.ACTIVE, "ACTIVE")
        self.until(lambda seen: not [each for each in seen.alerts if each.code == "watchdog"], "no alert")
        assert self.light() in (None, Light.UP)

    def journaled(self, subject: str) -> None:
        """What has begun and ended is recorded: an alert's end too, and each change of state with its owner."""
        wanted = [(subject, False), (subject, True)], [TradingState.REDUCING, TradingState.ACTIVE]
        until(lambda: self._recorded() == (*wanted, {"watchdog"}), f"{wanted} in the journal, found {self._recorded()}")

    def _recorded(self) -> tuple[list[tuple[str, bool]], list[TradingState], set[str]]:
        """The last two alerts, by subject and end, and the last two changes of state, and by whom these are."""
        with Reader(self.engine.journal) as reader:
            values = [record.value() for record in reader.records(kinds=("alert", "state"))]
        alerts = [each for each in values if isinstance(each, Alert) and each.code == "watchdog"][-2:]
        changes = [each for each in values if isinstance(each, StateChange)][-2:]
        told = [(alert.subject, alert.ended) for alert in alerts]
        return told, [change.state for change in changes], {change.by for change in changes}

    def light(self) -> Light | None:
        return next((feed.light for feed in self.engine.snapshot().feeds if feed.name == "engine"), None)


def begin(folder: Path, street: Street, **settings: str) -> Watched:
    orders = folder / "scorer"
    engine = EngineProcess(folder / "home", profile="paper", env=street.settings(**{**SETTINGS, **settings}))
    engine.program = (sys.executable, "-m", "tests.engine.kernel.bad_scorer", str(orders))
    return Watched(street, engine, orders)


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder, Street() as street:
        made = begin(Path(folder), street)
        with ending(made.engine):
            made.engine.start()
            made.until(lambda seen: seen.status.reconciled and len(seen.posts) > 20, "posts and a comparison")
            made.well()
            yield made
            assert made.engine.stop() == 0
            with Reader(made.engine.journal) as reader:
                assert reader.verify().ok


def test_posts_that_nobody_scores(watched: Watched) -> None:
    watched.scorer("raise")
    watched.until(lambda seen: seen.status.state is TradingState.REDUCING, "REDUCING")
    alert = watched.alerts()["posts"]
    assert "none has been scored for 1.5 s" in alert.text
    assert "scoring.scorers" in alert.remedy
    assert "none has been scored" in watched.engine.snapshot().status.state_reason
    assert watched.light() is Light.DEGRADED
    watched.scorer("well")
    watched.well()
    watched.journaled("posts")


def test_a_mute_price_stream(watched: Watched) -> None:
    watched.street.quoting = False
    watched.until(lambda seen: seen.status.state is TradingState.REDUCING, "REDUCING")
    assert "no price has come for 2 s" in watched.alerts()["prices"].text
    watched.street.quoting = True
    watched.well()
    watched.journaled("prices")


def test_what_a_person_paused_stays_paused(watched: Watched) -> None:
    """The watchdog ends only what it began."""
    assert watched.engine.command(Command("pause", reason="lunch")).ok
    watched.scorer("raise")
    watched.until(lambda seen: [each for each in seen.alerts if each.code == "watchdog"], "an alert")
    watched.scorer("well")
    watched.until(lambda seen: not [each for each in seen.alerts if each.code == "watchdog"], "no alert")
    assert watched.state() is TradingState.REDUCING
    assert "lunch" in watched.engine.snapshot().status.state_reason
    assert watched.engine.command(Command("resume", reason="back")).ok
    watched.well()


def test_a_loop_that_is_kept_from_its_work(watched: Watched) -> None:
    """A scorer that hangs for a while holds up everything; after a restart, degraded, it ends by itself too."""
    engine = watched.engine
    assert engine.stop() == 0
    engine.env["DESK_WATCHDOG__LAG_MS"] = "400"
    watched.scorer("sleep 0.5")
    engine.start()
    watched.until(lambda seen: [each for each in seen.alerts if each.subject == "loop"], "an alert")
    assert "late by more than 400 ms" in watched.alerts()["loop"].text
    watched.until(lambda seen: seen.status.state is TradingState.REDUCING, "REDUCING")
    engine.kill()
    watched.scorer("well")
    engine.start()
    watched.until(lambda seen: seen.status.reconciled, "a comparison")
    watched.well()
