"""Memory of an engine that takes in 200,000 posts, and the longest pause of its garbage collector.

A busy day: five posts a second, so that ten thousand are in the half-hour window of the shipped configuration.

python -m bench.memory
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Final

from bench import replay
from bench.corpus import watchlist
from bench.recording import write

AT: Final = (10_000, 100_000, 150_000, 200_000)
"""Posts after which the memory is read."""
PER_SECOND: Final = 10_000 / 1800
SYMBOLS: Final = 5


def run() -> dict[str, float]:
    """Resident MiB after so many posts, and the longest pause in milliseconds."""
    symbols = tuple(row.symbol for row in watchlist(SYMBOLS))
    with tempfile.TemporaryDirectory(prefix="bench-memory") as directory:
        recording = write(Path(directory) / "day.jsonl", AT[-1], symbols, per_second=PER_SECOND, swing_s=3600.0)
        found = replay.in_child(recording, "--symbols", SYMBOLS, "--window-s", 1800.0, "--memory-at", *AT)
    memory = dict(zip(AT, found["memory_mib"], strict=True))
    return {
        **{f"after_{count}_mib": mib for count, mib in memory.items()},
        "growth_ratio": memory[AT[-1]] / memory[100_000],
        "longest_pause_ms": found["longest_pause_ms"],
        "posts_per_s_wall": 1e6 / found["wall_us"],
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
