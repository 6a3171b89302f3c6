"""What the engine measures of itself."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND
from engine.kernel import meters
from engine.kernel.meters import Latency, LoopLag, Rate, StageLatencies

durations = st.lists(st.integers(0, 10**12), min_size=1, max_size=60)


class Stopwatch:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.ns = 1_000 * SECOND

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    made = Stopwatch()
    monkeypatch.setattr(meters, "stopwatch_ns", made)
    return made


@given(durations)
def test_a_quantile_is_a_duration_that_so_many_do_not_exceed(taken: list[int]) -> None:
    latency = Latency()
    for duration in taken:
        latency.add(duration)
    for share, told in zip((0.5, 0.99), latency.quantiles_ms(), strict=True):
        assert told in [duration / 1e6 for duration in taken]
        assert sum(duration / 1e6 <= told for duration in taken) >= math.floor(share * len(taken))
        assert sum(duration / 1e6 < told for duration in taken) <= math.ceil(share * len(taken))


def test_quantiles_are_looked_at_anew_every_half_second(stopwatch: Stopwatch) -> None:
    latency = Latency(keep=2)
    assert tuple(latency.quantiles_ms()) == (0.0, 0.0)
    latency.add(5_000_000)
    stopwatch.ns += SECOND // 2 - 1
    assert tuple(latency.quantiles_ms()) == (0.0, 0.0)
    stopwatch.ns += 1
    assert tuple(latency.quantiles_ms()) == (5.0, 5.0)
    latency.add(7_000_000)
    latency.add(9_000_000)
    stopwatch.ns += SECOND
    assert tuple(latency.quantiles_ms()) == (9.0, 9.0), "the oldest of three is forgotten"


def test_each_stage_is_told_by_its_name() -> None:
    latencies = StageLatencies()
    assert [(stage.p50_ms, stage.p99_ms) for stage in latencies.told()] == [(0.0, 0.0)] * 5
    latencies.add(1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000)
    assert [(stage.stage, stage.p50_ms) for stage in latencies.told()] == [
        ("wait", 1.0),
        ("match and guards", 2.0),
        ("score", 3.0),
        ("mood", 4.0),
        ("signal and order", 5.0),
    ]


@given(st.lists(st.integers(0, 9 * SECOND), max_size=60))
def test_the_rate_counts_whole_seconds_and_forgets(offsets: list[int]) -> None:
    stopwatch = Stopwatch()
    rate = Rate(span_s=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meters, "stopwatch_ns", stopwatch)
        times = sorted(stopwatch.ns + offset for offset in offsets)
        for at_ns in times:
            rate.add(at_ns)
        now = stopwatch.ns // SECOND + 9
        stopwatch.ns = now * SECOND + 1
        assert rate.per_second() == sum(now - 5 <= at_ns // SECOND < now for at_ns in times) / 5
        stopwatch.ns += 60 * SECOND
        assert rate.per_second() == 0.0


async def test_a_loop_that_was_held_up_is_late_for_a_second() -> None:
    lag = LoopLag()
    assert lag.ms == 0.0
    task = asyncio.create_task(lag.run())
    await asyncio.sleep(0)
    due = asyncio.get_running_loop().time() + 3 * lag.INTERVAL_S
    while asyncio.get_running_loop().time() < due:
        pass
    async with asyncio.timeout(10):
        while lag.ms == 0.0:
            await asyncio.sleep(0)
    assert lag.ms >= 1.9 * lag.INTERVAL_S * 1000
    task.cancel()
