"""Who may move between ACTIVE, REDUCING and HALTED."""

from __future__ import annotations

import pytest

from engine.errors import DeskError
from engine.model import TradingState

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED


def test_starts_active_and_anyone_may_tighten(scene):
    risk = scene.risk()
    assert (risk.state, risk.state_reason) == (ACTIVE, "")
    change = risk.change_state(REDUCING, "drift of 3 shares", "engine", 5)
    assert (change.state, change.previous, change.by, change.at_ns, change.sticky) == (
        REDUCING,
        ACTIVE,
        "engine",
        5,
        False,
    )
    assert risk.change_state(ACTIVE, "drift gone", "engine", 6).previous is REDUCING


def test_kill_is_sticky_and_needs_no_reason(scene):
    risk = scene.risk()
    change = risk.kill("", "signal", scene.now)
    assert (change.state, change.sticky, change.reason) == (HALTED, True, "asked by signal")


@pytest.mark.parametrize("by", ["engine", "signal", "file", "drawdown"])
@pytest.mark.parametrize("to", [ACTIVE, REDUCING])
def test_only_a_person_leaves_halted(scene, by, to):
    risk = scene.risk()
    risk.kill("test", by, scene.now)
    with pytest.raises(DeskError, match="expected a person"):
        risk.change_state(to, "because", by, scene.now)
    assert risk.state is HALTED


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_leaving_halted_needs_a_typed_reason(scene, reason):
    risk = scene.risk()
    risk.kill("test", "person", scene.now)
    with pytest.raises(DeskError, match="typed reason"):
        risk.change_state(ACTIVE, reason, "person", scene.now)
    assert risk.state is HALTED
    assert risk.change_state(ACTIVE, "venue is back", "person", scene.now).sticky is False


def test_halted_by_a_plain_change_is_sticky_too(scene):
    assert scene.risk().change_state(HALTED, "journal failed", "engine", scene.now).sticky


def test_sticky_reducing_needs_a_person(scene):
    risk = scene.risk()
    risk.change_state(REDUCING, "drift", "engine", scene.now, sticky=True)
    with pytest.raises(DeskError):
        risk.change_state(ACTIVE, "gone", "engine", scene.now)
    assert risk.change_state(REDUCING, "again", "engine", scene.now).sticky
    risk.change_state(ACTIVE, "acknowledged", "person", scene.now)


def test_what_a_person_set_or_confirmed_the_engine_does_not_loosen(scene):
    risk = scene.risk()
    risk.change_state(REDUCING, "lunch", "person", scene.now)
    risk.change_state(REDUCING, "reconnecting", "engine", scene.now)
    with pytest.raises(DeskError):
        risk.change_state(ACTIVE, "reconnected", "engine", scene.now)


def test_killing_twice_stays_killed(scene):
    risk = scene.risk()
    risk.kill("one", "file", scene.now)
    assert risk.kill("two", "signal", scene.now).previous is HALTED
    assert risk.state_reason == "two"
