"""The lines at the end of a replay: every count by its name, money with its sign."""

from __future__ import annotations

from decimal import Decimal

from desk.replay_report import ReplayReport, report_lines

REPORT = ReplayReport(
    posts=12, duplicates=2, scored=9, not_scored={"no symbol": 1}, signals=3, decisions={"auto": 2, "blocked": 1},
    blocked_by={"R10 position": 1}, fills=4, open_positions={"TSLA": "7"}, equity=Decimal("99000.5"),
    day_pnl=Decimal(-1), records=88, chain="ab" * 32, journal="replay.journal",
)  # fmt: skip


def test_what_a_person_reads() -> None:
    assert report_lines(REPORT) == [
        "posts 12, duplicates 2, scored 9, no symbol: 1",
        "signals 3, auto 2, blocked 1",
        "  blocked by R10 position: 1",
        "fills 4, equity $99,000.50, day -$1.00, TSLA 7",
        f"journal replay.journal: 88 records, chain {'ab' * 8}",
    ]


def test_nothing_is_said_of_what_did_not_happen() -> None:
    quiet = ReplayReport(0, 0, 0, {}, 0, {}, {}, 0, {}, Decimal(100_000), Decimal(0), 2, "cd" * 32, "j")
    assert report_lines(quiet) == [
        "posts 0, duplicates 0, scored 0",
        "signals 0",
        "fills 0, equity $100,000.00, day +$0.00",
        f"journal j: 2 records, chain {'cd' * 8}",
    ]
