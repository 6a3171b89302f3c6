"""The scorer `vader`: VADER's rules with our finance words, fast enough for any text."""

from __future__ import annotations

from collections.abc import Sequence

from engine.config import Config
from engine.model import Score
from engine.scoring.rules import Rules, Tally
from engine.scoring.words import Words, finance_words

SILENT = 0.1
"""Confidence in a text without a known word: its 0 hardly counts."""
_HALF = 0.75
"""Σ |valence| at which a unanimous text is half way between SILENT and 1."""


class VaderScorer:
    """Speaks `model.Scorer`. The score is VADER's compound; the confidence says how much was said, and how unanimously.

    confidence = SILENT + (1 − SILENT) · agreement · amount, with agreement = |Σ v| / Σ |v| over the valences v that the
    rules found and amount = Σ |v| / (Σ |v| + 0.75). One clear word ("upgraded", 2.4) gives 0.79, one mild word (1.0)
    0.61, equal praise and blame 0.1.
    """

    name = "vader"

    def __init__(self, config: Config, words: Words | None = None) -> None:
        """`words` replaces the shipped lists."""
        del config  # has no setting of its own; every scorer is built alike
        words = words or finance_words()
        self.version = words.version
        self._rules = Rules(words)

    def score(self, texts: Sequence[str]) -> list[Score]:
        """One Score per text; score and confidence have at most six decimals."""
        tally = self._rules.tally
        return [_score(tally(text)) for text in texts]


def _score(tally: Tally) -> Score:
    amount = tally.bullish + tally.bearish
    if not amount:
        return _NOTHING
    agreement = abs(tally.bullish - tally.bearish) / amount
    return Score(tally.compound, round(SILENT + (1 - SILENT) * agreement * amount / (amount + _HALF), 6))


_NOTHING = Score(0.0, SILENT)
