"""An order of ours that a person moves again and again at the venue, while it fills in part."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.model import Role
from tests.faults.hands import SharedDesk

D = Decimal


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SharedDesk]:
    made = SharedDesk(tmp_path)
    yield made
    made.stop()


@pytest.mark.parametrize("restarts", ["none", "one", "two", "each"])
@pytest.mark.parametrize("compared", [False, True])
@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("kind", ["limit", "stop"])
def test_a_leg_that_sells_parts_between_moves_counts_each_part_once(
    desk: SharedDesk, streaming: bool, compared: bool, restarts: str, listed: bool, kind: str
) -> None:
    desk.hold("TSLA", 20)
    (leg,) = (order for order in desk.working("TSLA") if order.type == kind)
    desk.stream(streaming)
    left = D(20)
    for sold in (4, 3, 2):
        desk.line.venue.fill(leg, D(sold), D(251))
        left -= sold
        if not listed:
            leg.updated_ns = 1
        before = leg
        leg = desk.replace_by_hand(leg, D(262)) if kind == "limit" else desk.move_stop(leg, D(240))
        if not listed:
            before.updated_ns = 1
        if compared:
            desk.pass_time(7)
        if restarts == "each":
            desk.restart()
    if restarts in ("one", "two"):
        desk.restart()
        desk.pass_time(12 if restarts == "two" else 0)
    if restarts == "two":
        desk.restart()
    desk.pass_time(30)
    assert desk.dealing.orders.held("TSLA") == desk.account("TSLA") == left
    assert "drift" not in desk.alerts(), desk.stages.view.alerts
    desk.restart()
    desk.stream(True)
    desk.pass_time(15)
    assert desk.dealing.orders.held("TSLA") == desk.account("TSLA") == left
    assert desk.sent(Role.STOP) == [] and "drift" not in desk.alerts()
    desk.price("TSLA", D(263) if kind == "limit" else D(230))
    desk.pass_time(20)
    assert desk.account("TSLA") == 0


@pytest.mark.parametrize("restart", ["never", "before", "after", "both"])
@pytest.mark.parametrize("told", ["stream", "comparison", "filled since"])
@pytest.mark.parametrize("carries", [True, False])
@pytest.mark.parametrize("total", [6, 10, 8, 5])
def test_an_entry_whose_quantity_a_person_changes_holds_what_it_has_bought(
    desk: SharedDesk, carries: bool, told: str, total: int, restart: str
) -> None:
    """Filled by 4 of 10, then replaced: 6 is all that was left, at a venue that counts the 4 as the new order's too."""
    desk.line.venue.carries = carries
    desk.price("TSLA", D(250), D(4))
    desk.enter("TSLA", D(10))
    desk.advance(1)
    (entry,) = (order for order in desk.working("TSLA") if order.side == "buy")
    desk.stream(told == "stream")
    if restart in ("before", "both"):
        desk.restart()
    assert entry.limit_price is not None
    successor = desk.replace_by_hand(entry, entry.limit_price - 1, D(total))
    if told == "filled since":
        desk.line.venue.fill(successor, D(1 if carries else 4), D(249))
    desk.advance(2)
    if restart in ("after", "both"):
        desk.restart()
    desk.pass_time(25)
    assert desk.dealing.orders.held("TSLA") == desk.account("TSLA")
    assert not {"drift", "position_drift"} & desk.alerts(), desk.stages.view.alerts
    desk.stream(True)
    desk.line.venue.fill(successor, successor.remaining, D(249)) if successor.open else None
    desk.pass_time(15)
    assert desk.dealing.orders.held("TSLA") == desk.account("TSLA")
    desk.restart()
    desk.pass_time(15)
    assert desk.dealing.orders.held("TSLA") == desk.account("TSLA")
    assert not {"drift", "position_drift"} & desk.alerts()
    assert {order.quantity for order in desk.dealing.orders.open if order.role is Role.STOP} == {desk.account("TSLA")}
