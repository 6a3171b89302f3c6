"""One line of a panel, built from fields of exact width.

Foreign text goes through `fit`, which measures cells (not characters) and replaces what must not reach a terminal.
Nothing here reads markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets.no_control import visible

ELLIPSIS = "…"
_MEASURED = 4
"""Characters looked at per cell wanted: a longer text is cut before it is measured."""


_SIGNS = "+-−$"
_NUMBER_ENDS = re.compile(r"[+\-−$]*\d[\d.,]*\Z|[+\-−$]+\Z")
"""The number, or the sign of one, at the end of a text."""
_NUMBER_GOES_ON = re.compile(r"[.,]?\d|[%kMBT×]|[dhms](?![a-z])")
"""What belongs to the number before it: digits, and the units that say how much of it there is."""


def fit(text: str, width: int) -> str:
    """The text in exactly `width` cells: padded with blanks, or cut with an ellipsis.

    A number is never cut: one that does not fit, or would touch the ellipsis, is left out whole, for `1,2…` would be
    read as another number.
    """
    if width <= 0:
        return ""
    text = visible(text[: width * _MEASURED])
    if text.isascii():
        length = len(text)
        if length <= width:
            return text + " " * (width - length)
        return _cut(text, text[: width - 1]).ljust(width)
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    kept = set_cell_size(text, width - 1)
    cut = _cut(text, kept)
    return cut if len(cut) == len(kept) + 1 else set_cell_size(cut, width)


def _cut(text: str, kept: str) -> str:
    """The beginning of a text with an ellipsis in the place of the rest, and of the number that it would touch."""
    found = _NUMBER_ENDS.search(kept)
    if found is not None and (kept[-1] not in _SIGNS or text[len(kept) : len(kept) + 1].isdecimal()):
        kept = kept[: found.start()]
    return kept + ELLIPSIS


def _whole(word: str, head: str) -> str:
    """The first part of a word that is broken: no number is parted that has room in a line of its own."""
    found = _NUMBER_ENDS.search(head)
    parted = found is not None and _NUMBER_GOES_ON.match(word, len(head))
    return head[: found.start()] or head if found is not None and parted else head


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
            if cell_len(text) > width:
                text = fit(text, width).rstrip()
            self.segments.append(Segment(" " * (width - cell_len(text)) + text, style))
            self.cells += width
        return self

    def ends(self, texts: Sequence[str], width: int, style: Style) -> Line:
        """Append, right-aligned up to `width` cells of the line, as many of the texts as fit whole, the first ones
        first, two blanks between them and one on either side."""
        room, shown = width - self.cells - 2, ""
        for text in texts:
            longer = f"{shown}  {text}" if shown else text
            if cell_len(longer) > room:
                break
            shown = longer
        return self.right(f"{shown} ", width - self.cells, style)

    def strip(self, width: int, base: Style) -> Strip:
        """The line in exactly `width` cells over the base style; where it is longer, the rest is cut as `fit` does."""
        parts = self.segments if self.cells <= width else self._cut(width)
        segments = _over(base, parts)
        if self.cells < width:
            segments.append(Segment(" " * (width - self.cells), base))
        return Strip(segments, width)

    def _cut(self, width: int) -> list[Segment]:
        """The segments up to a width that is less than they take."""
        parts: list[Segment] = []
        left = width
        for segment in self.segments:
            cells = cell_len(segment.text)
            if cells <= left:
                parts.append(segment)
                left -= cells
                continue
            rest, before = fit(segment.text, left), parts[-1] if parts else None
            touched = _NUMBER_ENDS.search(before.text) if before is not None and rest[:1] == ELLIPSIS else None
            if before is not None and touched is not None:
                parts[-1] = Segment(
                    fit(f"{before.text[: touched.start()]}{ELLIPSIS}", cell_len(before.text)), before.style
                )
                rest = " " * left
            return [*parts, Segment(rest, segment.style)]
        return parts


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
            head = _whole(word, set_cell_size(word, width).rstrip())
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
        last = f"{lines[-1]} " if lines[-1][-1:].isdecimal() else lines[-1]
        lines[-1] = last + ELLIPSIS if cell_len(last) < width else fit(f"{last}{ELLIPSIS}{ELLIPSIS}", width).rstrip()
    return lines
