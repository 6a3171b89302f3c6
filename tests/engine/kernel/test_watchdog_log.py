"""The journal's log that a foreign reader keeps: told, then no new risk, before the journal refuses."""

from __future__ import annotations

import pytest

from engine.journal import Journal
from engine.kernel.inbox import Watched
from engine.kernel.meters import LoopLag
from engine.kernel.watchdog import KEPT_LIMIT, Watchdog
from engine.model import Level, TradingState
from tests.engine.kernel.desk_at_hand import Desk


def test_a_log_that_a_reader_keeps_is_told_until_it_leaves(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.open()
    watchdog = Watchdog(desk.clock, stages=desk.stages, lag=LoopLag())
    watchdog.look(desk.clock.now_ns())
    assert watchdog.look(desk.clock.now_ns()) == ()
    monkeypatch.setattr(Journal, "kept_bytes", KEPT_LIMIT + 1)
    (problem,) = watchdog.look(desk.clock.now_ns())
    watchdog.take(Watched((problem,)))
    alert = desk.stages.view.alerts["watchdog:journal-log"]
    assert alert.level is Level.WARNING and "256 MiB" in alert.text
    assert desk.dealing.risk.state is TradingState.ACTIVE
    watchdog.take(Watched(()))
    assert not desk.stages.alarms.stands(alert.id)


def test_at_half_of_its_limit_no_new_risk_is_taken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.open()
    watchdog = Watchdog(desk.clock, stages=desk.stages, lag=LoopLag())
    watchdog.look(desk.clock.now_ns())
    monkeypatch.setattr(Journal, "kept_bytes", (2048 << 20) + 1)
    (problem,) = watchdog.look(desk.clock.now_ns())
    watchdog.take(Watched((problem,)))
    alert = desk.stages.view.alerts["watchdog:journal-log"]
    assert alert.level is Level.CRITICAL and "2048 MiB" in alert.text and "at 4096 MiB nothing" in alert.text
    assert desk.dealing.risk.state is TradingState.REDUCING
