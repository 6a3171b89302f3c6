"""The incremental mood against the formula it stands for."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.clock import MINUTE, SECOND
from engine.errors import ConfigError, DeskError
from engine.model import ScoredPost, SymbolScore
from engine.sentiment import Sentiment
from engine.sentiment.ranking import LEAF
from engine.text import text_key
from tests.engine.sentiment.made_up import START, at, scored, sentiment
from tests.engine.sentiment.near import near

WINDOW = 1800
LOOK_BACK = 3600


class Direct:
    """The formula, evaluated from scratch in exact arithmetic."""

    def __init__(self, window_s: float, floor: float, look_back_s: float) -> None:
        self.window = round(window_s * SECOND)
        self.floor = Fraction(floor)
        self.look_back = round(look_back_s * SECOND)
        self.posts: dict[str, ScoredPost] = {}

    def terms(self, now: int, *, ahead: bool) -> list[tuple[Fraction, Fraction, Fraction, Fraction]]:
        found = []
        for post in self.posts.values():
            age = now - post.post.published_ns
            if age < 0:
                if not ahead:
                    continue
                age = 0
            if age >= self.window:
                continue
            decay = max(self.floor, 1 - Fraction(age, self.window))
            influence = Fraction(post.matches[0].influence)
            found.append((influence, decay, Fraction(post.reading.confidence), Fraction(post.reading.score)))
        return found

    def mean(self, now: int, *, ahead: bool) -> Fraction | None:
        terms = self.terms(now, ahead=ahead)
        weight = sum(i * d * c for i, d, c, _ in terms)
        return sum(i * d * c * s for i, d, c, s in terms) / weight if weight else None

    def confidence(self, now: int) -> Fraction:
        terms = self.terms(now, ahead=True)
        weight = sum((i * d * c for i, d, c, _ in terms), Fraction(0))
        return sum((i * d * c * c for i, d, c, _ in terms), Fraction(0)) / weight if weight else Fraction(0)


sixth = st.integers(0, 10**6).map(lambda millionths: millionths / 10**6)
edges = st.sampled_from([0, 1, 1619, 1620, 1621, 1799, 1800, 1801, 3600, 5219, 5220, 5399, 5400, 5401])
steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "late", "ahead", "remove", "wait", "again"]),
        st.one_of(edges, st.integers(0, 400)),
        st.integers(-(10**6), 10**6).map(lambda millionths: millionths / 10**6),
        sixth,
        st.sampled_from([0.5, 0.6, 0.7, 0.9, 1.0, 1.5, 1.33 * 0.7, 0.0]),
        st.integers(0, 1_000_000_000),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=150)
@given(steps, st.sampled_from([0.0, 0.1, 0.37, 1.0]), st.sampled_from([0.0, 600.0, 3600.0]))
def test_mood_equals_the_direct_formula(moves, floor: float, look_back: float) -> None:
    room = sentiment(floor=floor, look_back_s=look_back)
    room.covered_since(0)
    direct = Direct(WINDOW, floor, look_back)
    now, number = START, 0
    for kind, gap, score, confidence, influence, jitter in moves:
        jitter = jitter if gap % 2 else 0
        if kind in ("add", "again"):
            published = now
        elif kind == "late":
            published = now - gap * SECOND - jitter
        elif kind == "ahead":
            published = now + gap * SECOND
        else:
            published = None
        if kind == "wait":
            now += gap * SECOND + jitter
        elif kind == "remove":
            name = f"p{gap % (number + 1)}"
            assert bool(room.remove(name)) <= (name in direct.posts)
            direct.posts.pop(name, None)
        elif published is not None:
            number += kind != "again"
            post = scored(f"p{number}", published, score, confidence, influence)
            (mood,) = room.add(post, now)
            direct.posts[post.post.id] = post
            assert mood == room.mood("TSLA", now)
            now += jitter
        mood = room.mood("TSLA", now)
        before = direct.mean(now - direct.look_back, ahead=False)
        value = direct.mean(now, ahead=True)
        assert near(mood.value, value)
        assert near(mood.previous, before)
        assert near(mood.change, None if value is None or before is None else value - before)
        assert near(mood.confidence, direct.confidence(now))
        assert mood.volume == len(direct.terms(now, ahead=True))
        assert mood.warm


@given(
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(-(10**6), 10**6), sixth), min_size=1, max_size=20, unique_by=str
    ),
    st.randoms(use_true_random=False),
)
def test_arrival_order_gives_the_same_bits(rows, random) -> None:
    posts = [scored(f"p{index}", at(t), s / 10**6, c) for index, (t, s, c) in enumerate(rows)]
    orders = []
    for _ in range(2):
        room = sentiment()
        room.covered_since(0)
        for post in posts:
            room.add(post, at(5000))
        orders.append(room.mood("TSLA", at(5400)))
        random.shuffle(posts)
    assert orders[0] == orders[1]


def test_a_post_leaves_exactly_at_the_windows_end() -> None:
    room = sentiment()
    room.add(scored("p", START, 0.5), START)
    assert room.mood("TSLA", START + 1800 * SECOND - 1).volume == 1
    gone = room.mood("TSLA", START + 1800 * SECOND)
    assert (gone.volume, gone.value, gone.confidence, gone.authors) == (0, None, 0.0, 0)


def test_mood_decays_without_posts() -> None:
    room = sentiment()
    room.add(scored("old", at(0), 1.0), at(0))
    room.add(scored("new", at(900), -1.0), at(900))
    assert room.mood("TSLA", at(900)).value == pytest.approx((0.5 - 1.0) / 1.5, abs=1e-12)
    assert room.mood("TSLA", at(1700)).value == pytest.approx((0.1 - 1000 / 1800) / (0.1 + 1000 / 1800), abs=1e-12)


def test_time_does_not_go_back() -> None:
    room = sentiment()
    room.add(scored("p", at(100), 1.0), at(100))
    assert room.mood("TSLA", at(50)).at_ns == at(100)


def test_simple_values_are_exact() -> None:
    room = sentiment(window_s=60.0, look_back_s=600.0)
    room.covered_since(0)
    room.add(scored("then", at(0), 0.2), at(0))
    (mood,) = room.add(scored("now", at(600), 0.35), at(600))
    assert (mood.previous, mood.value, mood.change) == (0.2, 0.35, 0.35 - 0.2)


def test_the_same_id_again_replaces_the_post() -> None:
    room = sentiment()
    room.add(scored("p", at(0), 1.0), at(0))
    (mood,) = room.add(scored("p", at(10), -1.0, author="bob"), at(10))
    assert (mood.value, mood.volume, mood.authors) == (-1.0, 1, 1)


def test_remove_names_the_symbols_it_changed() -> None:
    room = sentiment()
    room.add(scored("p", at(0), 1.0, symbols=("TSLA", "NVDA")), at(0))
    assert room.remove("p") == ("TSLA", "NVDA")
    assert room.remove("p") == ()
    assert room.mood("NVDA", at(1)).volume == 0


def test_one_mood_per_watched_match() -> None:
    room = sentiment()
    moods = room.add(scored("p", at(0), 1.0, symbols=("NVDA", "F", "TSLA")), at(0))
    assert [mood.symbol for mood in moods] == ["NVDA", "TSLA"]


def test_a_post_is_read_once_however_many_symbols_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of four thousand characters that names hundreds kept the engine for a third of a second."""
    read = []
    monkeypatch.setattr("engine.sentiment.sentiment.text_key", lambda text: read.append(text) or text_key(text))
    room = sentiment()
    room.add(scored("p", at(0), 1.0, symbols=("TSLA", "NVDA"), text="Buy $TSLA and $NVDA now"), at(0))
    one, other = (timeline._entries[0].said for timeline in room._timelines.values())
    assert one == other == hash("buy and now")
    assert read == ["Buy $TSLA and $NVDA now"]


def test_a_reading_for_one_symbol_moves_only_that() -> None:
    room = sentiment()
    moods = room.add(scored("p", at(0), 1.0, symbols=("NVDA", "TSLA"), only="TSLA"), at(0))
    assert [mood.symbol for mood in moods] == ["TSLA"]
    assert room.mood("NVDA", at(0)).volume == 0


def test_a_symbols_own_score_is_what_counts_for_it() -> None:
    post = scored("1", at(0), 0.1, symbols=("TSLA", "NVDA"))
    reading = replace(post.reading, symbols=(SymbolScore("NVDA", -0.5, 0.8),))
    moods = sentiment()
    tsla, nvda = moods.add(replace(post, reading=reading), at(0))
    assert (tsla.value, nvda.value) == (0.1, -0.5)
    assert nvda.confidence == 0.8
    (evidence,) = moods.evidence("NVDA")
    assert (evidence.score, evidence.confidence, evidence.weight) == (-0.5, 0.8, 0.5 * 0.8)


def test_authors_are_distinct() -> None:
    room = sentiment()
    for index, author in enumerate(["ann", "bob", "ann"]):
        room.add(scored(f"p{index}", at(index), 0.5, author=author), at(index))
    assert room.mood("TSLA", at(3)).authors == 2


def test_confidence_is_that_of_the_readings_by_their_weight() -> None:
    room = sentiment()
    (sure,) = room.add(scored("a", at(0), 0.5, 0.8), at(0))
    (mixed,) = room.add(scored("b", at(0), -0.5, 0.2), at(0))
    assert sure.confidence == pytest.approx(0.8)
    assert mixed.confidence == pytest.approx((0.8 * 0.8 + 0.2 * 0.2) / (0.8 + 0.2))


def test_a_window_of_silent_readings_has_no_value() -> None:
    room = sentiment()
    (mood,) = room.add(scored("p", at(0), 0.0, 0.0), at(0))
    assert (mood.value, mood.volume, mood.confidence) == (None, 1, 0.0)


def test_memory_is_bounded_by_window_and_look_back() -> None:
    room = sentiment(window_s=60.0, look_back_s=60.0)
    timeline = room._timelines["TSLA"]
    for index in range(20_000):
        room.add(scored(f"p{index}", at(index), 0.5), at(index))
    assert len(timeline._entries) <= 2 * 1024 + 240
    assert len(timeline._by_id) == 120
    assert sum(bool(entry.text) for entry in timeline._entries) == 60
    assert sum(bool(entry.id) for entry in timeline._entries) == 120, "posts go one by one: a batch of them takes time"
    leaves = [leaf for branch in timeline._ranking._branches for leaf in branch.leaves]
    assert 60 - LEAF < sum(len(leaf.entries) for leaf in leaves) < 60 + LEAF, "and no branch of them holds them back"


def test_a_post_older_than_both_windows_changes_nothing() -> None:
    room = sentiment()
    (mood,) = room.add(scored("p", at(-5400), 0.5), at(0))
    assert mood.volume == 0
    assert room.remove("p") == ()


@pytest.mark.parametrize("score, confidence", [(float("nan"), 0.5), (0.5, float("nan")), (1.1, 0.5), (0.5, -0.1)])
def test_nonsense_is_refused(score: float, confidence: float) -> None:
    room = sentiment()
    with pytest.raises(DeskError, match="expected a score in"):
        room.add(scored("p", at(0), score, confidence), at(0))
    assert room.mood("TSLA", at(0)).volume == 0


def test_an_unwatched_symbol_is_refused() -> None:
    with pytest.raises(DeskError, match="expected a watched symbol, found 'F'"):
        sentiment().mood("F", at(0))


@pytest.mark.parametrize("changes", [{"window_s": 0.0}, {"floor": 1.5}, {"floor": -0.1}, {"look_back_s": -1.0}])
def test_wrong_configuration_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        sentiment(**changes)


def test_previous_is_absent_until_it_is_covered() -> None:
    room = sentiment()
    room.covered_since(at(0))
    room.add(scored("then", at(1000), 0.2), at(1000))
    room.add(scored("now", at(5000), 0.6), at(5000))
    early = room.mood("TSLA", at(5399))
    assert (early.previous, early.change, early.warm) == (None, None, False)
    late = room.mood("TSLA", at(5400))
    assert (late.previous, late.warm, late.missing) == (0.2, True, "")
    assert late.change == pytest.approx(0.4)


def test_an_empty_previous_window_is_absent_not_zero() -> None:
    room = sentiment()
    room.covered_since(0)
    (mood,) = room.add(scored("now", at(5000), 0.6), at(5000))
    assert mood.warm
    assert (mood.previous, mood.change) == (None, None)


class TestView:
    def room(self) -> Sentiment:
        room = sentiment()
        room.add(scored("a", at(0), 0.8, 0.9, 0.5, author="ann", text="Buy $TSLA now"), at(0))
        room.add(scored("b", at(900), -0.4, 1.0, 0.5, author="bob", text="buy $NVDA NOW!"), at(900))
        room.add(scored("c", at(900), 0.2, 0.5, 1.0, author="ann", text="hm"), at(900))
        return room

    def test_evidence_has_the_largest_share_first(self) -> None:
        found = self.room().evidence("TSLA")
        assert [row.post_id for row in found] == ["b", "a", "c"]
        pulls = {"a": 0.45 * 0.5 * 0.8, "b": 0.5 * 0.4, "c": 0.5 * 0.2}
        for row in found:
            assert row.share == pytest.approx(pulls[row.post_id] / sum(pulls.values()))
        assert found[1].weight == pytest.approx(0.5 * 0.9 * 0.5)
        assert (found[1].term, found[1].scorer, found[1].author) == ("$TSLA", "vader", "ann")
        assert sum(row.share for row in found) == pytest.approx(1.0)

    def test_evidence_is_limited(self) -> None:
        assert [row.post_id for row in self.room().evidence("TSLA", 1)] == ["b"]

    def test_shares(self) -> None:
        room = self.room()
        weights = {"a": 0.225, "b": 0.5, "c": 0.5}
        assert room.top_author_share("TSLA") == pytest.approx((weights["a"] + weights["c"]) / 1.225)
        assert room.top_text_share("TSLA") == pytest.approx((weights["a"] + weights["b"]) / 1.225)
        assert room.newest_ns("TSLA") == at(900)

    def test_empty(self) -> None:
        room = sentiment()
        assert room.evidence("TSLA") == ()
        assert (room.newest_ns("TSLA"), room.top_author_share("TSLA"), room.top_text_share("TSLA")) == (0, 0.0, 0.0)

    def test_bare_links_are_not_one_text(self) -> None:
        room = sentiment()
        for name in "ab":
            room.add(scored(name, at(0), 0.5, text=f"https://example.com/{name}"), at(0))
        assert room.top_text_share("TSLA") == pytest.approx(0.5)

    def test_view_forgets_what_left(self) -> None:
        room = self.room()
        room.mood("TSLA", at(1800) + 3 * MINUTE)
        assert [row.post_id for row in room.evidence("TSLA")] == ["b", "c"]
