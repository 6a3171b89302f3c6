"""The posts that moved a ticket's mood, by their share: score, age, author, what the guards think, and the text."""

from __future__ import annotations

from collections.abc import Callable

from engine.model import Evidence, Signal
from widgets import figures
from widgets.line import Line, wrap
from widgets.palette import Palette
from widgets.scroll_block import ScrollBlock

_TEXT_LINES = 3
"""Most lines one post takes."""
_REASON_LINES = 2
"""Most lines a scorer's reason takes."""
_AUTHOR = 24
"""Most cells of an author's name."""
_LEAST_AUTHOR = 8
"""Cells under which author and guards take a line of their own."""
_LEAST_BY = 14
"""Cells under which nothing is said of the term and the scorer: a cut word says nothing."""


class TicketEvidence(ScrollBlock):
    """The evidence of a signal, the largest share first."""

    def __init__(self, *, id: str | None = None, now_ns: Callable[[], int] = lambda: 0) -> None:
        super().__init__(id=id)
        self.now_ns = now_ns
        self._signal: Signal | None = None

    def show(self, signal: Signal | None) -> None:
        """Take a signal; None for none."""
        self._signal = signal
        self.repaint()

    def lines(self, width: int) -> list[Line]:
        head = self.title("EVIDENCE")
        if self._signal is None:
            return [head]
        head.ends(dominance(self._signal), width, self.inks.head_row)
        return [head, *evidence_lines(self._signal, self.now_ns(), width, self.inks)]


def dominance(signal: Signal) -> list[str]:
    """How many posts are quoted, and what one author and one text hold."""
    return [
        f"{len(signal.evidence)} posts",
        f"top author {figures.share(signal.top_author_share)}",
        f"text {figures.share(signal.top_text_share)}",
    ]


def evidence_lines(signal: Signal, now_ns: int, width: int, colors: Palette) -> list[Line]:
    """Every quoted post: a line of figures, its text under it, and a scorer's reason where one gave it."""
    return [line for item in signal.evidence for line in _post(item, now_ns, width, colors)]


def _post(item: Evidence, now_ns: int, width: int, colors: Palette) -> list[Line]:
    line = Line().right(figures.share(item.share), 5, colors.strong).gap(colors.text)
    line.add(f"{figures.glyph(item.score)}{figures.score(item.score)}", colors.signed(item.score))
    line.add(f" conf {item.confidence:.2f}  {figures.span(now_ns - item.published_ns):>4} ago  ", colors.muted)
    guards = f"  guards {figures.share(item.guard)}" if item.guard < 1 else ""
    lines = [line]
    if width - line.cells - len(guards) < _LEAST_AUTHOR:
        line = Line().gap(colors.text, 6)
        lines.append(line)
    line.field(f"@{item.author}", min(_AUTHOR, width - line.cells - len(guards)), colors.accent)
    if guards:
        line.add(guards, colors.warn)
    if width - line.cells >= _LEAST_BY:
        line.field(f"  by {item.term}, {item.scorer}", width - line.cells, colors.muted)
    texts = wrap(item.text, max(8, width - 8), _TEXT_LINES)
    lines += [Line().gap(colors.text, 6).field(text, width - 6, colors.text) for text in texts]
    because = wrap(f"because: {item.reason}", max(8, width - 8), _REASON_LINES) if item.reason else []
    return lines + [Line().gap(colors.text, 6).field(text, width - 6, colors.muted) for text in because]
