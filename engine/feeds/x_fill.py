"""Fills gaps one after the other beside the live stream, and tells since when posts are complete."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from engine.clock import SECOND, Clock, exchange_time, iso
from engine.feeds.spend import SpendMeter
from engine.feeds.x_absence import OVERLAP_NS
from engine.feeds.x_recover import MARGIN_NS, SETTLED_NS, Found, Searcher, Wait
from engine.feeds.x_report import Reporter
from engine.model import FeedEvent, FeedState, Post, Sink
from engine.model.base import Value
from engine.text import some

log = logging.getLogger(__name__)

GAPS = 16
"""Most gaps waiting; an older one is joined with the next rather than lost."""


class Gap(Value, frozen=True, gc=False):
    """A span [from, to) of publication times that the stream did not deliver, and how many posts may be bought."""

    from_ns: int
    to_ns: int
    most: int
    first: bool = False
    """True for the warm start."""
    symbols: tuple[str, ...] = ()
    """Whose posts; empty: those of every one."""

    @property
    def name(self) -> str:
        """As the log and the screen call it."""
        if self.first:
            return "warm start"
        return f"gap {_clock_time(self.from_ns)}-{_clock_time(self.to_ns)}"


class Filler:
    """Takes gaps, buys their posts within half of what the day's cap leaves, and delivers them by publication time."""

    def __init__(
        self,
        searcher: Searcher,
        meter: SpendMeter,
        clock: Clock,
        sink: Sink,
        reporter: Reporter,
        *,
        lag_ns: int,
        horizon_ns: int,
        wait: Wait,
        remember: Callable[[Sequence[Post]], None],
    ) -> None:
        """`lag_ns`: how far behind now recent search stands; `horizon_ns`: how far back the windows reach.

        `remember` is told what has been delivered.
        """
        self._lag_ns = lag_ns
        self._horizon_ns = horizon_ns
        self._searcher = searcher
        self._meter = meter
        self._clock = clock
        self._sink = sink
        self._reporter = reporter
        self._wait = wait
        self._remember = remember
        self._gaps: list[Gap] = []
        self._wake = asyncio.Event()

    def add(self, gap: Gap) -> None:
        """Fill this span when its turn comes."""
        if len(self._gaps) >= GAPS:
            last = self._gaps.pop()
            from_ns, to_ns = min(last.from_ns, gap.from_ns), max(last.to_ns, gap.to_ns)
            symbols = tuple(sorted({*last.symbols, *gap.symbols})) if last.symbols and gap.symbols else ()
            gap = Gap(from_ns, to_ns, max(last.most, gap.most), last.first, symbols)
        self._gaps.append(gap)
        self._reporter.filling(self._gaps[0].name)
        self._wake.set()

    async def run(self) -> None:
        """Fill gaps until cancelled. What cannot be filled is told, never raised."""
        while True:
            await self._wake.wait()
            while self._gaps:
                self._reporter.filling(self._gaps[0].name)
                await self._fill(self._gaps[0])
                del self._gaps[0]
            self._wake.clear()
            self._reporter.filling("")

    async def _fill(self, gap: Gap) -> None:
        """Two passes (see `x_recover`). The newest posts matter most, so a fifth is kept for the second."""
        most = min(gap.most, self._meter.left(self._clock.now_ns()) // 2)
        asked_ns = self._clock.now_ns()
        start_ns = max(gap.from_ns, min(gap.to_ns, asked_ns - self._lag_ns) - OVERLAP_NS)
        early = Found((), {})
        if start_ns > gap.from_ns:  # else it is all too new to be found yet, and X refuses to be asked
            early = await self._searcher.fetch(
                gap.from_ns, gap.to_ns, most - most // 5, settled=False, symbols=gap.symbols
            )
            await self._deliver(early)
        settle_ns = self._lag_ns + MARGIN_NS
        left_ns = gap.to_ns + settle_ns - self._clock.now_ns()
        if left_ns > 0:  # more than `settle_ns` where the clock was set back
            await self._wait(min(left_ns, settle_ns) / SECOND)
        settled = settle_ns >= SETTLED_NS
        late = await self._searcher.fetch(
            start_ns, gap.to_ns, most - early.bought, settled=settled, symbols=gap.symbols
        )
        groups: dict[int, list[str]] = {}
        for symbol, late_ns in late.complete.items():
            early_ns = early.complete.get(symbol, start_ns)
            groups.setdefault(late_ns if late_ns > start_ns else min(early_ns, start_ns), []).append(symbol)
        why = late.why or early.why
        await self._deliver(late, [self._told(gap, at_ns, why, groups[at_ns], len(groups)) for at_ns in sorted(groups)])

    def _told(self, gap: Gap, complete_ns: int, why: str, symbols: Sequence[str], groups: int) -> FeedState:
        """The coverage of symbols after a fill: some may be complete from earlier on than others are.

        A warm start that reaches back less far leaves no hole behind it: "warming up".
        """
        named = tuple(sorted(symbols)) if gap.symbols or groups > 1 else ()
        of = f" of {some(named)}" if named else ""
        if complete_ns > gap.from_ns:
            log.warning("x: %s is complete only from %s%s: %s", gap.name, iso(complete_ns), of, why)
        filled = {"filled_from_ns": complete_ns, "filled_to_ns": gap.to_ns} if complete_ns < gap.to_ns else {}
        if gap.first:
            return self._reporter.state(named, covered_since_ns=complete_ns, **filled)
        if complete_ns > gap.from_ns:
            span = f"{_clock_time(gap.from_ns)}-{_clock_time(complete_ns)}"
            self._reporter.missing(f"posts{of} of {span} NY are missing: {why}", complete_ns + self._horizon_ns)
        return self._reporter.state(named, **filled)

    async def _deliver(self, found: Found, told: Sequence[FeedState] = ()) -> None:
        events: list[FeedEvent] = [*found.posts, *told]
        if events:
            await self._sink.put(events)
        self._remember(found.posts)
        self._reporter.malformed += found.malformed
        self._reporter.recovered(len(found.posts))


def _clock_time(at_ns: int) -> str:
    """The exchange's time of day, for a person."""
    return exchange_time(at_ns)[11:19]
