"""Made-up lines of X's filtered stream: the same bytes for the same arguments, shaped like the real ones.

Mean line about 1.1 kB; mean text about 125 characters and 20 words, of which two or three have a valence; about every
sixth text has a character beyond ASCII; 15 % repeat an earlier text.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any, Final

from engine.clock import MILLISECOND, SECOND, iso
from engine.config import WatchRow

START_NS: Final = 1_772_463_600 * SECOND
"""2026-03-02, 10:00 in New York."""
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
_REPEATED = 0.15
_AUTHORS = 4_000


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_PLAIN = _split(
    "the a to of in on and for with at by this that it is was be are as from after before today tomorrow week month "
    "quarter market stock price chart volume report call meeting desk open close session morning afternoon news story "
    "people traders analysts company factory store phone cloud chip model car team office plan number question answer "
    "think see look watch wait read heard says said going getting making taking still again maybe around about into"
)
_LOADED = _split(
    "good great strong love nice best happy win better hope bad weak terrible hate worst ugly loss fear worried awful "
    "bullish bearish breakout upgrade downgrade rally tank plunge calls puts beats misses squeeze dump"
)
_MODIFIERS = _split("not very really never so but no without hardly extremely")
_SIGNS = ("🚀", "📈", "📉", "🔥", "😂", "…", "’", "é", "😀", "💎")
_ENDINGS = ("", "", "", ".", "!", "?", "!!")


def watchlist(count: int) -> tuple[WatchRow, ...]:
    """Made-up symbols with four keywords each."""
    return tuple(
        WatchRow(
            symbol=_symbol(number),
            name=f"Company{number} Inc",
            keywords=(f"company{number}", f"brand{number}", f"product{number} pro", f"founder{number}"),
        )
        for number in range(count)
    )


def lines(
    count: int, *, symbols: Sequence[str], per_second: float = 50.0, start_ns: int = START_NS, seed: int = 1
) -> list[bytes]:
    """`count` posts, `per_second` apart evenly, each with one of `symbols` as its cashtag (every fifth with two)."""
    chance = random.Random(seed)
    said: list[tuple[list[str], str]] = []
    made = []
    for number in range(count):
        at_ns = start_ns + round(number * SECOND / per_second)
        if said and chance.random() < _REPEATED:
            tags, text = chance.choice(said[-500:])
        else:
            tags = chance.sample(symbols, k=min(len(symbols), 2 if chance.random() < 0.2 else 1))
            text = " ".join(f"${tag}" for tag in tags) + " " + _words(chance)
            said.append((tags, text))
        made.append(json.dumps(_line(number, at_ns, text, tags, chance), ensure_ascii=False).encode())
    return made


def _symbol(number: int) -> str:
    letters = ""
    number += 26 * 26
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters


def _words(chance: random.Random) -> str:
    words = []
    for _ in range(chance.randint(8, 31)):
        draw = chance.random()
        pool = _LOADED if draw < 0.1 else _MODIFIERS if draw < 0.16 else _PLAIN
        word = chance.choice(pool)
        words.append(word.upper() if chance.random() < 0.02 else word)
    if chance.random() < 0.17:
        words.insert(chance.randrange(len(words)), chance.choice(_SIGNS))
    if chance.random() < 0.4:
        words.append(f"https://t.co/{chance.randrange(10**10):010d}")
    return " ".join(words) + chance.choice(_ENDINGS)


def _line(number: int, at_ns: int, text: str, tags: Sequence[str], chance: random.Random) -> dict[str, Any]:
    post_id = str((at_ns // MILLISECOND - _SNOWFLAKE_EPOCH_MS << 22) + number % (1 << 22))
    author = str(1_000_000 + chance.randrange(_AUTHORS))
    created = iso(at_ns - at_ns % SECOND)  # X tells whole seconds
    return {
        "data": {
            "id": post_id,
            "text": text,
            "author_id": author,
            "conversation_id": post_id,
            "created_at": created,
            "edit_history_tweet_ids": [post_id],
            "lang": "en",
            "possibly_sensitive": False,
            "public_metrics": {
                "retweet_count": 0,
                "reply_count": 0,
                "like_count": 0,
                "quote_count": 0,
                "bookmark_count": 0,
                "impression_count": 0,
            },
            "entities": {"cashtags": [{"start": 0, "end": len(tag) + 1, "tag": tag} for tag in tags]},
        },
        "includes": {
            "users": [
                {
                    "id": author,
                    "name": f"Trader {author}",
                    "username": f"trader{author}",
                    "verified": int(author) % 20 == 0,
                    "created_at": "2015-06-01T12:00:00.000Z",
                    "public_metrics": {
                        "followers_count": int(author) * 7919 % 200_000,
                        "following_count": 300,
                        "tweet_count": 5000,
                        "listed_count": 3,
                    },
                    "description": "Made up. Markets, charts and coffee; nothing here is advice, all of it opinion.",
                    "location": "New York",
                    "profile_image_url": f"https://example.com/images/{author}_normal.jpg",
                }
            ]
        },
        "matching_rules": [{"id": f"17000000000000000{ord(tag[0])}", "tag": tag} for tag in tags],
    }
