"""What arming ends and what it does not: it is for one account, and for no halt of anybody else's."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.clock import VirtualClock
from engine.kernel.arming import NOT_ARMED
from engine.kernel.inbox import Compared
from engine.kernel.stages import Stages
from engine.model import TradingState, VenueAccount, VenueSnapshot
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Stages]:
    """A live engine as it starts: not armed, the account told."""
    with bare.opened(bare.config(tmp_path, "live"), VirtualClock(NOW)) as stages:
        stages.dealing.heard_since_ns = NOW
        stages.arming.disarm("nobody has typed the account's number")
        told(stages, "LIVE-1234")
        yield stages


def told(stages: Stages, number: str) -> None:
    account = VenueAccount(Decimal(1000), Decimal(1000), Decimal(1000), number=number)
    stages.reckoning.take(Compared(VenueSnapshot(NOW, account, (), ()), "", "periodic"))
    stages.arming.check()


def state(stages: Stages) -> TradingState:
    return stages.dealing.risk.state


@pytest.mark.parametrize("suffix", ["", "34", "234", "1243", "live-1234", "XLIVE-1234"])
def test_another_suffix_arms_nothing(live: Stages, suffix: str) -> None:
    assert not live.arming.arm(suffix, "person").ok
    assert state(live) is TradingState.HALTED and not live.arming.armed


def test_it_holds_for_the_account_that_was_typed(live: Stages) -> None:
    assert live.arming.arm("1234", "person").ok and state(live) is TradingState.ACTIVE
    told(live, "LIVE-1234")
    assert state(live) is TradingState.ACTIVE
    told(live, "LIVE-9999")
    assert state(live) is TradingState.HALTED and not live.arming.armed
    assert "…9999" in live.dealing.risk.state_reason


def test_a_kill_whose_reason_sounds_like_ours_stays(live: Stages) -> None:
    dealing = live.dealing
    dealing.enter(dealing.risk.kill(f"{NOT_ARMED}, says somebody", "file", NOW))
    live.arming.arm("1234", "person")
    assert state(live) is TradingState.HALTED


def test_an_engine_that_sends_nothing_any_more_is_not_armed(live: Stages) -> None:
    live.dealing.fail("the disk is full")
    reply = live.arming.arm("1234", "person")
    assert not reply.ok and "disk is full" in reply.text


def test_an_account_that_is_not_compared_is_not_armed(live: Stages) -> None:
    live.dealing.reconciled = False
    assert not live.arming.arm("1234", "person").ok
