"""R24 and R25: what is let through in each state, and before the book is reconciled."""

from __future__ import annotations

import pytest

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
