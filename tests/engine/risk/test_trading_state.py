"""R24, R25, and who may move between ACTIVE, REDUCING and HALTED."""

from __future__ import annotations

import pytest

from engine.errors import DeskError
from engine.model import Role, TradingState

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED


@pytest.mark.parametrize(
    ("state", "role", "passed"),
    [
        (ACTIVE, Role.ENTRY, True),
        (REDUCING, Role.ENTRY, False),
        (HALTED, Role.ENTRY, False),
        (ACTIVE, Role.EXIT, True),
        (REDUCING, Role.EXIT, True),
        (HALTED, Role.EXIT, False),
        (HALTED, Role.FLATTEN, True),
        (HALTED, Role.STOP, True),
        (HALTED, Role.TARGET, True),
    ],
)
def test_what_each_state_lets_through(scene, state, role, passed):
    risk = scene.risk()
    risk.change_state(state, "test", "person", scene.now)
    draft = scene.draft() if role is Role.ENTRY else scene.exit_draft()
    result = scene.judged("trading_state", risk=risk, book=scene.book(scene.position(10)), draft=draft, role=role)
    assert (result.id, result.passed) == ("R24", passed)


@pytest.mark.parametrize("state", [REDUCING, HALTED])
def test_a_buy_called_flatten_is_no_flatten(scene, state):
    risk = scene.risk()
    risk.change_state(state, "test", "person", scene.now)
    assert not scene.judged("trading_state", risk=risk, role=Role.FLATTEN).passed


@pytest.mark.parametrize(
    ("role", "passed"), [(Role.ENTRY, False), (Role.EXIT, False), (Role.STOP, False), (Role.FLATTEN, True)]
)
def test_reconciled(scene, role, passed):
    book = scene.book(scene.position(10), reconciled=False)
    draft = scene.draft() if role is Role.ENTRY else scene.exit_draft()
    assert scene.judged("reconciled", book=book, draft=draft, role=role).passed is passed


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
