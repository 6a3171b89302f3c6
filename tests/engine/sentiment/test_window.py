"""A window's sum taken apart: every figure as its formula says, post by post."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engine.sentiment.window import GUARD, SCALE, figures, mean, opinions, pack, weights

POSTS = st.lists(
    st.tuples(
        st.integers(0, 2 * SCALE),
        st.integers(0, SCALE),
        st.integers(-SCALE, SCALE),
        st.sampled_from((0, 1, 500, 999, GUARD)) | st.integers(0, GUARD),
        st.integers(1, 10**15),
    ),
    max_size=6,
)
"""Influence, confidence, score and guard's weight in whole units, and what is left of the post's life."""


@given(POSTS)
def test_figures_are_what_their_formulas_say(posts: list[tuple[int, int, int, int, int]]) -> None:
    total = sum(
        pack(influence / SCALE, sure / SCALE, score / SCALE, guard / GUARD) * left
        for influence, sure, score, guard, left in posts
    )
    raw = [(influence * sure * left, sure, score, guard) for influence, sure, score, guard, left in posts]
    raw_weight = sum(weight for weight, *_ in raw)
    weight = sum(weight * guard for weight, _, _, guard in raw)
    said = sum(weight * guard * score for weight, _, score, guard in raw)
    value = float(Fraction(said, weight * SCALE)) if weight else None
    assert mean(total) == value
    assert figures(total) == (
        value,
        float(Fraction(sum(weight * guard * sure for weight, sure, _, guard in raw), weight * SCALE))
        if weight
        else 0.0,
        float(Fraction(sum(weight * score for weight, _, score, _ in raw), raw_weight * SCALE)) if raw_weight else None,
        float(Fraction(weight, raw_weight * GUARD)) if raw_weight else 1.0,
    )
    assert weights(total) == weight * SCALE
    assert opinions(total) == sum(weight * guard * abs(score) for weight, _, score, guard in raw)
