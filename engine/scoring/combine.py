"""Several opinions of one text as one: weights × confidences, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence

Opinion = tuple[float, float, float]
"""A scorer's weight, its score in [−1, 1] and its confidence in [0, 1]."""


def weigh(opinions: Sequence[Opinion], label: float) -> tuple[float, float]:
    """The combined score in [−1, 1], and agreement × mean confidence in [0, 1]; zeros where no opinion counts.

    With k the weights, s the scores and c the confidences, an opinion counts k·c in all three: score = Σ k·c·s / Σ k·c;
    agreement is the share of Σ k·c held by opinions on the combined score's side (bullish above `label`, bearish below
    −`label`, else neutral); the mean confidence is Σ k·c·c / Σ k·c. So a scorer that found nothing hardly takes part.
    """
    total = scores = sure = agreeing = 0.0
    for weight, score, confidence in opinions:
        counts = weight * confidence
        total += counts
        scores += counts * score
        sure += counts * confidence
    if total <= 0:
        return 0.0, 0.0
    value = scores / total
    side = (value > label) - (value < -label)
    for weight, score, confidence in opinions:
        if (score > label) - (score < -label) == side:
            agreeing += weight * confidence
    return max(-1.0, min(1.0, value)), min(1.0, agreeing / total * (sure / total))
