"""The urgent lane: what the update stream's state means for the gate (R25), with the real stages behind it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.clock import SECOND, VirtualClock
from engine.config import Config, WatchRow
from engine.config.schema import EngineConfig
from engine.kernel.attendant import Attendant
from engine.kernel.hours import Hours
from engine.kernel.inbox import Compared, Updated
from engine.kernel.meters import LoopLag
from engine.kernel.stages import Stages
from engine.kernel.timers import Timers
from engine.kernel.watchdog import Watchdog
from engine.model import FeedState, Light, VenueAccount, VenueSnapshot
from tests.engine.kernel import bare

NOW = 1_773_236_000 * SECOND


class Engine:
    """Says when it was asked to end."""

    ended = ""

    def stop_soon(self, reason: str, by: str = "signal") -> None:
        self.ended = f"{by}: {reason}"

    def give_up(self, reason: str) -> None:
        self.ended = reason


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    config = Config(
        engine=EngineConfig(profile="paper", state_dir=str(tmp_path / "state"), runtime_dir=str(tmp_path / "run")),
        watchlist=(WatchRow(symbol="TSLA"),),
    )
    made = bare.stages(config, VirtualClock(NOW))
    made.journal.open()
    yield made
    made.journal.close()


@pytest.fixture
def attendant(stages: Stages) -> Attendant:
    clock = VirtualClock(NOW)
    hours = Hours(clock, ask=None, alert=stages.alarms.alert, clear_alert=stages.alarms.clear)
    timers = Timers(stages, clock, clock, hours, changed=lambda: None)
    watchdog = Watchdog(Config(), clock, stages=stages, lag=LoopLag())
    return Attendant(Engine(), stages, timers, hours, watchdog, arm="")


def snapshot(at_ns: int) -> Compared:
    account = VenueAccount(Decimal(100_000), Decimal(100_000), Decimal(200_000), number="made-up")
    return Compared(VenueSnapshot(at_ns, account, (), ()), "", "periodic")


async def test_a_word_on_the_stream_is_no_reconnect(stages: Stages, attendant: Attendant) -> None:
    dealing = stages.dealing

    async def state(light: Light, at_ns: int) -> None:
        await attendant.take(Updated(FeedState("alpaca-orders", light, NOW, at_ns, items=1)))

    try:
        await state(Light.UP, NOW)
        await attendant.take_compared(snapshot(NOW + SECOND))
        assert dealing.reconciled and stages.link.next_ns
        asked_ns = stages.link.next_ns = 1
        await state(Light.UP, NOW + 5 * SECOND)
        assert stages.link.next_ns == asked_ns, "the venue is not asked for everything at each update"
        await attendant.take_compared(snapshot(NOW + 4 * SECOND))
        assert dealing.reconciled, "what was read while an update came is good"
        await state(Light.DOWN, NOW + 6 * SECOND)
        assert not dealing.reconciled
        await state(Light.UP, NOW + 7 * SECOND)
        assert stages.link.next_ns != asked_ns
        await attendant.take_compared(snapshot(NOW + 6 * SECOND))
        assert not dealing.reconciled, "what was read before it was heard again is not"
        await attendant.take_compared(snapshot(NOW + 8 * SECOND))
        assert dealing.reconciled
    finally:
        await stages.link.finish(0.0)
        await stages.broker.close()
