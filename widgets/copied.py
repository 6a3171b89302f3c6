"""A row of the screen as text to copy."""

from __future__ import annotations

import re
from collections.abc import Iterable

from widgets.line import Line

COPIED_WIDTH = 400
"""Cells of a row that is copied: wide enough for what a screen cuts off."""
_APART = re.compile(" {3,}")
"""What holds the columns of a screen apart says nothing in a text."""


def copied(lines: Iterable[Line]) -> str:
    """The text of a row's lines, without the cell that marks the cursor and without what holds columns apart."""
    told = ("".join(segment.text for segment in line.segments[1:]).rstrip() for line in lines)
    return "\n".join(_APART.sub("  ", line) for line in told)
