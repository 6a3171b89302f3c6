"""Every change of a feed's light, newest first."""

from __future__ import annotations

from typing import ClassVar

from engine.model import FeedState
from widgets.ledger_rows import MOMENT, moment
from widgets.line import Line
from widgets.palette import Palette
from widgets.row_panel import RowPanel


class LightHistory(RowPanel[FeedState]):
    """One row per change."""

    TITLE: ClassVar[str] = "LIGHTS"
    EMPTY: ClassVar[str] = "No change has been recorded."
    NEWEST_FIRST: ClassVar[bool] = True

    def row(self, key: str, row: FeedState, width: int, colors: Palette) -> list[Line]:
        mark, style = self.marker(key, colors)
        line = (
            Line().add(mark, style).field(moment(row.received_ns, self.now_ns()), MOMENT, colors.muted).gap(colors.text)
        )
        line.field(row.name, 9, colors.strong).field(row.light.value, 12, colors.text)
        return [line.field(row.detail, width - line.cells, colors.muted)]

    def moment(self, row: FeedState) -> object:
        return moment(row.received_ns, self.now_ns())
