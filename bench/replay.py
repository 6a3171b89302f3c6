"""The real engine over a recording, as fast as it goes, in a process of its own: CPU, wall, memory, pauses.

python -m bench.replay RECORDING --symbols 5 --window-s 1800 [--after N] …; prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil

from bench.corpus import watchlist
from bench.past import fill
from engine.config import (
    BrokerConfig,
    Config,
    EngineConfig,
    FeedsConfig,
    GuardsConfig,
    ReplayConfig,
    ScoringConfig,
    SentimentConfig,
    TicketsConfig,
)
from engine.kernel.kernel import Kernel
from engine.kernel.process import switch_interval_s
from engine.model import Mode
from engine.paths import Paths

HEAVY: Final = ("pandas", "numpy", "alpaca", "tweepy", "textual", "rich", "requests")
"""Packages that a replay has no use for."""
_SAMPLE_S: Final = 0.02
_ROOT = Path(__file__).resolve().parents[1]


SHIPPED: Final = ScoringConfig().scorers
"""The scorers of the shipped configuration."""


class Past(NamedTuple):
    """What the windows hold before the recording begins."""

    posts: int
    per_second: float
    swing_s: float


def config_of(
    recording: Path,
    home: Path,
    *,
    symbols: int,
    window_s: float,
    scorers: Sequence[str] = ("vader",),
    guards: bool = True,
) -> Config:
    """The engine's configuration: everything recorded, decisions by the autopilot, the simulated venue."""
    return Config(
        engine=EngineConfig(profile="simulated", state_dir=str(home), runtime_dir=str(home / "run")),
        feeds=FeedsConfig(posts=("replay",), prices="replay"),
        replay=ReplayConfig(path=str(recording), speed=0.0),
        guards=GuardsConfig(enabled=guards),
        scoring=ScoringConfig(scorers=tuple(scorers)),
        sentiment=SentimentConfig(window_s=window_s, look_back_s=window_s),
        broker=BrokerConfig(name="simulated"),
        tickets=TicketsConfig(mode=Mode.AUTO),
        watchlist=watchlist(symbols),
    )


class Pauses:
    """For `gc.callbacks`: the longest collection, in the thread's own time (what else the machine does is no pause)."""

    def __init__(self) -> None:
        self._began = 0.0
        self.longest_s = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.thread_time()
        else:
            self.longest_s = max(self.longest_s, time.thread_time() - self._began)


class Meter:
    """Samples of a running engine."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._process = psutil.Process()
        self.samples: list[tuple[int, float, float, float]] = []
        """Posts taken, CPU seconds, wall seconds, resident MiB."""

    def sample(self) -> None:
        self.samples.append(
            (
                self._kernel.view.count,
                time.process_time(),
                time.perf_counter(),
                self._process.memory_info().rss / 2**20,
            )
        )

    async def watch(self) -> None:
        """Sample until cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(_SAMPLE_S)

    def cost(self, after: int) -> dict[str, float]:
        """CPU and wall µs per post from the `after`-th post on."""
        first = next(sample for sample in self.samples if sample[0] >= after)
        last = self.samples[-1]
        posts = last[0] - first[0]
        return {
            "posts": float(posts),
            "cpu_us": (last[1] - first[1]) / posts * 1e6,
            "wall_us": (last[2] - first[2]) / posts * 1e6,
        }

    def memory(self, at: Sequence[int]) -> list[float]:
        """Resident MiB once so many posts were taken."""
        last = self.samples[-1][0]
        return [next(sample[3] for sample in self.samples if sample[0] >= min(count, last)) for count in at]


async def replay(config: Config, after: int, memory_at: Sequence[int] = (), past: Past | None = None) -> dict[str, Any]:
    """Run the engine to the recording's end; costs are counted from the `after`-th post on, without filling windows."""
    paths = Paths.of(config)
    paths.create()
    began, began_cpu = time.perf_counter(), time.process_time()
    kernel = Kernel(config, paths, read_secret=lambda name: "", stop_at_end=True)
    meter, pauses = Meter(kernel), Pauses()
    await kernel.start()
    started_s, started_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    if past is not None:
        stages = kernel.stages
        fill(
            stages.sentiment,
            stages.pipeline.guards,
            past.posts,
            config.symbols,
            per_second=past.per_second,
            swing_s=past.swing_s,
        )
        gc.freeze()
    gc.callbacks.append(pauses)
    meter.sample()
    watching = asyncio.create_task(meter.watch())
    await kernel.run()
    kernel.journal.flush()
    meter.sample()
    watching.cancel()
    gc.callbacks.remove(pauses)
    durable, view = kernel.journal.durable, kernel.view
    await kernel.stop()
    if kernel.broken or kernel.dealing.failed:
        raise RuntimeError(f"the engine broke: {kernel.dealing.failed}")
    return {
        **meter.cost(after),
        "start_s": started_s,
        "start_cpu_s": started_cpu,
        "memory_mib": meter.memory(memory_at),
        "longest_pause_ms": pauses.longest_s * 1000,
        "records": durable.seq,
        "chain": durable.hash.hex(),
        "tickets": sum(view.decided.values()),
        "fills": view.filled,
        "heavy": [name for name in HEAVY if name in sys.modules],
    }


def in_child(recording: Path, *options: object, module: str = "bench.replay") -> dict[str, Any]:
    """A module's `main` in a fresh process with a fresh journal; `options` as on its command line."""
    with tempfile.TemporaryDirectory(prefix="bench") as home:
        found = subprocess.run(
            [sys.executable, "-m", module, str(recording), "--home", home, *map(str, options)],
            cwd=_ROOT,
            check=True,
            stdout=subprocess.PIPE,
        )
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


def parser_of(description: str) -> argparse.ArgumentParser:
    """The options that say what is run."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--home", type=Path, required=True, help="directory for the journal")
    parser.add_argument("--symbols", type=int, default=5)
    parser.add_argument("--window-s", type=float, default=1800.0)
    parser.add_argument("--scorers", nargs="+", default=["vader"])
    parser.add_argument("--no-guards", dest="guards", action="store_false")
    parser.add_argument("--past", nargs=3, type=float, metavar=("POSTS", "PER_SECOND", "SWING_S"), help="fill windows")
    return parser


def given_config(given: argparse.Namespace) -> tuple[Config, Past | None]:
    """What the options ask for."""
    config = config_of(
        given.recording,
        given.home,
        symbols=given.symbols,
        window_s=given.window_s,
        scorers=given.scorers,
        guards=given.guards,
    )
    return config, Past(int(given.past[0]), *given.past[1:]) if given.past else None


def main() -> None:
    parser = parser_of("The engine over a recording, as fast as it goes.")
    parser.add_argument("--after", type=int, default=0, help="count costs from this post on")
    parser.add_argument("--memory-at", type=int, nargs="*", default=(), help="tell the memory after so many posts")
    given = parser.parse_args()
    config, past = given_config(given)
    sys.setswitchinterval(switch_interval_s(config))
    logging.disable()
    print(json.dumps(asyncio.run(replay(config, given.after, given.memory_at, past))))


if __name__ == "__main__":
    main()
