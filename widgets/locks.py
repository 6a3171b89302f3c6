"""Protections in force: what is locked, why, and until when."""

from __future__ import annotations

from typing import ClassVar

from engine.model import Protection
from widgets import figures
from widgets.ledger_rows import moment
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel


class Locks(RowPanel[Protection]):
    """One row per protection, oldest first."""

    TITLE: ClassVar[str] = "PROTECTIONS"
    EMPTY: ClassVar[str] = "Nothing is locked."

    def head(self, line: Line, width: int, colors: Palette) -> None:
        head = colors.head_row
        line.gap(head, 20 - line.cells).field("locks", 12, head).right("ends in", 12, head)
        line.field("  why", width - line.cells, head)

    def row(self, key: str, row: Protection, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        line = Line().add(mark, style).field(row.name, 19, colors.warn)
        line.field(row.symbol or row.strategy or "everything", 12, colors.strong)
        line.right(self._left(row), 12, colors.text)
        return [
            line.field(
                f"  {row.reason}  since {moment(row.started_ns, self.now_ns())}", width - line.cells, colors.muted
            )
        ]

    def moment(self, row: Protection) -> object:
        return self._left(row)

    def _left(self, row: Protection) -> str:
        return "by a person" if row.ends_ns is None else figures.countdown(row.ends_ns - self.now_ns())
