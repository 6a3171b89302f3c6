"""What turns a text's opinion into none, or into its opposite: questions, and sarcasm that is marked as such.

A text that only asks ("Is $ABC going to crash?") keeps the side that its words lean to, but within the neutral band and
with half the confidence. "/s" at the end says that the opposite is meant. How often that holds: docs/sentiment.md.
"""

from __future__ import annotations

import re
from typing import Final

from engine.model import Score, SymbolScore

QUIET: Final = 0.05
"""What is left of the score of a text that only asks: all of it within the neutral band."""
UNSURE: Final = 0.5
"""What is left of its confidence."""

_LEAD = r"\W*(?:[$@#]\w+[\s,:]+)*"
_ASKS = re.compile(
    _LEAD
    + r"(?:is|are|was|will|would|should|shall|can|could|do|does|did|has|have|who|what|when|where|why|how|which|any"
    r"|anyone|anybody)\b[^.!?]*\?\W*(?:https?\S*\s*)?$",
    re.IGNORECASE,
)
_SARCASM = re.compile(r"(?:^|\s)/s\W*$", re.IGNORECASE)


def only_asks(text: str) -> bool:
    """Whether the text is one question that begins with an asking word, cashtags and names before it aside."""
    return _ASKS.match(text) is not None


def means_the_opposite(text: str) -> bool:
    """Whether the text ends with the mark of sarcasm."""
    return _SARCASM.search(text) is not None


def as_meant(text: str, score: Score) -> Score:
    """The score of a text, given that of its words. Only a text with "?" or "/s" can differ."""
    if only_asks(text):
        return Score(round(score.score * QUIET, 6), round(score.confidence * UNSURE, 6))
    if means_the_opposite(text):
        return Score(
            -score.score,
            score.confidence,
            tuple([SymbolScore(own.symbol, -own.score, own.confidence) for own in score.symbols]),
        )
    return score
