"""The whole engine, as fast as it goes, beside its own limit and beside the naive design, all in one run.

Every figure is CPU time of a process of its own, best of repeats, and the repeats of all take turns, so that a slow
moment of the machine falls on all of them. The engine is the real kernel over a made-up recording: parse, match,
dedupe, VADER, sentiment, strategy, controls, simulated venue, journal (every score audited, synchronous=FULL, group
commit).

python -m bench.engine [--repeats N]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench import limit, naive, replay
from bench.corpus import watchlist
from bench.recording import write

REPEATS: Final = 3
PER_SECOND: Final = 1_000 / 18
"""Posts a second: a thousand in 18 s, a hundred thousand in half an hour."""
WINDOWS: Final = {1_000: 18.0, 10_000: 180.0, 100_000: 1800.0}
"""Length of the window, in seconds, by the posts in it."""
MEASURED: Final = 20_000
"""Posts that costs are counted over, after the windows have filled."""
FILL: Final = 20_000
"""Posts before them; with the largest window, as many as it holds."""
SWING_S: Final = 240.0
SYMBOLS, MANY_SYMBOLS = 5, 100
NAIVE_WINDOW: Final = 10_000


def run(repeats: int = REPEATS) -> dict[str, float]:
    """µs of CPU per post, and the ratios that the targets speak of."""
    with tempfile.TemporaryDirectory(prefix="bench-engine") as directory:
        long, short, many = _recordings(Path(directory))
        engines: dict[int, list[dict[str, Any]]] = {count: [] for count in WINDOWS}
        hundreds: list[dict[str, Any]] = []
        limits: dict[int, list[dict[str, float]]] = {SYMBOLS: [], MANY_SYMBOLS: []}
        naives: list[dict[str, float]] = []
        for _ in range(repeats):
            for count, window_s in WINDOWS.items():
                biggest = count == max(WINDOWS)
                recording, after = (long, count) if biggest else (short, FILL)
                engines[count].append(replay.in_child(recording, symbols=SYMBOLS, window_s=window_s, after=after))
            limits[SYMBOLS].append(limit.in_child(short, symbols=SYMBOLS, window_s=WINDOWS[10_000]))
            naives.append(naive.run(NAIVE_WINDOW, posts=30, repeats=1))
            hundreds.append(replay.in_child(many, symbols=MANY_SYMBOLS, window_s=WINDOWS[10_000], after=FILL))
            limits[MANY_SYMBOLS].append(limit.in_child(many, symbols=MANY_SYMBOLS, window_s=WINDOWS[10_000]))
    cost = {count: least(found, "cpu_us") for count, found in engines.items()}
    sums = {symbols: least(found, "sum") for symbols, found in limits.items()}
    many_cost = least(hundreds, "cpu_us")
    known = [found for every in (*engines.values(), hundreds) for found in every]
    return {
        **{f"limit_{name}_us": least(limits[SYMBOLS], name) for name in limits[SYMBOLS][0]},
        "engine_5_symbols_us": cost[10_000],
        "engine_5_symbols_posts_per_s_cpu": 1e6 / cost[10_000],
        "engine_5_symbols_posts_per_s_wall": 1e6 / least(engines[10_000], "wall_us"),
        "engine_5_symbols_share_of_limit": sums[SYMBOLS] / cost[10_000],
        "limit_100_symbols_sum_us": sums[MANY_SYMBOLS],
        "engine_100_symbols_us": many_cost,
        "engine_100_symbols_posts_per_s_cpu": 1e6 / many_cost,
        "engine_100_symbols_share_of_limit": sums[MANY_SYMBOLS] / many_cost,
        **{f"engine_window_{count}_us": value for count, value in cost.items()},
        "window_growth_ratio": max(cost.values()) / cost[1_000],
        "naive_us": least(naives, "naive_cpu_us"),
        "naive_posts_per_s_wall": max(found["naive_posts_per_s"] for found in naives),
        "engine_over_naive_ratio": least(naives, "naive_cpu_us") / cost[10_000],
        "tickets": float(engines[10_000][0]["tickets"] + hundreds[0]["tickets"]),
        "fills": float(engines[10_000][0]["fills"] + hundreds[0]["fills"]),
        "same_chain_every_time": float(len({found["chain"] for found in engines[10_000]}) == 1),
        "longest_pause_ms": max(found["longest_pause_ms"] for found in known),
        "heavy_imports": float(len({name for found in known for name in found["heavy"]})),
    }


def least(found: list[dict[str, Any]], name: str) -> float:
    """The best of the repeats."""
    return min(float(each[name]) for each in found)


def _recordings(directory: Path) -> tuple[Path, Path, Path]:
    """5 symbols for the largest window; the end of the same; 100 symbols."""
    symbols = tuple(row.symbol for row in watchlist(MANY_SYMBOLS))
    posts = max(WINDOWS) + MEASURED
    long = write(directory / "long.jsonl", posts, symbols[:SYMBOLS], per_second=PER_SECOND, swing_s=SWING_S)
    short = _end(long, directory / "short.jsonl", posts - FILL - MEASURED)
    many = write(directory / "many.jsonl", FILL + MEASURED, symbols, per_second=PER_SECOND, swing_s=SWING_S)
    return long, short, many


def _end(recording: Path, path: Path, skip: int) -> Path:
    """The rows of a recording after its first `skip` posts."""
    seen = 0
    with recording.open(encoding="utf-8") as source, path.open("w", encoding="utf-8") as target:
        for row in source:
            seen += row.startswith('{"id"')
            if seen > skip:
                target.write(row)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="The whole engine beside its limit and the naive design.")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    json.dump(run(given.repeats), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
