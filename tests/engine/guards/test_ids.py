"""The queue of ids agrees with a list, however the keys collide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.guards.ids import IdQueue

steps = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 50)), max_size=120)


@given(steps, st.integers(1, 20))
def test_agrees_with_a_list(given_steps: list[tuple[int, int]], limit: int) -> None:
    queue = IdQueue(limit)
    kept: list[tuple[str, int]] = []
    for number, at_ns in given_steps:
        name = str(number)
        known = name in [each for each, _ in kept]
        assert queue.add(name, at_ns) == (not known)
        if not known:
            kept.append((name, at_ns))
        gone = []
        while kept and (kept[0][1] < at_ns - 20 or len(kept) > limit):
            gone.append(IdQueue.key(kept.pop(0)[0]))
        assert queue.forget(at_ns - 20) == gone
        assert len(queue) == len(kept)
        assert [queue.has(IdQueue.key(str(each))) for each in range(31)] == [
            str(each) in [name for name, _ in kept] for each in range(31)
        ]
