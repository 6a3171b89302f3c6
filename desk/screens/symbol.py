"""The symbol view: one symbol on the whole screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from desk.actions import bindings
from desk.link import Link
from desk.mirror import Part
from desk.screens.view import ViewScreen
from widgets.gauges import Gauges
from widgets.status_line import StatusLine


class SymbolView(ViewScreen):
    """Bound to one symbol of the watchlist."""

    VIEW = "symbol"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]

    def __init__(self, link: Link, subject: str) -> None:
        super().__init__(link, subject)
        self.gauge = Gauges(id="gauge", now_ns=link.time.now_ns)
        self.line = StatusLine(id="line")

    def compose(self) -> ComposeResult:
        yield self.gauge
        yield self.line
        yield self.key_bar()

    def on_mount(self) -> None:
        super().on_mount()
        self.update_parts(Part.SYMBOLS)

    @property
    def panes(self) -> tuple[Widget, ...]:
        return (self.gauge,)

    def update_parts(self, parts: Part) -> None:
        row = self.link.mirror.symbols.get(self.subject)
        if row is not None and Part.SYMBOLS in parts:
            self.gauge.show([(self.subject, row)])
