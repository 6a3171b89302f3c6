"""Every alert that holds, with its remedy."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style

from engine.model import Alert, Level
from widgets.ledger_rows import moment
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel

_SIGNS = {Level.INFO: "i info", Level.WARNING: "! warning", Level.CRITICAL: "■ critical"}


class AlertRows(RowPanel[Alert]):
    """Two lines per alert: what is wrong, and what to do. Worst first, then newest."""

    TITLE: ClassVar[str] = "ALERTS"
    EMPTY: ClassVar[str] = "No alert holds."
    ROW_HEIGHT: ClassVar[int] = 2

    def head(self, line: Line, width: int, colors: Palette) -> None:
        line.field(f"  {len(self.keys)}" if self.keys else "", width - line.cells, colors.head_row)

    def moment(self, row: Alert) -> object:
        return moment(row.at_ns, self.now_ns())

    def row(self, key: str, row: Alert, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        line = Line().add(mark, style).add(moment(row.at_ns, self.now_ns()), colors.muted).gap(colors.text)
        line.field(_SIGNS[row.level], 11, _style(row.level, colors)).field(row.text, width - line.cells, colors.text)
        stays = "stays until acknowledged" if row.until_acknowledged else "goes with its cause"
        does = f"→ {row.remedy}  ({stays})" if row.remedy else f"({stays})"
        return [line, Line().add(mark, style).gap(colors.text, 9).field(does, width - 10, colors.muted)]


def ranked(alerts: list[Alert]) -> list[Alert]:
    """Worst first, newest first among equals."""
    order = (Level.CRITICAL, Level.WARNING, Level.INFO)
    return sorted(alerts, key=lambda alert: (order.index(alert.level), -alert.at_ns, alert.id))


def _style(level: Level, colors: Palette) -> Style:
    return {Level.CRITICAL: colors.down, Level.WARNING: colors.warn}.get(level, colors.accent)
