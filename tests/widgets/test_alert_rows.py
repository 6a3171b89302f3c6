"""Alerts with their remedies, the worst first."""

from __future__ import annotations

from engine.model import Level
from tests.desk import made_up
from tests.widgets.harness import COLORS, text
from widgets.alert_rows import AlertRows, ranked


def test_alerts_stand_worst_first_with_their_remedy() -> None:
    alerts = [made_up.alert(1, Level.INFO), made_up.alert(2, Level.CRITICAL), made_up.alert(3)]
    assert [alert.id for alert in ranked(alerts)] == ["alert-2", "alert-3", "alert-1"]
    lines = AlertRows().row("alert-2", alerts[1], 90, COLORS)
    assert "■ critical" in text(lines)
    assert "→ check the network" in text(lines)
    assert "stays until acknowledged" in text(lines)
