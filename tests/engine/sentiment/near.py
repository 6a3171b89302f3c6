"""A mood in floats beside the formula in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction


def near(found: float | None, expected: Fraction | None) -> bool:
    """Both are missing, or they differ by at most a billionth."""
    if found is None or expected is None:
        return found is None and expected is None
    return abs(Fraction(found) - expected) <= Fraction(1, 10**9)
