"""R13–R16 at their boundaries, and what they do to the trading state and the protections."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.clock import DAY, HOUR, MINUTE, SECOND, parse_iso
from engine.errors import DeskError
from engine.model import Protection, Role, TradingState

D = Decimal
NEXT_SESSION = parse_iso("2026-11-23T09:00:00Z")


@pytest.mark.parametrize(
    ("equity", "passed"), [("98000.01", True), ("98000.00", False), ("97000", False), ("101000", True)]
)
def test_daily_loss(scene, equity, passed):
    book = scene.book(account=scene.account(equity=D(equity)))
    result = scene.judged("daily_loss", book=book)
    assert (result.id, result.passed) == ("R13", passed)
    assert result.value == max(0, round((100_000 - D(equity)) / 1000, 4))


@pytest.mark.parametrize(("equity", "passed"), [("90000.01", True), ("90000.00", False)])
def test_drawdown(scene, equity, passed):
    book = scene.book(account=scene.account(equity=D(equity)))
    result = scene.judged("drawdown", book=book)
    assert (result.id, result.passed) == ("R14", passed)


@pytest.mark.parametrize("name", ["daily_loss", "drawdown"])
def test_losing_holds_nobody_in_a_position(scene, name):
    book = scene.book(scene.position(10), account=scene.account(equity=D(1)))
    assert scene.judged(name, book=book, draft=scene.exit_draft(), role=Role.EXIT).passed


@pytest.mark.parametrize(("equity", "tripped"), [("98000.01", False), ("98000.00", True)])
def test_daily_loss_makes_the_state_reducing(scene, equity, tripped):
    risk = scene.risk()
    change = risk.on_account(scene.account(equity=D(equity)), scene.now)
    assert (change is not None) is tripped
    assert risk.state is (TradingState.REDUCING if tripped else TradingState.ACTIVE)
    assert risk.on_account(scene.account(equity=D(equity)), scene.now) is None


@pytest.mark.parametrize(
    ("at_ns", "state"), [(NEXT_SESSION - 1, TradingState.REDUCING), (NEXT_SESSION, TradingState.ACTIVE)]
)
def test_reducing_by_daily_loss_ends_with_the_next_session_day(scene, at_ns, state):
    risk = scene.risk()
    risk.on_account(scene.account(equity=D(98_000)), scene.now)
    risk.on_account(scene.account(equity=D(98_000), day_start_equity=D(98_000)), at_ns)
    assert risk.state is state


def test_a_gain_later_in_the_day_does_not_end_it(scene):
    risk = scene.risk()
    risk.on_account(scene.account(equity=D(98_000)), scene.now)
    assert risk.on_account(scene.account(), scene.now + MINUTE) is None
    assert risk.state is TradingState.REDUCING


def test_a_person_who_resumes_is_not_overruled_but_the_control_goes_on_rejecting(scene):
    risk, poor = scene.risk(), scene.account(equity=D(98_000))
    risk.on_account(poor, scene.now)
    risk.change_state(TradingState.ACTIVE, "I have looked", "person", scene.now)
    assert risk.on_account(poor, scene.now + SECOND) is None
    assert not scene.judged("daily_loss", risk=risk, book=scene.book(account=poor)).passed


def test_a_pause_by_a_person_outlives_the_loss_of_a_day(scene):
    risk = scene.risk()
    risk.change_state(TradingState.REDUCING, "lunch", "person", scene.now)
    assert risk.on_account(scene.account(equity=D(98_000)), scene.now) is None
    assert risk.on_account(scene.account(), NEXT_SESSION) is None
    assert risk.state is TradingState.REDUCING


def test_what_ends_by_itself_hides_no_loss_of_the_day(scene):
    """The watchdog's REDUCING ends before the day does: the loss that was reached under it does not end with it."""
    risk = scene.risk()
    risk.change_state(TradingState.REDUCING, "prices are mute", "watchdog", scene.now)
    change = risk.on_account(scene.account(equity=D(98_000)), scene.now)
    assert change is not None and (change.state, change.by) == (TradingState.REDUCING, "daily_loss")
    with pytest.raises(DeskError):
        risk.change_state(TradingState.ACTIVE, "all is well", "watchdog", scene.now + MINUTE)
    assert risk.on_account(scene.account(), scene.now + MINUTE) is None
    assert risk.state is TradingState.REDUCING
    assert risk.on_account(scene.account(), NEXT_SESSION).state is TradingState.ACTIVE


def test_what_only_a_person_ends_is_judged_when_it_has_ended(scene):
    risk = scene.risk()
    risk.change_state(TradingState.REDUCING, "DRIFT", "reconciliation", scene.now, sticky=True)
    assert risk.on_account(scene.account(equity=D(98_000)), scene.now) is None
    risk.change_state(TradingState.ACTIVE, "I have looked", "person", scene.now)
    assert risk.on_account(scene.account(equity=D(98_000)), scene.now).by == "daily_loss"


def test_each_session_day_has_its_own_loss(scene):
    risk, poor = scene.risk(), scene.account(equity=D(98_000))
    risk.on_account(poor, scene.now)
    risk.change_state(TradingState.ACTIVE, "I have looked", "person", scene.now)
    changes = [risk.on_account(poor, NEXT_SESSION + number) for number in range(3)]
    assert [change.state for change in changes if change is not None] == [TradingState.REDUCING]
    assert risk.last_change in changes


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
def test_what_a_person_confirmed_or_tightened_outlives_the_day_of_the_loss(scene, state):
    risk = scene.risk()
    risk.on_account(scene.account(equity=D(98_000)), scene.now)
    risk.change_state(state, "until I am back", "person", scene.now)
    assert risk.on_account(scene.account(), NEXT_SESSION) is None
    assert (risk.state, risk.state_reason) == (state, "until I am back")


@pytest.mark.parametrize(("equity", "tripped"), [("90000.01", False), ("90000.00", True)])
def test_drawdown_halts_and_sticks(scene, equity, tripped):
    risk = scene.risk(daily_loss_pct=D(50))
    change = risk.on_account(scene.account(equity=D(equity)), scene.now)
    assert (change is not None and change.sticky) is tripped
    assert risk.on_account(scene.account(), NEXT_SESSION) is None
    assert risk.state is (TradingState.HALTED if tripped else TradingState.ACTIVE)


def test_drawdown_halts_from_reducing_and_again_after_it_was_over(scene):
    risk, low = scene.risk(), scene.account(equity=D(90_000))
    assert risk.on_account(scene.account(equity=D(97_000)), scene.now).state is TradingState.REDUCING
    assert risk.on_account(low, scene.now).state is TradingState.HALTED
    risk.change_state(TradingState.REDUCING, "leaving by hand", "person", scene.now)
    assert risk.on_account(low, scene.now) is None
    assert risk.on_account(scene.account(equity=D(91_000)), scene.now) is None
    assert risk.on_account(low, scene.now).state is TradingState.HALTED


def test_what_a_person_halted_is_not_halted_again(scene):
    risk = scene.risk()
    risk.kill("lunch", "person", scene.now)
    assert risk.on_account(scene.account(equity=D(50_000)), scene.now) is None
    assert risk.state_reason == "lunch"


@pytest.mark.parametrize("equity", [D("NaN"), D("Infinity"), D("sNaN")])
def test_an_account_that_is_no_number_changes_nothing_and_passes_nothing(scene, equity):
    risk, account = scene.risk(), scene.account(equity=equity)
    assert risk.on_account(account, scene.now) is None
    for name in ("daily_loss", "drawdown", "order_notional", "position", "buying_power"):
        assert not scene.judged(name, risk=risk, book=scene.book(account=account)).passed


def test_loss_streak_locks_at_the_nth_stop_out(scene):
    risk = scene.risk()
    for number in range(2):
        locks = risk.on_closed(f"S{number}", D(-5), True, scene.now + number)
        assert [lock.name for lock in locks] == ["cool_down"]
    assert scene.judged("loss_streak", risk=risk).passed
    locks = risk.on_closed("S2", D(-5), True, scene.now + 2)
    assert [lock.name for lock in locks] == ["cool_down", "loss_streak"]
    locked = scene.judged("loss_streak", risk=risk, book=scene.book(now_ns=scene.now + 2 + HOUR))
    assert not locked.passed
    assert locked.reason == f"STREAK_LOCKED: protection={locks[-1].id}, left_s={23 * 3600}"
    book = scene.book(scene.position(10))
    assert scene.judged("loss_streak", risk=risk, book=book, draft=scene.exit_draft(), role=Role.EXIT).passed


def test_a_lock_without_an_end_says_who_ends_it(scene):
    risk = scene.risk()
    lock = Protection("p-1", "cool_down", "TSLA", "", "by hand", scene.now - MINUTE, None)
    risk.restore(lock)
    result = scene.judged("cool_down", risk=risk)
    assert (result.passed, result.value) == (False, 60)
    assert result.reason == "COOL_DOWN: protection=p-1, since_s=60, ends=lifted by a person"


@pytest.mark.parametrize(("later_ns", "passed"), [(DAY - 1, False), (DAY, True)])
def test_loss_streak_lock_ends(scene, later_ns, passed):
    risk = scene.risk()
    for number in range(3):
        risk.on_closed(f"S{number}", D(-5), True, scene.now)
    assert scene.judged("loss_streak", risk=risk, book=scene.book(now_ns=scene.now + later_ns)).passed is passed


@pytest.mark.parametrize(("apart_ns", "locked"), [(DAY - 1, True), (DAY, False)])
def test_loss_streak_window(scene, apart_ns, locked):
    risk = scene.risk()
    risk.on_closed("A", D(-5), True, scene.now)
    risk.on_closed("B", D(-5), True, scene.now + apart_ns)
    locks = risk.on_closed("C", D(-5), True, scene.now + apart_ns)
    assert any(lock.name == "loss_streak" for lock in locks) is locked


def test_a_streak_of_none_and_a_cool_down_of_no_time_lock_nothing(scene):
    risk = scene.risk(loss_streak=0, cool_down_s=0.0)
    for number in range(5):
        assert risk.on_closed(f"S{number}", D(-5), True, scene.now) == ()
    assert scene.judged("loss_streak", risk=risk).passed and scene.judged("cool_down", risk=risk).passed


def test_other_closes_are_no_stop_outs_and_one_told_twice_is_one(scene):
    risk = scene.risk()
    for number in range(5):
        risk.on_closed("A", D(-5), False, scene.now + number)
        risk.on_closed("B", D(-5), True, scene.now)
    assert scene.judged("loss_streak", risk=risk).value == D(1)


def test_a_stop_that_fills_in_parts_is_one_stop_out_before_and_after_a_lock(scene):
    risk = scene.risk()
    for part in range(9):
        locks = risk.on_closed("A", D(-5), True, scene.now + part, "s-1")
        assert [lock.name for lock in locks] == ["cool_down"]
    assert scene.judged("loss_streak", risk=risk).value == 1
    risk.on_closed("B", D(-5), True, scene.now + 10, "s-2")
    (_, lock) = risk.on_closed("C", D(-5), True, scene.now + 11, "s-3")
    assert lock.name == "loss_streak"
    risk.on_closed("C", D(-5), True, scene.now + 12, "s-3")
    assert scene.judged("loss_streak", risk=risk).value == 0, "the rest of what the lock has answered"


@pytest.mark.parametrize(("later_ns", "passed"), [(30 * MINUTE - 1, False), (30 * MINUTE, True)])
def test_cool_down(scene, later_ns, passed):
    risk = scene.risk()
    risk.on_closed("TSLA", D(5), False, scene.now)
    book = scene.book(scene.position(10), now_ns=scene.now + later_ns)
    assert scene.judged("cool_down", risk=risk, book=book).passed is passed
    assert scene.judged("cool_down", risk=risk, book=book, draft=scene.draft(symbol="AAPL")).passed
    assert scene.judged("cool_down", risk=risk, book=book, draft=scene.exit_draft(), role=Role.EXIT).passed


def test_no_cool_down_where_it_is_switched_off(scene):
    assert scene.risk(cool_down_s=0.0).on_closed("TSLA", D(5), False, scene.now) == ()
    (lock,) = scene.risk(cool_down_s=0.5).on_closed("TSLA", D(5), False, scene.now)
    assert lock.ends_ns == scene.now + SECOND // 2
