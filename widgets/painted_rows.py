"""What a panel has painted: each visible row's strips, kept for as long as what they were made from stays the same."""

from __future__ import annotations

from collections.abc import Callable

from rich.style import Style
from textual.strip import Strip

from widgets.line import Line


class PaintedRows:
    """Strips by visible row index; the title stands at −1. Strips that are the same object need no repaint."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: dict[int, tuple[object, list[Strip]]] = {}

    def get(self, index: int) -> list[Strip] | None:
        """The strips kept for a row; None when there are none."""
        kept = self._rows.get(index)
        return None if kept is None else kept[1]

    def forget(self) -> None:
        """Throw every strip away."""
        self._rows.clear()

    def strips(
        self, index: int, made_from: object, make: Callable[[], list[Line]], width: int, height: int, style: Style
    ) -> list[Strip]:
        """The row's `height` strips of `width` cells on `style`: those kept where `made_from` is equal or they look
        the same, else new ones of the lines that `make` gives."""
        old = self._rows.get(index)
        if old is not None and old[0] == made_from:
            return old[1]
        strips = [line.strip(width, style) for line in make()]
        strips += [Strip.blank(width, style)] * (height - len(strips))
        if old is not None and old[1] == strips:
            strips = old[1]
        self._rows[index] = (made_from, strips)
        return strips
