"""A strip that is shown from its first cell to its last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.strip import Strip


class WholeStrip(Strip):
    """Textual keeps in a strip what it was divided into. Where that is the strip itself, the two hold each other until
    the garbage collector comes, with a dozen objects each and thousands of them a minute."""

    __slots__ = ()

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        cuts = list(cuts)
        return [self] if cuts == [self.cell_length] else super().divide(cuts)
