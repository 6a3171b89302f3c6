"""Posts are bought while the disk is slow or refuses: none waits that has been leased, none is forgotten."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND, VirtualClock, parse_iso
from engine.errors import DeskError
from engine.feeds.buying import Buyer
from engine.feeds.spend import LEASE, LEASE_LIMIT, Lease, SpendMeter, Spent

NOON = parse_iso("2026-11-20T12:00:00Z")
LIMIT_S = 20.0
_numbers = itertools.count()


def ids(count: int) -> list[str]:
    return [f"p{next(_numbers)}" for _ in range(count)]


def meter(path: Path) -> SpendMeter:
    return SpendMeter(path, post_cost_usd=0.005, daily_cap_usd=1e6)


def in_file(path: Path, now_ns: int = NOON) -> int:
    looking = meter(path)
    looking.open(now_ns)
    return looking.posts(now_ns)


class Disk:
    """Holds each lease up on its way to the file until it is let through."""

    def __init__(self, spend: SpendMeter, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = threading.Event()
        self.let = threading.Event()
        self.refuses: DeskError | None = None
        self._record: Callable[[Lease], Spent] = spend.record
        monkeypatch.setattr(spend, "record", self.record)

    def record(self, lease: Lease) -> Spent:
        self.asked.set()
        assert self.let.wait(LIMIT_S)
        if self.refuses is not None:
            raise self.refuses
        return self._record(lease)


@asynccontextmanager
async def buying(path: Path, clock: VirtualClock) -> AsyncIterator[tuple[Buyer, SpendMeter]]:
    spend = meter(path)
    buyer = Buyer(spend, clock)
    await buyer.open()
    async with asyncio.timeout(LIMIT_S):
        yield buyer, spend


async def test_a_post_that_is_leased_does_not_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock = tmp_path / "spend.json", VirtualClock(NOON)
    async with buying(path, clock) as (buyer, spend):
        assert await buyer.buy(ids(1)) == 1
        disk = Disk(spend, monkeypatch)
        clock.advance(NOON + 2 * SECOND)
        assert await buyer.buy(ids(LEASE - 10)) == LEASE - 10
        assert await asyncio.to_thread(disk.asked.wait, LIMIT_S)
        assert await buyer.buy(ids(10)) == 10, "half of the lease and more is used, and the next one not yet written"
        last = asyncio.create_task(buyer.buy(ids(1)))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not last.done() and spend.posts(clock.now_ns()) == LEASE + 1, "no post beyond what the file knows"
        disk.let.set()
        assert await last == 1
        await buyer.close()
    assert in_file(path) == LEASE + 2


async def test_a_lease_that_cannot_be_written_is_told_before_more_is_bought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock = tmp_path / "spend.json", VirtualClock(NOON)
    async with buying(path, clock) as (buyer, spend):
        await buyer.buy(ids(1))
        disk = Disk(spend, monkeypatch)
        disk.refuses = DeskError("no space is left")
        disk.let.set()
        await buyer.buy(ids(LEASE - 10))
        bought = spend.posts(NOON)
        with pytest.raises(DeskError, match="no space"):
            while True:
                await buyer.buy(ids(1))
                bought += 1
                await asyncio.sleep(0)
        assert spend.posts(NOON) == bought <= in_file(path)
        disk.refuses = None
        await buyer.buy(ids(LEASE))
        await buyer.close()
    assert in_file(path) == bought + LEASE, "a disk that has room again is gone on with"


async def test_a_lease_under_way_is_given_back_when_the_feed_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock = tmp_path / "spend.json", VirtualClock(NOON)
    async with buying(path, clock) as (buyer, spend):
        await buyer.buy(ids(1))
        disk = Disk(spend, monkeypatch)
        await buyer.buy(ids(LEASE - 10))
        waiting = asyncio.create_task(buyer.buy(ids(LEASE)))
        assert await asyncio.to_thread(disk.asked.wait, LIMIT_S)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        closing = asyncio.create_task(buyer.close())
        await asyncio.sleep(0)
        disk.let.set()
        await closing
    assert in_file(path) == LEASE - 9, "what was cancelled was not bought"


async def test_a_stop_gives_back_what_it_can_after_a_lease_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path, clock = tmp_path / "spend.json", VirtualClock(NOON)
    async with buying(path, clock) as (buyer, spend):
        await buyer.buy(ids(1))
        disk = Disk(spend, monkeypatch)
        disk.refuses = DeskError("no space is left")
        disk.let.set()
        await buyer.buy(ids(LEASE - 10))
        await buyer.close()
    assert "no space is left" in caplog.text
    assert in_file(path) == LEASE - 9


async def test_a_day_that_turns_while_a_lease_is_written_is_leased_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    midnight = parse_iso("2026-11-21T00:00:00Z")
    path, clock = tmp_path / "spend.json", VirtualClock(midnight - SECOND)
    async with buying(path, clock) as (buyer, spend):
        disk = Disk(spend, monkeypatch)
        waiting = asyncio.create_task(buyer.buy(ids(3)))
        assert await asyncio.to_thread(disk.asked.wait, LIMIT_S)
        clock.advance(midnight)
        assert spend.posts(midnight) == 0
        disk.let.set()
        assert await waiting == 3
        assert spend.posts(midnight) == 3
        await buyer.close()
    assert in_file(path, midnight) == 3


@given(st.lists(st.tuples(st.integers(0, 350), st.integers(0, 3)), min_size=1, max_size=15), st.booleans())
def test_the_file_never_forgets_a_post_and_overstates_by_a_lease_at_most(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[int, int]], clean: bool
) -> None:
    path = tmp_path_factory.mktemp("spend") / "spend.json"

    async def play() -> None:
        clock, bought = VirtualClock(NOON), 0
        async with buying(path, clock) as (buyer, spend):
            for size, seconds in batches:
                clock.advance(clock.now_ns() + seconds * SECOND)
                bought += await buyer.buy(ids(size))
                assert spend.posts(clock.now_ns()) == bought <= in_file(path)
            if clean:
                await buyer.close()
                assert in_file(path) == bought
            else:
                assert in_file(path) <= bought + LEASE_LIMIT
                await buyer.close()

    asyncio.run(play())
