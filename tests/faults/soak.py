"""`python -m tests.faults.soak --minutes 20`: an engine under hundreds of posts a second and random faults, for long.

The pretend X and Alpaca run in this process, the engine in its own. Every wire goes wrong all the time. Memory, file
handles, threads and the loop's lag are taken every few seconds; at the end the wire is quiet, and what was published
is compared with what the journal holds. Prints a page; `--out` writes it. Ends with 1 when something does not hold.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.clock import SECOND
from engine.journal.reader import Reader
from engine.model import FeedState, Light
from engine.model.frames import Command
from tests.engine.kernel.process import ending
from tests.faults.machine import Machine
from tests.faults.street import SYMBOLS, Street

SAMPLE_S = 2.0
BURST_S = 0.5
"""Most that is published at once: a machine that cannot keep up publishes less, and the page says how much it was."""
BEHIND_S = 1.0
"""Nothing is published while the engine has this much of it still to fetch: a crowd ahead of what busy cores
can do, for minutes, would ask more of the windows than they reach back."""
WARM_UP = 0.4
"""Share of the time after which everything that is bounded has filled up."""
MEMORY_MIB = 24.0
HANDLES = 12
THREADS = 4
"""Growth, from warm to the end, up to which a measure counts as flat: medians of fifths of the time are compared."""
LIVE = (Light.UP, Light.RECOVERING)
MIND_S = 60.0
"""How long the crowd is of one mind about a symbol: the windows are long, and orders shall come all the time."""
QUIET_LIMIT_S = 120.0
ENDS_APART_S = 75.0
"""X asks a client to double its waits until a stream has lived a minute, and allows 50 connects in 15 minutes. A stream
that ends more often is away for longer than the windows reach back, and what lies beyond them is not bought again: that
is the design, not a loss. So here it ends less often, and every gap must be filled."""
SETTINGS = {
    "SENTIMENT__WINDOW_S": "120",
    "SENTIMENT__LOOK_BACK_S": "60",
    "JOURNAL__DEDUPE_HOURS": "0.1",
    "FEEDS__QUEUE": "2000",
    "ALPACA__TIMEOUT_S": "6",
    "ORDERS__ENTRY_TIMEOUT_S": "2",
}
"""Windows as long as a stream may be away, so that every gap must be filled; ids are kept for 360 s, so that the store
of them is full early and what grows after that would be a leak. The venue may take its time: one thread plays both."""


@dataclass(frozen=True)
class Sample:
    """One look at the engine."""

    at_s: float
    memory_mib: float
    handles: int
    threads: int
    lag_ms: float


class Crowd(Street):
    """A street where so many posts are published a second, each noted."""

    def __init__(self, rate: float, seed: int = 1) -> None:
        super().__init__(seed)
        self._rate = rate
        self._given = 0
        self.published: list[tuple[int, str]] = []
        """When, and which id."""

    def _is_happy(self, place: int) -> bool:
        return int((self._loop.time() - self._began_s) / MIND_S + place * 2 / len(SYMBOLS)) % 2 == 1

    def _talk(self, at_ns: int) -> None:
        due = round((self._loop.time() - self._began_s) * self._rate)
        burst = min(due - self._given, round(self._rate * BURST_S))
        self._given = due - burst
        if self.x.waiting > self._rate * BEHIND_S:
            self._given = due
            return
        for _ in range(burst):
            self._given += 1
            place = self._given % len(SYMBOLS)
            self.published.append((at_ns, self._say(place, SYMBOLS[place], at_ns)))


def look(machine: Machine, process: psutil.Process, began: float) -> Sample:
    """How the engine is now; its lag counts as the time it does not answer."""
    asked = time.monotonic()
    seen = machine.seen()
    lag_ms = seen.status.lag_ms if seen is not None else (time.monotonic() - asked) * 1000
    memory = process.memory_info().rss / 2**20
    return Sample(time.monotonic() - began, memory, process.num_fds(), process.num_threads(), lag_ms)


def growth(samples: Sequence[Sample], of: str) -> float:
    """By how much the median of the last fifth is above the median of the fifth that follows the warm-up."""
    end = samples[-1].at_s
    warm = [getattr(each, of) for each in samples if WARM_UP * end <= each.at_s < (WARM_UP + 0.2) * end]
    last = [getattr(each, of) for each in samples if each.at_s >= 0.8 * end]
    return float(statistics.median(last) - statistics.median(warm))


def missing(machine: Machine, wanted: set[str], since_ns: int) -> set[str]:
    """Published posts that the journal does not hold."""
    with Reader(machine.journal) as reader:
        return wanted - {record.key for record in reader.records(kinds=("post",), since_ns=since_ns)}


def soak(minutes: float, rate: float) -> tuple[str, bool]:
    """Run it; the page, and whether everything held."""
    with Crowd(rate) as street, tempfile.TemporaryDirectory(prefix="desk-") as folder:
        machine = Machine(Path(folder), street, **SETTINGS)
        with ending(machine):
            machine.begin()
            machine.reconciled()

            def streaming() -> bool:
                seen = machine.seen()
                return seen is not None and any(each.name == "x" and each.light in LIVE for each in seen.feeds)

            machine.wait(streaming, "a stream of posts", 60.0)
            assert machine.process is not None
            process = psutil.Process(machine.process.pid)
            since_ns = street.x.clock.now_ns()
            street.trouble.apart_s = ENDS_APART_S
            street.turning = street.troubled = True
            samples: list[Sample] = []
            began = time.monotonic()
            while time.monotonic() < began + minutes * 60 and machine.running:
                samples.append(look(machine, process, began))
                time.sleep(SAMPLE_S)
            took_s = time.monotonic() - began
            until_ns = street.x.clock.now_ns()
            street.quiet()
            street.talking = False  # what is missing is bought from an archive that new posts would push out
            machine.command(Command("mode", symbol="*", mode="off"))  # the books are compared while nobody trades
            happened = street.injected()
            wanted = {id for at_ns, id in street.published if since_ns <= at_ns <= until_ns}
            quiet = time.monotonic()
            while lost := missing(machine, wanted, since_ns):
                if time.monotonic() > quiet + QUIET_LIMIT_S or not machine.running:
                    break
                time.sleep(1.0)
            recovered_s = time.monotonic() - quiet
            if lost:
                print(_lost(street, lost, machine.log), file=sys.stderr)
            broken = ""
            fills = orders = 0
            try:
                machine.equal()
                machine.wait(lambda: not machine.unresolved(), "every outcome known", 60.0)
                fills, orders = machine.check_fills(), machine.check_intents()
            except AssertionError as error:
                broken = str(error)
                print(broken, file=sys.stderr)
            status = machine.snapshot().status
            assert machine.stop() == 0
            machine.check_chain()
            with Reader(machine.journal) as reader:
                keys = [record.key for record in reader.records(kinds=("post",), since_ns=since_ns)]
                gaps = _gaps(record.value() for record in reader.records(kinds=("feed",), since_ns=since_ns))
                records = reader.seq
    twice = len(keys) - len(set(keys))
    lags = sorted(each.lag_ms for each in samples)
    grown = {of: growth(samples, of) for of in ("memory_mib", "handles", "threads")}
    flat = grown["memory_mib"] <= MEMORY_MIB and grown["handles"] <= HANDLES and grown["threads"] <= THREADS
    held = flat and not lost and not twice and not broken
    lines = [
        "# Soak",
        "",
        f"Written by `make soak`: one engine, {took_s / 60:.1f} minutes, every wire going wrong all the time, on "
        f"{psutil.cpu_count()} cores that had other work meanwhile (Python {platform.python_version()}, load "
        f"{psutil.getloadavg()[2]:.1f}). It ran for as long as this says, not longer.",
        "",
        "| what | found |",
        "| --- | --: |",
        f"| posts published | {len(wanted):,} ({len(wanted) / took_s:.0f} a second) |",
        f"| posts lost | {len(lost)} |",
        f"| posts counted twice | {twice} |",
        f"| gaps in the stream of posts, filled by recent search; the longest | {len(gaps)}; "
        f"{max(gaps, default=0.0):.0f} s |",
        f"| time until the last one was in the journal, once the wire was quiet | {recovered_s:.1f} s |",
        f"| faults on the wire | {sum(happened.values()):,} |",
        f"| orders at the venue, executions | {orders:,}, {fills:,}, "
        f"{f'BROKEN: {broken.splitlines()[0]}' if broken else 'each with its intent, each counted once'} |",
        f"| records in the journal, the chain verified | {records:,} |",
        f"| state at the end | {status.state.value}{f' ({status.state_reason})' if status.state_reason else ''} |",
        f"| memory: start, warm, end | {samples[0].memory_mib:.0f}, {_warm(samples):.0f}, "
        f"{samples[-1].memory_mib:.0f} MiB (grown by {grown['memory_mib']:+.1f}) |",
        f"| file handles: most, grown by | {max(each.handles for each in samples)}, {grown['handles']:+.0f} |",
        f"| threads: most, grown by | {max(each.threads for each in samples)}, {grown['threads']:+.0f} |",
        f"| loop lag: median, 95 of 100, worst seen | {lags[len(lags) // 2]:.1f}, {lags[len(lags) * 95 // 100]:.1f}, "
        f"{lags[-1]:.1f} ms |",
        "",
        "| fault on the wire | times |",
        "| --- | --: |",
        *(f"| {kind} | {times:,} |" for kind, times in sorted(happened.items())),
        "",
    ]
    return "\n".join(lines), held


def _gaps(states: Iterable[object]) -> list[float]:
    """Seconds of each gap that the stream of posts had."""
    return [
        (state.gap_to_ns - state.gap_from_ns) / SECOND
        for state in states
        if isinstance(state, FeedState) and state.gap_from_ns is not None and state.gap_to_ns is not None
    ]


def _lost(street: Crowd, lost: set[str], log: str) -> str:
    """When the lost posts were published, and what the feed said."""
    spans = sorted(at_ns // SECOND for at_ns, id in street.published if id in lost)
    told = [line[:200] for line in log.splitlines() if " x" in line]
    return "\n".join([f"lost: {len(lost)} posts of {len(set(spans))} seconds, {spans[0]} to {spans[-1]}", *told[-80:]])


def _warm(samples: Sequence[Sample]) -> float:
    end = samples[-1].at_s
    return next(each.memory_mib for each in samples if each.at_s >= WARM_UP * end)


def main(argv: Sequence[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.soak", description="An engine under faults, for long."
    )
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=500.0, help="posts per second")
    parser.add_argument("--out", type=Path, help="write the page here as well")
    given = parser.parse_args(argv)
    page, held = soak(given.minutes, given.rate)
    print(page)
    if given.out is not None:
        given.out.write_text(page, encoding="utf-8")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
