"""A split while the desk holds what is split: what it cost is known over a restart too."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.faults.hands import SharedDesk


def test_what_was_split_cost_what_it_had_also_right_after_a_restart(tmp_path: Path) -> None:
    desk = SharedDesk(tmp_path)
    desk.hold("TSLA", 10)
    bought = desk.dealing.portfolio.position("TSLA")
    assert bought is not None
    desk.cancel_by_hand("TSLA")
    desk.line.venue.positions["TSLA"].qty *= 2
    desk.advance(8)
    assert desk.account("TSLA") == desk.dealing.orders.held("TSLA") == 20
    desk.restart()
    position = desk.dealing.portfolio.position("TSLA")
    assert position is not None
    assert (position.quantity, position.average_price) == (20, bought.average_price / 2)
    assert abs(desk.dealing.orders.exits("TSLA").stop_price * 2 - Decimal("242.50")) <= Decimal("0.01")  # type: ignore[operator]
    desk.stop()
