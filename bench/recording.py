"""Made-up recordings for the benches: texts of `bench.corpus` whose mood swings, with prices beside them.

The same arguments give the same bytes. More of the bullish texts are said in one half of a swing and more of the
bearish ones in the other, so that moods change, signals follow and orders fill. Texts are new but for those that repeat
a recent one: a stream in which everything has been said before would be a stream of copies, and weighed as one.
"""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from bench.corpus import START_NS, lines
from engine.clock import SECOND, iso
from engine.config import Config
from engine.scoring.vader import VaderScorer

TEXTS: Final = 6_000
"""Texts of the corpus whose halves are put together anew."""
REPEATED: Final = 0.15
"""Share of the posts that say what one of the last `RECENT` said."""
RECENT: Final = 500
AUTHORS: Final = 4_000
QUOTE_EVERY_S: Final = 5.0
"""Between two prices of one symbol."""
_LEANING = 0.8
"""Share of the posts that go the half-swing's way."""
_STRIDE = 7919
"""A prime: the second half of a text is another one each time its first half comes round."""
_FIRST_ID = 1_900_000_000_000_000_000


def write(path: Path, posts: int, symbols: tuple[str, ...], *, per_second: float, swing_s: float) -> Path:
    """A recording of `posts` posts, evenly spaced, with every symbol's price each second; returns its path.

    `swing_s` is how long the mood leans one way.
    """
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(rows(posts, symbols, per_second=per_second, swing_s=swing_s))
    return path


def rows(posts: int, symbols: tuple[str, ...], *, per_second: float, swing_s: float) -> Iterator[str]:
    """The recording's lines, by time."""
    chance, speech = random.Random(1), Speech()
    quote_ns, step_ns = START_NS, round(SECOND / per_second)
    for number in range(posts):
        at_ns = START_NS + number * step_ns
        while quote_ns <= at_ns:
            for index, symbol in enumerate(symbols):
                yield quote_row(symbol, 100 + index % 400, quote_ns)
            quote_ns += round(QUOTE_EVERY_S * SECOND)
        symbol = symbols[int(chance.random() * len(symbols))]
        text = speech.say(half_of(at_ns, swing_s))
        yield post_row(_FIRST_ID + number, at_ns, text, symbol, int(chance.random() * AUTHORS))


def half_of(at_ns: int, swing_s: float) -> int:
    """Which way the mood leans then: 1 is bullish, 0 bearish."""
    return (at_ns - START_NS) // round(swing_s * SECOND) % 2


class Speech:
    """What is said, one text after the other: seeded, so the same calls give the same texts."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._pools = halves()
        self._taken = [0, 0]
        self._recent: deque[str] = deque(maxlen=RECENT)

    def say(self, bullish: int) -> str:
        """A text without cashtag, as the inside of a JSON string; leans to the bullish side (1) or the other (0)."""
        chance = self._chance
        if self._recent and chance.random() < REPEATED:
            return chance.choice(self._recent)
        side = bullish if chance.random() < _LEANING else 1 - bullish
        pool, number = self._pools[side], self._taken[side]
        self._taken[side] += 1
        count = len(pool)
        text = f"{pool[number % count]} {pool[(number * _STRIDE + number // count) % count]}"
        self._recent.append(text)
        return text


@cache
def halves() -> tuple[list[str], list[str]]:
    """Bearish and bullish halves of the corpus's texts, each as the inside of a JSON string."""
    parts: list[str] = []
    for line in lines(TEXTS, symbols=("A",)):
        words = json.loads(line)["data"]["text"].split(" ")[1:]
        parts += (" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :]))
    scores = VaderScorer(Config()).score(parts)
    made = [json.dumps(part, ensure_ascii=False)[1:-1] for part in parts]
    return (
        [part for part, score in zip(made, scores, strict=True) if score.score < 0],
        [part for part, score in zip(made, scores, strict=True) if score.score >= 0],
    )


def quote_row(symbol: str, price: int, at_ns: int) -> str:
    """One price as a recording's line."""
    return (
        f'{{"kind":"quote","at":"{iso(at_ns)}","symbol":"{symbol}",'
        f'"bid":"{price}.01","ask":"{price}.03","last":"{price}.02"}}\n'
    )


def post_row(number: int, at_ns: int, text: str, symbol: str, author: int) -> str:
    """One post as a recording's line."""
    return (
        f'{{"id":"{number}","created_at":"{iso(at_ns)}","text":"${symbol} {text}","symbols":["{symbol}"],'
        f'"lang":"en",{_author(author)}}}\n'
    )


@cache
def _author(number: int) -> str:
    return (
        f'"author_id":"{1_000_000 + number}","author":{{"screen_name":"trader{number}",'
        f'"created_at":"2015-06-01T12:00:00Z","followers":{number * 7919 % 200_000},"following":300,"tweets":5000,'
        f'"verified":{"true" if number % 20 == 0 else "false"}}}'
    )
