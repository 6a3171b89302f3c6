"""Fresh accounts of a minute and of the window, against a count from scratch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.guards.burst import SHARE, SPAN_NS, Burst

ROWS = st.lists(st.tuples(st.sampled_from(["", "a", "b", "c", "d"]), st.integers(0, 40), st.booleans()), max_size=60)


@given(ROWS, st.integers(1, 4))
def test_counts_equal_a_count_from_scratch(rows: list[tuple[str, int, bool]], least: int) -> None:
    burst, inside, now_ns = Burst(), list[tuple[int, str]](), 0
    for author, gap_s, leaves in rows:
        now_ns += gap_s * SECOND
        if leaves and inside:
            burst.window.leave(inside.pop(0)[1])
        burst.take(author, now_ns, now_ns)
        inside.append((now_ns, author))
        minute = [row for row in inside if row[0] > now_ns - SPAN_NS]
        everything = [(burst.window, inside)]
        if len(burst) == len(minute):  # the window may have let go of some that the minute still has
            everything.append((burst.minute, minute))
        for span, posts in everything:
            authors = [author for _, author in posts]
            fresh, others = set(authors) - {""}, authors.count("")
            assert set(span.accounts) == fresh
            assert span.others == others
            share = (len(fresh) + 1.2) / (len(fresh) + others + 3)
            assert span.many(least) == (len(fresh) >= least and share >= SHARE - 1e-12)
        found = burst.found(least)
        assert found is (
            burst.minute if burst.minute.many(least) else burst.window if burst.window.many(least) else None
        )
