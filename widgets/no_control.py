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

_HIDDEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Fillers and variation selectors: nothing is seen of them, though they count as letters and marks."""
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
"""Combining marks that stand on letters of any script."""
_UNSAFE = (
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: escape sequences begin here
    "\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # bidirectional, zero-width, line separators
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"  # signs that enclose what follows
    "\ufff0-\ufffb\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # format controls
    "\ue000-\uf8ff\U000e0000-\U0010ffff"  # tags and private use: what they look like, nobody knows
    f"\ud800-\udfff{_HIDDEN}]"  # lone surrogates
)
_PILE = f"([{_MARKS}]{{2}})[{_MARKS}]+"
"""More combining marks than any script puts on one letter: they would climb into the lines above and below.
Both patterns are compiled at the first text that is not plain: a desk starts without them."""
_MARKED = re.compile(f"[{_HIDDEN}{_MARKS}]")
"""What `str.isprintable` passes and has to be looked at all the same."""


def visible(text: str) -> str:
    """Text in which every control, bidirectional, invisible, private or surrogate character shows as U+FFFD, and which
    piles up no combining marks.

    Plain text is returned as it is. Panels call it before they measure, so that a hostile character cannot shift a
    column.
    """
    if _plain(text):
        return text
    return re.sub(_PILE, r"\1", re.sub(_UNSAFE, REPLACEMENT, text))


def _plain(text: str) -> bool:
    """Whether there is nothing to look for, told in a glance: nearly every text is so."""
    return text.isprintable() and (text.isascii() or not _MARKED.search(text))


class NoControl(LineFilter):
    """Replaces control and bidirectional characters in everything that is painted."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Segments with safe text; control segments, which hold no foreign text, pass."""
        if _plain("".join([text for text, _, control in segments if not control])):
            return segments
        return [segment if segment.control else Segment(visible(segment.text), segment.style) for segment in segments]
