"""Records of the journal that a search found."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from widgets.ledger_rows import MOMENT, moment
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel


class Hit(msgspec.Struct, frozen=True, gc=False):
    """One record in a line."""

    seq: int
    at_ns: int
    kind: str
    key: str
    text: str


class Hits(RowPanel[Hit]):
    """One row per record, newest first as they come."""

    TITLE: ClassVar[str] = "JOURNAL"
    EMPTY: ClassVar[str] = "No record holds all of these words."

    note = ""
    """Said in the title: what was searched for, how many were found."""

    def head(self, line: Line, width: int, colors: Palette) -> None:
        line.field(f"  {self.note}", width - line.cells, colors.head_row)

    def row(self, key: str, row: Hit, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        line = Line().add(mark, style)
        if width >= 100:
            line.right(str(row.seq), 8, colors.muted).gap(colors.text)
        line.field(moment(row.at_ns, self.now_ns()), MOMENT, colors.muted).gap(colors.text)
        line.field(row.kind, 11, colors.accent)
        if width >= 100:
            line.field(row.key, 24, colors.muted).gap(colors.text)
        return [line.field(row.text, width - line.cells, colors.text)]

    def moment(self, row: Hit) -> object:
        return moment(row.at_ns, self.now_ns())
