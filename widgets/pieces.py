"""Pieces of a line: where there is no room for all, whole ones are left out, the least important first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.style import Style

from widgets.line import Line


class Piece(NamedTuple):
    """Something that is shown whole or not at all."""

    rank: int
    """0 for what comes first; of equals the left one."""
    gap: int
    """Blanks before it, unless it begins the line."""
    line: Line


def laid(pieces: Sequence[Piece], width: int, ground: Style) -> Line:
    """The pieces that fit, in their order. The most important is there at any width, cut if need be."""
    kept: set[int] = set()
    room = width
    for place in sorted(range(len(pieces)), key=lambda place: (pieces[place].rank, place)):
        cells = pieces[place].gap + pieces[place].line.cells
        if cells <= room or not kept:
            kept.add(place)
            room -= cells
    line = Line()
    for place in sorted(kept):
        line.gap(ground, pieces[place].gap if line.cells else 0)
        line.segments += pieces[place].line.segments
        line.cells += pieces[place].line.cells
    return line
