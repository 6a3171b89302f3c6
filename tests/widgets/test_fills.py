"""Fills, a line each."""

from __future__ import annotations

from decimal import Decimal

from engine.model import Fill, Role, Side
from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, text
from widgets.fills import Fills


def test_a_fill_says_its_money_and_fee() -> None:
    fill = Fill(
        "x", "desk-1-e1", "TSLA", Side.SELL, Decimal(10), Decimal("191.25"), Decimal("0.05"), NOW, "s", Role.STOP
    )
    said = text(Fills().row("x", fill, 100, COLORS))
    for part in ("▼ TSLA", "stop", "191.25", "1,912.50", "0.05", "desk-1-e1"):
        assert part in said
