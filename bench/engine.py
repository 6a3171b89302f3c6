"""The whole engine, as fast as it goes, beside its own limit and beside the naive design, all in one run.

Two configurations: `plain`, VADER alone without guards, and `shipped`, the ensemble and the guards of the default one.
Every figure is CPU time of a process of its own; against the naive design also the time on the clock, since waiting for
the disk at every post is a part of what it costs (`…_posts_ratio`: posts a second against posts a second). What is
compared runs back to back, so that a slow moment of the machine falls on both; ratios are the median of repeats. The
engine is the real kernel over a made-up recording: parse, match, dedupe, guards, scorers, sentiment, strategy,
controls, simulated venue, journal (every score audited, synchronous=FULL, group commit). Its windows are full when the
recording begins (`bench.past`).

python -m bench.engine [--repeats N]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from bench import naive
from bench.corpus import watchlist
from bench.recording import write
from bench.replay import SHIPPED, in_child

REPEATS: Final = 2
PER_SECOND: Final = 1_000 / 18
"""Posts a second: a thousand in 18 s, a hundred thousand in half an hour."""
WINDOW: Final = 10_000
"""Posts in the window, ours and the naive design's."""
SMALL, LARGE = 1_000, 100_000
"""Posts in the windows between which the cost must not grow."""
MEASURED: Final = 6_000
"""Posts of a recording. All of them count: the first are read while the recording is."""
SWING_S: Final = 240.0
CALM_S: Final = 1e6
"""No swing: for windows that are compared. A signal reads its window once, so with signals their number would count."""
SYMBOLS, MANY_SYMBOLS = 5, 100
NAIVE_POSTS: Final = 40

PLAIN: Final = ("--scorers", "vader", "--no-guards")
SHIPPED_OPTIONS: Final = ("--scorers", *SHIPPED)


def run(repeats: int = REPEATS) -> dict[str, float]:
    """µs of CPU per post, best of repeats; ratios of runs that follow each other, the median of repeats."""
    with tempfile.TemporaryDirectory(prefix="bench-engine") as directory:
        made = _recordings(Path(directory))
        rounds = [_round(made) for _ in range(repeats)]
    found: dict[str, float] = {}
    for name in rounds[0]:
        values = [each[name] for each in rounds]
        if name.endswith("_ratio"):
            found[name] = median(values)
        elif name.endswith(("_us", "_s")):
            found[name] = min(values)
        else:
            found[name] = max(values)
    # These differ by less than one short run does from the next: the best of each is compared.
    found["window_growth_ratio"] = found["window_100000_us"] / found["window_1000_us"]
    for name, limit in (("plain_5", "plain_sum"), ("plain_100", "plain_100"), ("shipped_5", "shipped_sum")):
        found[f"{name}_of_limit_ratio"] = found[f"limit_{limit}_us"] / found[f"{name}_us"]
    for name in ("plain_5", "plain_100", "shipped_5", "shipped_100", "naive"):
        found[f"{name}_posts_per_s_cpu"] = 1e6 / found[f"{name}_us"]
    found["different_chains"] = float(max(len({each[name] for each in rounds}) for name in ("plain", "shipped")))
    return found


def _round(made: Recordings) -> dict[str, float]:
    """Everything once, what is compared back to back."""
    plain, plain_limit = _beside_its_limit(made.five, SYMBOLS, PLAIN)
    simple = naive.run(WINDOW, posts=NAIVE_POSTS, repeats=1)
    simple_us, simple_wall_us = simple["naive_cpu_us"], 1e6 / simple["naive_posts_per_s"]
    shipped, shipped_limit = _beside_its_limit(made.five, SYMBOLS, SHIPPED_OPTIONS)
    hundred, hundred_limit = _beside_its_limit(made.hundred, MANY_SYMBOLS, PLAIN)
    many = _engine(made.hundred, MANY_SYMBOLS, SHIPPED_OPTIONS)
    order = (SMALL, LARGE, LARGE, SMALL) * 2
    turns = [(window, _engine(made.calm, SYMBOLS, PLAIN, window, CALM_S)) for window in order]
    small, large = (min(found["cpu_us"] for window, found in turns if window == wanted) for wanted in (SMALL, LARGE))
    known = (plain, shipped, hundred, many, *(found for _, found in turns))
    return {
        **{f"limit_plain_{name}_us": value for name, value in plain_limit.items()},
        **{f"limit_shipped_{name}_us": value for name, value in shipped_limit.items()},
        "limit_plain_100_us": hundred_limit["sum"],
        "plain_5_us": plain["cpu_us"],
        "plain_5_wall_us": plain["wall_us"],
        "plain_100_us": hundred["cpu_us"],
        "shipped_5_us": shipped["cpu_us"],
        "shipped_5_wall_us": shipped["wall_us"],
        "shipped_100_us": many["cpu_us"],
        "window_1000_us": small,
        "window_100000_us": large,
        "naive_us": simple_us,
        "naive_wall_us": simple_wall_us,
        "plain_over_naive_cpu_ratio": simple_us / plain["cpu_us"],
        "shipped_over_naive_cpu_ratio": simple_us / shipped["cpu_us"],
        "plain_over_naive_posts_ratio": simple_wall_us / plain["wall_us"],
        "shipped_over_naive_posts_ratio": simple_wall_us / shipped["wall_us"],
        "tickets": float(sum(found["tickets"] for found in known)),
        "fills": float(sum(found["fills"] for found in known)),
        "plain": float(int(plain["chain"][:12], 16)),
        "shipped": float(int(shipped["chain"][:12], 16)),
        "longest_pause_ms": max(found["longest_pause_ms"] for found in known),
        "heavy_imports": float(len({name for found in known for name in found["heavy"]})),
    }


def _beside_its_limit(recording: Path, symbols: int, options: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The better of two runs of the engine, and between them its stages one after the other, on one recording."""
    before = _engine(recording, symbols, options)
    limit = in_child(recording, *_options(symbols, WINDOW, SWING_S), *options, module="bench.limit")
    after = _engine(recording, symbols, options)
    return min(before, after, key=lambda run: float(run["cpu_us"])), limit


def _engine(
    recording: Path, symbols: int, options: tuple[str, ...], window: int = WINDOW, swing_s: float = SWING_S
) -> dict[str, Any]:
    return in_child(recording, *_options(symbols, window, swing_s), *options)


def _options(symbols: int, window: int, swing_s: float) -> tuple[object, ...]:
    """A window of so many posts, and one before it that is as full."""
    return ("--symbols", symbols, "--window-s", window / PER_SECOND, "--past", 2 * window, PER_SECOND, swing_s)


class Recordings(NamedTuple):
    """What is replayed."""

    five: Path
    """5 symbols, moods that swing."""
    hundred: Path
    """100 symbols, moods that swing."""
    calm: Path
    """5 symbols, no swing."""


def _recordings(directory: Path) -> Recordings:
    symbols = tuple(row.symbol for row in watchlist(MANY_SYMBOLS))

    def made(name: str, symbols: tuple[str, ...], swing_s: float) -> Path:
        return write(directory / f"{name}.jsonl", MEASURED, symbols, per_second=PER_SECOND, swing_s=swing_s)

    return Recordings(
        made("five", symbols[:SYMBOLS], SWING_S),
        made("hundred", symbols, SWING_S),
        made("calm", symbols[:SYMBOLS], CALM_S),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="The whole engine beside its limit and the naive design.")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    json.dump(run(given.repeats), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
