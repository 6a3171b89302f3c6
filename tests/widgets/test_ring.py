from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.ring import Ring


@given(st.lists(st.integers(), max_size=60), st.integers(1, 12))
def test_it_keeps_what_a_bounded_deque_keeps(items: list[int], capacity: int) -> None:
    ring: Ring[int] = Ring(capacity)
    kept: deque[int] = deque(maxlen=capacity)
    for item in items:
        ring.append(item)
        kept.append(item)
    assert list(ring) == list(kept)
    assert ring.end == len(items)
    assert [ring[seq] for seq in range(ring.start, ring.end)] == list(kept)


@given(st.lists(st.lists(st.integers(), max_size=30), max_size=8), st.integers(1, 12))
def test_many_at_once_are_kept_as_one_by_one(batches: list[list[int]], capacity: int) -> None:
    at_once: Ring[int] = Ring(capacity)
    singly: Ring[int] = Ring(capacity)
    for batch in batches:
        at_once.extend(batch)
        for item in batch:
            singly.append(item)
        assert list(at_once) == list(singly)
        assert (at_once.start, at_once.end) == (singly.start, singly.end)


def test_what_is_gone_is_refused_by_number() -> None:
    ring: Ring[str] = Ring(2)
    for item in "abc":
        ring.append(item)
    with pytest.raises(IndexError, match=r"expected a sequence number in \[1, 3\), found 0"):
        ring[0]
    with pytest.raises(ValueError, match="at least 1"):
        Ring(0)
