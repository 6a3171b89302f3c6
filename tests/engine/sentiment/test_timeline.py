"""One symbol's timeline: however its posts came to stand as they do, it says what a fresh one with them says."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.model import GuardMark, Reading, ScoredPost
from engine.sentiment.coverage import Coverage
from engine.sentiment.timeline import Timeline
from engine.sentiment.window import Entry, pack
from engine.text import text_key
from tests.engine.sentiment.made_up import at, scored

WINDOW_NS, FLOOR_NS, LOOK_BACK_NS = 1800 * SECOND, 180 * SECOND, 3600 * SECOND


def fresh(now_s: float = 0.0) -> Timeline:
    coverage = Coverage(WINDOW_NS, LOOK_BACK_NS)
    coverage.since(0)
    timeline = Timeline("TSLA", WINDOW_NS, FLOOR_NS, LOOK_BACK_NS, coverage)
    timeline.advance(at(now_s))
    return timeline


def put(timeline: Timeline, post: ScoredPost) -> None:
    score, confidence = post.reading.about("TSLA")
    packed = pack(post.matches[0].influence, confidence, score, post.mark.weight)
    timeline.put(post, post.matches[0], packed, text_key(post.post.text) or post.post.id)


def says(timeline: Timeline) -> tuple[object, ...]:
    return (
        timeline.mood(),
        timeline.evidence(5),
        timeline.newest_ns(),
        timeline.top_author_share(),
        timeline.top_text_share(),
        timeline.top_cluster(),
    )


thousandths = st.integers(-1000, 1000).map(lambda number: number / 1000)
moves = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "put", "take", "weigh", "rescore", "wait"]),
        st.integers(0, 5),
        st.integers(-1900, 100),
        thousandths,
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40)
@given(moves)
def test_a_timeline_says_what_a_fresh_one_of_the_same_posts_says(steps: list[tuple[str, int, int, float]]) -> None:
    """Taken out, put again, weighed again, read again: nothing of what was before is left in any sum."""
    timeline, now_s = fresh(), 0.0
    held: dict[str, ScoredPost] = {}
    for number, (what, post, ago_s, score) in enumerate(steps):
        name = f"p{post}"
        if what == "put":
            made = scored(name, at(now_s + ago_s), score, author=f"a{post % 3}", text=f"says {post % 2} of {number}")
            put(timeline, made)
            held.pop(name, None)
            held[name] = made
        elif what == "take":
            assert timeline.take(name) is (held.pop(name, None) is not None)
        elif what == "weigh" and name in held:
            weight = abs(score)
            mark = msgspec.structs.replace(held[name].mark, weight=weight)
            assert timeline.weigh(name, weight) is (held[name].mark.weight != weight)
            held[name] = msgspec.structs.replace(held[name], mark=mark)
        elif what == "rescore" and name in held:
            reading = Reading(name, "vader", "2", score, 0.5, at(now_s))
            assert timeline.rescore(name, reading)
            held[name] = msgspec.structs.replace(held[name], reading=reading)
        elif what == "wait":
            now_s += abs(ago_s) / 10
            timeline.advance(at(now_s))
    other = fresh(now_s)
    for made in sorted(held.values(), key=lambda each: each.post.published_ns):
        put(other, made)
    one, two = timeline.mood(), other.mood()
    assert one == two
    assert timeline.newest_ns() == other.newest_ns()
    shares = (timeline.top_author_share(), timeline.top_text_share())
    assert shares == pytest.approx((other.top_author_share(), other.top_text_share()))
    assert {each.post_id for each in timeline.evidence(9)} == {each.post_id for each in other.evidence(9)}


def test_an_unknown_post_is_not_taken_weighed_or_read_again() -> None:
    timeline = fresh()
    assert not timeline.take("p1")
    assert not timeline.weigh("p1", 0.5)
    assert not timeline.rescore("p1", Reading("p1", "vader", "1", 0.5, 0.5, at(0)))
    assert says(timeline) == says(fresh())


def test_a_post_too_old_for_either_window_is_left_out_and_time_does_not_run_back() -> None:
    timeline = fresh()
    put(timeline, scored("old", at(-5400), 1.0))
    assert timeline.mood().value is None and not timeline.take("old")
    put(timeline, scored("new", at(-10), 0.5))
    before = says(timeline)
    timeline.advance(at(-60))
    assert says(timeline) == before


def test_the_evidence_names_what_moved_it_most_and_shares_are_parts_of_one() -> None:
    timeline = fresh()
    for number, score in enumerate((0.1, -0.9, 0.5)):
        put(timeline, scored(f"p{number}", at(0), score))
    found = timeline.evidence(2)
    assert [each.post_id for each in found] == ["p1", "p2"]
    assert found[0].share == pytest.approx(0.9 / 1.5) and found[1].share == pytest.approx(0.5 / 1.5)


def test_a_cluster_holds_what_its_posts_hold_the_first_one_too() -> None:
    timeline = fresh()
    put(timeline, scored("p1", at(-3), 0.5))
    put(timeline, scored("p2", at(-2), 0.5, author="bob"))
    for number in (3, 4):
        made = scored(f"p{number}", at(-1), 0.5, author=f"a{number}")
        put(timeline, msgspec.structs.replace(made, mark=GuardMark(cluster="p1")))
    cluster, share = timeline.top_cluster()
    assert cluster == "p1" and share == pytest.approx(0.75, rel=1e-3)


class Sealed(list[Entry]):
    """Entries that nobody may look through."""

    def __getitem__(self, place: object) -> Entry:
        raise AssertionError("looked through")


def test_posts_of_one_instant_are_weighed_and_read_again_without_a_search() -> None:
    """X tells whole seconds: a thousand copies of one second would each be searched among the thousand."""
    timeline = fresh()
    for number in range(50):
        put(timeline, scored(f"p{number}", at(0), 0.5))
    timeline._entries = Sealed(timeline._entries)
    assert timeline.weigh("p49", 0.5)
    assert timeline.rescore("p49", Reading("p49", "late", "1", -0.5, 1.0, at(0)))


def test_the_newest_post_is_one_that_weighs_something() -> None:
    """A ring that posts on keeps no signal fresh, nor does a post without an opinion."""
    timeline = fresh()
    put(timeline, scored("own words", at(-600), 0.5))
    put(timeline, msgspec.structs.replace(scored("ring", at(-5), 0.9), mark=GuardMark(0.0, "c")))
    put(timeline, scored("no opinion", at(-3), 0.0, 0.0))
    assert timeline.newest_ns() == at(-600)
    assert timeline.weigh("ring", 0.5)
    assert timeline.newest_ns() == at(-5)
    assert timeline.weigh("ring", 0.0)
    timeline.advance(at(1300))
    assert timeline.newest_ns() == 0
    assert timeline.mood().raw_volume == 2


def test_a_source_whose_clock_is_ahead_makes_no_post_of_all_day() -> None:
    """From its receipt on the post decays, and it leaves when the window has passed."""
    timeline = fresh()
    made = scored("tomorrow", at(86_400), 0.5)
    put(timeline, msgspec.structs.replace(made, post=msgspec.structs.replace(made.post, received_ns=at(0))))
    put(timeline, scored("now", at(900), -0.5))
    timeline.advance(at(900))
    assert timeline.mood().value == pytest.approx((0.5 * 0.5 - 0.5) / 1.5)
    assert timeline.newest_ns() == at(900)
    timeline.advance(at(1800))
    assert timeline.mood().volume == 1
    assert timeline.take("tomorrow")
