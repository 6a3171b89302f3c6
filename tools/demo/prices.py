"""The demo day's prices: a wandering path per symbol that reacts to the story, with a spread for each session."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from clockface import CLOSE, FIRST, LAST, OPEN, at, iso
from dice import Dice

START = {"TSLA": 251.40, "GOOG": 182.30, "NVDA": 141.20, "META": 612.50, "AAPL": 228.60}
"""Price at the first second of the recording. Made up."""
WANDER_BPS = {"TSLA": 1.5, "GOOG": 0.8, "NVDA": 1.2, "META": 0.9, "AAPL": 0.7}
"""Standard deviation of one second's noise, in basis points."""
MOVES = (
    ("NVDA", at("09:33:00"), 6.5, 6),
    ("AAPL", at("10:05:00"), -1.8, 9),
    ("TSLA", at("10:20:00"), -5.6, 6),
    ("TSLA", at("11:05:00"), 6.1, 8),
    ("GOOG", at("12:57:30"), 0.35, 2),
    ("GOOG", at("13:04:00"), -0.35, 6),
    ("META", at("13:12:00"), -1.3, 10),
    ("META", at("13:52:00"), 1.0, 10),
    ("AAPL", at("14:32:00"), 2.7, 9),
    ("GOOG", at("15:05:00"), 3.1, 8),
    ("NVDA", at("15:30:00"), -4.2, 8),
)
"""Symbol, second, percent, and the minutes in which two thirds of the move happen."""
HALT = ("TSLA", at("10:27:00"), at("10:32:00"))
"""A volatility pause: no quotes while it lasts."""


class Prices:
    """Every symbol's price at every second of the recording."""

    def __init__(self, dice: Dice) -> None:
        self._paths = {symbol: self._path(symbol, dice) for symbol in START}

    def at(self, symbol: str, second: int) -> float:
        """The price at a second of the day."""
        return self._paths[symbol][min(max(second, FIRST), LAST) - FIRST]

    def _path(self, symbol: str, dice: Dice) -> list[float]:
        moves = [(second, percent, minutes) for name, second, percent, minutes in MOVES if name == symbol]
        noise = slow = 0.0
        path = []
        for second in range(FIRST, LAST + 1):
            quiet = 1.0 if OPEN <= second < CLOSE else 0.45
            noise = 0.995 * noise + quiet * WANDER_BPS[symbol] * dice.bell()
            slow += 0.12 * quiet * WANDER_BPS[symbol] * dice.bell()
            told = sum(
                percent * 100 * (1 - math.exp((start - second) / (minutes * 60)))
                for start, percent, minutes in moves
                if second > start
            )
            path.append(START[symbol] * (1 + (noise + slow + told) / 10_000))
        return path

    def rows(self, dice: Dice) -> Iterator[dict[str, Any]]:
        """Quotes by time: every 5 seconds in regular hours, 15 before, 30 after; and the halt."""
        for second in range(FIRST, LAST + 1):
            regular = OPEN <= second < CLOSE
            step = 5 if regular else 15 if second < OPEN else 30
            if second in HALT[1:]:
                yield {
                    "kind": "halt",
                    "at": iso(second),
                    "symbol": HALT[0],
                    "halted": second == HALT[1],
                    "code": "LUDP" if second == HALT[1] else "T3",
                    "reason": "volatility trading pause" if second == HALT[1] else "trading resumes",
                }
            for number, symbol in enumerate(START):
                if (second + number) % step or (symbol == HALT[0] and HALT[1] <= second < HALT[2]):
                    continue
                yield self._quote(symbol, second, regular, dice)

    def _quote(self, symbol: str, second: int, regular: bool, dice: Dice) -> dict[str, Any]:
        cents = round(self.at(symbol, second) * 100)
        bps = dice.between(1.0, 3.0) if regular else dice.between(4.0, 9.0)
        width = max(1, round(cents * bps / 10_000))
        bid = cents - width // 2
        last = bid if dice.happens(0.5) else bid + width
        return {
            "kind": "quote",
            "at": iso(second),
            "symbol": symbol,
            "bid": bid / 100,
            "ask": (bid + width) / 100,
            "last": last / 100,
        }
