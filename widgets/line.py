"""One line of a panel, built from fields of exact width.

Foreign text goes through `fit`, which measures cells (not characters) and replaces what must not reach a terminal.
Nothing here reads markup.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets.no_control import visible

ELLIPSIS = "…"
_MEASURED = 4
"""Characters looked at per cell wanted: a longer text is cut before it is measured."""


def fit(text: str, width: int) -> str:
    """The text in exactly `width` cells: padded with blanks, or cut with an ellipsis."""
    if width <= 0:
        return ""
    text = visible(text[: width * _MEASURED])
    if text.isascii():
        length = len(text)
        if length <= width:
            return text + " " * (width - length)
        return text[: width - 1] + ELLIPSIS
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + ELLIPSIS


class Line:
    """Segments added from left to right, and how many cells they take."""

    __slots__ = ("cells", "segments")

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.cells = 0

    def add(self, text: str, style: Style) -> Line:
        """Append text as wide as it is; foreign text belongs in a `field`, which bounds it."""
        text = visible(text)
        self.segments.append(Segment(text, style))
        self.cells += cell_len(text)
        return self

    def gap(self, style: Style, width: int = 1) -> Line:
        """Append blanks; none for a width under 1."""
        if width > 0:
            self.segments.append(Segment(" " * width, style))
            self.cells += width
        return self

    def field(self, text: str, width: int, style: Style) -> Line:
        """Append text left-aligned in exactly `width` cells."""
        if width > 0:
            self.segments.append(Segment(fit(text, width), style))
            self.cells += width
        return self

    def right(self, text: str, width: int, style: Style) -> Line:
        """Append text right-aligned in exactly `width` cells."""
        if width > 0:
            text = visible(text)
            length = cell_len(text)
            self.segments.append(Segment(" " * (width - length) + text if length <= width else fit(text, width), style))
            self.cells += width
        return self

    def strip(self, width: int, base: Style) -> Strip:
        """The line in exactly `width` cells over the base style."""
        segments = _over(base, self.segments)
        if self.cells < width:
            segments.append(Segment(" " * (width - self.cells), base))
        strip = Strip(segments, max(self.cells, width))
        return strip if self.cells <= width else strip.crop(0, width)


def _over(base: Style, parts: Iterable[Segment]) -> list[Segment]:
    """The parts over the base style, neighbours of one style as one segment."""
    inks: dict[int, Style] = {}
    """What comes of each style: a line has few, and adding two asks for both their hashes."""
    segments: list[Segment] = []
    run, ink = "", base
    for text, style, _ in parts:
        over = inks.get(id(style))
        if over is None:
            over = inks[id(style)] = base + style if style else base
        if over is not ink and run:
            segments.append(Segment(run, ink))
            run = ""
        run += text
        ink = over
    return [*segments, Segment(run, ink)] if run else segments


def wrap(text: str, width: int, most: int) -> list[str]:
    """Text broken at blanks into at most `most` lines of at most `width` cells; a longer text ends in an ellipsis."""
    lines: list[str] = []
    line = ""
    for word in visible(text[: width * most * _MEASURED]).split():
        while cell_len(word) > width:
            head = set_cell_size(word, width).rstrip()
            lines.extend([line, head] if line else [head])
            line, word = "", word[len(head) :] if head else word[1:]
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
        else:
            lines.append(line)
            line = word
    if line:
        lines.append(line)
    if len(lines) > most:
        lines = lines[:most]
        last = lines[-1] + ELLIPSIS
        lines[-1] = last if cell_len(last) <= width else fit(last + ELLIPSIS, width).rstrip()
    return lines
