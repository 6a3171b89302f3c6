"""Waits double, are jittered within their step, capped, and start anew after success."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from engine.alpaca.backoff import Backoff


@given(st.integers(0, 10_000), st.floats(0.01, 5), st.floats(5, 100))
def test_every_wait_is_between_half_and_the_whole_of_its_step(seed: int, first_s: float, cap_s: float) -> None:
    backoff = Backoff(first_s, cap_s, random.Random(seed))
    for attempt in range(50):
        step = min(cap_s, first_s * 2**attempt)
        assert step / 2 <= backoff.next_s() <= step
    backoff.reset()
    assert first_s / 2 <= backoff.next_s() <= first_s


def test_the_same_seed_waits_the_same() -> None:
    one, two = (Backoff(draw=random.Random(7)) for _ in range(2))
    assert [one.next_s() for _ in range(9)] == [two.next_s() for _ in range(9)]
