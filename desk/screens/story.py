"""The whole story of one id, over the view it was asked from."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from desk.actions import bindings
from desk.screens.reading import ReadingView
from engine.journal import format_story
from widgets.text_block import TextBlock

_WIDTH = 400
"""Lines are made this long, and broken where they are shown."""


class StoryView(ReadingView):
    """`subject` is the id of a signal, ticket, order or post."""

    VIEW = "story"
    ALSO: ClassVar[tuple[str, ...]] = ("view.leave",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW, also=ALSO)]

    def make_panes(self) -> tuple[Widget, ...]:
        self.text = TextBlock(f"WHY {self.subject}", empty="Asking the journal …", id="story")
        return (self.text,)

    def mounted(self) -> None:
        super().mounted()
        self._tell()

    @work(exclusive=True)
    async def _tell(self) -> None:
        story = await self.ask_journal(lambda reader: format_story(reader.why(self.subject), _WIDTH))
        lines = ["The journal does not tell it."] if story is None else story.split("\n")
        self.text.show(f"WHY {self.subject}", lines)
