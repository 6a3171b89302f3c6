"""The title line of a pane."""

from __future__ import annotations

from rich.cells import cell_len

from widgets.line import Line
from widgets.palette import Palette


def titled(title: str, colors: Palette, *, focused: bool) -> Line:
    """The begin of the line; its first cell says without colour whether the pane has the focus."""
    style = colors.title_focus if focused else colors.title
    return Line().add("▌" if focused else " ", style).field(title, cell_len(title), style)
