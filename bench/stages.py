"""What each stage costs alone, in µs of CPU per post: their sum is the one-core limit of the engine.

Process CPU time, best of repeats, on the same made-up stream lines. The sentiment stage is measured with 1,000, 10,000
and 100,000 posts in its window, in turn, so that a slow moment of the machine falls on all three.

python -m bench.stages [--posts N]
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from statistics import median
from typing import Final, TypeVar

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench.corpus import START_NS, lines, watchlist
from bench.machine import alone
from engine.clock import SECOND, from_seconds
from engine.config import Config, SentimentConfig, WatchRow
from engine.feeds.x_parse import parse_line
from engine.guards import Dedupe, Guards
from engine.model import Author, DisplayText, Match, Mood, Post, Reading, ScoredPost
from engine.scoring import load
from engine.scoring.vader import VaderScorer
from engine.sentiment import Sentiment
from engine.strategies.shift import Shift
from engine.watchlist import Matcher

SYMBOLS: Final = 100
MANY_SYMBOLS: Final = 1000
REPEATS: Final = 5
WINDOWS: Final = (1_000, 10_000, 100_000)
_CHUNK = 1_000
_CHUNKS = 8

T = TypeVar("T")


def best(work: Callable[[T], object], items: Sequence[T], repeats: int = REPEATS) -> float:
    """µs of CPU per item, best of repeats."""
    least = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        for item in items:
            work(item)
        least = min(least, time.process_time() - start)
    return least / len(items) * 1e6


def each(build: Callable[[], Callable[[T], object]], items: Sequence[T], repeats: int = REPEATS) -> float:
    """The same for work with a memory: built anew for every repeat."""
    return min(best(build(), items, 1) for _ in range(repeats))


def run(posts: int = 3_000) -> dict[str, float]:
    """µs of CPU per post and stage; names ending in `_ratio` are ratios within this run."""
    gc.collect()
    gc.freeze()
    rows = watchlist(SYMBOLS)
    config = Config(watchlist=rows)
    stream = lines(posts, symbols=config.symbols)
    parsed = [post for line in stream if isinstance(post := parse_line(line, START_NS), Post)]
    texts = [post.text for post in parsed]
    found = {"line_bytes": sum(map(len, stream)) / len(stream), "text_chars": sum(map(len, texts)) / len(texts)}
    found["parse_us"] = best(lambda line: parse_line(line, START_NS), stream)
    found["dedupe_us"] = each(lambda: Dedupe(from_seconds(86_400)).check, parsed)
    found["match_us"] = _match(rows, parsed)
    found["match_1000_symbols_us"] = _match(watchlist(MANY_SYMBOLS), parsed)
    found["guards_us"] = _guards(config, parsed)
    found["guards_posts_per_s"] = 1e6 / found["guards_us"]
    found.update(_vader(config, texts))
    found["ensemble_us"] = each(lambda: _ensemble(config), parsed)
    found.update(_hostile(config))
    found.update(_windows())
    moods = _moods(config, parsed)
    strategy, view = Shift(config), Sentiment(config.sentiment, config.symbols)
    found["shift_us"] = best(lambda mood: strategy.on_mood(mood, view), moods)
    found["sum_us"] = sum(
        found[name]
        for name in (
            "parse_us",
            "dedupe_us",
            "match_us",
            "guards_us",
            "ensemble_us",
            "sentiment_1000_us",
            "shift_us",
        )
    )
    found["sum_posts_per_s"] = 1e6 / found["sum_us"]
    gc.unfreeze()
    return found


def _match(rows: Sequence[WatchRow], posts: Sequence[Post]) -> float:
    matcher = Matcher(rows)
    return best(lambda post: matcher.weigh(post.author, matcher.match(post.text, post.cashtags)), posts)


def _guards(config: Config, posts: Sequence[Post]) -> float:
    """Each post weighed against all those before it; every sixth says what another one said."""
    matcher = Matcher(config.watchlist)
    matched = [(post, matcher.match(post.text, post.cashtags)) for post in posts]

    def build() -> Callable[[tuple[Post, tuple[Match, ...]]], object]:
        room = Guards(config)
        return lambda pair: room.check(*pair)

    return each(build, matched)


def _vader(config: Config, texts: Sequence[str]) -> dict[str, float]:
    """The package and ours on the same texts in turn, ours starting without a memory; the ratio is the median one."""
    package, scorer = SentimentIntensityAnalyzer(), VaderScorer(config)
    rounds = []
    for start in range(0, len(texts), 100):
        chunk = texts[start : start + 100]
        rounds.append((best(package.polarity_scores, chunk, 1), best(lambda text: scorer.score((text,)), chunk, 1)))
    return {
        "vader_package_us": min(theirs for theirs, _ in rounds),
        "vader_us": min(ours for _, ours in rounds),
        "vader_speed_ratio": median(theirs / ours for theirs, ours in rounds),
    }


def _ensemble(config: Config) -> Callable[[Post], object]:
    ensemble = load(config)
    return lambda post: ensemble.score((post,), START_NS)


def _hostile(config: Config) -> dict[str, float]:
    """Milliseconds for posts made to be slow, whole (not cut to scoring.max_chars)."""
    scorer = VaderScorer(config)
    texts = {
        "emoji_280_ms": "😀" * 280,
        "long_post_25000_ms": ("not very good but bad, " * 1100)[:25_000],
    }
    return {name: best(lambda text: scorer.score((text,)), [text], 3) / 1000 for name, text in texts.items()}


def _moods(config: Config, posts: Sequence[Post]) -> list[Mood]:
    room = Sentiment(config.sentiment, config.symbols)
    room.covered_since(0)
    ensemble, matcher = load(config), Matcher(config.watchlist)
    moods: list[Mood] = []
    for post in posts:
        scored = ensemble.score((post,), post.published_ns)[0]
        whole = ScoredPost(post, matcher.match(post.text, post.cashtags), scored.reading)
        moods += room.add(whole, post.published_ns)
    return moods


def _windows() -> dict[str, float]:
    """µs per post of the sentiment stage in a steady state: a post enters, one ages, one leaves, in both windows."""
    sources = {}
    rooms = {}
    for window in WINDOWS:
        room = Sentiment(SentimentConfig(window_s=1800.0, look_back_s=1800.0), ("TSLA",))
        room.covered_since(0)
        source = _steady(window)
        for scored in islice(source, 2 * window + 100):
            room.add(scored, scored.post.published_ns)
        sources[window], rooms[window] = source, room
    least = dict.fromkeys(WINDOWS, float("inf"))
    for _ in range(_CHUNKS):
        for window in WINDOWS:
            chunk, room = list(islice(sources[window], _CHUNK)), rooms[window]
            least[window] = min(least[window], best(lambda s, r=room: r.add(s, s.post.published_ns), chunk, 1))
    found = {f"sentiment_{window}_us": least[window] for window in WINDOWS}
    found["sentiment_100000_over_1000_ratio"] = least[100_000] / least[1_000]
    return found


def _steady(window: int) -> Iterator[ScoredPost]:
    """Posts of one symbol without end, `window` of them in half an hour, by one author per three posts."""
    step = 1800 * SECOND // window
    text = DisplayText("made up")
    match = (Match("TSLA", "$TSLA", "cashtag", 0.6),)
    authors = [Author(str(number), DisplayText(f"a{number}")) for number in range(max(1, window // 3))]
    number = 0
    while True:
        number += 1
        at_ns = START_NS + number * step
        post_id = str(number)
        score = (number * 7919 % 20_001 - 10_000) / 10_000
        reading = Reading(post_id, "vader", "1", score, (number * 104_729 % 1_000_001) / 1_000_000, at_ns)
        yield ScoredPost(Post(post_id, "x", at_ns, at_ns, authors[number % len(authors)], "", text), match, reading)


if __name__ == "__main__":
    alone("What each stage costs.", run, ("posts", 3_000))
