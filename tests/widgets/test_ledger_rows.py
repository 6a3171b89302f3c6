"""Rows of the ledger at every width; a figure that is not known is a dash."""

from __future__ import annotations

import msgspec
import pytest

from engine.clock import DAY
from engine.model.ledger import Mark
from tests.desk.made_up import NOW
from tests.widgets.harness import COLORS, text
from tests.widgets.ledger_row import NOT_YET, ROW
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
