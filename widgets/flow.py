"""Figures that are never parted: what does not fit beside the others goes on in a line under them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.style import Style

from widgets.line import Line
from widgets.no_control import visible

Figure = tuple[tuple[str, Style], ...]
"""Texts with their styles that belong together: a number with its word and unit."""


def figure(*parts: tuple[str, Style]) -> Figure:
    """One figure out of its parts."""
    return parts


def flow(label: str, told: Iterable[Figure], width: int, *, indent: int, style: Style) -> list[Line]:
    """The figures behind a label in that style, two blanks between them, on as many lines as they take.

    The lines after the first begin `indent` cells further in, as the first figure does. The parts of a figure that is
    wider than a whole line stand on lines of their own, and one that is still wider is cut as a field is.
    """
    lines = [Line().gap(style).field(label, indent - 1, style)]
    empty = True
    for parts in _narrow(told, width - indent):
        cells = _cells(parts)
        if not cells:
            continue
        if not empty and lines[-1].cells + 2 + cells > width:
            lines.append(Line().gap(style, indent))
            empty = True
        line = lines[-1].gap(style, 0 if empty else 2)
        for text, ink in parts:
            line.field(text, min(cell_len(text), width - line.cells), ink)
        empty = False
    return [line.gap(style, width - line.cells) for line in lines]


def _narrow(told: Iterable[Figure], room: int) -> Iterator[Figure]:
    """The figures with texts that drive no terminal, those that are wider than the room in their parts."""
    for each in told:
        parts = tuple((visible(text), ink) for text, ink in each)
        if _cells(parts) <= room:
            yield parts
        else:
            yield from (((text.strip(), ink),) for text, ink in parts)


def _cells(parts: Figure) -> int:
    return sum(cell_len(text) for text, _ in parts)
