"""Evidence and top shares, kept up post by post, against a pass over the whole window."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.clock import SECOND
from engine.config import SentimentConfig
from engine.model import Author, DisplayText, GuardMark, Match, Post, Reading, ScoredPost
from engine.sentiment import Sentiment, ranking, shares
from engine.sentiment.window import Entry
from engine.text import text_key

START = 1_700_000_000 * SECOND
WINDOW = 1800 * SECOND
TEXTS = ("up", "down", "https://example.org/1", "going nowhere", "to the moon")


class Direct:
    """Every post that came, in order of arrival, and the answers by looking at each one that is in the window."""

    def __init__(self, floor: float) -> None:
        self.floor_ns = round(floor * WINDOW)
        self.posts: dict[str, ScoredPost] = {}

    def window(self, now_ns: int) -> list[tuple[ScoredPost, int]]:
        """Posts by publication (equal ones by arrival) with what is left of their lives, in nanoseconds."""
        found = []
        for scored in sorted(self.posts.values(), key=lambda scored: scored.post.published_ns):
            age = max(0, now_ns - scored.post.published_ns)
            if age < WINDOW:
                found.append((scored, max(self.floor_ns, WINDOW - age)))
        return found

    def top(self, kind: str, now_ns: int) -> tuple[str, float]:
        held: dict[str, int] = {}
        for scored, left in self.window(now_ns):
            key = {
                "author": scored.post.author.id,
                "text": text_key(scored.post.text) or scored.post.id,
                "cluster": scored.mark.cluster or scored.post.id,
            }[kind]
            if weight(scored):
                held[key] = held.get(key, 0) + left * weight(scored)
        total = sum(held.values())
        if not total:
            return "", 0.0
        most = max(held, key=held.__getitem__)
        return most, held[most] / total

    def evidence(self, now_ns: int, limit: int) -> list[tuple[str, float]]:
        pulls = [
            (left * weight(scored) * abs(round(scored.reading.score * 10**6)), scored.post)
            for scored, left in self.window(now_ns)
        ]
        total = sum(pull for pull, _ in pulls)
        ordered = sorted(pulls, key=lambda row: (-row[0], -row[1].published_ns, row[1].id))[:limit]
        return [(post.id, pull / total if total else 0.0) for pull, post in ordered]


def weight(scored: ScoredPost) -> int:
    influence, confidence = scored.matches[0].influence, scored.reading.confidence
    return round(influence * 10**6) * round(confidence * 10**6) * round(scored.mark.weight * 1000)


def scored_post(number: int, at_ns: int, chance: random.Random) -> ScoredPost:
    """Few authors, texts, clusters and figures, so that ties of every kind come about."""
    author = f"a{chance.randrange(chance.choice((2, 9, 500)))}"
    text = DisplayText(chance.choice((*TEXTS, f"alone {number}", f"alone {number}")))
    cluster = chance.choice(("", "", "", "c", f"p{max(0, number - chance.randrange(1, 6))}", f"p{number}"))
    post = Post(f"p{number}", "test", at_ns, at_ns, Author(author, DisplayText(author)), text, text)
    score, confidence = chance.choice((0.0, 0.5, -0.5, chance.uniform(-1, 1))), chance.choice((0.0, 1.0, 0.5))
    mark = GuardMark(chance.choice((1.0, 1.0, 1.0, 0.0, 0.25, 0.0001)), cluster)
    influence = chance.choice((0.0, 0.5, 0.5, 0.7))
    reading = Reading(post.id, "vader", "1", score, confidence, at_ns)
    return ScoredPost(post, (Match("TSLA", "$TSLA", "cashtag", influence),), reading, mark=mark)


@pytest.mark.parametrize(
    ("leaf", "few", "block"), [(2, 1, 2), (2, 3, 1), (ranking.LEAF, shares.FEW, shares.BLOCK)], ids=str
)
@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 1.0]), st.integers(1, 150))
def test_answers_are_those_of_a_pass_over_the_window(
    leaf: int, few: int, block: int, seed: int, floor: float, steps: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "LEAF", leaf)
        patch.setattr(shares, "FEW", few)
        patch.setattr(shares, "BLOCK", block)
        walk(random.Random(seed), floor, steps)


def walk(chance: random.Random, floor: float, steps: int) -> None:
    room = Sentiment(SentimentConfig(window_s=1800, look_back_s=600, floor=floor), ("TSLA",))
    direct, now_ns = Direct(floor), START
    for number in range(steps):
        match chance.choice(("post", "post", "post", "late", "ahead", "again", "weigh", "rescore", "remove", "wait")):
            case "wait":
                now_ns += chance.choice((1, 60, 600, 1620, 1900)) * SECOND
                room.mood("TSLA", now_ns)
            case "weigh" if direct.posts:
                id, guard = chance.choice(list(direct.posts)), chance.choice((0.0, 0.5, 1.0))
                if room.weigh(id, guard):
                    known = direct.posts[id]
                    direct.posts[id] = replace(known, mark=replace(known.mark, weight=guard))
            case "rescore" if direct.posts:
                known = direct.posts[chance.choice(list(direct.posts))]
                reading = replace(known.reading, score=chance.uniform(-1, 1), confidence=chance.random())
                if room.rescore(reading, now_ns):
                    direct.posts[known.post.id] = replace(known, reading=reading)
            case "remove" if direct.posts:
                id = chance.choice(list(direct.posts))
                room.remove(id)
                del direct.posts[id]
            case kind:
                away = {"late": -chance.choice((1, 200, 1619, 1700, 1801)), "ahead": chance.choice((1, 90))}
                which = max(0, number - 3) if kind == "again" else number
                scored = scored_post(which, now_ns + away.get(kind, 0) * SECOND, chance)
                room.add(scored, now_ns)
                direct.posts.pop(scored.post.id, None)
                direct.posts[scored.post.id] = scored
        compare(room, direct, now_ns, chance.choice((1, 3, 10)))


def compare(room: Sentiment, direct: Direct, now_ns: int, limit: int) -> None:
    assert [(row.post_id, row.share) for row in room.evidence("TSLA", limit)] == direct.evidence(now_ns, limit)
    assert room.top_author_share("TSLA") == direct.top("author", now_ns)[1]
    assert room.top_text_share("TSLA") == direct.top("text", now_ns)[1]
    assert room.top_cluster("TSLA") == direct.top("cluster", now_ns)
    assert room.mood("TSLA", now_ns).authors == len(
        {scored.post.author.id for scored, _ in direct.window(now_ns) if scored.mark.weight}
    )


def test_a_signal_opens_few_of_very_many_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Sentiment(SentimentConfig(window_s=1800, look_back_s=600), ("TSLA",))
    chance = random.Random(7)
    now_ns, looked = START, 0
    for number in range(6_000):
        now_ns += SECOND // 4
        scored = scored_post(number, now_ns, chance)
        reading = replace(scored.reading, score=chance.uniform(-1, 1), confidence=chance.random())
        room.add(replace(scored, reading=reading), now_ns)

    def counted(self: ranking.Ranking, at_ns: int, now_ns: int) -> int:
        nonlocal looked
        looked += 1
        return whole(self, at_ns, now_ns)

    whole = ranking.Ranking.left
    monkeypatch.setattr(ranking.Ranking, "left", counted)
    assert len(room.evidence("TSLA", 10)) == 10
    assert 10 < looked < 1_500


def entry(id: str, at_ns: int, weight: int) -> Entry:
    reading = Reading(id, "vader", "1", 0.5, 1.0, at_ns)
    said = Match("TSLA", "$TSLA", "cashtag"), reading, GuardMark(), DisplayText("")
    return Entry(id, at_ns, 1, 0, weight, 0, DisplayText("a"), *said)


@pytest.mark.parametrize("block", [1, 2])
def test_of_groups_that_hold_as_much_all_are_named_though_their_posts_are_new(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "BLOCK", block)
    groups = shares.Shares(WINDOW, WINDOW // 10)
    for number, (key, weight) in enumerate((("a", 3), ("b", 2), ("c", 1), ("b", 2), ("a", 1), ("c", 2))):
        groups.add(key, entry(str(number), START, weight), START)
    for after in (0, WINDOW // 3):
        most, keys = groups.top(START + after)
        assert (most, sorted(keys)) == (4 * (WINDOW - after), ["a", "b"])


def test_a_group_takes_the_place_of_one_whose_posts_have_left() -> None:
    groups = shares.Shares(WINDOW, WINDOW // 10)
    for number in range(10):
        two = [entry(f"{number}/{each}", START, 1) for each in range(2)]
        for each in two:
            groups.add(f"key {number}", each, START)
        assert groups.top(START) == (2 * WINDOW, [f"key {number}"])
        for each in two:
            groups.remove(f"key {number}", each, START)
    assert groups.top(START) == (0, [])
    assert not len(groups)
    assert len(groups._groups) == 1
