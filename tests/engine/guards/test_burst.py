"""Fresh accounts of a minute and of the window, against a count from scratch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.guards.burst import SHARE, SPAN_NS, Burst

ROWS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.booleans(), st.integers(0, 40), st.sampled_from([0, 0, 0, 59, 60, 300])),
    max_size=60,
)


@given(ROWS, st.integers(1, 4), st.integers(0, 10))
def test_counts_equal_a_count_from_scratch(rows: list[tuple[str, bool, int, int]], least: int, most: int) -> None:
    """Posts in order of arrival, some of them late; the window holds the newest `most`."""
    burst, inside, now_ns = Burst(), list[tuple[int, str, bool]](), 0
    for account, fresh, gap_s, late_s in rows:
        now_ns += gap_s * SECOND
        at_ns = now_ns - late_s * SECOND
        if len(inside) > most:
            burst.window.leave(*inside.pop(0)[1:])
        burst.take(account, fresh, at_ns, now_ns)
        inside.append((at_ns, account, fresh))
        everything = [(burst.window, inside)]
        minute = [row for row in inside if row[0] > now_ns - SPAN_NS]
        if len(burst) == len(minute):  # either may hold posts that the other has let go of
            everything.append((burst.minute, minute))
        for span, posts in everything:
            young = {who for _, who, is_fresh in posts if is_fresh}
            others = {who for _, who, is_fresh in posts if not is_fresh}
            assert set(span.accounts) == young
            assert set(span.others) == others
            share = (len(young) + 1.2) / (len(young) + len(others) + 3)
            assert span.many(least) == (len(young) >= least and share >= SHARE - 1e-12)
        found = burst.found(least)
        assert found is (
            burst.minute if burst.minute.many(least) else burst.window if burst.window.many(least) else None
        )


def test_what_comes_late_is_none_of_the_last_minute() -> None:
    """A feed that was away brings half an hour at once, behind a post of now."""
    burst, now_ns = Burst(), 10**12
    burst.take("now", False, now_ns, now_ns)
    for number in range(20):
        burst.take(f"late {number}", True, now_ns - (60 + number) * SECOND, now_ns)
    assert len(burst) == 1
    assert len(burst.minute.accounts) == 0
    assert len(burst.window.accounts) == 20


def test_one_account_is_one_however_much_it_posts() -> None:
    burst = Burst()
    for number in range(100):
        burst.take("loud", False, number, number)
    for number in range(8):
        burst.take(f"fresh {number}", True, 100, 100)
    assert burst.found(8) is burst.minute
