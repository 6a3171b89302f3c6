"""The journal's log that a foreign reader keeps, and its disk that fills: told, then no new risk, before it refuses."""

from __future__ import annotations

import pytest

from engine.journal import Journal
from engine.kernel.inbox import Watched
from engine.kernel.meters import LoopLag
from engine.kernel.watchdog import FREE_LEAST, FREE_TOLD, KEPT_LIMIT, Watchdog
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


def test_a_disk_that_fills_is_told_and_then_no_new_risk_is_taken_until_it_is_freed(desk: Desk) -> None:
    """A stop that the engine watches itself does not come any more once nothing can be recorded."""
    desk.open()
    watchdog = Watchdog(desk.clock, stages=desk.stages, lag=LoopLag())
    watchdog.look(desk.clock.now_ns())
    for free, level, state in (
        (FREE_TOLD - 1, Level.WARNING, TradingState.ACTIVE),
        (FREE_LEAST - 1, Level.CRITICAL, TradingState.REDUCING),
    ):
        desk.stages.journal.free_bytes = free
        (problem,) = watchdog.look(desk.clock.now_ns())
        watchdog.take(Watched((problem,)))
        alert = desk.stages.view.alerts["watchdog:disk"]
        assert (alert.level, desk.dealing.risk.state) == (level, state)
    assert "64 MiB are free" in alert.text
    for free_again in (FREE_TOLD, None):
        desk.stages.journal.free_bytes = free_again
        assert watchdog.look(desk.clock.now_ns()) == ()
    watchdog.take(Watched(()))
    assert not desk.stages.alarms.stands(alert.id)
    assert desk.dealing.risk.state is TradingState.ACTIVE
