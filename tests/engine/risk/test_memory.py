"""What is remembered is bounded, and forgets the oldest first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.clock import HOUR
from engine.risk import memory

D = Decimal


def executed(scene, risk, number):
    result = scene.judged(
        "duplicate", risk=risk, signal=scene.signal(id=f"s-{number}"), draft=scene.draft(quantity=D(99))
    )
    return not result.passed


def test_the_oldest_signals_are_forgotten(scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "SIGNALS_KEPT", 3)
    risk = scene.risk()
    for number in range(5):
        risk.on_intent(scene.intent(number))
    assert [executed(scene, risk, number) for number in range(5)] == [False, False, True, True, True]


def test_the_oldest_closed_trades_and_stop_outs_are_forgotten(scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "CLOSES_KEPT", 2)
    monkeypatch.setattr(memory, "STOP_OUTS_KEPT", 2)
    risk = scene.risk(loss_streak=9, sizing={"sizer": "kelly", "kelly_trades": 2})
    for number, profit in enumerate((-5, 10, 20)):
        risk.on_closed("AAPL", D(profit), True, scene.now - HOUR + number, f"s-{number}")
    assert scene.judged("loss_streak", risk=risk).value == 2
    assert "win rate 1.00" in risk.size(scene.signal(), scene.book()).draft.sizing
