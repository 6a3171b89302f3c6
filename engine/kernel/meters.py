"""What the engine measures of itself: latency, rate, the loop's delay. Shown, logged, never recorded in the journal."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from engine.clock import SECOND, stopwatch_ns
from engine.model.feeds import StageLatency

QUANTILES = (0.5, 0.99)
"""What is told of many durations: the median and the 99th percentile."""


class Latency:
    """The last 2,048 durations; their median and 99th percentile, looked at anew every half second at most."""

    EVERY_NS = SECOND // 2

    def __init__(self, keep: int = 2048) -> None:
        self._durations: deque[int] = deque(maxlen=keep)
        self._looked_ns = -self.EVERY_NS
        self._quantiles_ms: list[float] = []

    def add(self, duration_ns: int) -> None:
        """Note one duration in nanoseconds."""
        self._durations.append(duration_ns)

    def quantiles_ms(self) -> list[float]:
        """The median and the 99th percentile in milliseconds; 0 without any duration."""
        now_ns = stopwatch_ns()
        if now_ns - self._looked_ns >= self.EVERY_NS:
            self._looked_ns, self._quantiles_ms = now_ns, _quantiles_ms(self._durations, *QUANTILES)
        return self._quantiles_ms


class StageLatencies:
    """How long the last 2,048 posts took in each stage, in the order of the stages."""

    NAMES = ("wait", "match and guards", "score", "mood", "signal and order")

    def __init__(self) -> None:
        self._posts: deque[tuple[int, int, int, int, int]] = deque(maxlen=2048)

    def add(self, wait_ns: int, guards_ns: int, score_ns: int, mood_ns: int, signal_ns: int) -> None:
        """Note one post's durations, one per stage: taken apart only when somebody asks."""
        self._posts.append((wait_ns, guards_ns, score_ns, mood_ns, signal_ns))

    def told(self) -> tuple[StageLatency, ...]:
        """Every stage with its median and its 99th percentile."""
        stages = zip(*self._posts, strict=True) if self._posts else [()] * len(self.NAMES)
        return tuple(
            StageLatency(name, *_quantiles_ms(durations, *QUANTILES))
            for name, durations in zip(self.NAMES, stages, strict=True)
        )


def _quantiles_ms(durations_ns: Iterable[int], *shares: float) -> list[float]:
    ordered = sorted(durations_ns) or [0]
    return [ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6 for share in shares]


class Rate:
    """Events per second over the last few seconds of real time."""

    def __init__(self, span_s: int = 5) -> None:
        self._span = span_s
        self._second = 0
        self._count = 0
        self._counts: deque[tuple[int, int]] = deque(maxlen=span_s + 1)

    def add(self, at_ns: int) -> None:
        """Count an event; `at_ns` is the stopwatch now."""
        second = at_ns // SECOND
        if second != self._second:
            self._counts.append((self._second, self._count))
            self._second, self._count = second, 0
        self._count += 1

    def per_second(self) -> float:
        """Mean over the last whole seconds."""
        now = stopwatch_ns() // SECOND
        counts = (*self._counts, (self._second, self._count))
        return sum(count for second, count in counts if now - self._span <= second < now) / self._span


class LoopLag:
    """How late the event loop is: the largest delay of a 50 ms sleep within the last second."""

    INTERVAL_S = 0.05

    def __init__(self) -> None:
        self._delays: deque[float] = deque(maxlen=20)

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self.INTERVAL_S
            await asyncio.sleep(self.INTERVAL_S)
            self._delays.append(max(0.0, loop.time() - due))

    @property
    def ms(self) -> float:
        """The largest delay of the last second, in milliseconds."""
        return max(self._delays, default=0.0) * 1000
