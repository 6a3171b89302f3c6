"""The whole engine, as fast as it goes, beside its own limit and beside the naive design, all in one run.

Every figure is CPU time of a process of its own. What is compared runs back to back, so that a slow moment of the
machine falls on both; ratios are the median of repeats. The engine is the real kernel over a made-up recording: parse,
match, dedupe, VADER, sentiment, strategy, controls, simulated venue, journal (every score audited, synchronous=FULL,
group commit).

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

from bench import limit, naive, replay
from bench.corpus import watchlist
from bench.recording import write

REPEATS: Final = 3
PER_SECOND: Final = 1_000 / 18
"""Posts a second: a thousand in 18 s, a hundred thousand in half an hour."""
WINDOWS: Final = {1_000: 18.0, 10_000: 180.0, 100_000: 1800.0}
"""Length of the window, in seconds, by the posts in it."""
MEASURED: Final = 10_000
"""Posts that costs are counted over, after the windows have filled."""
FILL: Final = 20_000
"""Posts before them; with the largest window, as many as it holds."""
SWING_S: Final = 240.0
CALM_S: Final = 1e9
"""No swing: for windows that are compared. A signal reads its window once, so with signals their number would count."""
SYMBOLS, MANY_SYMBOLS = 5, 100
NAIVE_WINDOW: Final = 10_000


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
    for name in ("engine_5_symbols", "engine_100_symbols", "naive"):
        found[f"{name}_posts_per_s_cpu"] = 1e6 / found[f"{name}_us"]
    found["engine_5_symbols_posts_per_s_wall"] = 1e6 / found["engine_5_symbols_wall_us"]
    found["different_chains"] = float(len({each["chain"] for each in rounds}))
    return found


def _round(made: Recordings) -> dict[str, float]:
    """Everything once, what is compared back to back."""
    engines: dict[int, dict[str, Any]] = {}
    for count, window_s in WINDOWS.items():
        recording, after = (made.long, count) if count == max(WINDOWS) else (made.calm, FILL)
        engines[count] = replay.in_child(recording, symbols=SYMBOLS, window_s=window_s, after=after)
    window_s = WINDOWS[NAIVE_WINDOW]
    five = replay.in_child(made.five, symbols=SYMBOLS, window_s=window_s, after=FILL)
    stages = limit.in_child(made.five, symbols=SYMBOLS, window_s=window_s)
    simple = naive.run(NAIVE_WINDOW, posts=30, repeats=1)
    hundred = replay.in_child(made.hundred, symbols=MANY_SYMBOLS, window_s=window_s, after=FILL)
    hundred_stages = limit.in_child(made.hundred, symbols=MANY_SYMBOLS, window_s=window_s)
    known = (*engines.values(), five, hundred)
    return {
        **{f"limit_{name}_us": value for name, value in stages.items()},
        **{f"engine_window_{count}_us": found["cpu_us"] for count, found in engines.items()},
        "engine_5_symbols_us": five["cpu_us"],
        "engine_5_symbols_wall_us": five["wall_us"],
        "engine_5_symbols_of_limit_ratio": stages["sum"] / five["whole_cpu_us"],
        "engine_100_symbols_us": hundred["cpu_us"],
        "engine_100_symbols_of_limit_ratio": hundred_stages["sum"] / hundred["whole_cpu_us"],
        "limit_100_symbols_us": hundred_stages["sum"],
        "window_growth_ratio": max(found["cpu_us"] for found in engines.values()) / engines[1_000]["cpu_us"],
        "naive_us": simple["naive_cpu_us"],
        "engine_over_naive_ratio": simple["naive_cpu_us"] / five["cpu_us"],
        "tickets": float(five["tickets"] + hundred["tickets"]),
        "fills": float(five["fills"] + hundred["fills"]),
        "chain": float(int(five["chain"][:12], 16)),
        "longest_pause_ms": max(found["longest_pause_ms"] for found in known),
        "heavy_imports": float(len({name for found in known for name in found["heavy"]})),
    }


class Recordings(NamedTuple):
    """What is replayed."""

    five: Path
    """5 symbols, moods that swing."""
    hundred: Path
    """100 symbols, moods that swing."""
    long: Path
    """5 symbols, calm, long enough to fill the largest window."""
    calm: Path
    """The end of it."""


def _recordings(directory: Path) -> Recordings:
    symbols = tuple(row.symbol for row in watchlist(MANY_SYMBOLS))
    posts, most = FILL + MEASURED, max(WINDOWS) + MEASURED

    def made(name: str, count: int, symbols: tuple[str, ...], swing_s: float) -> Path:
        return write(directory / f"{name}.jsonl", count, symbols, per_second=PER_SECOND, swing_s=swing_s)

    long = made("long", most, symbols[:SYMBOLS], CALM_S)
    return Recordings(
        made("five", posts, symbols[:SYMBOLS], SWING_S),
        made("hundred", posts, symbols, SWING_S),
        long,
        _end(long, directory / "calm.jsonl", most - posts),
    )


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
