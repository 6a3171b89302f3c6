"""The naive design, for comparison in the same run: what one would write first.

For every post: json.loads, a loop over keywords with `in`, stock VADER, INSERT + COMMIT, then read the last 30 minutes
of the symbol back from the database and take the weighted mean in Python. ISO times, no index, default journal mode.

python -m bench.naive [--window N] [--posts N]
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench.corpus import lines, watchlist

SYMBOLS = 5
WINDOW_S = 1800


class Naive:
    """One connection, one analyser, no state beside the database."""

    def __init__(self, path: Path) -> None:
        self.keywords = {row.symbol: [f"${row.symbol}", row.name, *row.keywords] for row in watchlist(SYMBOLS)}
        self.analyser = SentimentIntensityAnalyzer()
        self.database = sqlite3.connect(path)
        self.database.execute(
            "CREATE TABLE posts(id TEXT, symbol TEXT, created_at TEXT, text TEXT, influence REAL, confidence REAL, "
            "score REAL)"
        )

    def fill(self, posts: list[bytes]) -> None:
        """Put posts into the window in one transaction; not timed."""
        rows = [row for line in posts for row in self.rows(json.loads(line), score=0.1)]
        self.database.executemany("INSERT INTO posts VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.database.commit()

    def rows(self, post: dict[str, Any], score: float) -> list[tuple[Any, ...]]:
        data = post["data"]
        user = post["includes"]["users"][0]
        influence = 0.5 + (0.1 if user["public_metrics"]["followers_count"] > 10_000 else 0.0)
        text = data["text"]
        return [
            (data["id"], symbol, data["created_at"], text, influence, abs(score), score)
            for symbol, keywords in self.keywords.items()
            if any(keyword.lower() in text.lower() for keyword in keywords)
        ]

    def on_line(self, line: bytes) -> dict[str, float]:
        """One post all the way; each symbol's mean."""
        post = json.loads(line)
        score = self.analyser.polarity_scores(post["data"]["text"])["compound"]
        rows = self.rows(post, score)
        now = datetime.fromisoformat(post["data"]["created_at"])
        since = (now - timedelta(seconds=WINDOW_S)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        means = {}
        for row in rows:
            self.database.execute("INSERT INTO posts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            self.database.commit()
            weighted = total = 0.0
            for created_at, influence, confidence, past in self.database.execute(
                "SELECT created_at, influence, confidence, score FROM posts WHERE symbol = ? AND created_at > ?",
                (row[1], since),
            ):
                age = (now - datetime.fromisoformat(created_at)).total_seconds()
                weight = influence * confidence * max(0.1, 1 - age / WINDOW_S)
                weighted += weight * past
                total += weight
            means[row[1]] = weighted / total if total else 0.0
        return means


def run(window: int = 10_000, posts: int = 100, repeats: int = 3) -> dict[str, float]:
    """Posts per second (wall) and µs of CPU per post with `window` posts in the last 30 minutes; best of repeats."""
    symbols = [row.symbol for row in watchlist(SYMBOLS)]
    made = lines(window + posts * repeats, symbols=symbols, per_second=window / WINDOW_S)
    best_wall = best_cpu = float("inf")
    with tempfile.TemporaryDirectory(prefix="bench-naive") as directory:
        naive = Naive(Path(directory) / "posts.db")
        naive.fill(made[:window])
        for repeat in range(repeats):
            start = window + repeat * posts
            wall, cpu = time.perf_counter(), time.process_time()
            for line in made[start : start + posts]:
                naive.on_line(line)
            best_cpu = min(best_cpu, time.process_time() - cpu)
            best_wall = min(best_wall, time.perf_counter() - wall)
        naive.database.close()
    return {
        "window_posts": float(window),
        "naive_posts_per_s": posts / best_wall,
        "naive_cpu_us": best_cpu / posts * 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="The naive design, for comparison.")
    parser.add_argument("--window", type=int, default=10_000)
    parser.add_argument("--posts", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(given.window, given.posts)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:<36} {value:>14,.2f}")


if __name__ == "__main__":
    main()
