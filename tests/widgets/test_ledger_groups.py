"""Groups of decisions and what they add up to."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.model.ledger import HORIZONS, Group, Total
from tests.widgets.harness import painted, stage
from widgets.ledger_groups import LedgerGroups


@pytest.mark.parametrize("width", [80, 120])
async def test_groups_fit_their_width(width: int) -> None:
    none = Total("1h", 0, 0, None, 0, None, None)
    totals = (Total("5m", 3, 2, Decimal("12.50"), 2, Decimal("-4.00"), Decimal("4.00")), none, none)
    panel = LedgerGroups(id="g")
    panel.show([("a", Group("rule", "R17", 3, totals))])
    async with stage(panel, (width, 5)) as pilot:
        await pilot.pause(0.3)
        row = painted(panel)[1]
        assert "R17" in row
        assert "▲+12.5" in row
        assert row.rstrip().endswith("–")
        assert {total.horizon for total in totals} <= set(HORIZONS)
