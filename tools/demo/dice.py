"""Seeded chance that every Python rolls alike: only `Random.random`, whose sequence is promised not to change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Chance from one seed."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def share(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()

    def happens(self, chance: float) -> bool:
        """True with that chance."""
        return self._random.random() < chance

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self._random.random()

    def whole(self, low: int, high: int) -> int:
        """An integer from low to high, both possible."""
        return low + int((high - low + 1) * self._random.random())

    def one_of(self, things: Sequence[T]) -> T:
        """One of them."""
        return things[int(len(things) * self._random.random())]

    def bell(self) -> float:
        """A standard normal number (Box and Muller)."""
        return math.sqrt(-2 * math.log(1 - self._random.random())) * math.cos(2 * math.pi * self._random.random())
