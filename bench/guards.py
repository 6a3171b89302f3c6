"""What the guards cost, in µs of CPU per post, on an ordinary stream and under attack.

Process CPU time, best of repeats. Each attack starts on an empty room and fills it with thousands of posts, so that
what grows with their number shows.

python -m bench.guards [--posts N]
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

from bench.corpus import START_NS, lines, watchlist
from bench.table import slowdown
from engine.clock import DAY, SECOND
from engine.config import Config
from engine.feeds.x_parse import parse_line
from engine.guards import Guards
from engine.model import Author, DisplayText, Match, Post
from engine.text import TEXT_LIMIT
from engine.watchlist import Matcher

SYMBOLS: Final = 100
REPEATS: Final = 3
PITCH: Final = (
    "this small company is the next big winner huge gains are coming so join our free group before it is too late"
)
Weighable = tuple[Post, tuple[Match, ...]]


def run(posts: int = 5_000) -> dict[str, float]:
    """µs of CPU per post and stream; the last thousand of the attack by copies against its first is a ratio."""
    gc.collect()
    gc.freeze()
    config = Config(watchlist=watchlist(SYMBOLS))
    found = {"empty_interpreter_ms": _empty_interpreter()}
    streams = {
        "ordinary": _ordinary(config, posts),
        "all_different": _attack(config, [_words(number, 20) for number in range(posts)]),
        "copies": _attack(config, [f"{PITCH} {number % 7} https://t.co/{number}" for number in range(posts)]),
        "longest": _attack(config, [_words(number, TEXT_LIMIT)[:TEXT_LIMIT] for number in range(posts // 10)]),
        "one_shingle": _attack(config, ["buy " * (TEXT_LIMIT // 4)] * (posts // 10)),
        "one_phrase": _attack(config, [f"good morning all traders {_words(number, 6)}" for number in range(posts)]),
        "emoji": _attack(config, [("🚀" * (number % 280 + 1)) for number in range(posts)]),
        "other_script": _attack(
            config, ["".join(chr(0x4E00 + number % 997 + at) for at in range(280)) for number in range(posts // 10)]
        ),
    }
    for name, stream in streams.items():
        found[f"{name}_us"] = min(_spent(config, stream) for _ in range(REPEATS))
    found["ordinary_posts_per_s"] = 1e6 / found["ordinary_us"]
    found["worst_us"] = max(value for name, value in found.items() if name.endswith("_us"))
    found["copies_growth_ratio"] = _growth(config, streams["copies"])
    gc.unfreeze()
    return found


def _spent(config: Config, stream: Sequence[Weighable]) -> float:
    room = Guards(config)
    start = time.process_time()
    for post, matches in stream:
        room.check(post, matches)
    return (time.process_time() - start) / len(stream) * 1e6


def _growth(config: Config, stream: Sequence[Weighable]) -> float:
    """What the last fifth of a stream costs against its second one: the first has the verdict in it."""
    fifth = len(stream) // 5
    least = [float("inf")] * 5
    for _ in range(REPEATS):
        room = Guards(config)
        for part in range(5):
            start = time.process_time()
            for post, matches in stream[part * fifth : (part + 1) * fifth]:
                room.check(post, matches)
            least[part] = min(least[part], time.process_time() - start)
    return least[4] / least[1]


def _ordinary(config: Config, count: int) -> list[Weighable]:
    """The stream that the other stages are measured on: 15 % say what another post said."""
    matcher = Matcher(config.watchlist)
    parsed = (parse_line(line, START_NS) for line in lines(count, symbols=config.symbols))
    return [(post, matcher.match(post.text, post.cashtags)) for post in parsed if isinstance(post, Post)]


def _attack(config: Config, texts: Sequence[str]) -> list[Weighable]:
    """A thousand posts a second on one symbol, each by a fresh account."""
    symbol = config.symbols[0]
    matches = (Match(symbol, f"${symbol}", "cashtag"),)
    made: list[Weighable] = []
    for number, said in enumerate(texts):
        at_ns = START_NS + number * SECOND // 1000
        name = DisplayText(f"made_up_{number}")
        author = Author(str(number), name, number % 90, 100, 10, False, at_ns - 9 * DAY)
        text = DisplayText(said)
        made.append((Post(str(number), "x", at_ns, at_ns, author, said, text, "en", "BulkPilot", (symbol,)), matches))
    return made


def _words(number: int, count: int) -> str:
    draw = random.Random(number)
    return " ".join(f"w{draw.randrange(5000)}" for _ in range(count))


def _empty_interpreter() -> float:
    """Milliseconds of CPU time, least of five: how fast this machine is, whatever else it does."""
    least = float("inf")
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description="What the guards cost.")
    parser.add_argument("--posts", type=int, default=5_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(given.posts)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:<36} {value:>14,.2f}")
    print()
    for name, times in slowdown({"guards": found}).items():
        print(f"this machine is {times:.1f}× slower than the one that the targets were set on, by {name}")


if __name__ == "__main__":
    main()
