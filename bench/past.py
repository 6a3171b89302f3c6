"""Windows filled before an engine is measured: what was said just before a recording begins, without its cost.

The posts are those of `bench.recording`, with a score that their half of the swing gives them instead of a scorer's.
The sentiment stage and the guards take them in as they take every post, and remember them the same way.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from bench.corpus import START_NS
from bench.recording import AUTHORS, Speech, half_of
from engine.clock import SECOND
from engine.guards import Guards
from engine.model import Author, DisplayText, Match, Post, Reading, ScoredPost
from engine.sentiment import Sentiment
from engine.text import display_text

SCORE: Final = 0.25
"""How far a post leans to the side of its half-swing."""
CONFIDENCE: Final = 0.8
_FIRST_ID: Final = 1_800_000_000_000_000_000


def fill(
    sentiment: Sentiment, guards: Guards, posts: int, symbols: tuple[str, ...], *, per_second: float, swing_s: float
) -> None:
    """Have both stages take in `posts` posts that end where a recording begins; every one is known from then on."""
    since_ns = START_NS - round(posts * SECOND / per_second)
    sentiment.covered_since(since_ns)
    for scored in said_before(posts, symbols, per_second=per_second, swing_s=swing_s):
        post = scored.post
        weighed = guards.check(post, scored.matches)
        if weighed.verdict is not None:
            for post_id, weight in zip(weighed.verdict.posts, weighed.verdict.weights, strict=True):
                sentiment.weigh(post_id, weight, weighed.verdict.symbols)
        sentiment.add(ScoredPost(post, scored.matches, scored.reading, scored.members, weighed.mark), post.received_ns)


def said_before(posts: int, symbols: tuple[str, ...], *, per_second: float, swing_s: float) -> Iterator[ScoredPost]:
    """The posts, oldest first. The same arguments give the same ones."""
    chance, speech = random.Random(2), Speech(2)
    step_ns = round(SECOND / per_second)
    for number in range(-posts, 0):
        at_ns = START_NS + number * step_ns
        symbol = symbols[int(chance.random() * len(symbols))]
        half = half_of(at_ns, swing_s)
        text = display_text(f"${symbol} {speech.say(half)}")
        writer = int(chance.random() * AUTHORS)
        author = Author(str(1_000_000 + writer), DisplayText(f"trader{writer}"), writer * 7919 % 200_000, 300, 5000)
        post_id = str(_FIRST_ID + posts + number)
        yield ScoredPost(
            Post(post_id, "replay", at_ns, at_ns, author, "", text, "en", "", (symbol,)),
            (Match(symbol, f"${symbol}", "cashtag"),),
            Reading(post_id, "past", "1", SCORE if half else -SCORE, CONFIDENCE, at_ns),
        )
