"""The newest ids, and no more of them than the limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.feeds.recent import RecentIds


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60), st.integers(1, 5))
def test_agrees_with_a_list(given_ids: list[str], limit: int) -> None:
    recent = RecentIds(limit)
    kept: list[str] = []
    for each in given_ids:
        assert recent.add(each) == (each not in kept)
        if each not in kept:
            kept = [*kept, each][-limit:]
        assert len(recent) == len(kept)
        assert all((letter in recent) == (letter in kept) for letter in "abcdefgh")
        assert recent.newest(3) == kept[::-1][:3]


def test_begins_with_what_it_is_given_and_can_forget_all() -> None:
    recent = RecentIds(2, ["1", "2", "2", "3"])
    assert recent.newest(9) == ["3", "2"]
    recent.clear()
    assert len(recent) == 0
    assert "3" not in recent
