"""The last barrier between foreign text and the terminal.

`engine.text.display_text` cleans every text at ingest. This filter sees what is about to be painted, whoever wrote
it, and replaces anything that could drive the terminal or reverse a line. `App.get_line_filters` returns it.
"""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: escape sequences begin here
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\u200b-\u200d\u2028\u2029\u2060-\u2064\ufeff"  # zero-width and line separators
    "\ud800-\udfff]"  # lone surrogates
)


def visible(text: str) -> str:
    """Text in which every control, bidirectional, zero-width or surrogate character shows as U+FFFD.

    Plain text is returned as it is. Panels call it before they measure, so that a hostile character cannot shift a
    column.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(REPLACEMENT, text)


class NoControl(LineFilter):
    """Replaces control and bidirectional characters in everything that is painted."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Segments with safe text; control segments, which hold no foreign text, pass."""
        for text, _, control in segments:
            if not control and not (text.isascii() and text.isprintable()) and _UNSAFE.search(text):
                break
        else:
            return segments
        return [segment if segment.control else Segment(visible(segment.text), segment.style) for segment in segments]
