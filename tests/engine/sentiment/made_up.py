"""Made-up posts with their scores, and a room that takes them."""

from __future__ import annotations

from engine.clock import SECOND
from engine.config import SentimentConfig
from engine.model import Author, DisplayText, Match, Post, Reading, ScoredPost
from engine.sentiment import Sentiment

START = 1_700_000_000 * SECOND


def scored(
    post_id: str,
    at_ns: int,
    score: float,
    confidence: float = 1.0,
    influence: float = 0.5,
    *,
    author: str = "ann",
    text: str = "going up",
    symbols: tuple[str, ...] = ("TSLA",),
    only: str = "",
) -> ScoredPost:
    post = Post(
        id=post_id,
        source="test",
        published_ns=at_ns,
        received_ns=at_ns,
        author=Author(id=author, name=DisplayText(author)),
        raw=text,
        text=DisplayText(text),
    )
    reading = Reading(post_id, "vader", "1", score, confidence, at_ns, symbol=only)
    return ScoredPost(post, tuple(Match(symbol, "$" + symbol, "cashtag", influence) for symbol in symbols), reading)


def sentiment(**changes: float) -> Sentiment:
    return Sentiment(SentimentConfig(**changes), ("TSLA", "NVDA"))


def at(seconds: float) -> int:
    return START + round(seconds * SECOND)
