"""The symbol view: one symbol on the whole screen: mood and price over time, its posts, and why it does not trade."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget
from textual.worker import Worker

from desk.actions import bindings
from desk.link import Link
from desk.mirror import Part
from desk.screens.ground import Panes
from desk.screens.marks import marks_of, past_until_now
from desk.screens.view import ViewScreen
from engine.errors import DeskError
from engine.model.frames import PostRow
from widgets.chart import Chart
from widgets.feed import Feed
from widgets.gates import Gates
from widgets.gauges import Gauges
from widgets.status_line import StatusLine

ASK_S = 1.0
"""How often the engine is asked while the view is open: its gates are live."""
_POSTS = 2_000
"""Posts of the symbol that are kept while the view is open."""


class Gauge(Gauges):
    """The one row that the view is about."""

    TITLE: ClassVar[str] = "SYMBOL"


class SymbolView(ViewScreen):
    """Bound to one symbol of the watchlist; two keys go to the next and the one before."""

    VIEW = "symbol"
    CSS_PATH = "symbol.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]

    def __init__(self, link: Link, subject: str) -> None:
        super().__init__(link, subject or next(iter(link.mirror.symbols), ""))
        now = link.time.now_ns
        self.gauge = Gauge(id="gauge", now_ns=now)
        self.gates = Gates(id="gates")
        self.chart = Chart(id="chart")
        self.feed = Feed(id="posts", rows=_POSTS, symbols=False)
        self.line = StatusLine(id="line")
        self._count = 0
        """Posts of the symbol that came to this view."""
        self._asked: Worker[None] | None = None
        """The newest question to the engine."""

    def compose(self) -> ComposeResult:
        yield self.bar
        yield self.gauge
        with Panes(id="body"):
            with Panes(id="left"):
                yield self.chart
                yield self.feed
            yield self.gates
        yield self.line
        yield self.key_bar()

    def mounted(self) -> None:
        super().mounted()
        self._begin()
        self.gates.focus()
        self.set_interval(ASK_S, self._ask_again)
        self._asked = self.ask()

    @property
    def panes(self) -> tuple[Widget, ...]:
        return (self.gates, self.chart, self.feed)

    @property
    def fed(self) -> tuple[Widget, ...]:
        """Gates and chart are asked for: they turn grey when an answer does not come."""
        return (self.gauge, self.feed)

    def reveal(self, pane: Widget) -> None:
        """A small screen shows one pane under the gauge."""
        for other in self.panes:
            self.set_class(other is pane, f"in-{other.id}")

    def update_parts(self, parts: Part) -> None:
        mirror = self.link.mirror
        if parts & (Part.STATUS | Part.ACCOUNT | Part.FEEDS):
            self.show_status()
        row = mirror.symbols.get(self.subject)
        if Part.SYMBOLS in parts and row is not None:
            self.gauge.show([(self.subject, row)])
        if Part.POSTS in parts:
            if Part.ANEW in parts and not mirror.goes_on:
                self._clear()
            self._push(mirror.taken)

    def _begin(self) -> None:
        """Show the symbol as the mirror has it, and its posts as far as the desk keeps them."""
        self.update_parts(Part.SYMBOLS)
        self._clear()
        if self.desk.main is not None:
            self._push(self.desk.main.feed.kept)

    def _clear(self) -> None:
        self.feed.clear()
        self._count = 0

    def _push(self, posts: list[PostRow]) -> None:
        own = [post for post in posts if self.subject in post.symbols]
        self._count += len(own)
        self.feed.push(own)
        self.feed.count(self._count, 0)

    def _ask_again(self) -> None:
        """An engine that takes longer than the pause is not asked anew before it has answered."""
        if self._asked is None or self._asked.is_finished:
            self._asked = self.ask()

    @work(exclusive=True, group="ask")
    async def ask(self) -> None:
        """Ask the engine for gates and samples; what is shown turns grey when it does not answer."""
        if not self.subject or not self.link.attached:
            self.gates.stale = self.chart.stale = True
            return
        asked = self.subject
        try:
            detail = await self.link.symbol(asked)
        except DeskError as error:
            self.gates.stale = self.chart.stale = True
            self.line.refused(error.message)
            return
        if asked == self.subject:
            self.gates.stale = self.chart.stale = False
            self.gates.show(detail)
            past = past_until_now(detail.past, self.link.mirror, asked, self.link.time.now_ns())
            self.chart.show(past, marks_of(self.link.mirror, asked, detail.marks))

    def action_next_symbol(self) -> None:
        self._turn(1)

    def action_previous_symbol(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        symbols = list(self.link.mirror.symbols)
        if not symbols[1:]:
            self.line.say("There is no other symbol.")
            return
        at = symbols.index(self.subject) if self.subject in symbols else 0
        self.subject = symbols[(at + by) % len(symbols)]
        self.gates.show(None)
        self.chart.show(None)
        self._begin()
        self._asked = self.ask()
