"""How each feed is: its light, since when, what came, what was lost, what it cost, and what to do."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style

from engine.model import FeedState, Light
from widgets import figures
from widgets.ledger_rows import MOMENT, moment
from widgets.limit_bars import bar
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel

_SIGNS = {
    Light.UP: "●",
    Light.CONNECTING: "◌",
    Light.RECOVERING: "◐",
    Light.DEGRADED: "◐",
    Light.DOWN: "○",
    Light.CAPPED: "$",
    Light.REFUSED: "✗",
    Light.ENDED: "■",
    Light.OFF: "·",
}
_SPEND = 10
"""Cells of the bar of money spent."""


class FeedRows(RowPanel[FeedState]):
    """Three lines per feed: light and ages, counts, words and remedy."""

    TITLE: ClassVar[str] = "FEEDS"
    EMPTY: ClassVar[str] = "No feed has reported."
    ROW_HEIGHT: ClassVar[int] = 3

    def row(self, key: str, row: FeedState, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        light = _style(row.light, colors)
        first = Line().add(mark, style).field(row.name, 9, colors.strong)
        first.field(f"{_SIGNS[row.light]} {row.light.value}", 13, light)
        first.field(f"since {moment(row.since_ns, self.now_ns())}", 6 + MOMENT, colors.muted)
        first.field(self._age(row), 18, colors.text)
        first.gap(colors.text, width - first.cells)
        second = Line().add(mark, style).gap(colors.text, 9)
        if row.cap_usd is not None:
            share = row.spent_usd / row.cap_usd if row.cap_usd else 1.0
            spent = f"${row.spent_usd:.2f} of ${row.cap_usd:.2f} {bar(share, _SPEND)}  "
            second.add(spent, colors.warn if share >= 0.75 else colors.muted)
        elif row.spent_usd:
            second.add(f"${row.spent_usd:,.2f} spent, no cap  ", colors.warn)
        counts = {
            "items": row.items,
            "duplicates": row.duplicates,
            "dropped": row.dropped,
            "malformed": row.malformed,
            "reconnects": row.reconnects,
        }
        for name in sorted(counts, key=lambda name: not _lost(name, counts[name])):
            told = f"{name} {figures.count(counts[name])}  "
            if second.cells + len(told.rstrip()) <= width:
                second.add(told, colors.warn if _lost(name, counts[name]) else colors.muted)
        words = "  ".join(part for part in (row.detail, _missing(row, self.now_ns())) if part) or "nothing to report"
        third = Line().add(mark, style).gap(colors.text, 9)
        remedy = f"  → {row.remedy}" if row.remedy else ""
        return [first, second, third.field(f"{words}{remedy}", width - 10, light if row.remedy else colors.muted)]

    def moment(self, row: FeedState) -> object:
        return self._age(row), moment(row.since_ns, self.now_ns())

    def _age(self, row: FeedState) -> str:
        return f"last item {figures.age(self.now_ns() - row.last_ns)}" if row.last_ns else "nothing has come"


def _lost(name: str, count: int) -> bool:
    """Whether a count tells of posts that were lost: it stands first."""
    return name in ("dropped", "malformed") and count > 0


def _missing(row: FeedState, now_ns: int) -> str:
    """What of the past is missing or was filled, in words."""
    if row.gap_from_ns is not None and row.gap_to_ns is not None:
        if row.gap_to_ns > now_ns:
            return f"missing since {moment(row.gap_from_ns, now_ns)}"
        return f"missing {moment(row.gap_from_ns, now_ns)} to {moment(row.gap_to_ns, now_ns)}"
    if row.filled_from_ns is not None and row.filled_to_ns is not None and row.filled_to_ns <= now_ns:
        return f"filled {moment(row.filled_from_ns, now_ns)} to {moment(row.filled_to_ns, now_ns)}"
    return "" if row.covered_since_ns is None else f"complete since {moment(row.covered_since_ns, now_ns)}"


def _style(light: Light, colors: Palette) -> Style:
    if light is Light.UP:
        return colors.up
    if light in (Light.DOWN, Light.REFUSED, Light.CAPPED):
        return colors.down
    return colors.muted if light in (Light.OFF, Light.ENDED) else colors.warn
