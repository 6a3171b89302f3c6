"""A block of lines on the line API that repaints only lines that differ: status bar, alert bar, detail, key bar.

Called on the screen's event loop only.
"""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip

from widgets.inked import Inked, wait_s
from widgets.line import Line


class LineBlock(Inked):
    """A subclass writes `lines`; whoever changes what they show calls `repaint`."""

    RATE: ClassVar[float] = 4.0
    """Most repaints a second."""
    HEAD: ClassVar[int] = 0
    """First lines that stay in place while the others scroll under them."""

    DEFAULT_CSS = """
    LineBlock { height: auto; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._strips: list[Strip] = []
        self._width = -1
        self._top = 0
        self._flushed_at = 0.0

    def lines(self, width: int) -> list[Line]:
        """Every line, top to bottom, for this width."""
        raise NotImplementedError

    def repaint(self, *, now: bool = False) -> None:
        """Look again soon (or now) and repaint the lines that differ."""
        if now:
            self._flush()
        elif self._timer is None and self.is_attached:
            self._timer = self.set_timer(wait_s(self.RATE, self._flushed_at, monotonic()), self._flush)

    def scroll_lines(self, lines: int) -> None:
        """Move the window over the lines, as far as there are any."""
        top = max(0, min(self._top + lines, len(self._strips) - self.size.height))
        if top != self._top:
            self._top = top
            self.refresh()

    def move(self, rows: int) -> None:
        """The same, by the name that panes with a cursor have for it."""
        self.scroll_lines(rows)

    def page(self, pages: int) -> None:
        """Move the window by whole screens."""
        self.scroll_lines(pages * max(1, self.size.height - 2))

    def first(self) -> None:
        """Move the window to the first line."""
        self.scroll_lines(-len(self._strips))

    def last(self) -> None:
        """Move the window to the last line."""
        self.scroll_lines(len(self._strips))

    @property
    def below(self) -> int:
        """Lines under the window."""
        return max(0, len(self._strips) - self._top - self.size.height)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._flushed_at = monotonic()
        width = self.size.width
        if not width or not self.is_attached:
            if self.styles.is_auto_height:
                self.refresh(layout=True)
            return
        if self._out_of_sight():
            return
        old, new = self._strips, self._made(width)
        self._strips = [before if before == after else after for before, after in zip(old, new, strict=False)]
        self._strips += new[len(old) :]
        if len(old) != len(new):
            self._top = max(0, min(self._top, len(new) - self.size.height))
            self.refresh(layout=self.styles.is_auto_height)
            return
        changed = [y for y, (before, after) in enumerate(zip(old, self._strips, strict=True)) if before is not after]
        rows = [y if y < self.HEAD else y - self._top for y in changed if y < self.HEAD or y - self._top >= self.HEAD]
        shown = [Region(0, row, width, 1) for row in rows if row < self.size.height]
        if shown:
            self.refresh(*shown)

    def _made(self, width: int) -> list[Strip]:
        self._width = width
        return [line.strip(width, self.inks.base) for line in self.lines(width)]

    def strip(self, y: int, size: Size) -> Strip:
        width = size.width
        if self._width != width:
            self._strips = self._made(width)
        place = y if y < self.HEAD else self._top + y
        return self._strips[place] if place < len(self._strips) else Strip.blank(width, self.inks.base)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines(width))

    def forget_painted(self) -> None:
        self._width = -1

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.scroll_lines(-2)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.scroll_lines(2)
