"""What guards remember: the posts of a window, in the order of their time, and no more of them than fit."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import PLAIN, Post
from tests.engine.guards.ledger import Ledger, guards
from tests.engine.guards.made_up import NEWS, PITCH, goog, post, ring, throw_away


def test_the_present_never_goes_back() -> None:
    """A post from long ago that comes late brings nothing back, and nothing of today is forgotten for it."""
    ledger = Ledger(guards(author_posts=2, window_s=600.0))
    ledger.take(*(post(number, author="ann", after_s=7200 + number) for number in range(2)))
    ledger.take(post(5, NEWS, author="bob", after_s=0, received_after_s=7300))
    assert ledger.take(post(6, author="ann", after_s=7400)).mark.weight == 0.0


def test_a_source_whose_clock_is_ahead_does_not_bring_the_future() -> None:
    ledger = Ledger(guards(author_posts=2, window_s=600.0))
    ledger.take(*(post(number, author="ann", after_s=number) for number in range(2)))
    ledger.take(post(5, author="bob", after_s=7200, received_after_s=3))
    assert ledger.take(post(6, author="ann", after_s=4)).mark.weight == 0.0
    assert len(ledger.room) == 4


@pytest.mark.parametrize(("gap_s", "weight"), [(599.0, 0.0), (600.0, 1.0)])
def test_a_post_is_over_when_the_window_has_passed(gap_s: float, weight: float) -> None:
    ledger = Ledger(guards(author_posts=1, window_s=600.0))
    ledger.take(post(1, author="ann"))
    assert ledger.take(post(2, author="ann", after_s=gap_s)).mark.weight == weight


def test_an_edit_takes_the_place_of_its_earlier_version() -> None:
    ledger = Ledger(guards(author_posts=1))
    ledger.take(post(1, NEWS, author="ann"))
    assert ledger.take(post(2, NEWS + " at last", author="ann", after_s=60, edits=("p1",))).mark is PLAIN
    assert ledger.take(post(3, NEWS, author="ann", after_s=70)).mark.weight == 0.0
    assert len(ledger.room) == 2


def test_what_is_over_is_forgotten() -> None:
    room = guards(window_s=600.0)
    for each in ring(50, every_s=1):
        room.check(each, goog())
    room.check(post(900, PITCH, after_s=700), goog("NVDA"))
    assert len(room) == 1
    assert len(room._index) <= 6
    assert room._cashtags == {"GOOG": 1}
    assert room._posts == {("a900", "GOOG"): 1, ("a900", "NVDA"): 1}


def test_memory_is_bounded_by_posts() -> None:
    room = guards(posts=100)
    for number in range(1000):
        room.check(post(number, NEWS if number % 3 else "", after_s=number * 0.001), goog())
    assert len(room) == len(room._order) == 100
    assert len(room._index) <= 600
    assert sum(room._cashtags.values()) == 100


def test_an_attack_takes_no_more_memory_than_any_stream() -> None:
    """New authors, new texts, copies, edits of each: nothing is kept for a post that is over."""
    room = guards(posts=100)
    for number in range(3000):
        edits = (f"p{number - 1}",) if number % 5 == 0 else ()
        text = NEWS if number % 7 == 0 else ""
        tags = ("GOOG", f"T{number}", f"U{number}")
        room.check(post(number, text, after_s=number * 0.001, age_days=2, cashtags=tags, edits=edits), goog())
    assert len(room) <= len(room._order) == 100
    assert len(room._clusters) <= 100
    assert len(room._index) <= 400
    assert len(room._posts) <= 100
    assert len(room._cashtags) <= 201
    assert [len(burst) for burst in room._bursts.values()] == [1000]
    assert all(len(each.crowd.members) <= 200 for each in room._clusters.values() if each.crowd is not None)


def test_posts_that_come_late_are_weighed_at_their_time() -> None:
    ledger = Ledger(guards(author_posts=2, window_s=600.0))
    for number in range(6):
        ledger.take(post(number, author="ann", after_s=number * 500, received_after_s=4000))
    assert set(ledger.weights.values()) == {1.0}


def test_switched_off_nothing_is_weighed_or_kept() -> None:
    ledger = Ledger(guards(enabled=False))
    ledger.take(*ring(20))
    assert all(mark is PLAIN for mark in ledger.marks.values())
    ledger.room.restore(post(900), goog(), PLAIN, lambda name: (None, None))
    assert len(ledger.room) == 0


def test_posts_on_nothing_that_is_watched_are_not_kept() -> None:
    ledger = Ledger(guards())
    assert ledger.take(*ring(20), matches=()).mark is PLAIN
    assert len(ledger.room) == 0


STREAM = st.lists(
    st.tuples(
        st.sampled_from(["ring", "ring", "crowd", "own", "spam", "stuffed", "edit"]),
        st.integers(0, 90),
        st.integers(0, 12),
    ),
    min_size=1,
    max_size=60,
)


def stream(rows: list[tuple[str, int, int]]) -> list[Post]:
    made: list[Post] = []
    at_s = 0.0
    for number, (kind, gap, who) in enumerate(rows):
        at_s += gap if kind != "ring" else gap / 20
        match kind:
            case "ring":
                made.append(throw_away(number, at_s))
            case "crowd":
                made.append(post(number, PITCH, after_s=at_s, author=f"b{who}", client=f"c{who % 4}"))
            case "spam":
                made.append(post(number, after_s=at_s, author="spam"))
            case "stuffed":
                made.append(post(number, after_s=at_s, cashtags=("GOOG", "AA", "BB", f"T{who}")))
            case "edit" if made:
                before = made[who % len(made)]
                made.append(post(number, before.text, after_s=at_s, author=before.author.id, edits=(before.id,)))
            case _:
                made.append(post(number, after_s=at_s))
    return made


@settings(max_examples=60)
@given(STREAM)
def test_weights_are_shares_in_thousandths_with_a_reason(rows: list[tuple[str, int, int]]) -> None:
    ledger = Ledger(guards(author_posts=3, window_s=300.0, ring_authors=3))
    ledger.take(*stream(rows))
    for mark in ledger.marks.values():
        assert 0.0 <= mark.weight <= 1.0
        assert mark.weight == round(mark.weight, 3)
        assert (mark.weight < 1.0) <= bool(mark.reasons)
    assert all(0.0 <= weight <= 1.0 for weight in ledger.weights.values())


@settings(max_examples=60)
@given(STREAM)
def test_what_is_counted_is_what_is_in_the_window(rows: list[tuple[str, int, int]]) -> None:
    room = guards(author_posts=3, window_s=300.0, ring_authors=3, posts=30)
    for each in stream(rows):
        room.check(each, goog())
        inside = list(room._members.values())
        assert room._cashtags == Counter(tag for member in inside for tag in member.cashtags)
        assert room._posts == Counter((member.author, "GOOG") for member in inside if member.capped)
        window = room._bursts["GOOG"].window
        assert window.accounts == Counter(member.account for member in inside if member.fresh)
        assert window.others == Counter(member.account for member in inside if not member.fresh)
        assert {name for name, cluster in room._clusters.items()} == {
            member.cluster.id for member in inside if member.cluster is not None
        }
