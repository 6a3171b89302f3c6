"""A decision's mark, and a group's total, by the name of its horizon."""

from __future__ import annotations

import pytest

from engine.model import DecisionKind, Side
from engine.model.ledger import HORIZONS, Group, LedgerRow, Mark, Total


@pytest.mark.parametrize("horizon", HORIZONS)
def test_each_horizon_is_found_by_its_name(horizon: str) -> None:
    marks = tuple(Mark(name, number) for number, name in enumerate(HORIZONS))
    row = LedgerRow(
        1, 2, "TSLA", Side.BUY, "shift", DecisionKind.REJECTED, "person", "", (), "t", "s", 0.5, None, None, None,
        marks=marks,
    )  # fmt: skip
    assert row.mark(horizon) == marks[HORIZONS.index(horizon)]
    totals = tuple(Total(name, number, 0, None, 0, None, None) for number, name in enumerate(HORIZONS))
    assert Group("all", "", 3, totals).total(horizon) == totals[HORIZONS.index(horizon)]
