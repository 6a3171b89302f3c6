"""The urgent lane: what the update stream's state and comparisons mean for the gate (R25), with the real stages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.clock import SECOND, VirtualClock
from engine.kernel.attendant import Attendant
from engine.kernel.hours import Hours
from engine.kernel.inbox import Compared, Updated
from engine.kernel.meters import LoopLag
from engine.kernel.stages import Stages
from engine.kernel.timers import Timers
from engine.kernel.watchdog import Watchdog
from engine.model import FeedState, Fill, Light, Role, Side, VenueAccount, VenueSnapshot
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW


class Engine:
    """Says when it was asked to end."""

    ended = ""

    def stop_soon(self, reason: str, by: str = "signal") -> None:
        self.ended = f"{by}: {reason}"

    def give_up(self, reason: str) -> None:
        self.ended = reason


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    with bare.opened(bare.config(tmp_path), VirtualClock(NOW)) as made:
        yield made


@pytest.fixture
def attendant(stages: Stages) -> Attendant:
    clock = VirtualClock(NOW)
    hours = Hours(clock, ask=None, alert=stages.alarms.alert, clear_alert=stages.alarms.clear)
    timers = Timers(stages, clock, clock, hours, changed=lambda: None)
    watchdog = Watchdog(clock, stages=stages, lag=LoopLag())
    return Attendant(Engine(), stages, timers, hours, watchdog, arm="")


def snapshot(at_ns: int) -> Compared:
    account = VenueAccount(Decimal(100_000), Decimal(100_000), Decimal(200_000), number="made-up")
    return Compared(VenueSnapshot(at_ns, account, (), ()), "", "periodic")


async def test_a_word_on_the_stream_is_no_reconnect(stages: Stages, attendant: Attendant) -> None:
    def gate() -> bool:
        return stages.dealing.reconciled

    async def state(light: Light, at_ns: int) -> None:
        await attendant.take(Updated(FeedState("alpaca-orders", light, NOW, at_ns, items=1)))

    try:
        await state(Light.UP, NOW)
        await attendant.take_compared(snapshot(NOW + SECOND))
        assert gate() and stages.link.next_ns
        asked_ns = stages.link.next_ns = 1
        await state(Light.UP, NOW + 5 * SECOND)
        assert stages.link.next_ns == asked_ns, "the venue is not asked for everything at each update"
        await attendant.take_compared(snapshot(NOW + 4 * SECOND))
        assert gate(), "what was read while an update came is good"
        await state(Light.DOWN, NOW + 6 * SECOND)
        assert not gate()
        await state(Light.UP, NOW + 7 * SECOND)
        assert stages.link.next_ns != asked_ns
        await attendant.take_compared(snapshot(NOW + 6 * SECOND))
        assert not gate(), "what was read before it was heard again is not"
        await attendant.take_compared(snapshot(NOW + 8 * SECOND))
        assert gate()
    finally:
        await stages.link.finish(0.0)
        await stages.broker.close()


async def test_a_difference_that_stays_is_looked_at_less_and_less_often(stages: Stages, attendant: Attendant) -> None:
    bought = Fill("x-1", "desk-1-e1", "TSLA", Side.BUY, Decimal(3), Decimal(250), Decimal(0), NOW, "s-1", Role.ENTRY)
    stages.dealing.portfolio.on_fill(bought)
    try:
        await attendant.take_compared(snapshot(NOW + SECOND))
        for _ in range(20):
            await asyncio.sleep(0)
        assert stages.inbox.take_urgent() is None, "the venue is given a moment"
        async with asyncio.timeout(20):
            await stages.inbox.wait(None)
        asked = stages.inbox.take_urgent()
        while not isinstance(asked, Compared):
            async with asyncio.timeout(20):
                await stages.inbox.wait(None)
            asked = stages.inbox.take_urgent()
    finally:
        await stages.link.finish(0.0)
        await stages.broker.close()


async def test_a_comparison_without_an_answer_is_asked_for_again_before_its_time(
    stages: Stages, attendant: Attendant
) -> None:
    try:
        stages.link.next_ns = 1
        await attendant.take_compared(Compared(None, "HTTP 500", "periodic"))
        assert stages.link.next_ns > 1
    finally:
        await stages.link.finish(0.0)
        await stages.broker.close()


async def test_a_stream_that_is_lost_is_followed_by_a_comparison(stages: Stages, attendant: Attendant) -> None:
    try:
        await attendant.take(Updated(FeedState("alpaca-orders", Light.UP, NOW, NOW)))
        stages.link.next_ns = 1
        await attendant.take(Updated(FeedState("alpaca-orders", Light.DOWN, NOW, NOW + SECOND)))
        assert stages.link.next_ns > 1 and stages.dealing.unheard_ns == NOW + SECOND
        stages.link.next_ns = 1
        await attendant.take(Updated(FeedState("alpaca-orders", Light.DOWN, NOW, NOW + 2 * SECOND)))
        assert stages.link.next_ns == 1, "asked once"
    finally:
        await stages.link.finish(0.0)
        await stages.broker.close()
