"""The ledger's panels: rows, groups and one decision in full, at every width; unknown figures are dashes."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.clock import DAY
from engine.model.ledger import HORIZONS, Group, Mark, Total
from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, painted, stage, text
from tests.widgets.ledger_row import NOT_YET, ROW
from widgets.ledger_detail import LedgerDetail
from widgets.ledger_groups import LedgerGroups
from widgets.ledger_rows import LedgerRows, moment, move_text, why_text


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_a_row_has_exactly_the_columns_of_its_head(width: int) -> None:
    panel = LedgerRows(now_ns=lambda: NOW)
    (line,) = panel.row("7", ROW, width, COLORS)
    assert line.cells >= min(width, 60)
    said = text(line)
    assert "▼-99.5" in said
    assert "▲+12.3" in said
    assert "…" in said
    assert ("+10.00" in said) is (width >= 115)


def test_a_move_that_is_not_known_is_never_a_number() -> None:
    assert move_text(NOT_YET) == "…"
    assert move_text(Mark("5m", NOW, why="no price was recorded")) == "–"
    assert why_text(ROW) == "R17 stale_price: PRICE_STALE (and R22)"
    assert why_text(msgspec.structs.replace(ROW, rules=())) == "R17 stale_price: PRICE_STALE"


def test_a_moment_is_a_time_today_and_a_date_before() -> None:
    assert moment(NOW, NOW) == "11:45:30"
    assert moment(NOW, NOW + DAY) == "11-20 11:45"


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


async def test_the_detail_says_why_a_figure_is_missing() -> None:
    detail = LedgerDetail()
    async with stage(detail, (90, 12)):
        assert "None chosen" in "\n".join(painted(detail))
        detail.show(ROW)
        said = "\n".join(painted(detail))
        assert "BUY 26 TSLA @ 191.30  BLOCKED by risk" in said
        assert "worth +10.00" in said
        assert "money not known: nothing could be sized" in said
        assert "not yet" in said
