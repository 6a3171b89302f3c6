"""How long things take in a live engine while 1,000 posts a second stream in and every score is audited.

Three processes: the pretend X and Alpaca (`bench.street`), the engine on the profile `paper` with real sockets on both
sides, and this one, a client on the control socket that confirms every BUY at once.

- evaluated: post received → strategies asked, for every post
- ticket: signal → ticket decoded at the attached client
- wire: confirm sent by the client → its order's POST at the venue; the second verdict and the intent's sync between

The engine's CPU is counted from the first post on: what a start costs is bench.start's.

python -m bench.latency [--seconds 20] [--per-second 1000] [--profile FILE]

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
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bench.corpus import watchlist
from bench.replay import Pauses
from desk.client import Client
from engine.clock import SystemClock
from engine.config import (
    AlpacaConfig,
    BrokerConfig,
    Config,
    EngineConfig,
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
from engine.model import Light, Side
from engine.model.frames import Command, Frame, Push, Reply, Snapshot
from engine.paths import Paths

PER_SECOND: Final = 1_000
SYMBOLS: Final = 20
SWING_S: Final = 4.0
START_LIMIT_S: Final = 60.0
_ROOT = Path(__file__).resolve().parents[1]


class Kept(Latency):
    """Keeps every duration, and what the process had spent at the first one."""

    def __init__(self, profile: cProfile.Profile | None = None) -> None:
        super().__init__()
        self._profile = profile
        self.all_ns: list[int] = []
        self.spent_s = 0.0

    def add(self, duration_ns: int) -> None:
        super().add(duration_ns)
        if not self.all_ns:
            self.spent_s = time.process_time()
            if self._profile is not None:
                self._profile.enable()
        self.all_ns.append(duration_ns)


def config_of(home: Path, street: dict[str, str]) -> Config:
    """An engine that must decide often: short windows, small orders, limits out of the way but all of them judged."""
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
        scoring=ScoringConfig(scorers=("vader",)),
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


async def engine(home: Path, street: dict[str, str], profile: Path | None) -> None:
    """The engine's process: until SIGTERM, then what it measured as JSON; what cProfile saw of its loop, to a file."""
    config = config_of(home, street)
    paths = Paths.of(config)
    paths.create()
    kernel = Kernel(config, paths, read_secret=lambda name: os.environ[f"DESK_{name.upper()}"])
    watching = None if profile is None else cProfile.Profile()
    kept = kernel.view.latency = Kept(watching)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, kernel.stop_soon, "SIGTERM")
    pauses = Pauses()
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
                "posts": posts,
                "fills": filled,
                "cpu_us": spent / max(1, posts) * 1e6,
                "longest_pause_ms": pauses.longest_s * 1000,
            }
        )
    )


class Desk:
    """A client that confirms every BUY as soon as it is shown."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._clock = SystemClock()
        self.tickets_ms: list[float] = []
        self.confirmed_ns: dict[str, int] = {}
        """When the confirm of an order was sent, by client order id."""
        self.refused: dict[str, int] = {}
        self.ready = asyncio.Event()
        """Set once the engine is reconciled and every feed is up."""
        self._up: dict[str, bool] = {}
        self._asked: set[asyncio.Task[None]] = set()

    async def watch(self) -> None:
        """Until the engine says goodbye."""
        async with Client(self._socket) as client:
            async for message in client.stream():
                if isinstance(message, Snapshot | Frame):
                    self._note(message)
                if not isinstance(message, Push) or message.ticket is None or message.decision is not None:
                    continue
                ticket = message.ticket
                if ticket.revision > 1:
                    continue
                self.tickets_ms.append((self._clock.now_ns() - ticket.signal.at_ns) / 1e6)
                if ticket.signal.side is Side.BUY:
                    task = asyncio.create_task(self._confirm(client, ticket.id, ticket.fingerprint))
                    self._asked.add(task)
                    task.add_done_callback(self._asked.discard)

    def _note(self, message: Snapshot | Frame) -> None:
        self._up.update({feed.name: feed.light is Light.UP for feed in message.feeds})
        if message.status is not None and message.status.reconciled and self._up.get("x") and self._up.get("prices"):
            self.ready.set()

    async def _confirm(self, client: Client, ticket_id: str, fingerprint: str) -> None:
        sent_ns = self._clock.now_ns()
        reply: Reply = await client.command(Command("confirm", ticket=ticket_id, fingerprint=fingerprint))
        if reply.ok:
            self.confirmed_ns[reply.text.rpartition("(")[2].rstrip(")")] = sent_ns
        else:
            why = "; ".join(reply.difference) or reply.text
            self.refused[why] = self.refused.get(why, 0) + 1


def run(seconds: float = 20.0, per_second: int = PER_SECOND, profile: Path | None = None) -> dict[str, float]:
    """Quantiles in milliseconds, and what they were taken over."""
    with tempfile.TemporaryDirectory(prefix="bench-latency") as directory:
        home = Path(directory)
        street = subprocess.Popen(
            [
                sys.executable, "-m", "bench.street", "--posts", str(round(seconds * per_second)),
                "--per-second", str(per_second), "--symbols", str(SYMBOLS), "--swing-s", str(SWING_S),
            ],
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            return asyncio.run(_measure(home, street, profile))
        finally:
            street.kill()
            street.wait()


async def _measure(home: Path, street: subprocess.Popen[str], profile: Path | None) -> dict[str, float]:
    assert street.stdout is not None
    assert street.stdin is not None
    settings: dict[str, str] = json.loads(street.stdout.readline())
    command = ["-m", "bench.latency", "--engine", str(home), "--street", json.dumps(settings)]
    if profile is not None:
        command += ["--profile", str(profile)]
    running = subprocess.Popen(  # noqa: ASYNC220 (nothing else runs on this loop yet)
        [sys.executable, *command],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        env=os.environ | {name: value for name, value in settings.items() if name.startswith("DESK_")},
    )
    try:
        desk = Desk(Paths.of(config_of(home, settings)).socket)
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
    wire = [(arrived[id] - sent_ns) / 1e6 for id, sent_ns in desk.confirmed_ns.items() if id in arrived]
    for why, count in sorted(desk.refused.items(), key=lambda item: -item[1])[:3]:
        print(f"bench: {count} confirmations refused: {why}", file=sys.stderr)
    found = {
        "posts": float(measured["posts"]),
        "sent_per_s": told["sent_per_s"],
        "engine_cpu_us": measured["cpu_us"],
        "longest_pause_ms": measured["longest_pause_ms"],
        "fills": float(measured["fills"]),
    }
    for name, values in (("evaluated", measured["evaluated_ms"]), ("ticket", desk.tickets_ms), ("wire", wire)):
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


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description="Latencies of a live engine.")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--per-second", type=int, default=PER_SECOND)
    parser.add_argument("--profile", type=Path, help="write what cProfile sees of the engine's loop to this file")
    parser.add_argument("--engine", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--street", type=json.loads, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.engine is not None:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        asyncio.run(engine(given.engine, given.street, given.profile))
    else:
        print(json.dumps(run(given.seconds, given.per_second, given.profile and given.profile.absolute()), indent=2))


if __name__ == "__main__":
    main()
