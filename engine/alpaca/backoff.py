"""How long to wait before the next attempt."""

from __future__ import annotations

import random


class Backoff:
    """Doubling waits from `first_s` to `cap_s` seconds, each between half and the whole of its step.

    The jitter comes from `draw`, so a test can seed it.
    """

    def __init__(self, first_s: float = 0.5, cap_s: float = 30.0, draw: random.Random | None = None) -> None:
        self.first_s = first_s
        self.cap_s = cap_s
        self._draw = random.Random() if draw is None else draw
        self._failures = 0

    def next_s(self) -> float:
        """The wait after one more failure, in seconds."""
        step = min(self.cap_s, self.first_s * float(2 ** min(self._failures, 30)))
        self._failures += 1
        return step * (0.5 + 0.5 * self._draw.random())

    def reset(self) -> None:
        """It worked: the next wait is the first again."""
        self._failures = 0
