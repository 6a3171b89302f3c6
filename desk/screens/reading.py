"""What the reading views share: panes over a status line and key bar; the journal is asked in a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeAlias, TypeVar

from textual.app import ComposeResult
from textual.widget import Widget

from desk.background import in_background
from desk.indexing import FEW, Told, bring_up, missing
from desk.link import Link
from desk.mirror import Part
from desk.screens.ground import Panes
from desk.screens.view import ViewScreen
from engine.errors import DeskError
from engine.journal import Reader
from engine.kernel.lock import journal_of
from widgets.line_block import LineBlock
from widgets.row_panel import RowPanel
from widgets.status_line import StatusLine

AnswerT = TypeVar("AnswerT")
Refused: TypeAlias = Callable[[str, str], None]
"""Says why there is no answer, and what to do about it."""

BEAT_S = 1.0
"""How often ages and times left are looked at."""
_AT_FIRST = Part.ALL & ~(Part.POSTS | Part.ANEW)
"""What a view draws when it is opened: all but what has come this moment."""


class ReadingView(ViewScreen):
    """A view that shows and decides nothing by itself. A subclass makes its panes, in order, and draws them."""

    CSS_PATH = "reading.tcss"
    _made: tuple[Widget, ...] = ()
    _beside: ClassVar[tuple[str, ...]] = ()
    """Ids of panes that stand in the second column of a wide screen."""

    def __init__(self, link: Link, subject: str = "") -> None:
        super().__init__(link, subject)
        self.line = StatusLine(id="line")
        self._made = self.make_panes()

    def make_panes(self) -> tuple[Widget, ...]:
        """The view's panes, top to bottom."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield self.bar
        with Panes(id="body"):
            with Panes(id="first"):
                yield from (pane for pane in self._made if pane.id not in self._beside)
            if self._beside:
                with Panes(id="second"):
                    yield from (pane for pane in self._made if pane.id in self._beside)
        yield self.line
        yield self.key_bar()

    def mounted(self) -> None:
        super().mounted()
        self.update_parts(_AT_FIRST)
        self.set_interval(BEAT_S, self.beat)
        if self.panes:
            self.panes[0].focus()

    @property
    def panes(self) -> tuple[Widget, ...]:
        return tuple(pane for pane in self._made if pane.can_focus)

    @property
    def fed(self) -> tuple[Widget, ...]:
        return self._made

    def update_parts(self, parts: Part) -> None:
        if parts & (Part.STATUS | Part.ACCOUNT | Part.FEEDS):
            self.show_status()

    def beat(self) -> None:
        """Time passed: repaint what reads differently."""
        self.show_status()
        for pane in self._made:
            if isinstance(pane, RowPanel | LineBlock):
                pane.repaint()

    async def ask_journal(
        self, question: Callable[[Reader], AnswerT], *, refused: Refused | None = None
    ) -> AnswerT | None:
        """Put a question to the engine's journal in a thread; None, with the reason said, when it has no answer: by
        `refused`, else in the line of answers, which is for what a person asked."""
        refused = refused or self.line.refused
        paths = self.desk.paths
        if paths is None:
            refused("This desk does not know where its engine's journal is.", "")
            return None

        def ask() -> AnswerT:
            with Reader(journal_of(paths)) as reader:
                return question(reader)

        try:
            return await in_background(ask)
        except DeskError as error:
            refused(error.message, self.with_keys(error.remedy))
            return None

    async def bring_index_up(self, told: Told, *, refused: Refused | None = None) -> bool:
        """Index what the journal has since: where that is much, in a process that tells how far it is and ends with
        this task. False, with the reason said as `ask_journal` does, when it cannot be."""
        found = await self.ask_journal(lambda reader: (reader.path, missing(reader)), refused=refused)
        if found is None:
            return False
        journal, records = found
        if records > FEW:
            try:
                await bring_up(journal, told)
            except DeskError as error:
                (refused or self.line.refused)(error.message, self.with_keys(error.remedy))
                return False
        return True
