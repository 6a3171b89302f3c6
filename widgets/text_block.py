"""Lines of words that scroll: a story, a post in full, an author's record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from widgets.line import Line, wrap
from widgets.line_block import LineBlock
from widgets.title import titled

MOST = 2_000
"""Most lines that are kept."""
LONGEST = 5_000
"""Most characters of one text."""


class TextBlock(LineBlock, can_focus=True):
    """A title over texts; each text is broken at blanks and keeps its leading blanks."""

    RATE: ClassVar[float] = 15.0

    DEFAULT_CSS = """
    TextBlock { height: 1fr; }
    """

    def __init__(self, title: str, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.title = title
        self._empty = empty
        self._texts: tuple[str, ...] = ()
        self._broken: tuple[int, list[tuple[int, str]]] = (-1, [])
        """The width for which the texts were broken, and indent and text of each line."""

    def show(self, title: str, texts: Iterable[str]) -> None:
        """Take a title and texts, and go to the top of them."""
        self.title, self._texts, self._top = title, tuple(text[:LONGEST] for text in tuple(texts)[:MOST]), 0
        self._broken = (-1, [])
        self.repaint(now=True)

    def copied(self) -> str:
        """Everything that is shown."""
        return "\n".join(self._texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is shown."""
        return self._texts

    def lines(self, width: int) -> list[Line]:
        colors = self.inks
        head = titled(self.title, colors, focused=self.has_focus)
        lines = [head.gap(colors.head_row, max(0, width - head.cells))]
        if not self._texts:
            return [*lines, Line().field(f" {self._empty}", width, colors.muted)]
        if self._broken[0] != width:
            self._broken = (width, list(_break(self._texts, width)))
        for indent, part in self._broken[1]:
            lines.append(Line().gap(colors.text, 1 + indent).field(part, width - 1 - indent, colors.text))
        return lines

    def on_focus(self) -> None:
        self.forget_painted()
        self.refresh()

    def on_blur(self) -> None:
        self.forget_painted()
        self.refresh()


def _break(texts: Iterable[str], width: int) -> Iterator[tuple[int, str]]:
    """Texts broken at blanks, each line with the indent that its text began with."""
    for text in texts:
        indent = min(len(text) - len(text.lstrip(" ")), width // 2)
        for part in wrap(text, max(8, width - 2 - indent), MOST) or [""]:
            yield indent, part
