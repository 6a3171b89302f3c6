"""A block of lines that takes the focus: a title line that stays, and lines that scroll under it."""

from __future__ import annotations

from typing import ClassVar

from textual.strip import Strip

from widgets.line import Line
from widgets.line_block import LineBlock
from widgets.title import titled


class ScrollBlock(LineBlock, can_focus=True):
    """The first line a subclass writes is its title, begun with `title`."""

    HEAD: ClassVar[int] = 1

    DEFAULT_CSS = """
    ScrollBlock { height: 1fr; min-height: 2; }
    """

    def title(self, name: str) -> Line:
        """The begin of the title line."""
        return titled(name, self.inks, focused=self.has_focus)

    def copied(self) -> str:
        """Everything that is shown, as text."""
        width = max(40, self.size.width)
        return "\n".join("".join(part.text for part in line.segments).rstrip() for line in self.lines(width))

    def _made(self, width: int) -> list[Strip]:
        self._width = width
        base = self.inks.base
        return [
            line.strip(width, base + self.inks.head_row if at < self.HEAD else base)
            for at, line in enumerate(self.lines(width))
        ]

    def on_focus(self) -> None:
        self.repaint(now=True)

    def on_blur(self) -> None:
        self.repaint(now=True)
