"""A made-up recording: a morning in which the mood on one symbol turns, with a price every few seconds."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

BULLISH = (
    "$TSLA beats, great quarter, amazing growth",
    "love $TSLA, fantastic gains today",
    "$TSLA wins big, excellent numbers",
)
BEARISH = ("$TSLA terrible, awful losses", "sad day, $TSLA is bad", "I hate what $TSLA did, horrible")
OPEN = datetime(2026, 3, 11, 13, 30, tzinfo=UTC)
"""The regular session's start on a trading day (09:30 in New York)."""


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rows(hours: float = 3.0, every_s: int = 10, seed: int = 1) -> list[dict[str, object]]:
    """Quotes of TSLA and NVDA, and about a post a quote: bearish for an hour and a half, then bullish, then mixed."""
    draw = random.Random(seed)
    begin = OPEN - timedelta(minutes=30)
    made: list[tuple[datetime, dict[str, object]]] = []
    steps = int(hours * 3600 / every_s)
    for step in range(steps):
        moment = begin + timedelta(seconds=step * every_s)
        share = step / steps
        for symbol, base in (("TSLA", 250.0), ("NVDA", 120.0)):
            price = base * (1 + 0.01 * share)
            quote = {"bid": f"{price - 0.02:.2f}", "ask": f"{price + 0.02:.2f}", "last": f"{price:.2f}"}
            made.append((moment, {"kind": "quote", "at": stamp(moment), "symbol": symbol, **quote}))
        said = moment + timedelta(seconds=1)
        mostly = BEARISH if share < 0.5 else BULLISH if share < 0.8 else BULLISH + BEARISH
        author = draw.randrange(60)
        made.append(
            (
                said,
                {
                    "id": str(10_000 + step),
                    "created_at": stamp(said),
                    "author_id": str(author),
                    "text": f"{draw.choice(mostly)} {step}",
                    "symbols": ["TSLA"],
                    "lang": "en",
                    "author": {
                        "screen_name": f"made_up_{author}",
                        "created_at": "2015-01-01T00:00:00Z",
                        "followers": draw.randrange(200_000),
                        "following": 100,
                        "tweets": 1000,
                        "verified": False,
                    },
                },
            )
        )
    made.sort(key=lambda item: item[0])
    return [row for _, row in made]


def write(path: Path, made: list[dict[str, object]] | None = None) -> Path:
    """Write a recording; returns its path."""
    path.write_text("".join(json.dumps(row) + "\n" for row in made or rows()), encoding="utf-8")
    return path
