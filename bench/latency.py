"""How long things take in a live engine while 1,000 posts a second stream in and every score is audited.

Three processes: the pretend X and Alpaca (`bench.street`), the engine on the profile `paper` with real sockets on both
sides, and this one, a client on the control socket that confirms every BUY, the next once the last has been answered.

- evaluated: post received → strategies asked, for every post
- ticket: signal → ticket decoded at the attached client
- wire: confirm received by the engine → its order's POST at the venue; the second verdict and the intent's sync between
- key: the same from the moment in which the client sent it
- commit: one group of the journal on its way to the disk, its sync included
- rest: `wire` without the share of it that commits of more than 5 ms took, which is the disk's (`bench.disk`)
- disk: one sync of as much, with nothing else writing, and the share of the time in which one took more than 5 ms

Two configurations: `plain`, VADER alone without guards, and `shipped`, the scorers and guards of the default one.

Every symbol's look-back is covered at the same instant, two windows after the start, and most of them signal and are
confirmed then. `evaluated` counts those posts like all others; `moment` says how many signals came, how long it took
until a post was in time again and what share of all posts came by in it, and `apart` is `evaluated` without them.

The engine's CPU is counted from the first post on: what a start costs is bench.start's. `slower` is how many times
longer an empty interpreter takes than on the machine that the targets were set on (`bench.table`).

On a machine k times slower the same load is k times as heavy. So each configuration runs a second time in dilated time
(Gupta et al., "To infinity and beyond: time-warped network emulation", NSDI 2006): the posts come k times slower, and
each duration counts a k-th. What goes by the clock is not dilated (frames, commits, quotes, windows): there is k times
as much of it to a post as there would be on the faster machine, which makes the figures worse. What would take as long
there counts a k-th all the same, which makes them better: the disk's sync, on the way from a confirmation to the wire.

python -m bench.latency [--configuration shipped] [--seconds 60] [--per-second 1000] [--dilation 1] [--profile FILE]

`--profile` has cProfile watch the engine's loop and writes what it saw; read it with `python -m pstats FILE`. The
figures of such a run say nothing: watching takes longer than what is watched.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bench.confirming import Desk
from bench.corpus import watchlist
from bench.disk import Commits, durations_ms, held_up_ms, sync_figures, syncs_alone
from bench.machine import empty_interpreter_ms
from bench.replay import SHIPPED, Pauses
from bench.table import REFERENCE
from engine.clock import SECOND, SystemClock
from engine.config import (
    AlpacaConfig,
    BrokerConfig,
    Config,
    EngineConfig,
    GuardsConfig,
    RiskConfig,
    ScoringConfig,
    SentimentConfig,
    ShiftConfig,
    SizingConfig,
    StrategyConfig,
    TicketsConfig,
    XConfig,
)
from engine.errors import DeskError
from engine.kernel.kernel import Kernel
from engine.kernel.meters import Latency
from engine.kernel.process import SWITCH_INTERVAL_S
from engine.model.frames import Command, Reply
from engine.paths import Paths

CONFIGURATIONS: Final = ("plain", "shipped")
PER_SECOND: Final = 1_000
SYMBOLS: Final = 20
SWING_S: Final = 4.0
START_LIMIT_S: Final = 60.0
LONG_S: Final = 60.0
"""As long as it takes for enough confirmations to tell one in a hundred."""
DILATED_S: Final = 40.0
"""As long as it takes for enough posts to tell one in a thousand."""
IN_TIME_MS: Final = 5.0
"""A post that was evaluated within this did not wait."""
BURST_NS: Final = SECOND // 2
"""The moment is the span of this length with the most signals, and the wait after it."""
_ROOT = Path(__file__).resolve().parents[1]


class Kept(Latency):
    """Keeps every duration, and what the process had spent at the first one."""

    def __init__(self, profile: cProfile.Profile | None = None) -> None:
        super().__init__()
        self._profile = profile
        self._clock = SystemClock()
        self.all_ns: list[int] = []
        self.at_ns: list[int] = []
        """When each post was evaluated."""
        self.spent_s = 0.0

    def add(self, duration_ns: int) -> None:
        super().add(duration_ns)
        if not self.all_ns:
            self.spent_s = time.process_time()
            if self._profile is not None:
                self._profile.enable()
        self.all_ns.append(duration_ns)
        self.at_ns.append(self._clock.now_ns())


def config_of(home: Path, street: dict[str, str], configuration: str) -> Config:
    """An engine that must decide often: short windows, small orders, limits out of the way but all of them judged."""
    shipped = configuration == "shipped"
    many = 1_000_000
    return Config(
        engine=EngineConfig(profile="paper", state_dir=str(home), runtime_dir=str(home / "run")),
        x=XConfig(base_url=street["x"], warm_start=False, daily_cap_usd=1e6),
        alpaca=AlpacaConfig(
            trading_url=street["trading"],
            data_url=street["data"],
            trading_stream_url=street["trading_stream"],
            data_stream_url=street["data_stream"],
        ),
        guards=GuardsConfig(enabled=shipped),
        scoring=ScoringConfig(scorers=SHIPPED if shipped else ("vader",)),
        sentiment=SentimentConfig(window_s=SWING_S, look_back_s=SWING_S),
        strategy=StrategyConfig(shift=ShiftConfig()),
        sizing=SizingConfig(sizer="fixed", fixed_notional=Decimal(500)),
        risk=RiskConfig(
            orders_per_minute=many,
            orders_per_day=many,
            strategy_executions=many,
            symbol_trades_per_day=many,
            open_orders=many,
            open_positions=many,
            duplicate_s=0.1,
            confidence=0.0,
            dominance_pct=Decimal(100),
        ),
        tickets=TicketsConfig(ttl_s=5.0),
        broker=BrokerConfig(name="alpaca"),
        watchlist=watchlist(SYMBOLS),
    )


class Confirms:
    """When the engine received each confirm, by ticket. For `Kernel.command`, which the control socket calls."""

    def __init__(self, kernel: Kernel) -> None:
        self._command = kernel.command
        self._clock = SystemClock()
        self.received_ns: dict[str, int] = {}

    async def command(self, command: Command) -> Reply:
        if command.verb == "confirm":
            self.received_ns[command.ticket] = self._clock.now_ns()
        return await self._command(command)


async def engine(config: Config, profile: Path | None) -> None:
    """The engine's process: until SIGTERM, then what it measured as JSON; what cProfile saw of its loop, to a file."""
    paths = Paths.of(config)
    paths.create()
    kernel = Kernel(config, paths, read_secret=lambda name: os.environ[f"DESK_{name.upper()}"])
    watching = None if profile is None else cProfile.Profile()
    kept = kernel.view.latency = Kept(watching)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, kernel.stop_soon, "SIGTERM")
    pauses, confirms, commits = Pauses(), Confirms(kernel), Commits()
    setattr(kernel, "command", confirms.command)  # noqa: B010 (a method is replaced)
    await kernel.start()
    gc.callbacks.append(pauses)
    await kernel.run()
    gc.callbacks.remove(pauses)
    spent = time.process_time() - kept.spent_s
    if watching is not None:
        watching.disable()
        watching.dump_stats(str(profile))
    posts, filled = kernel.view.count, kernel.view.filled
    await kernel.stop()
    print(
        json.dumps(
            {
                "evaluated_ms": [duration / 1e6 for duration in kept.all_ns],
                "evaluated_at_ns": kept.at_ns,
                "confirms_ns": confirms.received_ns,
                "commits_ns": commits.spans,
                "posts": posts,
                "fills": filled,
                "cpu_us": spent / max(1, posts) * 1e6,
                "longest_pause_ms": pauses.longest_s * 1000,
            }
        )
    )


def run() -> dict[str, float]:
    """Every figure of each configuration, under its name, in the machine's own time and in dilated time."""
    empty_ms = empty_interpreter_ms()
    slower = empty_ms / REFERENCE["empty_interpreter_ms"]
    found = {"empty_interpreter_ms": empty_ms, "slower": slower} | sync_figures(syncs_alone())
    for configuration in CONFIGURATIONS:
        found |= {f"{configuration}_{name}": value for name, value in measure(configuration).items()}
        dilated = measure(configuration, DILATED_S, dilation=max(1.0, slower))
        found |= {f"{configuration}_dilated_{name}": value for name, value in dilated.items()}
    return found


def measure(
    configuration: str,
    seconds: float = LONG_S,
    per_second: int = PER_SECOND,
    profile: Path | None = None,
    dilation: float = 1.0,
) -> dict[str, float]:
    """Quantiles in milliseconds, and what they were taken over. With `dilation` posts come so many times slower, and
    milliseconds are divided by it."""
    sent_per_second = round(per_second / dilation)
    with tempfile.TemporaryDirectory(prefix="bench-latency") as directory:
        home = Path(directory)
        street = subprocess.Popen(
            [
                sys.executable, "-m", "bench.street", "--posts", str(round(seconds * sent_per_second)),
                "--per-second", str(sent_per_second), "--symbols", str(SYMBOLS), "--swing-s", str(SWING_S),
            ],
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            found = asyncio.run(_measure(home, street, configuration, profile))
        finally:
            street.kill()
            street.wait()
    return {name: value / dilation if name.endswith("_ms") else value for name, value in found.items()}


async def _measure(
    home: Path, street: subprocess.Popen[str], configuration: str, profile: Path | None
) -> dict[str, float]:
    assert street.stdout is not None
    assert street.stdin is not None
    settings: dict[str, str] = json.loads(street.stdout.readline())
    command = ["-m", "bench.latency", "--engine", str(home), "--street", json.dumps(settings)]
    command += ["--configuration", configuration]
    if profile is not None:
        command += ["--profile", str(profile)]
    running = subprocess.Popen(  # noqa: ASYNC220 (nothing else runs on this loop yet)
        [sys.executable, *command],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        env=os.environ | {name: value for name, value in settings.items() if name.startswith("DESK_")},
    )
    try:
        desk = Desk(Paths.of(config_of(home, settings, configuration)).socket)
        watching = asyncio.create_task(_attached(desk))
        async with asyncio.timeout(START_LIMIT_S):
            await desk.ready.wait()
        street.stdin.write("go\n")
        street.stdin.flush()
        told: dict[str, Any] = json.loads(await asyncio.to_thread(street.stdout.readline))
        running.send_signal(signal.SIGTERM)
        out, _ = await asyncio.to_thread(running.communicate)
        await watching
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()
    measured: dict[str, Any] = json.loads(out)
    arrived: dict[str, int] = told["orders"]
    received: dict[str, int] = measured["confirms_ns"]
    orders = [(arrived[id], *told_of) for id, told_of in desk.confirmed.items() if id in arrived]
    wire = [(posted_ns - received[ticket_id]) / 1e6 for posted_ns, ticket_id, _ in orders]
    commits: list[tuple[int, int]] = measured["commits_ns"]
    rest = [
        (posted_ns - received[ticket_id]) / 1e6 - held_up_ms(commits, received[ticket_id], posted_ns)
        for posted_ns, ticket_id, _ in orders
    ]
    key = [(posted_ns - sent_ns) / 1e6 for posted_ns, _, sent_ns in orders]
    for why, count in sorted(desk.refused.items(), key=lambda item: -item[1])[:3]:
        print(f"bench: {count} confirmations refused: {why}", file=sys.stderr)
    found = {
        "posts": float(measured["posts"]),
        "sent_per_s": told["sent_per_s"],
        "engine_cpu_us": measured["cpu_us"],
        "longest_pause_ms": measured["longest_pause_ms"],
        "fills": float(measured["fills"]),
    }
    evaluated: list[float] = measured["evaluated_ms"]
    moment, apart = apart_from(desk.signals_ns, measured["evaluated_at_ns"], evaluated)
    found |= moment
    kinds = {"evaluated": evaluated, "apart": apart, "ticket": desk.tickets_ms, "wire": wire, "rest": rest, "key": key}
    kinds["commit"] = durations_ms(commits)
    for name, values in kinds.items():
        found[f"{name}_count"] = float(len(values))
        for label, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)):
            found[f"{name}_{label}_ms"] = quantile(values, share)
    return found


async def _attached(desk: Desk) -> None:
    """Attach as soon as the engine answers."""
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            return await desk.watch()
        except DeskError:
            if time.monotonic() > deadline or desk.tickets_ms:
                raise
            await asyncio.sleep(0.05)


def apart_from(
    signals_ns: list[int], at_ns: list[int], evaluated_ms: list[float]
) -> tuple[dict[str, float], list[float]]:
    """What the moment of most signals was, and the durations of the posts that were evaluated out of it.

    The moment begins with its first signal and ends with the first post after its last one that did not wait.
    `at_ns` is when each post was evaluated, in order.
    """
    signals = sorted(signals_ns)
    if not signals or not at_ns:
        return {"moment_signals": 0.0, "moment_s": 0.0, "moment_posts_pct": 0.0, "waited_pct": 0.0}, evaluated_ms
    ends = [bisect_right(signals, at + BURST_NS) for at in signals]
    begin = max(range(len(signals)), key=lambda index: ends[index] - index)
    first, last = signals[begin], signals[ends[begin] - 1]
    start = bisect_left(at_ns, first)
    stop = bisect_right(at_ns, last)
    while stop < len(at_ns) and evaluated_ms[stop] > IN_TIME_MS:
        stop += 1
    ended_ns = at_ns[min(stop, len(at_ns) - 1)]
    apart = evaluated_ms[:start] + evaluated_ms[stop:]
    waited = sum(duration > IN_TIME_MS for duration in evaluated_ms)
    moment = {
        "moment_signals": float(ends[begin] - begin),
        "moment_s": (ended_ns - first) / SECOND,
        "moment_posts_pct": 100 * (stop - start) / len(at_ns),
        "waited_pct": 100 * waited / len(at_ns),
    }
    return moment, apart


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description="Latencies of a live engine.")
    parser.add_argument("--configuration", choices=CONFIGURATIONS, default="shipped")
    parser.add_argument("--seconds", type=float, default=LONG_S)
    parser.add_argument("--per-second", type=int, default=PER_SECOND)
    parser.add_argument("--dilation", type=float, default=1.0, help="posts come so many times slower, durations too")
    parser.add_argument("--profile", type=Path, help="write what cProfile sees of the engine's loop to this file")
    parser.add_argument("--engine", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--street", type=json.loads, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.engine is not None:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        asyncio.run(engine(config_of(given.engine, given.street, given.configuration), given.profile))
    else:
        profile = given.profile and given.profile.absolute()
        found = measure(given.configuration, given.seconds, given.per_second, profile, given.dilation)
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
