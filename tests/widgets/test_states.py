"""The trading states there were."""

from __future__ import annotations

from engine.model import StateChange, TradingState
from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, text
from widgets.states import States


def test_a_sticky_halt_is_marked() -> None:
    change = StateChange(TradingState.HALTED, TradingState.ACTIVE, "drill", "person", NOW, True)
    said = text(States(now_ns=lambda: NOW).row("a", change, 90, COLORS))
    assert "■ HALTED" in said
    assert "drill  (until a person resumes)" in said
