"""The late past of every symbol, sampled each half minute: mood, raw mood, price, volume. For charts only."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import isnan, nan

from engine.model.gate import Past

POINTS = 480
"""Samples shown of each symbol: four hours."""


class PastKeeper:
    """Columns of plain numbers, so that 500 symbols cost a few megabytes. Bounded: at most twice POINTS each."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self._whole = {symbol: (array("q"), array("q")) for symbol in symbols}
        """Per symbol: instants, posts in the window."""
        self._figures = {symbol: (array("d"), array("d"), array("d")) for symbol in self._whole}
        """Per symbol: mood, raw mood, price; NaN where there was none."""

    def add(
        self, symbol: str, at_ns: int, mood: float | None, raw: float | None, price: float | None, volume: int
    ) -> None:
        """Append one sample."""
        for whole, count in zip(self._whole[symbol], (at_ns, volume), strict=True):
            if len(whole) >= 2 * POINTS:
                del whole[:POINTS]
            whole.append(count)
        for figures, value in zip(self._figures[symbol], (mood, raw, price), strict=True):
            if len(figures) >= 2 * POINTS:
                del figures[:POINTS]
            figures.append(nan if value is None else value)

    def of(self, symbol: str) -> Past:
        """The newest POINTS samples of a symbol."""
        at_ns, volume = self._whole[symbol]
        mood, raw, price = (_known(column) for column in self._figures[symbol])
        return Past(tuple(at_ns[-POINTS:]), mood, raw, price, tuple(volume[-POINTS:]))


def _known(column: array[float]) -> tuple[float | None, ...]:
    return tuple(None if isnan(value) else value for value in column[-POINTS:])
