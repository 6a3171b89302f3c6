"""What a position costs, by the venue's word, is in the journal: a restart knows a split by it, others' shares too."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.kernel.inbox import Compared
from engine.kernel.stages import Stages
from engine.model import Fill, Role, Side, TradingState, VenueAccount, VenuePosition, VenueSnapshot
from engine.model.records import ReconciliationRecord
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import D, Desk


def told(stages: Stages, desk: Desk, *positions: VenuePosition) -> bool:
    """The venue tells its positions, half a minute later."""
    desk.later(30)
    account = VenueAccount(D(100_000), D(99_000), D(100_000), number="made-up")
    return stages.reckoning.take(Compared(VenueSnapshot(desk.clock.now_ns(), account, positions, ()), "", "periodic"))


def restarted(desk: Desk, tmp_path: Path) -> Stages:
    desk.stages.journal.close()
    again = bare.stages(bare.config(tmp_path), desk.clock)
    again.journal.open()
    again.restore(NOW)
    again.dealing.heard_since_ns = 0
    return again


def split(stages: Stages, desk: Desk, quantity: str, average: str) -> None:
    """The venue has split what it holds: no difference, and no drift."""
    assert told(stages, desk, VenuePosition("TSLA", D(quantity), D(average)))
    assert "position_split/TSLA" in stages.view.alerts and stages.dealing.risk.state is TradingState.ACTIVE
    stages.journal.close()


def test_what_others_hold_and_a_split_of_it_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.open(theirs=4)
    assert told(desk.stages, desk, VenuePosition("TSLA", D(8), D(50)))
    again = restarted(desk, tmp_path)
    (position,) = again.dealing.positions()
    assert (position.quantity, position.average_price, position.external, position.ours) == (8, 50, True, 0)
    split(again, desk, "0.8", "500")


@pytest.mark.parametrize(("average", "after"), [("100", "50"), ("130", "65")])
def test_what_ours_cost_by_the_venues_reckoning(desk: Desk, tmp_path: Path, average: str, after: str) -> None:
    """It takes those bought first as sold first, say: our fills make another cost."""
    desk.open()
    desk.buy("10")
    desk.later(20)
    assert told(desk.stages, desk, VenuePosition("TSLA", D(10), D(average)))
    again = restarted(desk, tmp_path)
    (position,) = again.dealing.positions()
    assert (position.quantity, position.average_price, position.external, position.ours) == (10, D(average), False, 10)
    split(again, desk, "20", after)


def test_what_others_have_sold_is_gone_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.open(theirs=4)
    assert told(desk.stages, desk)
    again = restarted(desk, tmp_path)
    assert again.dealing.positions() == ()
    again.journal.close()


def test_nothing_is_noted_that_the_fills_make(desk: Desk) -> None:
    """The venue rounds what one costs."""
    desk.open()
    desk.dealing.portfolio.on_fill(Fill("x", "o", "TSLA", Side.BUY, D(3), D("100.01"), D(0), NOW, "s", Role.EXTERNAL))
    desk.dealing.portfolio.on_fill(Fill("y", "o", "TSLA", Side.BUY, D(4), D("100.02"), D(0), NOW, "s", Role.EXTERNAL))
    assert desk.dealing.portfolio.otherwise([VenuePosition("TSLA", D(7), D("100.015714"))]) == ()
    taken = (VenuePosition("TSLA", D(7), D("100.1")),)
    assert desk.dealing.portfolio.otherwise(taken) == taken


def test_a_record_of_an_earlier_version_has_none() -> None:
    assert ReconciliationRecord(NOW).taken == ()
