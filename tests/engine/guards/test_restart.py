"""A restart reads back what the journal holds; from there on verdicts, weights and moods are as without it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import SECOND, from_seconds
from engine.config import Config, GuardsConfig, SentimentConfig
from engine.guards import Begun, Guards, Weighed, again
from engine.model import GuardMark, Match, Mood, Post, Reading, ScoredPost
from engine.model.records import GuardRecord
from engine.sentiment import Sentiment
from tests.engine.guards.made_up import NEWS, PITCH, post, ring, throw_away

SYMBOLS = ("GOOG", "AA", "BB", "T0", "T1", "T2")
WINDOW_S = 300.0


def config() -> Config:
    settings_ = GuardsConfig(
        window_s=WINDOW_S, ring_authors=3, burst_authors=7, author_posts=3, ring_weight=0.1, posts=40
    )
    return Config(guards=settings_, sentiment=SentimentConfig(window_s=600.0, look_back_s=300.0))


def matches(made: Post) -> tuple[Match, ...]:
    return tuple(Match(symbol, "$" + symbol, "cashtag") for symbol in made.cashtags if symbol in SYMBOLS)


@dataclass
class Engine:
    """Guards and moods, and the records that they make."""

    guards: Guards = field(default_factory=lambda: Guards(config()))
    sentiment: Sentiment = field(default_factory=lambda: Sentiment(config().sentiment, SYMBOLS))
    posts: list[tuple[Post, GuardMark]] = field(default_factory=list)
    verdicts: dict[int, GuardRecord] = field(default_factory=dict)
    """By the number of the post that brought them about."""
    now_ns: int = 0

    def take(self, made: Post) -> Weighed:
        weighed = self.guards.check(made, matches(made))
        self._count(made, weighed.mark, weighed.verdict)
        return weighed

    def _count(self, made: Post, mark: GuardMark, verdict: GuardRecord | None) -> None:
        self.posts.append((made, mark))
        if verdict is not None:
            self.verdicts[len(self.posts) - 1] = verdict
            for post_id, weight in zip(verdict.posts, verdict.weights, strict=True):
                self.sentiment.weigh(post_id, weight)
        for earlier in made.edits:
            self.sentiment.remove(earlier)
        self.now_ns = max(self.now_ns, made.received_ns)
        score = hash_of(made.id) / 500 - 1
        reading = Reading(made.id, "made up", "1", score, 0.8, made.received_ns)
        self.sentiment.add(ScoredPost(made, matches(made), reading, mark=mark), self.now_ns)

    def restarted(self) -> Engine:
        """A new engine that has read this one's records from the guards' window on."""
        again = Engine()
        times = [min(made.published_ns, made.received_ns) for made, _ in self.posts if matches(made)]
        since_ns = max(times, default=0) - from_seconds(WINDOW_S)
        for number, (made, mark) in enumerate(self.posts):
            if made.received_ns >= since_ns:
                again.guards.restore(made, matches(made), mark, partial(self._begun, number))
                if number in self.verdicts:
                    again.guards.restore_verdict(self.verdicts[number])
            again._count(made, mark, self.verdicts.get(number))
        return again

    def _begun(self, before: int, cluster: str) -> Begun:
        first = next(made for made, _ in self.posts if made.id == cluster)
        verdicts = [record for at, record in self.verdicts.items() if at < before and record.cluster == cluster]
        return first, verdicts[-1] if verdicts else None

    def moods(self) -> list[Mood]:
        return [self.sentiment.mood(symbol, self.now_ns) for symbol in SYMBOLS]


def hash_of(post_id: str) -> int:
    """A number of its own for each post, in [0, 1000)."""
    return int(post_id[1:]) * 7919 % 1000


ROWS = st.lists(
    st.tuples(
        st.sampled_from(
            ["ring", "ring", "crowd", "crowd", "own", "spam", "stuffed", "edit", "late", "nameless", "wait", "torn"]
        ),
        st.integers(0, 90),
        st.integers(0, 12),
    ),
    min_size=1,
    max_size=90,
)


def stream(rows: list[tuple[str, int, int]]) -> list[Post]:
    """Copies, bursts, edits of any earlier post, late posts, symbols with and without a watch, silence."""
    made: list[Post] = []
    at_s = 0.0
    for number, (kind, gap, who) in enumerate(rows):
        at_s += gap / 20 if kind in ("ring", "crowd") else gap
        text = (PITCH, NEWS)[who % 2]
        match kind:
            case "ring":
                made.append(throw_away(number, at_s, text))
            case "crowd":
                followers = (30, 5000, None)[who % 3]
                by = post(number, text, after_s=at_s, author=f"b{who}", client=f"c{who % 4}", followers=followers)
                made.append(by)
            case "spam":
                made.append(post(number, after_s=at_s, author="spam"))
            case "stuffed":
                tags = ("GOOG", "AA", "BB", f"T{who}")
                made.append(post(number, text if who > 6 else "", after_s=at_s, cashtags=tags))
            case "edit" if made:
                before = made[-1 - who % len(made)]
                changed = before.text if who % 3 else before.text + " after all"
                made.append(post(number, changed, after_s=at_s, author=before.author.id, edits=(before.id,)))
            case "late":
                made.append(post(number, text, after_s=at_s - 3 * gap, received_after_s=at_s, client="Slow"))
            case "nameless":
                made.append(post(number, text, after_s=at_s, age_days=None, followers=None, cashtags=("UNWATCHED",)))
            case "torn":
                made.append(throw_away(number, at_s, text.replace(" ", "", 1 + gap % 9)))
            case "wait":
                at_s += 3 * gap
            case _:
                made.append(post(number, after_s=at_s))
    return made


def same(one: list[Mood], other: list[Mood]) -> bool:
    """Equal, numbers to 1e-9."""

    def close(first: float | None, second: float | None) -> bool:
        return first is second if first is None or second is None else abs(first - second) <= 1e-9

    return all(
        (a.volume, a.raw_volume, a.authors) == (b.volume, b.raw_volume, b.authors)
        and all(close(getattr(a, name), getattr(b, name)) for name in ("value", "raw", "kept", "confidence"))
        for a, b in zip(one, other, strict=True)
    )


@settings(max_examples=150)
@given(ROWS, st.data())
def test_verdicts_weights_and_moods_are_those_of_a_run_without_a_cut(
    rows: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    posts = stream(rows)
    cut = data.draw(st.integers(0, len(posts)))
    with patch.object(again, "PORTION", data.draw(st.sampled_from([1, 2, 256]))):
        once = Engine()
        for made in posts[:cut]:
            once.take(made)
        other = once.restarted()
        assert same(once.moods(), other.moods())
        for made in posts[cut:]:
            assert once.take(made) == other.take(made)
            assert same(once.moods(), other.moods())
        assert len(once.guards) == len(other.guards)


def test_a_verdict_may_name_posts_that_are_long_over() -> None:
    once = Engine()
    posts = ring(12, every_s=45)
    for made in posts[:8]:
        once.take(made)
    (first,) = once.verdicts
    assert posts[7].published_ns - posts[first].published_ns < WINDOW_S * SECOND
    assert posts[7].published_ns - posts[0].published_ns > WINDOW_S * SECOND
    assert posts[0].id in once.verdicts[first].posts
    other = once.restarted()
    for made in posts[8:]:
        assert once.take(made) == other.take(made)


@pytest.mark.parametrize("cut", range(2, 9))
def test_what_a_verdict_has_left_to_weigh_again_is_weighed_after_a_restart(cut: int) -> None:
    with patch.object(again, "PORTION", 1):
        once = Engine()
        posts = ring(12)
        for made in posts[:cut]:
            once.take(made)
        other = once.restarted()
        for made in posts[cut:]:
            assert once.take(made) == other.take(made)


def test_a_ring_is_known_though_its_first_post_and_its_verdict_are_long_over() -> None:
    once = Engine()
    posts = ring(260, every_s=2)
    for made in posts[:250]:
        once.take(made)
    (first,) = once.verdicts
    assert min(posts[249].published_ns - posts[first].published_ns, 10**18) > WINDOW_S * SECOND
    other = once.restarted()
    for made in posts[250:]:
        before, after = once.take(made), other.take(made)
        assert before == after
        assert (after.verdict, after.mark.cluster, after.mark.weight) == (None, posts[0].id, 0.005)


def test_what_a_rings_post_would_weigh_alone_outlives_a_restart() -> None:
    """The cluster is cleared after the restart: each post then has what it had but for the ring."""
    once = Engine()
    for number in range(6):
        once.take(throw_away(number, float(number)))
    other = once.restarted()
    cleared = None
    for number in range(100, 120):
        made = post(number, PITCH, after_s=20.0 + number / 10, client=f"program {number}")
        before, after = once.take(made), other.take(made)
        assert before == after
        cleared = cleared or after.verdict
    assert cleared is not None and not cleared.ring
    assert set(cleared.weights) == {0.5, 1.0}


def test_a_cluster_whose_beginning_is_lost_goes_on_from_what_is_left() -> None:
    once, other = Guards(config()), Guards(config())
    for number, made in enumerate(ring(20)):
        mark = once.check(made, matches(made)).mark
        if number >= 10:
            other.restore(made, matches(made), mark, lambda name: (None, None))
    late = throw_away(900, 70.0)
    assert other.check(late, matches(late)).mark.cluster == "p100"
