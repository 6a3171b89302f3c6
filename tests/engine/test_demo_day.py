"""The demo day through the real stages: the story gives signals worth a ticket, and the ring's is one to refuse."""

from __future__ import annotations

from functools import cache

from engine.clock import from_seconds, new_york
from engine.config.load import load
from engine.feeds.recording import Recording
from engine.feeds.replay import DEMO
from engine.guards import Dedupe, DedupeOutcome
from engine.model import FeedState, Post, ScoredPost, Side, Signal
from engine.scoring import load as load_scorers
from engine.sentiment import Sentiment
from engine.strategies.shift import Shift
from engine.watchlist import Matcher

CONFIG = load(env={}).config
RISK = CONFIG.risk


@cache
def signals() -> tuple[Signal, ...]:
    """What `shift` proposes in regular hours, in order."""
    dedupe = Dedupe(from_seconds(86_400))
    matcher, ensemble = Matcher(CONFIG.watchlist), load_scorers(CONFIG)
    sentiment, shift = Sentiment(CONFIG.sentiment, CONFIG.symbols), Shift(CONFIG)
    recording = Recording(DEMO)
    sentiment.covered_since(recording.bounds()[0])
    proposed = []
    for event in recording.events():
        if isinstance(event, FeedState) and event.gap_from_ns is not None and event.gap_to_ns is not None:
            sentiment.gap(event.gap_from_ns, event.gap_to_ns)
        if isinstance(event, FeedState) and event.filled_from_ns is not None and event.filled_to_ns is not None:
            sentiment.filled(event.filled_from_ns, event.filled_to_ns)
        if not isinstance(event, Post):
            continue
        found = dedupe.check(event)
        matches = matcher.weigh(event.author, matcher.match(event.text, event.cashtags))
        if found.outcome is DedupeOutcome.EDIT:
            sentiment.remove(found.replaces)
        if found.outcome is DedupeOutcome.DUPLICATE or not matches or event.repost_of or event.lang != "en":
            continue
        scored = ensemble.score((event,), event.received_ns)[0]
        for mood in sentiment.add(ScoredPost(event, matches, scored.reading, scored.members), event.received_ns):
            signal = shift.on_mood(mood, sentiment)
            if signal is not None and "09:30" <= f"{new_york(event.received_ns):%H:%M}" < "16:00":
                proposed.append(signal)
    return tuple(proposed)


def near(symbol: str, side: Side, since: str, until: str) -> list[Signal]:
    return [
        signal
        for signal in signals()
        if signal.symbol == symbol and signal.side is side and since <= f"{new_york(signal.at_ns):%H:%M}" < until
    ]


def is_sound(signal: Signal) -> bool:
    """What the controls R18 and R22 ask of a signal."""
    dominance = float(RISK.dominance_pct) / 100
    return (
        signal.confidence >= RISK.confidence
        and signal.mood.volume >= RISK.min_posts
        and signal.mood.authors >= RISK.min_authors
        and max(signal.top_author_share, signal.top_text_share) <= dominance
    )


def test_the_story_gives_sound_signals() -> None:
    for symbol, side, since, until in (
        ("NVDA", Side.BUY, "09:33", "09:36"),
        ("AAPL", Side.SELL, "10:05", "10:10"),
        ("TSLA", Side.SELL, "10:20", "10:26"),
        ("TSLA", Side.BUY, "11:05", "11:20"),
        ("AAPL", Side.BUY, "14:32", "14:36"),
        ("GOOG", Side.BUY, "15:05", "15:09"),
        ("NVDA", Side.SELL, "15:30", "15:35"),
    ):
        assert any(is_sound(signal) for signal in near(symbol, side, since, until)), (symbol, side, since)


def test_the_rings_signal_is_one_text() -> None:
    found = near("GOOG", Side.BUY, "12:57", "13:05")
    assert found
    assert all(signal.top_text_share > float(RISK.dominance_pct) / 100 for signal in found)


def test_sarcasm_buys_nothing() -> None:
    assert not any(is_sound(signal) for signal in near("META", Side.BUY, "13:10", "13:52"))
