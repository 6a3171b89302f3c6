"""The guards' weights in the mood: cleaned and raw against the formula, whatever is weighed again and when."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.clock import SECOND
from engine.config import SentimentConfig
from engine.errors import DeskError
from engine.model import Author, DisplayText, GuardMark, Match, Post, Reading, ScoredPost
from engine.sentiment import Sentiment
from tests.engine.sentiment.near import near

START = 1_700_000_000 * SECOND
WINDOW_S, LOOK_BACK_S = 1800, 3600


def scored(
    number: int, at_ns: int, score: float, confidence: float = 1.0, weight: float = 1.0, cluster: str = ""
) -> ScoredPost:
    text = DisplayText("made up")
    author = Author(f"a{number % 5}", DisplayText(f"a{number % 5}"))
    post = Post(f"p{number}", "test", at_ns, at_ns, author, text, text)
    reading = Reading(post.id, "vader", "1", score, confidence, at_ns)
    return ScoredPost(post, (Match("TSLA", "$TSLA", "cashtag", 0.7),), reading, mark=GuardMark(weight, cluster))


def room() -> Sentiment:
    made = Sentiment(SentimentConfig(window_s=WINDOW_S, look_back_s=LOOK_BACK_S), ("TSLA",))
    made.covered_since(0)
    return made


Term = tuple[ScoredPost, Fraction]


def terms(posts: dict[str, ScoredPost], now_ns: int, *, ahead: bool) -> list[Term]:
    """Posts in the window with influence·confidence·decay, from scratch."""
    found = []
    for scored_post in posts.values():
        age_s = Fraction(now_ns - scored_post.post.published_ns, SECOND)
        if age_s >= WINDOW_S or (age_s < 0 and not ahead):
            continue
        decay = max(Fraction(1, 10), 1 - max(age_s, Fraction(0)) / WINDOW_S)
        confidence = Fraction(round(scored_post.reading.confidence * 10**6), 10**6)
        found.append((scored_post, Fraction(7, 10) * confidence * decay))
    return found


def guard(scored_post: ScoredPost) -> Fraction:
    return Fraction(round(scored_post.mark.weight * 1000), 1000)


def mean(found: list[Term], *, cleaned: bool) -> Fraction | None:
    weights = [weight * (guard(post) if cleaned else 1) for post, weight in found]
    total = sum(weights)
    said = (
        weight * Fraction(round(post.reading.score * 10**6), 10**6)
        for (post, _), weight in zip(found, weights, strict=True)
    )
    return sum(said) / total if total else None


thousandth = st.integers(0, 1000).map(lambda whole: whole / 1000)
moves = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "late", "ahead", "weigh", "weigh", "remove", "wait"]),
        st.integers(0, 2500),
        st.integers(-(10**6), 10**6).map(lambda whole: whole / 10**6),
        st.integers(0, 10**6).map(lambda whole: whole / 10**6),
        st.one_of(st.sampled_from([0.0, 0.333, 1.0]), thousandth),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=120)
@given(moves)
def test_raw_and_cleaned_equal_the_direct_formula(steps: list[tuple[str, int, float, float, float]]) -> None:
    made, posts, now_ns = room(), dict[str, ScoredPost](), START
    for number, (what, gap, score, confidence, weight) in enumerate(steps):
        if what == "wait":
            now_ns += gap * SECOND
        elif what == "remove":
            made.remove(f"p{gap % len(steps)}")
            posts.pop(f"p{gap % len(steps)}", None)
        elif what == "weigh":
            name = f"p{gap % len(steps)}"
            changed = made.weigh(name, weight)
            if name in posts:
                assert bool(changed) <= (posts[name].mark.weight != weight)
                posts[name] = replace(posts[name], mark=GuardMark(weight))
        else:
            at_ns = now_ns + {"add": 0, "late": -gap, "ahead": gap}[what] * SECOND
            post = scored(number, at_ns, score, confidence, weight)
            made.add(post, now_ns)
            posts[post.post.id] = post
        mood = made.mood("TSLA", now_ns)
        inside = terms(posts, now_ns, ahead=True)
        before = mean(terms(posts, now_ns - LOOK_BACK_S * SECOND, ahead=False), cleaned=True)
        value = mean(inside, cleaned=True)
        assert near(mood.value, value)
        assert near(mood.previous, before)
        assert near(mood.change, None if value is None or before is None else value - before)
        assert near(mood.raw, mean(inside, cleaned=False))
        whole = sum(weight for _, weight in inside)
        assert near(mood.kept, sum(weight * guard(post) for post, weight in inside) / whole if whole else Fraction(1))
        counted = [post for post, _ in inside if post.mark.weight]
        assert (mood.volume, mood.raw_volume) == (len(counted), len(inside))
        assert mood.authors == len({post.post.author.id for post in counted})


def test_without_guards_cleaned_is_raw() -> None:
    made = room()
    for number in range(5):
        (mood,) = made.add(scored(number, START + number * SECOND, 0.25 * number - 0.5), START + 5 * SECOND)
    assert (mood.value, mood.volume, mood.kept) == (mood.raw, mood.raw_volume, 1.0)


def test_a_post_of_no_weight_moves_the_raw_mood_alone() -> None:
    made = room()
    made.add(scored(1, START, 0.4), START)
    (mood,) = made.add(scored(2, START, 1.0, weight=0.0, cluster="p0"), START)
    assert (mood.value, mood.volume, mood.authors) == (0.4, 1, 1)
    assert (mood.raw, mood.raw_volume, mood.kept) == (0.7, 2, 0.5)
    assert [row.post_id for row in made.evidence("TSLA", 1)] == ["p1"]
    thrown_out = made.evidence("TSLA")[1]
    assert (thrown_out.guard, thrown_out.cluster, thrown_out.share, thrown_out.weight) == (0.0, "p0", 0.0, 0.0)


def test_weighing_again_names_the_symbols_it_changed() -> None:
    made = room()
    made.add(scored(1, START, 0.4), START)
    assert made.weigh("p1", 1.0) == ()
    assert made.weigh("p1", 0.5) == ("TSLA",)
    assert made.weigh("p1", 0.5) == ()
    assert made.weigh("unknown", 0.5) == ()


def test_the_top_cluster_holds_its_posts_together() -> None:
    made = room()
    assert made.top_cluster("TSLA") == ("", 0.0)
    for number in range(3):
        made.add(scored(number, START, 0.1, weight=0.5, cluster="c"), START)
    made.add(scored(9, START, 0.1), START)
    assert made.top_cluster("TSLA") == ("c", 0.6)


@pytest.mark.parametrize("weight", [-0.001, 1.001, float("nan")])
def test_a_weight_out_of_range_is_refused(weight: float) -> None:
    made = room()
    with pytest.raises(DeskError, match="a guard's weight in"):
        made.add(scored(1, START, 0.4, weight=weight), START)
    made.add(scored(1, START, 0.4), START)
    with pytest.raises(DeskError, match="a guard's weight in"):
        made.weigh("p1", weight)
    assert made.mood("TSLA", START).kept == 1.0
