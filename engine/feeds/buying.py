"""Posts are counted as bought before anybody is told of them, and none waits for the disk while a lease lasts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from engine.clock import Clock
from engine.errors import DeskError
from engine.feeds.spend import SpendMeter

log = logging.getLogger(__name__)


class Buyer:
    """Counts what one feed buys, from one loop. The next lease is taken while the last one lasts."""

    def __init__(self, meter: SpendMeter, clock: Clock) -> None:
        self._meter = meter
        self._clock = clock
        self._turn = asyncio.Lock()
        self._leasing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Look up what was spent today. Raises DeskError when that cannot be known."""
        await asyncio.to_thread(self._meter.open, self._clock.now_ns())

    async def buy(self, ids: Sequence[str]) -> int:
        """Count posts as read; returns how many were new today.

        Raises DeskError when the file cannot be written: nothing is read that the file could forget.
        """
        async with self._turn:
            now_ns = self._clock.now_ns()
            if self._leasing is not None and self._leasing.done():
                await self._leased()
            while self._meter.needs_lease(now_ns, len(ids)):
                self._leasing = self._leasing or asyncio.create_task(self._lease(now_ns, len(ids)))
                await self._leased()
                now_ns = self._clock.now_ns()
            new = self._meter.count(ids, now_ns)
            if self._leasing is None and self._meter.runs_low(now_ns):
                self._leasing = asyncio.create_task(self._lease(now_ns))
            return new

    async def close(self) -> None:
        """Give back what was leased. A failure overstates what was spent, and must not hide why the feed ended."""
        try:
            await self._leased()
        except DeskError as error:
            log.warning("x: %s", error)
        if not self._meter.is_open:
            return
        try:
            await asyncio.to_thread(self._meter.close, self._clock.now_ns())
        except DeskError as error:
            log.warning("x: %s", error)

    async def _leased(self) -> None:
        """Wait for the lease under way, which goes on when whoever waits for it is cancelled. Raises DeskError."""
        leasing = self._leasing
        if leasing is None:
            return
        try:
            await asyncio.shield(leasing)
        finally:
            if leasing.done():
                self._leasing = None

    async def _lease(self, now_ns: int, posts: int = 0) -> None:
        lease = self._meter.next_lease(now_ns, posts)
        self._meter.take(lease, await asyncio.to_thread(self._meter.record, lease))
