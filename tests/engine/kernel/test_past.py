from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.past import POINTS, PastKeeper

figure = st.none() | st.floats(-1e6, 1e6)
sample = st.tuples(st.integers(0, 2**62), figure, figure, figure, st.integers(0, 10**6))


@given(st.lists(sample, max_size=30))
def test_what_was_sampled_is_what_is_shown(
    samples: list[tuple[int, float | None, float | None, float | None, int]],
) -> None:
    keeper = PastKeeper(["TSLA", "GOOG"])
    for each in samples:
        keeper.add("TSLA", *each)
    past = keeper.of("TSLA")
    assert list(zip(past.at_ns, past.mood, past.raw, past.price, past.volume, strict=True)) == samples
    assert keeper.of("GOOG").at_ns == ()


def test_only_the_newest_are_kept() -> None:
    keeper = PastKeeper(["TSLA"])
    for at in range(5 * POINTS + 7):
        keeper.add("TSLA", at, None, None, None, at)
    assert keeper.of("TSLA").at_ns == tuple(range(4 * POINTS + 7, 5 * POINTS + 7))
    assert keeper.of("TSLA").mood == (None,) * POINTS
