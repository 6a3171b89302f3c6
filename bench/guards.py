"""What the guards cost, in µs of CPU per post, on an ordinary stream and under attack.

Process CPU time, best of repeats. Each attack starts on an empty room and fills it with thousands of posts, so that
what grows with their number shows.

python -m bench.guards [--posts N]
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Sequence
from typing import Final

from bench.corpus import START_NS, lines, watchlist
from bench.machine import alone, empty_interpreter_ms
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
    found = {"empty_interpreter_ms": empty_interpreter_ms()}
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


if __name__ == "__main__":
    alone("What the guards cost.", run, ("posts", 5_000), lambda found: slowdown({"guards": found}))
