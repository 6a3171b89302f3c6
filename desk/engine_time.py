"""What time it is for the engine, between two of its messages.

In a replay the engine's time is the recording's and runs at the recording's speed; ages and countdowns on the desk
must follow it. Nothing here reads the wall clock.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from engine.clock import SECOND

CARRY_S: Final = 3.0
"""Longest that a recording's time is carried on untold: its engine tells it every second (`engine.kernel.watch`)."""


class EngineTime:
    """The engine's clock as last told, carried on by the monotonic clock at the engine's speed.

    That of a recording stands once it is no longer told: an engine that hangs, or is stopped, plays none.
    """

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._told_ns = 0
        self._told_at = seconds()
        self._speed = 1.0
        self._stands = False

    def tell(self, clock_ns: int, speed: float) -> None:
        """The engine said what time it is. Speed 0 (as fast as possible, or at the end of a recording) cannot be
        carried on."""
        self._told_ns, self._speed, self._told_at = clock_ns, speed, self._seconds()
        self._stands = False

    def lost(self) -> None:
        """Nobody tells the time any more. That of a recording stands where it was last told: no recording is played.
        That of an engine in real time goes on as all time does."""
        self._stands = self._speed != 1.0

    def now_ns(self) -> int:
        """The engine's time now; 0 before it was told."""
        if not self._told_ns or self._stands:
            return self._told_ns
        passed_s = self._seconds() - self._told_at
        if self._speed != 1.0:
            passed_s = min(passed_s, CARRY_S)
        return self._told_ns + round(passed_s * self._speed * SECOND)

    @property
    def speed(self) -> float:
        """Engine seconds per second; 0 when it runs as fast as it can."""
        return self._speed
