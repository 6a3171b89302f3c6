"""A verdict on a large cluster: no post pays for more than a portion, and moods are as counted from scratch."""

from __future__ import annotations

import pytest

from engine.config import Config, SentimentConfig, WatchRow
from engine.guards import Guards
from engine.guards.again import PORTION
from engine.model import Reading, ScoredPost
from engine.model.records import GuardRecord
from engine.sentiment import Sentiment
from tests.engine.guards.made_up import NEWS, goog, post


def test_a_large_cluster_is_weighed_again_in_portions_newest_first() -> None:
    guards = Guards(Config(watchlist=(WatchRow(symbol="GOOG"),)))
    mood = Sentiment(SentimentConfig(), ("GOOG",))
    people, weights, records = 3 * PORTION + 10, dict[str, float](), list[GuardRecord]()
    scores: dict[str, float] = {}
    known = range(people // 2)
    posts = [post(n, NEWS, after_s=0.1 * n, followers=3000 if n in known else 70) for n in range(people)]
    posts += [post(people + n, NEWS, after_s=0.1 * (people + n), followers=8) for n in range(2 * PORTION)]
    for number, made in enumerate(posts):
        weighed = guards.check(made, goog())
        weights[made.id] = weighed.mark.weight
        if weighed.verdict is not None:
            records.append(weighed.verdict)
            assert len(weighed.verdict.posts) <= PORTION
            for post_id, weight in zip(weighed.verdict.posts, weighed.verdict.weights, strict=True):
                weights[post_id] = weight
                assert mood.weigh(post_id, weight, weighed.verdict.symbols) == ("GOOG",)
        scores[made.id] = (number % 19) / 9 - 1
        reading = Reading(made.id, "made up", "1", scores[made.id], 0.8, made.received_ns)
        mood.add(ScoredPost(made, goog(), reading, mark=weighed.mark), made.received_ns)
        if weighed.verdict is not None:
            now = mood.mood("GOOG", made.received_ns)
            total = sum(_left(each.published_ns, made.received_ns) * weights[each.id] for each in posts[: number + 1])
            said = sum(
                _left(each.published_ns, made.received_ns) * weights[each.id] * round(scores[each.id], 6)
                for each in posts[: number + 1]
            )
            assert now.value is None if not total else now.value == pytest.approx(said / total, abs=1e-9)
    first = records[0]
    assert [record.ring for record in records] == [True] * len(records)
    assert {record.changes for record in records} == {1}
    before = [name for record in records for name in record.posts]
    assert before == sorted(set(before), key=lambda name: -int(name[1:]))
    assert len(before) > 2 * PORTION and len(first.posts) == PORTION
    assert {weights[each.id] for each in posts[1 : len(known)]} == {0.5}
    assert {weights[each.id] for each in posts[len(known) :]} == {0.0}


def _left(published_ns: int, now_ns: int) -> float:
    """The weight's decay by the definition of the mood."""
    settings = SentimentConfig()
    age = (now_ns - published_ns) / 1e9 / settings.window_s
    return max(settings.floor, 1 - age) if age < 1 else 0.0
