"""Limits, locks, trading states, alerts and fills: what each row says."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import MINUTE
from engine.model import Fill, Level, LimitUse, Role, Side, StateChange, TradingState
from tests.desk import made_up
from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, text
from widgets.alert_rows import AlertRows, ranked
from widgets.fills import Fills
from widgets.limit_bars import LimitBars, bar
from widgets.locks import Locks
from widgets.states import States

replace = msgspec.structs.replace


@given(st.floats(0, 3), st.integers(0, 60))
def test_a_bar_is_as_wide_as_asked_and_full_from_one_on(use: float, width: int) -> None:
    drawn = bar(use, width)
    assert len(drawn) == width
    assert (drawn == "━" * width) is (round(min(use, 1) * width) == width)


def test_a_limit_that_is_close_says_so_without_colour() -> None:
    panel = LimitBars()
    near = LimitUse("daily_loss", Decimal("1.6"), Decimal(2), "%")
    assert "!" in text(panel.row("a", near, 90, COLORS))
    assert "80%" in text(panel.row("a", near, 90, COLORS))
    assert "1.60 of 2 %" in text(panel.row("a", near, 90, COLORS))
    assert "!" not in text(panel.row("a", replace(near, value=Decimal(1)), 90, COLORS))


def test_a_lock_counts_down_or_waits_for_a_person() -> None:
    panel = Locks(now_ns=lambda: NOW + 10 * MINUTE)
    lock = made_up.protection()
    assert "20:00" in text(panel.row("a", lock, 90, COLORS))
    forever = replace(lock, ends_ns=None, symbol="", strategy="")
    said = text(panel.row("a", forever, 90, COLORS))
    assert "by a person" in said
    assert "everything" in said
    assert panel.moment(lock) != Locks(now_ns=lambda: NOW).moment(lock)


def test_a_sticky_halt_is_marked() -> None:
    change = StateChange(TradingState.HALTED, TradingState.ACTIVE, "drill", "person", NOW, True)
    said = text(States(now_ns=lambda: NOW).row("a", change, 90, COLORS))
    assert "■ HALTED" in said
    assert "drill  (until a person resumes)" in said


def test_alerts_stand_worst_first_with_their_remedy() -> None:
    alerts = [made_up.alert(1, Level.INFO), made_up.alert(2, Level.CRITICAL), made_up.alert(3)]
    assert [alert.id for alert in ranked(alerts)] == ["alert-2", "alert-3", "alert-1"]
    lines = AlertRows().row("alert-2", alerts[1], 90, COLORS)
    assert "■ critical" in text(lines)
    assert "→ check the network" in text(lines)
    assert "stays until acknowledged" in text(lines)


def test_a_fill_says_its_money_and_fee() -> None:
    fill = Fill(
        "x", "desk-1-e1", "TSLA", Side.SELL, Decimal(10), Decimal("191.25"), Decimal("0.05"), NOW, "s", Role.STOP
    )
    said = text(Fills().row("x", fill, 100, COLORS))
    for part in ("▼ TSLA", "stop", "191.25", "1,912.50", "0.05", "desk-1-e1"):
        assert part in said
