"""What a scorer answered, made fit to be counted, recorded and shown: it may be somebody else's package."""

from __future__ import annotations

from typing import Any, Final

from engine.model import Score, SymbolScore
from engine.text import display_text

REASON_LIMIT: Final = 280
"""Longest reason that is kept, in characters."""
MOST_SYMBOLS: Final = 32
"""Symbols of one text that may have a score of their own; further ones have the text's."""


def usable(score: Any) -> Score | None:
    """The score as plain numbers with six decimals and text that can be shown; None when it is none, or out of range.

    Numbers of another package (numpy's) become Python's.
    """
    if not isinstance(score, Score):
        return None
    value, confidence = score.score, score.confidence
    try:
        if not (-1.0 <= value <= 1.0 and 0.0 <= confidence <= 1.0):
            return None
        bare = type(value) is type(confidence) is float and score.symbols == () and score.reason == ""
        if bare and round(value * 1e6) / 1e6 == value and round(confidence * 1e6) / 1e6 == confidence:
            return score  # is as it shall be already; asked for so, it takes a third of the time
        symbols = tuple(map(_own, (score.symbols or ())[:MOST_SYMBOLS]))
        return Score(_six(value), _six(confidence), symbols, display_text(score.reason or "", REASON_LIMIT))
    except (AttributeError, TypeError, ValueError):
        return None


def _own(score: SymbolScore) -> SymbolScore:
    """Raises ValueError when a number is out of its range."""
    if not (-1.0 <= score.score <= 1.0 and 0.0 <= score.confidence <= 1.0):
        raise ValueError(score)
    return SymbolScore(str(score.symbol), _six(score.score), _six(score.confidence))


def _six(number: Any) -> float:
    return round(float(number), 6)
