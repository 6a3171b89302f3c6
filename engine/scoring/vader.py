"""The scorer `vader`: VADER's rules with our finance words, fast enough for any text."""

from __future__ import annotations

from collections.abc import Sequence

from engine.config import Config
from engine.model import Score
from engine.scoring.asides import as_meant
from engine.scoring.calibration import AS_IT_IS, Curve, shipped_curves
from engine.scoring.leanings import shipped_leanings
from engine.scoring.rules import Rules, Tally, finance_rules
from engine.scoring.words import Words

SILENT = 0.1
"""Confidence in a text without a known word: its 0 hardly counts."""
_HALF = 0.75
"""Σ |valence| at which a unanimous text is half way between SILENT and 1."""


class VaderScorer:
    """Speaks `model.Scorer`. The score is VADER's compound; the confidence says how much was said, and how unanimously.

    Before calibration it is SILENT + (1 − SILENT) · agreement · amount, with agreement = |Σ v| / Σ |v| over the
    valences v that the rules found and amount = Σ |v| / (Σ |v| + 0.75): one clear word ("upgraded", 2.4) gives 0.79,
    one mild word (1.0) 0.61, equal praise and blame 0.1. A curve then says how often a call with that much was right
    (engine.scoring.calibration). A text without a known word keeps SILENT, and scores what it leans to, if anything,
    within the neutral band (engine.scoring.leanings).
    """

    name = "vader"

    def __init__(self, config: Config, words: Words | None = None, curve: Curve | None = None) -> None:
        """`words` replaces the shipped lists and `curve` the shipped calibration; other lists have none.

        With the package's lists alone a text is read as the package reads it: as it stands, and as a whole.
        """
        del config  # has no setting of its own; every scorer is built alike
        self._rules = Rules(words) if words else finance_rules()
        self._plain = words is not None and not words.terms
        self._leanings = None if words else shipped_leanings()
        if curve is None:
            curve = shipped_curves().get(self.name, AS_IT_IS) if self._leanings else AS_IT_IS
        self._curve = curve
        lists = [self._rules.version, *([self._leanings.version] if self._leanings else [])]
        self.version = "+".join(lists if curve is AS_IT_IS else [*lists, curve.version])

    def score(self, texts: Sequence[str]) -> list[Score]:
        """One Score per text; score and confidence have at most six decimals."""
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> Score:
        tally, turns = self._rules.read(text)
        if self._plain:
            return self._whole(text, tally)
        score = as_meant(text, self._words) if turns else self._words(text)
        if score.score or self._leanings is None:
            return score
        return Score(self._leanings.of(text), score.confidence, score.symbols)

    def _words(self, text: str) -> Score:
        return self._rules.as_it_stands(text, self._whole)

    def _whole(self, _: str, tally: Tally) -> Score:
        bullish, bearish = tally.bullish, tally.bearish
        if not bullish and not bearish:
            return _NOTHING
        raw = SILENT + (1 - SILENT) * abs(bullish - bearish) / (bullish + bearish + _HALF)
        return Score(tally.compound, self._curve.confidence(tally.compound, raw))


_NOTHING = Score(0.0, SILENT)
