"""What follows from comparisons with the venue: a warning first, for fills may be under way; then an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.clock import VirtualClock
from engine.errors import DeskError
from engine.kernel.inbox import Compared
from engine.kernel.stages import Stages
from engine.model import Alert, Fill, Level, Role, Side, TradingState, VenueAccount, VenuePosition, VenueSnapshot
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import D, Desk


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    with bare.opened(bare.config(tmp_path), VirtualClock(NOW)) as made:
        made.dealing.heard_since_ns = NOW
        yield made


def looked(stages: Stages, *positions: VenuePosition) -> bool:
    account = VenueAccount(Decimal(100_000), Decimal(100_000), Decimal(200_000), number="made-up")
    return stages.reckoning.take(Compared(VenueSnapshot(NOW, account, positions, ()), "", "periodic"))


def alert(stages: Stages) -> Alert | None:
    return stages.view.alerts.get("reconciliation")


def test_a_difference_is_a_warning_until_it_is_found_again(stages: Stages) -> None:
    assert looked(stages) and stages.dealing.reconciled and alert(stages) is None
    bought = Fill("x-1", "desk-1-e1", "TSLA", Side.BUY, Decimal(3), Decimal(250), Decimal(0), NOW, "s-1", Role.ENTRY)
    stages.dealing.portfolio.on_fill(bought)
    assert not looked(stages)
    first = alert(stages)
    assert first is not None and first.level is Level.WARNING and "TSLA: 3 ≠ 0" in first.text
    assert not stages.dealing.reconciled, "no new risk meanwhile"
    assert looked(stages, VenuePosition("TSLA", Decimal(3), Decimal(250)))
    assert stages.dealing.reconciled and alert(stages) is None, "the venue has told it too"


def test_an_account_that_the_venue_blocks_is_told_until_it_is_free(stages: Stages) -> None:
    def told(blocked: str) -> Alert | None:
        account = VenueAccount(Decimal(100_000), Decimal(100_000), Decimal(0), number="made-up", blocked=blocked)
        stages.reckoning.take(Compared(VenueSnapshot(NOW, account, (), ()), "", "periodic"))
        return stages.view.alerts.get("account:blocked")

    shown = told("trading_blocked")
    assert shown is not None and shown.level is Level.CRITICAL and "trading_blocked" in shown.text
    assert told("") is None


def test_a_venue_that_cannot_be_asked_at_the_start_is_an_alarm(stages: Stages) -> None:
    assert not stages.reckoning.take(Compared(None, "no answer", "start"))
    shown = alert(stages)
    assert shown is not None and shown.level is Level.CRITICAL and "no answer" in shown.text
    assert not stages.dealing.reconciled


def drift(stages: Stages) -> None:
    """A position of ours is gone at the venue, in two looks."""
    bought = Fill("x-1", "desk-1-e1", "TSLA", Side.BUY, Decimal(3), Decimal(250), Decimal(0), NOW, "s-1", Role.ENTRY)
    stages.dealing.portfolio.on_fill(bought)
    assert not looked(stages)
    assert looked(stages)
    assert stages.alarms.stands("drift")


@pytest.mark.parametrize("by", ["watchdog", "daily_loss", "person"])
def test_drift_found_while_trading_is_reducing_for_less_stays_when_that_is_over(stages: Stages, by: str) -> None:
    risk = stages.dealing.risk
    stages.dealing.enter(risk.change_state(TradingState.REDUCING, "for now", by, NOW))
    drift(stages)
    assert risk.last_change.sticky and risk.state_reason.startswith("DRIFT: ")
    with pytest.raises(DeskError, match="expected a person"):
        risk.change_state(TradingState.ACTIVE, "all is well", "watchdog", NOW)


@pytest.mark.parametrize(("acknowledged", "state"), [(False, TradingState.REDUCING), (True, TradingState.ACTIVE)])
def test_arming_does_not_pass_over_a_drift_found_before(
    tmp_path: Path, acknowledged: bool, state: TradingState
) -> None:
    with bare.opened(bare.config(tmp_path, "live"), VirtualClock(NOW)) as stages:
        stages.dealing.heard_since_ns = NOW
        stages.arming.disarm("nobody has typed the account's number")
        drift(stages)
        assert stages.dealing.risk.state is TradingState.HALTED
        if acknowledged:
            stages.alarms.clear("drift")
        assert stages.arming.arm("e-up", "person").ok
        assert stages.dealing.risk.state is state


def test_one_comparison_without_an_answer_is_borne_a_second_closes_the_gate(stages: Stages) -> None:
    assert looked(stages)
    stages.reckoning.take(Compared(None, "HTTP 500", "periodic"))
    assert stages.dealing.reconciled
    stages.reckoning.take(Compared(None, "HTTP 500", "periodic"))
    assert not stages.dealing.reconciled, "what it holds has not been known for too long"
    assert looked(stages) and stages.dealing.reconciled
    stages.reckoning.take(Compared(None, "HTTP 500", "periodic"))
    assert stages.dealing.reconciled, "counted anew"


def holding(desk: Desk, quantity: str, average: str) -> bool:
    """The venue tells this position of TSLA, half a minute later."""
    desk.later(30)
    account = VenueAccount(D(100_000), D(99_450), D(100_000), number="made-up")
    snapshot = VenueSnapshot(desk.clock.now_ns(), account, (VenuePosition("TSLA", D(quantity), D(average)),), ())
    return desk.stages.reckoning.take(Compared(snapshot, "", "periodic"))


def test_a_split_changes_neither_the_account_nor_the_trading_state_and_survives_a_restart(
    desk: Desk, tmp_path: Path
) -> None:
    desk.open()
    desk.buy("5.5")
    assert holding(desk, "5.5", "100")
    equity = desk.dealing.portfolio.account(NOW).equity
    assert holding(desk, "11", "50")
    assert desk.dealing.portfolio.account(NOW).equity == equity
    assert desk.dealing.risk.state is TradingState.ACTIVE and desk.dealing.reconciled
    assert desk.stages.alarms.stands("position_split/TSLA")
    desk.stages.journal.flush()
    again = bare.stages(bare.config(tmp_path), desk.clock)
    again.restore(NOW)
    (position,) = again.dealing.positions()
    assert (position.quantity, position.ours, position.stop_price) == (11, 11, D("47.50"))
    assert "position_split/TSLA" in again.view.alerts, "told until it is acknowledged"


@pytest.mark.parametrize(("quantity", "average", "stop"), [("11", "50", "47.50"), ("2.75", "200", "190.00")])
def test_a_split_beside_a_difference_that_needs_a_second_look_is_taken_once(
    desk: Desk, quantity: str, average: str, stop: str
) -> None:
    """Forward and reverse; the other difference keeps the book from being taken over as a whole."""
    desk.open()
    desk.buy("5.5")
    assert holding(desk, "5.5", "100")
    lost = Fill("x-9", "desk-9-e1", "META", Side.BUY, D(3), D(250), D(0), NOW, "s-9", Role.ENTRY)
    desk.dealing.portfolio.on_fill(lost)
    for _ in range(3):
        holding(desk, quantity, average)
        position = next(each for each in desk.dealing.positions() if each.symbol == "TSLA")
        assert (position.quantity, position.ours, position.stop_price) == (D(quantity), D(quantity), D(stop))
