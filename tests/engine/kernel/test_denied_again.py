"""What a control denied was no message to the venue: not for R06 while the engine runs, and not after a restart."""

from __future__ import annotations

from pathlib import Path

from engine.clock import SECOND, VirtualClock
from engine.model import Market, Session
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import Desk


def test_a_restart_counts_what_the_engine_before_it_counted(tmp_path: Path) -> None:
    clock = VirtualClock(NOW)
    with bare.opened(bare.config(tmp_path), clock) as before:
        desk = Desk(before, clock)
        desk.open()
        desk.buy("5.5")
        sent = before.dealing.risk._memory.today(NOW).messages
        before.dealing.market = Market(Session.CLOSED, NOW)
        (position,) = before.dealing.held()
        for _ in range(4):
            before.dealing.apply(before.dealing.orders.flatten(position, before.view.quotes["TSLA"], "drill", NOW))
            desk.later(1)
        assert before.dealing.risk._memory.today(NOW).messages == sent
    after = bare.stages(bare.config(tmp_path), VirtualClock(NOW + 60 * SECOND))
    after.restore(NOW)
    restored = [intent for intent in after.dealing.orders.all() if intent.reason]
    assert len(restored) == 4 and all("R19" in order.reason for order in restored), "they are known all the same"
    assert after.dealing.risk._memory.today(NOW).messages == sent + 1, "the entry, of which the desk above told nobody"
