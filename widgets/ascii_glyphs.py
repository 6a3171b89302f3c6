"""The desk's own glyphs in ASCII: for a terminal that shows ▲ or ▌ two cells wide, for a console without them.

Unicode calls the width of most of these glyphs ambiguous: where East Asian text is usual, terminals may give them two
cells (https://www.unicode.org/reports/tr11/#Ambiguous), and every column behind them is shifted. Foreign text stays as
it is, but for the punctuation among them.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_GLYPHS = {
    "▲": "^", "▼": "v", "△": "^", "▽": "v", "↑": "^", "↓": "v", "←": "<", "→": ">", "›": ">",
    "●": "*", "○": "o", "◌": ".", "◐": "c", "■": "#", "✓": "+", "✗": "x", "↺": "@",
    "▌": "|", "▏": ":", "▕": "|", "│": "|", "█": "#", "▐": "#", "▎": "|", "▊": "#", "▍": "|", "▋": "#", "▉": "#",
    "━": "=", "─": "-", "╌": "-", "▔": "-", "▀": "#",
    "▁": "_", "▂": ".", "▃": "-", "▄": "~", "▅": "=", "▆": "+", "▇": "*",
    "·": ".", "…": "~", "–": "-", "—": "-", "−": "-", "×": "x", "±": "~", "≥": ">", "≤": "<", "≠": "!", "Σ": "S",
    "“": '"', "”": '"', "‘": "'", "’": "'", "•": "*",
}  # fmt: skip
_BRAILLE = 0x2800
_HIGH, _LOW = 0x01 | 0x02 | 0x08 | 0x10, 0x04 | 0x20 | 0x40 | 0x80
"""Dots in the upper and in the lower half of a braille cell: what a chart's line is drawn with."""


def _dots(bits: int) -> str:
    """One character with dots in the same halves of the cell."""
    return {(False, False): " ", (True, False): "'", (False, True): ".", (True, True): ":"}[
        bool(bits & _HIGH), bool(bits & _LOW)
    ]


_TABLE = str.maketrans(_GLYPHS) | {_BRAILLE + bits: _dots(bits) for bits in range(256)}


class AsciiGlyphs(LineFilter):
    """Writes every glyph of the desk as one ASCII character."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Segments of the same width; control segments and plain ones pass."""
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(segment.text.translate(_TABLE), segment.style)
            for segment in segments
        ]
