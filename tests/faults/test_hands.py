"""A person trades on the same account at the venue's own screen: what is theirs is left, what is ours stays right."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.model import OrderStatus, Role
from tests.faults.hands import SharedDesk

D = Decimal


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SharedDesk]:
    made = SharedDesk(tmp_path)
    yield made
    made.stop()


@pytest.mark.parametrize("short", [10, 15])
def test_a_long_of_ours_that_a_person_turns_into_a_short_is_not_sold_again(desk: SharedDesk, short: int) -> None:
    desk.hold("TSLA", 10)
    desk.cancel_by_hand("TSLA")
    desk.by_hand("TSLA", "sell", 10)
    desk.by_hand("TSLA", "sell", short)
    desk.pass_time(60)
    desk.price("TSLA", D(230))
    desk.pass_time(20)
    assert desk.account("TSLA") == -short, "no exit of ours may make it shorter"
    assert desk.sent(Role.STOP) == []
    assert desk.dealing.orders.held("TSLA") == 0
    assert "closed_elsewhere" in desk.alerts()


def test_right_after_it_before_any_comparison(desk: SharedDesk) -> None:
    desk.hold("TSLA", 10)
    desk.cancel_by_hand("TSLA")
    desk.by_hand("TSLA", "sell", 25)
    desk.price("TSLA", D(230))
    desk.advance(0.5)
    assert (desk.account("TSLA"), desk.sent(Role.STOP)) == (-15, [])


def test_all_that_a_person_sells_is_gone_and_nothing_watches_it_any_more(desk: SharedDesk) -> None:
    desk.hold("TSLA", 10)
    desk.cancel_by_hand("TSLA")
    desk.by_hand("TSLA", "sell", 10)
    desk.pass_time(35)
    assert desk.dealing.orders.held("TSLA") == 0
    desk.price("TSLA", D(230))
    desk.pass_time(60)
    assert (desk.account("TSLA"), desk.sent(Role.STOP)) == (0, [])
    assert desk.alerts() == {"closed_elsewhere"}


def test_of_what_a_person_has_sold_in_part_the_rest_is_protected_and_flattened(desk: SharedDesk) -> None:
    desk.hold("TSLA", 10)
    desk.cancel_by_hand("TSLA")
    desk.by_hand("TSLA", "sell", 6)
    desk.pass_time(45)
    assert desk.sent(Role.STOP) == [4]
    desk.say("flatten", symbol="TSLA", reason="drill")
    desk.pass_time(5)
    assert (desk.account("TSLA"), desk.sent(Role.FLATTEN)) == (0, [4])


def test_a_flatten_right_after_a_person_sold_a_part_sells_the_rest_alone(desk: SharedDesk) -> None:
    desk.hold("TSLA", 10)
    desk.cancel_by_hand("TSLA")
    desk.by_hand("TSLA", "sell", 6)
    desk.advance(0.1)
    desk.say("flatten", symbol="TSLA", reason="drill")
    desk.pass_time(15)
    assert (desk.account("TSLA"), desk.sent(Role.FLATTEN)) == (0, [4])


def test_what_a_person_bought_back_is_theirs_after_a_restart_too(desk: SharedDesk) -> None:
    desk.hold("TSLA", 10)
    desk.cancel_by_hand("TSLA")
    desk.by_hand("TSLA", "sell", 6)
    desk.pass_time(40)
    desk.by_hand("TSLA", "buy", 6, limit="251")
    desk.pass_time(5)
    desk.restart()
    desk.pass_time(40)
    assert desk.dealing.orders.held("TSLA") == 4
    desk.say("flatten", symbol="TSLA", reason="drill")
    desk.pass_time(10)
    assert desk.account("TSLA") == 6


def test_a_cancel_of_what_the_venue_has_not_shown_is_taken_and_outlives_a_restart(desk: SharedDesk) -> None:
    desk.line.down = True
    desk.enter("TSLA", D(10))
    desk.advance(1)
    (order,) = desk.dealing.orders.open
    assert order.status is OrderStatus.UNRESOLVED
    desk.say("cancel", order=order.client_order_id)
    desk.restart()
    desk.line.down = False
    desk.pass_time(30)
    assert desk.sent(Role.ENTRY) == []
    (order,) = desk.dealing.orders.all()
    assert order.status is OrderStatus.NEVER_PLACED


class TestAnEntryThatAPersonReplaces:
    """It lives on under another id: what it fills is held, protected and closed as before, also over a restart."""

    def replaced(self, desk: SharedDesk, filled: int) -> None:
        desk.price("TSLA", D(250), D(filled))
        desk.enter("TSLA", D(10))
        desk.advance(1)
        (entry,) = (order for order in desk.working("TSLA") if order.side == "buy")
        assert entry.limit_price is not None
        desk.replace_by_hand(entry, entry.limit_price + 1)
        desk.advance(1)

    @pytest.mark.parametrize("filled", [0, 4])
    @pytest.mark.parametrize("restart", ["never", "before it fills", "after it has filled"])
    def test_its_holding_keeps_its_stop(self, desk: SharedDesk, filled: int, restart: str) -> None:
        self.replaced(desk, filled)
        if restart == "before it fills":
            desk.restart()
        desk.price("TSLA", D(250))
        desk.pass_time(5)
        if restart == "after it has filled":
            desk.restart()
        desk.pass_time(20)
        assert desk.dealing.orders.held("TSLA") == desk.account("TSLA") == 10
        exits = desk.dealing.orders.exits("TSLA")
        assert (exits.stop_price, exits.watched) == (D("242.50"), False), "its legs protect it"
        assert desk.sent(Role.STOP) == [] and desk.alerts() == set()
        desk.cancel_by_hand("TSLA")
        desk.pass_time(15)
        assert desk.sent(Role.STOP) == [10]
        desk.price("TSLA", D(235))
        desk.pass_time(20)
        assert (desk.account("TSLA"), desk.alerts()) == (0, set())

    def test_a_kill_that_meets_it_cancels_what_lives_on(self, desk: SharedDesk) -> None:
        desk.price("TSLA", D(250), D(0))
        desk.enter("TSLA", D(10))
        desk.advance(1)
        (entry,) = (order for order in desk.working("TSLA") if order.side == "buy")
        desk.say("kill", reason="drill")
        desk.replace_by_hand(entry, D(251))
        desk.advance(5)
        assert desk.working("TSLA") == []


@pytest.mark.parametrize("told", ["by the stream", "by a comparison", "as two legs", "by the new leg"])
@pytest.mark.parametrize("restart", ["never", "before", "after"])
def test_a_leg_that_had_sold_a_part_when_a_person_moved_it_sells_that_part_once(
    desk: SharedDesk, told: str, restart: str
) -> None:
    desk.hold("TSLA", 10)
    (target,) = (order for order in desk.working("TSLA") if order.type == "limit")
    desk.price("TSLA", D("257.60"), D(4))
    desk.advance(1)
    desk.stream(told == "by the stream")
    if restart == "before":
        desk.restart()
    desk.replace_by_hand(target, D(262))
    if told == "as two legs" and target.parent is not None:
        target.parent.legs.append(target)
    if told == "by the new leg":
        target.updated_ns = 1  # longer ago than a comparison looks back
    desk.advance(1)
    if restart == "after":
        desk.restart()
    desk.pass_time(30)
    assert desk.dealing.orders.held("TSLA") == desk.account("TSLA") == 6
    assert desk.sent(Role.STOP) == [] and "drift" not in desk.alerts()
    desk.stream(True)
    desk.price("TSLA", D(263))
    desk.pass_time(20)
    assert (desk.account("TSLA"), desk.alerts()) == (0, set())
