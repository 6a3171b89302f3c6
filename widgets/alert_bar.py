"""The alert bar: the worst alert that stands, its remedy, and how many more there are. Absent when there is none.

The remedy stands behind the alert where both fit in the line, else in a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic

from rich.cells import cell_len

from engine.model import Alert, Level
from widgets.line import Line
from widgets.line_block import LineBlock

_ORDER = {Level.CRITICAL: 0, Level.WARNING: 1, Level.INFO: 2}
_WORDS = {Level.CRITICAL: " ✗ CRITICAL ", Level.WARNING: " ! WARNING ", Level.INFO: " i INFO "}


class AlertBar(LineBlock):
    """One or two lines while an alert stands, none otherwise."""

    DEFAULT_CSS = """
    AlertBar { height: auto; max-height: 2; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._alerts: tuple[Alert, ...] = ()
        self.changed_at = 0.0
        """When another alert came to stand here, by the monotonic clock."""
        self.key = "a"
        """The key that acknowledges, as it is named; empty where none does."""

    def show(self, alerts: Iterable[Alert]) -> None:
        """Take the alerts that stand; the worst and newest comes first."""
        ranked = tuple(sorted(alerts, key=lambda alert: (_ORDER[alert.level], -alert.at_ns)))
        if ranked != self._alerts:
            before, self._alerts = self.top, ranked
            if self.top is not None and (before is None or before.id != self.top.id):
                self.changed_at = monotonic()
            self.repaint(now=True)

    @property
    def top(self) -> Alert | None:
        """The alert that is shown."""
        return self._alerts[0] if self._alerts else None

    def lines(self, width: int) -> list[Line]:
        top = self.top
        if top is None:
            return []
        colors = self.inks
        style = {Level.CRITICAL: colors.alarm, Level.WARNING: colors.caution}.get(top.level, colors.title)
        more = f"+{len(self._alerts) - 1} more  " if len(self._alerts) > 1 else ""
        tail = f"{more}{self.key} acknowledge " if self.key else more
        line = Line().add(_WORDS[top.level], style).gap(colors.text)
        room = width - line.cells - len(tail) - 1
        whole = f"{top.text} → {top.remedy}" if top.remedy else str(top.text)
        fits = cell_len(whole) <= room or not top.remedy
        line.field(whole if fits else top.text, room, colors.strong).gap(colors.text)
        line.right(tail, width - line.cells, colors.muted)
        return [line] if fits else [line, Line().gap(colors.text).field(f"→ {top.remedy}", width - 1, colors.strong)]
