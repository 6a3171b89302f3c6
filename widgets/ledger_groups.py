"""What decisions add up to: by outcome, by who decided, by rule, by strategy, by symbol."""

from __future__ import annotations

from typing import ClassVar

from engine.model.ledger import HORIZONS, Group, Total
from widgets import figures
from widgets.ledger_rows import bps_text
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel

_WITH_RIGHT = 120
"""Least width at which each horizon says how many moves went the signal's way."""


class LedgerGroups(RowPanel[Group]):
    """One row per group. Worth counts only decisions whose money is known."""

    TITLE: ClassVar[str] = "WORTH OF DECISIONS"
    EMPTY: ClassVar[str] = "No decision to add up."

    def head(self, line: Line, width: int, colors: Palette) -> None:
        head = colors.head_row
        line.gap(head, 21 - line.cells).right("n", 5, head)
        for horizon in HORIZONS:
            if width >= _WITH_RIGHT:
                line.right("right", 9, head)
            line.right(f"{horizon} bps", 10, head).right("worth", 12 if width >= _WITH_RIGHT else 8, head)
        line.gap(head, width - line.cells)

    def row(self, key: str, row: Group, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        line = Line().add(mark, style).field(row.by, 9, colors.muted).field(row.name, 11, colors.strong)
        line.right(figures.count(row.decisions), 5, colors.text)
        for total in row.totals:
            _total(line, total, width, colors)
        return [line]


def _total(line: Line, total: Total, width: int, colors: Palette) -> None:
    if width >= _WITH_RIGHT:
        line.right(f"{total.right}/{total.measured}" if total.measured else figures.NONE, 9, colors.muted)
    mean, worth = total.mean_bps, total.worth
    line.right(
        figures.NONE if mean is None else bps_text(mean),
        10,
        colors.muted if mean is None else colors.signed(float(mean)),
    )
    places, room = (2, 12) if width >= _WITH_RIGHT else (0, 8)
    text = figures.NONE if worth is None else figures.signed_money_in(worth, room - 1, places)
    line.right(text, room, colors.muted if worth is None else colors.signed(float(worth)))
